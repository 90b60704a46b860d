"""What time alone makes due: reports that are sent on a schedule."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from ringround.infra.relay.loop import Tick
from ringround.reports import actions
from ringround.reports.models import Schedule

TICKS = [
    Tick("reports.due", 5.0, actions.schedules_due),
    Tick("reports.rescue", 60.0, actions.sendings_rescue),
    Tick("reports.clients_rescue", 10.0, actions.clients_rescue),
    Tick("reports.clients_clear", 600.0, actions.client_exports_clear),
]


def next_due() -> datetime | None:
    """When the next one is due."""
    found: datetime | None = Schedule.objects.filter(active=True).aggregate(at=Min("next_at"))["at"]
    return found


def idle(now: datetime) -> bool:
    """Whether none is due by now."""
    return not Schedule.objects.filter(active=True, next_at__lte=now).exists()
