"""What the relay does for this room as time goes on."""

from __future__ import annotations

from datetime import datetime

from ringround.contacts.actions import import_queue, suppressions_lapse
from ringround.contacts.actions.housekeeping import uploads_clear
from ringround.contacts.actions.suppressions import LAPSE_BATCH
from ringround.contacts.models import Import, Suppression
from ringround.infra import clock
from ringround.infra.relay.loop import Tick
from ringround.infra.relay.screens import touch

OPEN = (Import.State.QUEUED, Import.State.RUNNING)


def progress() -> bool:
    """Tell screens that imports get on: their batches make no events of their own."""
    for org_id, import_id in Import.objects.filter(state__in=OPEN).values_list("organisation", "id"):
        touch(org_id, f"import:{import_id}")
    return False


def rescue() -> bool:
    """Ask a worker to take up what a killed one has left. One that is at it notices, and the other leaves."""
    for import_id in Import.objects.filter(state__in=OPEN).values_list("id", flat=True):
        import_queue(import_id)
    return False


def lapse() -> bool:
    """Suppressions whose expiry has come."""
    return suppressions_lapse(now=clock.now()) >= LAPSE_BATCH


def clear() -> bool:
    """Files that are no longer needed."""
    uploads_clear()
    return False


def next_due() -> datetime | None:
    """The next moment at which a suppression lapses; for the virtual clock."""
    return (
        Suppression.objects.filter(expires_at__isnull=False, lapsed=False)
        .order_by("expires_at")
        .values_list("expires_at", flat=True)
        .first()
    )


def idle(now: datetime) -> bool:
    """Whether nothing is overdue."""
    at = next_due()
    return at is None or at > now


TICKS = [
    Tick("contacts.progress", 0.5, progress),
    Tick("contacts.rescue", 10.0, rescue),
    Tick("contacts.lapse", 1.0, lapse),
    Tick("contacts.clear", 3600.0, clear),
]
