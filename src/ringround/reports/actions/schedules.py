"""Schedules of reports: made, changed, found due, sent by hand, and stopped by whoever gets them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from ringround.campaigns import queries as campaigns
from ringround.infra import audit, clock
from ringround.infra.unit import action
from ringround.kernel.calendar import day_bounds, find_zone, local_date
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import new_id, parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.reports.files import FORMATS
from ringround.reports.models import Mail, Recipient, Schedule, Sending
from ringround.reports.queries import AGGREGATES, NAMES
from ringround.reports.queries.schedules import schedule_get
from ringround.reports.queries.shape import teams
from ringround.reports.rules import schedule as rules

MOST_ADDRESS = 254  # RFC 5321
MOST_RECIPIENTS = 50
MOST_SCHEDULES = 200
LONGEST_NAME = 200
LANGUAGES = ("da", "en")
DUE_BATCH = 20
TASK, QUEUE = "reports.sending_run", "reports"
_stop = Signer(salt="reports.stop")
FIELDS = frozenset(
    {
        "name", "report", "by", "campaign", "agent", "team", "format", "every", "at", "weekday", "monthday", "language",
        "active", "recipients",
    }
)  # fmt: skip


@action
def schedule_create(*, actor: Actor, fields: Mapping[str, Any]) -> Schedule:
    """Make a schedule; Invalid with every fault. `recipients` are e-mail addresses, of members or of anybody."""
    require(actor, "reports.schedules.change")
    now = clock.now()
    if Schedule.objects.filter(organisation=actor.organisation).count() >= MOST_SCHEDULES:
        raise Conflict("too_many_schedules", _("There are as many reports by e-mail as there may be."))
    made = Schedule(
        organisation=actor.organisation, created_by=actor.user, created_at=now, language=actor.organisation.language,
        every="weekly", at=time(7), report=NAMES[0], zone=actor.organisation.timezone, next_at=now,
    )  # fmt: skip
    if made.language not in LANGUAGES:
        made.language = "en"
    _take(made, actor, {"name": "", "recipients": [], **fields}, now)
    _write(actor, made, "created")
    return made


@action
def schedule_change(*, actor: Actor, schedule_id: UUID, fields: Mapping[str, Any]) -> Schedule:
    """Change what is given of it. Its next time is counted anew where what it depends on changes; what is due already
    goes out first."""
    found = _locked(actor, schedule_id)
    now = clock.now()
    if found.active and found.next_at <= now:
        _fall_due(found, now)
    _take(found, actor, fields, now)
    _write(actor, found, "changed")
    return found


@action
def schedule_delete(*, actor: Actor, schedule_id: UUID) -> None:
    """Take it away, with its log."""
    found = _locked(actor, schedule_id)
    _write(actor, found, "deleted")
    found.delete()


@action
def schedule_send(*, actor: Actor, schedule_id: UUID) -> Sending:
    """Send it now: what it would cover if it were due today."""
    found = _locked(actor, schedule_id)
    if not _wanting(found).exists():
        raise Invalid.one("recipients", "required", _("Nobody would get it."))
    made = _queue(found, key=f"by hand {new_id()}", due=clock.now(), by=actor)
    assert made is not None
    _write(actor, found, "sent", written=True)
    return made


@action
def schedules_due() -> bool:
    """Queue what has come due; True when there may be more. After an outage each is sent once, for its last time.

    Those of an organisation whose zone has changed since are counted anew: what was due by the old one goes out first.
    """
    now = clock.now()
    moved = ~Q(zone=F("organisation__timezone"))
    due = Schedule.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        Q(next_at__lte=now) | moved, active=True, organisation__closing_at__isnull=True
    )
    found = list(due.select_related("organisation").order_by("next_at")[:DUE_BATCH])
    for one in found:
        if one.next_at <= now:
            _fall_due(one, now)
        if one.zone != one.organisation.timezone:
            one.zone = one.organisation.timezone
            one.next_at = _next(one, now)
        one.save(update_fields=["next_at", "active", "stopped", "zone"])
    return len(found) == DUE_BATCH


@action
def schedules_stop(*, org_id: UUID) -> int:
    """Send no report of an organisation that has a new owner, until they switch it on again; how many were sent.

    What waits to be sent is not: it would name people to whom the agency has put in.
    """
    waiting = Sending.objects.filter(schedule__organisation=org_id, state="queued")
    Mail.objects.filter(sending__in=waiting.values("id"), state="queued").update(
        state="failed", error="handed_over", sending_until=None
    )
    waiting.update(state="failed", error="handed_over")
    return Schedule.objects.filter(organisation=org_id, active=True).update(active=False, stopped="handed_over")


def _fall_due(one: Schedule, now: datetime) -> None:
    """Queue it for its last time until now, and count its next; the caller saves."""
    last = one.next_at
    while (following := _next(one, last)) <= now:
        last = following
    one.next_at = following
    if _wanting(one).exists():
        _queue(one, key=last.isoformat(), due=last, by=None)
    else:
        one.active, one.stopped = False, "no_recipients"


def _wanting(one: Schedule) -> QuerySet[Recipient]:
    return one.recipients.filter(stopped_at=None, removed_at=None)


def stop_token(recipient_id: UUID) -> str:
    """What lets its recipient stop a report; it works for as long as they get it."""
    return _stop.sign(str(recipient_id))


def recipient_of(*, token: str) -> Recipient:
    """Whose link this is; NotFound."""
    try:
        known = parse_id(_stop.unsign(token))
    except BadSignature:
        known = None
    getting = Recipient.objects.select_related("schedule__organisation").filter(removed_at=None)
    chosen = getting.filter(id=known).first() if known else None
    if chosen is None:
        raise NotFound("recipient", _("This link does not work any more."))
    return chosen


@action
def recipient_stop(*, token: str) -> Recipient:
    """Whoever gets the report wants it no longer. Twice is no fault."""
    found = recipient_of(token=token)
    if found.stopped_at is None:
        found.stopped_at = clock.now()
        found.save(update_fields=["stopped_at"])
        audit.write(
            actor=orgs.system_actor(organisation_id=found.schedule.organisation_id),
            action="reports.schedule.stopped_by_recipient", org_id=found.schedule.organisation_id,
            subject_type="report_schedule", subject_id=found.schedule_id, data={"recipient": str(found.id)},
        )  # fmt: skip
    return found


def _locked(actor: Actor, schedule_id: UUID) -> Schedule:
    schedule_get(actor=actor, schedule_id=schedule_id)
    require(actor, "reports.schedules.change")
    return Schedule.objects.select_for_update(of=("self",)).select_related("organisation").get(id=schedule_id)


def _next(one: Schedule, after: datetime) -> datetime:
    return rules.next_time(
        every=one.every, at=one.at, weekday=one.weekday, monthday=one.monthday, after=after, zone=_zone(one)
    )


def _zone(one: Schedule) -> ZoneInfo:
    return find_zone(one.zone) or ZoneInfo("UTC")


def _queue(one: Schedule, *, key: str, due: datetime, by: Actor | None) -> Sending | None:
    """The sending with a mail for each recipient, and the job that sends them; all of it or nothing."""
    zone = _zone(one)
    first, last = rules.covers(every=one.every, day=local_date(due, zone))
    made, new = Sending.objects.get_or_create(
        schedule=one, key=key,
        defaults={
            "since": day_bounds(first, zone)[0], "until": day_bounds(last, zone)[1], "created_at": clock.now(),
            "by": by.user if by is not None else None,
        },
    )  # fmt: skip
    if not new:
        return None
    Mail.objects.bulk_create(Mail(sending=made, recipient=each) for each in _wanting(one))
    app.configure_task(TASK, queue=QUEUE, lock=f"sending:{made.id}").defer(sending_id=str(made.id))
    return made


def _write(actor: Actor, one: Schedule, what: str, *, written: bool = False) -> None:
    data: dict[str, Any] = {}
    if what in ("created", "changed") and not written:
        one.save()
        data = _recipients(one)
    audit.write(
        actor=actor, action=f"reports.schedule.{what}", org_id=actor.org_id, subject_type="report_schedule",
        subject_id=one.id, data=data,
    )  # fmt: skip


def _recipients(one: Schedule) -> dict[str, list[str]]:
    """Who gets it from now on; the ids of those who were added and taken off."""
    wanted: list[str] | None = getattr(one, "_wanted", None)
    if wanted is None:
        return {}
    known = {each.email: each for each in one.recipients.all()}
    off = [each for email, each in known.items() if each.removed_at is None and email not in wanted]
    back = [known[email] for email in wanted if email in known and known[email].removed_at is not None]
    Recipient.objects.filter(id__in=[each.id for each in off]).update(removed_at=clock.now())
    Recipient.objects.filter(id__in=[each.id for each in back]).update(removed_at=None, stopped_at=None)
    new = Recipient.objects.bulk_create(Recipient(schedule=one, email=email) for email in wanted if email not in known)
    told = {"added": [str(each.id) for each in [*back, *new]], "removed": [str(each.id) for each in off]}
    return {name: ids for name, ids in told.items() if ids}


# --- what is written --------------------------------------------------------------------------


def _take(one: Schedule, actor: Actor, fields: Mapping[str, Any], now: datetime) -> None:
    """Put the fields onto the schedule; every fault is told at once."""
    faults: list[Fault] = []

    def wrong(name: str, code: str, words: object) -> None:
        faults.append(Fault((name,), code, words))

    given = dict(fields)
    if one.by and given.get("report", one.report) != one.report:
        given.setdefault("by", "")  # a breakdown of the report that it was
    before = _timing(one) if one.name else None
    for name in ("name", "report", "by", "format", "every", "language", "weekday", "monthday", "at", "active"):
        if name in given:
            setattr(one, name, given[name])
    one.name = one.name.strip()
    if not one.name:
        wrong("name", "required", _("Give it a name."))
    elif len(one.name) > LONGEST_NAME:
        wrong("name", "too_long", _("At most %(limit)s characters.") % {"limit": LONGEST_NAME})
    choices = {
        "report": NAMES, "format": FORMATS, "every": Schedule.Every.values, "language": LANGUAGES,
        "by": ("", *AGGREGATES.get(one.report, ())), "weekday": range(7), "monthday": range(1, 29),
    }  # fmt: skip
    for name, allowed in choices.items():
        if getattr(one, name) not in allowed:
            wrong(name, "unknown_choice", _("Choose one of those that there are."))
    if "campaign" in given:
        one.campaign_id = given["campaign"]
        if one.campaign_id is not None and campaigns.campaign_find(actor=actor, campaign_id=one.campaign_id) is None:
            wrong("campaign", "unknown_campaign", _("There is no such campaign."))
    if "agent" in given:
        one.agent_id = given["agent"]
        if one.agent_id is not None and one.agent_id not in {each.id for each in campaigns.agents_seen(actor=actor)}:
            wrong("agent", "unknown_user", _("There is no such agent."))
    if "team" in given:
        one.team_id = given["team"]
        if one.team_id is not None and one.team_id not in {each.id for each in teams(actor=actor)}:
            wrong("team", "unknown_team", _("There is no such team."))
    if "recipients" in given:
        one._wanted = _addresses(given["recipients"], wrong)  # type: ignore[attr-defined]
    if faults:
        raise Invalid(faults)
    one.stopped = ""
    if _timing(one) != before:
        one.zone = one.organisation.timezone
        one.next_at = _next(one, now)


def _timing(one: Schedule) -> tuple[object, ...]:
    """What its next time depends on."""
    return one.every, one.at, one.weekday, one.monthday, one.active


def _addresses(written: list[str], wrong: Any) -> list[str]:
    found: list[str] = []
    for each in written:
        email = each.strip().lower()
        try:
            validate_email(email)
            if len(email) > MOST_ADDRESS:
                raise ValidationError("")
        except ValidationError:
            wrong("recipients", "bad_email", _("%(email)s is no e-mail address.") % {"email": each.strip()[:100]})
            continue
        if email not in found:
            found.append(email)
    if not found and not written:
        wrong("recipients", "required", _("Say who is to get it."))
    if len(found) > MOST_RECIPIENTS:
        wrong("recipients", "too_long", _("At most %(limit)s recipients.") % {"limit": MOST_RECIPIENTS})
    return found
