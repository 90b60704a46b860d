"""What a journey had to tell a person, seen by them; and what they are told beside any journey."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import translation

from ringround.campaigns import queries as campaigns
from ringround.infra import clock
from ringround.infra import events as log
from ringround.infra.events import Event
from ringround.infra.unit import action
from ringround.journeys import events
from ringround.journeys.models import Notice
from ringround.journeys.queries.notices import notice_get, notices_of
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

LATE = N_("The donor gave the permission after the session had expired. It counts: the agreement is made.")
AFTER_NO = N_(
    "The donor gave the permission after the session had ended with a no. It is stopped, and what was taken goes back."
)


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


@action
def payment_notice(*, event: Event, late: bool) -> int:
    """Tell a session's agent and its campaign's supervisors of a permission that came when nobody waited for it any
    more; how many. Each in their own language, once."""
    campaign = campaigns.Campaign.objects.filter(id=event.data["campaign"]).first()
    people = {one.id: one for one in campaigns.people_of(campaign=campaign, duty="supervisor")} if campaign else {}
    agent = parse_id(event.data.get("agent"))
    if agent is not None:
        mine = orgs.members(organisation_ids=orgs.workers_of(merchant_id=event.org_id), user_ids=[agent])
        people.update({one.id: one for one in mine})
    keys = {f"{event.id}:{one}": one for one in people}
    told = {keys[key] for key in Notice.objects.filter(key__in=keys).values_list("key", flat=True)}
    rows = []
    for one in (one for one in people.values() if one.id not in told):
        with translation.override(one.language):
            text = str(LATE if late else AFTER_NO)
        rows.append(
            Notice(
                organisation_id=event.org_id, user_id=one.id, key=f"{event.id}:{one.id}", text=text, at=event.at,
                lead_id=parse_id(event.data.get("lead")),
            )
        )  # fmt: skip
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        log.record(
            org_id=event.org_id, type=events.NOTICED, subject_type="notice", subject_id=row.id, subject_no=1,
            data={"user": str(row.user_id)},
        )  # fmt: skip
    return len(rows)
