"""What time makes due here."""

from __future__ import annotations

from datetime import datetime

from ringround.infra import clock
from ringround.infra.relay.loop import Tick
from ringround.messaging.actions.tracking import DECIDED_AT_ONCE, clicks_decide
from ringround.messaging.queries.tracking import next_click


def decide() -> bool:
    """Clicks of which it is known by now whether a person made them."""
    return clicks_decide(now=clock.now()) >= DECIDED_AT_ONCE


def next_due() -> datetime | None:
    """The next moment at which such a click is decided; for the virtual clock."""
    return next_click()


def idle(now: datetime) -> bool:
    """Whether nothing is overdue."""
    at = next_due()
    return at is None or at > now


TICKS = [Tick("messaging.clicks", 1.0, decide)]
