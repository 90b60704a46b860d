"""What time alone makes due: silent consoles, and wrap-up time that is over."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from ringround.dialer import actions
from ringround.dialer.models import Presence
from ringround.infra.relay.loop import Tick

TICKS = [Tick("dialer.silent", 1.0, actions.lapse_silent), Tick("dialer.wrap_up", 0.5, actions.end_wrap_up)]


def next_due() -> datetime | None:
    """When the next wrap-up time ends. Silence is real time, and no matter of the virtual clock."""
    found: datetime | None = Presence.objects.filter(wrap_until__isnull=False).aggregate(at=Min("wrap_until"))["at"]
    return found


def idle(now: datetime) -> bool:
    """Whether no wrap-up time is over by now."""
    return not Presence.objects.filter(wrap_until__lte=now).exists()
