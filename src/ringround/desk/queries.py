"""What the console shows: the lead in hand with all about it, what there is to choose, and why there is nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import formats, timezone

from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions.callbacks import time_faults
from ringround.campaigns.queries import Campaign, Disposition, Lead
from ringround.campaigns.queries.leads import DayFigures, TimelineEntry
from ringround.campaigns.queries.plan import campaign_get, dispositions_of, form_fields_of
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import zone_of
from ringround.contacts import queries as contacts
from ringround.desk.rules import hotkeys, script
from ringround.dialer import queries as presence
from ringround.dialer.queries import AgentState
from ringround.infra import clock
from ringround.kernel import columns
from ringround.kernel.errors import NotFound, RingroundError
from ringround.orgs.actor import Actor
from ringround.telephony import queries as telephony
from ringround.telephony.queries import Call
from ringround.ui.format import clock_text, in_zone, moment_text, number_text, zone_text

HISTORY = 12
CALLBACKS = ("callback_private", "callback_common")
# Types that have a control of one line on the console.
EDITABLE = frozenset({"text", "long_text", "number", "date", "choice", "bool", "email", "url"})


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A number as the agent sees it. `state`: `` or `calling` or `over` (put down, outcome to be said)."""

    id: str
    label: str
    e164: str
    link: str
    callable: bool
    why_not: str
    attempts: int
    outcome: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class ShownField:
    """A column of the contact's list with its value: as an input takes it, and as people read it."""

    name: str
    type: str
    value: str
    words: str
    editable: bool
    options: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The name as part of an element's id."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:10]

    @property
    def safe_url(self) -> bool:
        return self.value.startswith(("https://", "http://"))


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


@dataclass(slots=True, kw_only=True)
class Shown:
    """The lead in hand."""

    lead: Lead
    campaign: Campaign
    name: str
    subtitle: str
    zone: str
    local_now: datetime
    rule: str
    until: datetime | None
    key: str
    may_skip: bool
    skip_reason: bool
    numbers: list[ShownNumber]
    fields: list[ShownField]
    choices: list[Choice]
    questions: list[Question]
    script: list[script.Block]
    history: list[TimelineEntry]
    history_next: str | None
    callback_note: str
    callback_at: datetime | None
    suggestions: list[Suggestion]
    in_call: bool
    over: bool
    # What was posted and what is wrong with it, where a save was refused.
    posted: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    nearest: Suggestion | None = None

    @property
    def place(self) -> str:
        return zone_text(self.zone)

    @property
    def elsewhere(self) -> bool:
        """Whether clocks there show another time than the agent's."""
        return self.local_now.utcoffset() != timezone.localtime(self.local_now).utcoffset()

    @property
    def local_time(self) -> str:
        return clock_text(self.local_now)

    @property
    def callback_faults(self) -> list[str]:
        """What is wrong with the appointment, whichever part of it."""
        return [words for name, all_words in self.faults.items() if name.startswith("callback.") for words in all_words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Everything around the lead: who the agent is at this moment, and how the day goes."""

    state: AgentState
    campaign: Campaign | None
    held: Lead | None
    figures: DayFigures
    due: int
    pause_reasons: tuple[str, ...]

    @property
    def mark(self) -> str:
        """Changes when what the top bar shows does."""
        held = (self.held.id, self.held.reserved_until, self.held.call_id) if self.held else None
        state = (self.campaign.state, self.campaign.version) if self.campaign else None
        facts = (self.state, held, state, self.figures, self.due)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no lead, and when there may be one."""

    reason: str
    next_at: datetime | None


def console(*, actor: Actor) -> Console:
    """The agent's state, what they hold, the day's figures."""
    state = presence.agent_state(actor=actor)
    campaign = None
    if state.campaign_id is not None:
        try:
            campaign = campaign_get(actor=actor, campaign_id=state.campaign_id)
        except NotFound:
            campaign = None
    now = clock.now()
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    due = campaigns.callback_list(actor=actor, agent_id=actor.user_id, due_by=now, size=100).items
    return Console(
        state=state,
        campaign=campaign,
        held=campaigns.lead_held(actor=actor),
        figures=campaigns.day_figures(actor=actor, since=start),
        due=sum(1 for one in due if state.campaign_id in (None, one.campaign_id)),
        pause_reasons=tuple(actor.organisation.pause_reasons),
    )


def shown(*, actor: Actor, lead: Lead) -> Shown:
    """All about the lead in hand."""
    campaign = campaign_get(actor=actor, campaign_id=lead.campaign_id)
    plan = plan_load(campaign_id=lead.campaign_id, user_id=actor.user_id)
    contact = campaigns.contacts_of([lead])[lead.contact_id]
    data = contacts.facts_json(contact)
    zone = zone_of(contact, plan)
    now = clock.now()
    call = telephony.open_call(agent_id=actor.user_id) if actor.user_id and lead.call_id else None
    page = campaigns.lead_timeline(actor=actor, lead_id=lead.id, size=HISTORY)
    booked = campaigns.callback_of(lead_id=lead.id)
    fields = _fields(contact, data)
    return Shown(
        lead=lead,
        campaign=campaign,
        name=contact.name or _first(data["fields"]) or "–",
        subtitle=lead.external_lead_id or data["external_id"] or "",
        zone=str(zone),
        local_now=now.astimezone(zone),
        rule=lead.handout_rule,
        until=lead.reserved_until,
        key=f"desk:{lead.id}:{int(lead.reserved_at.timestamp() * 1000) if lead.reserved_at else 0}",
        may_skip=plan.settings["skip"] != "no" and lead.call_id is None,
        skip_reason=plan.settings["skip"] == "reason",
        numbers=_numbers(lead, data, call),
        fields=fields,
        choices=choices_of(campaign_id=campaign.id),
        questions=questions_of(campaign_id=campaign.id, answers=lead.result, zone=zone),
        script=script.blocks(campaign.script, _merge(actor, campaign, contact, data, fields)),
        history=page.items,
        history_next=page.next,
        callback_note=booked.note if booked else "",
        callback_at=booked.at if booked else None,
        suggestions=suggestions(plan=plan, contact=contact, zone=zone, now=now),
        in_call=call is not None and call.hung_up_at is None,
        over=call is not None and call.hung_up_at is not None,
    )


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


def suggestions(*, plan: Plan, contact: contacts.ContactFacts, zone: ZoneInfo, now: datetime) -> list[Suggestion]:
    """A few good times to call back: in an hour, late in the day, in one, three and seven days; only allowed ones."""
    local = now.astimezone(zone)
    hour = (local + timedelta(hours=1)).replace(second=0, microsecond=0)
    hour += timedelta(minutes=-hour.minute % 5)
    wanted = [hour, datetime.combine(local.date(), time(17, 0), zone)]
    wanted += [datetime.combine(local.date() + timedelta(days=days), time(10, 0), zone) for days in (1, 3, 7)]
    found: list[Suggestion] = []
    for at in wanted:
        allowed = _allowed(plan, contact, at, now)
        if allowed is not None and all(abs((allowed - one.at).total_seconds()) >= 1800 for one in found):
            found.append(as_suggestion(allowed, zone))
    return sorted(found, key=lambda one: one.at)


def _allowed(plan: Plan, contact: contacts.ContactFacts, at: datetime, now: datetime) -> datetime | None:
    """The time itself, or the nearest that is allowed; None where there is none."""
    for _ in range(2):
        faults = time_faults(plan=plan, contact=contact, at=at, now=now, number=None)
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
    faults = time_faults(plan=plan, contact=contact, at=at, now=clock.now(), number=None)
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


def nothing(*, actor: Actor, campaign: Campaign, reason: str) -> Nothing:
    """Why there is no lead, with the next time at which there may be."""
    try:
        found = campaigns.why_not_dialling(actor=actor, campaign_id=campaign.id)
    except RingroundError:
        return Nothing(reason, None)
    next_at = found.next_at if found.next_at is not None and found.next_at > clock.now() else None
    if reason == "campaign_not_running" and campaign.state != "running":
        next_at = None
    if reason == "no_lead_due" and found.leads == 0:
        reason = "no_leads"
    elif reason == "no_lead_due" and found.by_gate.get("open", 0) >= found.leads:
        reason = "all_done"
    return Nothing(reason, next_at)


def gone_why(*, actor: Actor, lead_id: UUID) -> str:
    """What became of a lead that was shown and is not held now: dispositioned, skipped, released, lapsed, or ``."""
    try:
        items = campaigns.lead_timeline(actor=actor, lead_id=lead_id, size=5).items
    except RingroundError:
        return ""
    known = ("dispositioned", "skipped", "released", "lapsed")
    return next((one.key for one in items if one.key in known), "")


def _first(fields: dict[str, Any]) -> str:
    return next((str(value) for value in fields.values() if isinstance(value, str) and value), "")


def _fields(contact: contacts.ContactFacts, data: dict[str, Any]) -> list[ShownField]:
    found = []
    for column in _columns(contact):
        if column.hidden or column.type == "phone":
            continue
        found.append(
            ShownField(
                name=column.name,
                type=column.type,
                value=columns.to_text(data["fields"].get(column.name)),
                words=_words(column.type, data["fields"].get(column.name)),
                editable=column.editable and column.type in EDITABLE,
                options=tuple(column.options),
            )
        )
    return found


def _columns(contact: contacts.ContactFacts) -> tuple[Any, ...]:
    return tuple(contacts.columns_for_leads(list_ids=[contact.list_id]).get(contact.list_id, ()))


def _numbers(lead: Lead, data: dict[str, Any], call: Call | None) -> list[ShownNumber]:
    facts = campaigns.number_facts(lead_ids=[lead.id]).get(lead.id, {})
    found = []
    for one in data["numbers"]:
        if not one["e164"]:
            continue
        known = facts.get(one["e164"])
        state = ""
        if call is not None and call.number == one["e164"]:
            state = "over" if call.hung_up_at else "calling"
        callable_now = one["e164"] in lead.numbers
        found.append(
            ShownNumber(
                id=one["id"],
                label=one["label"],
                e164=one["e164"],
                link=telephony.dial_link(one["e164"]) or "",
                callable=callable_now,
                why_not="" if callable_now else _why_not(one),
                attempts=known.attempts if known else 0,
                outcome=known.outcome if known else "",
                state=state,
            )
        )  # fmt: skip
    return found


def _words(type: str, value: Any) -> str:
    """A stored value as people read it: dates and figures in the reader's language."""
    try:
        if type == "date" and isinstance(value, str):
            return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")
        if type == "datetime" and isinstance(value, str):
            return moment_text(in_zone(datetime.fromisoformat(value), None), clock.now(), "full")
    except ValueError:
        return str(value)
    if type == "number" and isinstance(value, int | float):
        return number_text(value)
    return columns.to_text(value)


def _why_not(number: dict[str, Any]) -> str:
    return "suppressed" if number["suppressed"] else "used_up" if number["valid"] else "invalid"


def _merge(
    actor: Actor, campaign: Campaign, contact: contacts.ContactFacts, data: dict[str, Any], fields: list[ShownField]
) -> dict[str, str]:
    """What a script may name: the contact's columns by name and by role, the agent, the campaign."""
    kinds = {column.name: column.type for column in _columns(contact)}
    values = {name: _words(kinds.get(name, "text"), value) for name, value in data["fields"].items()}
    for column in _columns(contact):
        values.setdefault(column.name, "")
        if column.role:
            values.setdefault(column.role, values[column.name])
    return {
        "name": contact.name,
        **values,
        "agent": str(actor.user) if actor.user else "",
        "campaign": campaign.name,
        "merchant": campaign.merchant.name,
        "agency": campaign.agency.name,
    }
