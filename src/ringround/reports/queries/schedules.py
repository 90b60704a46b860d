"""Reading schedules of reports, and what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.reports.models import Mail, Recipient, Schedule, Sending


def schedule_list(*, actor: Actor) -> list[Schedule]:
    """The organisation's, by name; there are no more than can be shown at once."""
    require(actor, "reports.schedules.read")
    return list(_whole().filter(organisation=actor.org_id).order_by("name", "id"))


def schedule_get(*, actor: Actor, schedule_id: UUID) -> Schedule:
    """One of the organisation's; NotFound."""
    found = _whole().filter(organisation=actor.org_id, id=schedule_id).first()
    if found is None:
        raise NotFound("report_schedule")
    require(actor, "reports.schedules.read")
    return found


def sending_page(
    *, actor: Actor, schedule_id: UUID, size: int = 20, after: str | None = None
) -> tuple[list[Sending], str | None]:
    """What was sent of it, newest first, with each mail."""
    found = schedule_get(actor=actor, schedule_id=schedule_id).sendings.select_related("by")
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last)
    mails = Prefetch("mails", Mail.objects.select_related("recipient").order_by("recipient__email"))
    rows = list(found.prefetch_related(mails).order_by("-id")[: size + 1])
    return rows[:size], cursors.encode([rows[size - 1].id]) if len(rows) > size else None


def _whole() -> QuerySet[Schedule]:
    people = Prefetch("recipients", Recipient.objects.filter(removed_at=None).order_by("email"))
    return Schedule.objects.select_related("organisation", "campaign", "agent", "team").prefetch_related(people)


def schedule_json(one: Schedule) -> dict[str, Any]:
    """A schedule as the API shows it."""
    return {
        "id": one.id,
        "name": one.name,
        "report": one.report,
        "by": one.by,
        "campaign": one.campaign_id,
        "agent": one.agent_id,
        "team": one.team_id,
        "format": one.format,
        "every": one.every,
        "at": f"{one.at:%H:%M}",
        "weekday": one.weekday,
        "monthday": one.monthday,
        "timezone": one.organisation.timezone,
        "language": one.language,
        "active": one.active,
        "stopped": one.stopped or None,
        "next_at": one.next_at if one.active else None,
        "recipients": [{"email": each.email, "stopped_at": each.stopped_at} for each in one.recipients.all()],
    }


def sending_json(one: Sending) -> dict[str, Any]:
    """A sending with its mails, as the API shows it."""
    return {
        "id": one.id,
        "at": one.created_at,
        "since": one.since,
        "until": one.until,
        "state": one.state,
        "error": one.error or None,
        "by": one.by_id,
        "mails": [
            {
                "email": mail.recipient.email,
                "state": mail.state,
                "tries": mail.tries,
                "error": mail.error or None,
                "sent_at": mail.sent_at,
            }
            for mail in one.mails.all()
        ],
    }


def last_sent(*, schedules: Sequence[Schedule]) -> dict[UUID, tuple[datetime, str]]:
    """When each was sent last, and how it went."""
    rows = Sending.objects.filter(schedule__in=schedules).order_by("schedule", "-id").distinct("schedule")
    return {one.schedule_id: (one.created_at, one.state) for one in rows}
