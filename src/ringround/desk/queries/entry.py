"""What is entered on the console: the outcomes to choose, the form's questions, and the times for a callback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions.callbacks import time_faults
from ringround.campaigns.actions.calls import unlogged
from ringround.campaigns.queries import Disposition, Lead
from ringround.campaigns.queries.dispositions import form_fields_of
from ringround.campaigns.queries.packs import Person, person_of
from ringround.campaigns.queries.plan import dispositions_of
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import zone_of
from ringround.contacts import queries as contacts
from ringround.desk.rules import hotkeys
from ringround.infra import clock
from ringround.kernel import columns
from ringround.orgs.actor import Actor
from ringround.ui.format import clock_text, moment_text

CALLBACKS = ("callback_private", "callback_common")


@dataclass(frozen=True, slots=True)
class Choice:
    """A disposition to choose, with its key."""

    id: UUID
    name: str
    kind: str
    key: str
    color: str
    opens_form: bool
    sub: tuple[str, ...]
    locked: bool
    chosen: str = ""  # of the finer results, where a save comes back

    @property
    def idtext(self) -> str:
        return str(self.id)

    @property
    def books(self) -> bool:
        return self.kind in CALLBACKS


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the form, with what is known of its answer."""

    key: str
    label: str
    type: str
    required: bool
    options: tuple[str, ...]
    shown_key: str
    shown_value: str
    value: str = ""
    values: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A time that a callback may be booked at, in the lead's zone, as an input takes it."""

    at: datetime
    value: str

    @property
    def words(self) -> str:
        """In the lead's zone, as people say it."""
        now = clock.now().astimezone(self.at.tzinfo)
        return moment_text(self.at, now) if self.at.date() != now.date() else clock_text(self.at)


def choices_of(*, campaign_id: UUID) -> list[Choice]:
    """What may be chosen, the campaign's own in order and the two locked ones last, each with its key."""
    rows: list[Disposition] = dispositions_of(campaign_id=campaign_id, hidden=False)
    rows.sort(key=lambda one: one.locked)
    keys = hotkeys.assign([one.hotkey for one in rows])
    return [
        Choice(one.id, one.name, one.kind, key, one.color, one.opens_form, tuple(one.sub), one.locked)
        for one, key in zip(rows, keys, strict=True)
    ]


def questions_of(*, campaign_id: UUID, answers: dict[str, Any], zone: ZoneInfo) -> list[Question]:
    """The form with the answers that are known, as inputs take them."""
    found = []
    for one in form_fields_of(campaign_id=campaign_id):
        value = answers.get(one.key)
        if value is None:
            value = one.default
        listed = tuple(str(each) for each in value) if isinstance(value, list) else ()
        found.append(
            Question(
                key=one.key,
                label=one.label,
                type=one.type,
                required=one.required,
                options=tuple(one.options),
                shown_key=str(one.shown_if["key"]) if one.shown_if else "",
                shown_value=columns.to_text(one.shown_if["value"]) if one.shown_if else "",
                value="" if listed else _as_input(one.type, value, zone),
                values=listed,
            )
        )
    return found


def _as_input(type: str, value: Any, zone: ZoneInfo) -> str:
    if type == "datetime" and isinstance(value, str):
        try:
            return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        except ValueError:
            return ""
    return columns.to_text(value)


def suggestions(
    *,
    plan: Plan,
    lead: Lead,
    contact: contacts.ContactFacts,
    zone: ZoneInfo,
    now: datetime,
    days: int,
    calling: bool = False,
) -> list[Suggestion]:
    """A few good times to call back: in an hour, late in the day, in one, three and seven days; only allowed ones.

    `days`: how far ahead the merchant lets one book. `calling`: a call is being made that the log does not have yet.
    """
    local = now.astimezone(zone)
    hour = (local + timedelta(hours=1)).replace(second=0, microsecond=0)
    hour += timedelta(minutes=-hour.minute % 5)
    wanted = [hour, datetime.combine(local.date(), time(17, 0), zone)]
    wanted += [datetime.combine(local.date() + timedelta(days=days), time(10, 0), zone) for days in (1, 3, 7)]
    person = person_of(plan, contact.id, now)
    found: list[Suggestion] = []
    for at in wanted:
        allowed = _allowed(plan, lead, contact, at, now, days, calling, person)
        if allowed is not None and all(abs((allowed - one.at).total_seconds()) >= 1800 for one in found):
            found.append(as_suggestion(allowed, zone))
    return sorted(found, key=lambda one: one.at)


def _allowed(
    plan: Plan,
    lead: Lead,
    contact: contacts.ContactFacts,
    at: datetime,
    now: datetime,
    days: int,
    calling: bool,
    person: Person | None,
) -> datetime | None:
    """The time itself, or the nearest that is allowed; None where there is none."""
    for _ in range(2):
        faults = time_faults(
            plan=plan, contact=contact, at=at, now=now, number=None, expires_at=lead.expires_at, days=days,
            calling=calling, person=person,
        )  # fmt: skip
        if not faults:
            return at
        nearest = faults[0].extra.get("nearest")
        if not nearest:
            return None
        at = datetime.fromisoformat(nearest)
    return None


def as_suggestion(at: datetime, zone: ZoneInfo) -> Suggestion:
    local = at.astimezone(zone)
    return Suggestion(local, local.strftime("%Y-%m-%dT%H:%M"))


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a callback may be booked at a time; if not, why, and the nearest time that is allowed."""

    at: datetime | None
    zone: str
    words: str
    nearest: Suggestion | None


def callback_check(*, actor: Actor, lead: Lead, written: str) -> Checked:
    """Look at a time that the agent has put in, written in the lead's zone."""
    plan = plan_load(campaign_id=lead.campaign_id, user_id=actor.user_id)
    contact = campaigns.contacts_of([lead])[lead.contact_id]
    zone = zone_of(contact, plan)
    at = local_time(written, zone)
    if at is None:
        return Checked(None, str(zone), "", None)
    faults = time_faults(
        plan=plan, contact=contact, at=at, now=clock.now(), number=None, expires_at=lead.expires_at,
        calling=unlogged(lead, actor.user_id),
    )  # fmt: skip
    nearest = faults[0].extra.get("nearest") if faults else None
    return Checked(
        at,
        str(zone),
        str(faults[0].detail) if faults else "",
        as_suggestion(datetime.fromisoformat(nearest), zone) if nearest else None,
    )


def local_time(written: str, zone: ZoneInfo) -> datetime | None:
    """`2026-12-01T10:00` on the wall there."""
    try:
        return datetime.fromisoformat(written).replace(tzinfo=zone)
    except ValueError:
        return None


def lead_zone(*, lead: Lead) -> ZoneInfo:
    """Where the lead is."""
    contact = campaigns.contacts_of([lead])[lead.contact_id]
    return zone_of(contact, plan_load(campaign_id=lead.campaign_id))
