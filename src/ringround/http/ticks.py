"""What time makes due here: keys past their day, minutes that are over, events to bring to webhooks."""

from __future__ import annotations

from ringround.http import actions, courier, idempotency, rates
from ringround.infra.relay.loop import Tick

TICKS = [
    Tick("http.keys", 60.0, idempotency.clean_up),
    Tick("http.rates", 60.0, rates.clean_up),
    Tick("http.webhooks", 0.5, courier.fan_out),
    Tick("http.webhooks_off", 5.0, actions.deliveries_settle),
    Tick("http.deliveries", 600.0, actions.deliveries_clear),
]
