"""What a journey had to tell a person, seen by them."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ringround.infra import clock
from ringround.infra import events as log
from ringround.journeys import events
from ringround.journeys.models import Notice
from ringround.journeys.queries.notices import notice_get, notices_of
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@transaction.atomic
def notice_seen(*, actor: Actor, notice_id: UUID) -> Notice:
    """The user has seen it; the moment is that of the first time."""
    found = notice_get(actor=actor, notice_id=notice_id)
    if notices_of(actor).filter(id=notice_id, seen_at__isnull=True).update(seen_at=clock.now()):
        _tell(found)
    found.refresh_from_db(fields=["seen_at"])
    return found


@transaction.atomic
def notices_seen(*, actor: Actor, oldest: UUID, newest: UUID) -> int:
    """The user has seen all from this one to that one: none that came after them, none that was not shown."""
    require(actor, "journeys.notices")
    shown = notices_of(actor).filter(id__gte=oldest, id__lte=newest, seen_at__isnull=True)
    last = shown.order_by("-id").first()
    if last is None:
        return 0
    _tell(last)
    return shown.update(seen_at=clock.now())


def _tell(one: Notice) -> None:
    """The user's other screens: one event, however many were seen with it."""
    log.record(
        org_id=one.organisation_id, type=events.NOTICES_SEEN, subject_type="notice", subject_id=one.id, subject_no=1,
        data={"user": str(one.user_id)},
    )  # fmt: skip
