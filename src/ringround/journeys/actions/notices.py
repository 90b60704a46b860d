"""What a journey had to tell a person, seen by them."""

from __future__ import annotations

from uuid import UUID

from ringround.infra import clock
from ringround.journeys.models import Notice
from ringround.journeys.queries.notices import notice_get, notices_of
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


def notice_seen(*, actor: Actor, notice_id: UUID) -> Notice:
    """The user has seen it; the moment is that of the first time."""
    found = notice_get(actor=actor, notice_id=notice_id)
    notices_of(actor).filter(id=notice_id, seen_at__isnull=True).update(seen_at=clock.now())
    found.refresh_from_db(fields=["seen_at"])
    return found


def notices_seen(*, actor: Actor, oldest: UUID, newest: UUID) -> int:
    """The user has seen all from this one to that one: none that came after them, none that was not shown."""
    require(actor, "journeys.notices")
    return notices_of(actor).filter(id__gte=oldest, id__lte=newest, seen_at__isnull=True).update(seen_at=clock.now())
