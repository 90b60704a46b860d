"""What time makes due here: keys past their day, minutes that are over."""

from __future__ import annotations

from ringround.http import idempotency, rates
from ringround.infra.relay.loop import Tick

TICKS = [Tick("http.keys", 60.0, idempotency.clean_up), Tick("http.rates", 60.0, rates.clean_up)]
