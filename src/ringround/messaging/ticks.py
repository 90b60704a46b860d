"""What time makes due here. Messages are sent by the courier, in the worker, and clicks are decided by the relay."""

from __future__ import annotations

from datetime import datetime

from ringround.infra import clock, sql
from ringround.infra.relay.loop import Tick
from ringround.messaging.actions.heard import BATCH, parts_late
from ringround.messaging.actions.tracking import DECIDED_AT_ONCE, clicks_decide
from ringround.messaging.queries.tracking import next_click


def decide() -> bool:
    """Clicks of which it is known by now whether a person made them."""
    return clicks_decide(now=clock.now()) >= DECIDED_AT_ONCE


def parts() -> bool:
    """Messages of which not all parts have come, and never will."""
    return parts_late(now=clock.now(), real=clock.real_now()) >= BATCH


def next_due() -> datetime | None:
    """The next moment at which a message that waits may go, or a click is decided; for the virtual clock."""
    row = sql.row("messaging", "messages_next", now=clock.now())
    times = [at for at in (row["at"] if row else None, next_click()) if at is not None]
    return min(times, default=None)


def idle(now: datetime) -> bool:
    """Whether no click is overdue, and no message that a transport would take."""
    click = next_click()
    if click is not None and click <= now:
        return False
    return sql.row("messaging", "messages_overdue", now=now, real=clock.real_now()) is None


TICKS = [Tick("messaging.clicks", 1.0, decide), Tick("messaging.parts", 5.0, parts)]
