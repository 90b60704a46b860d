"""What the console shows: the lead in hand with all about it, what there is to choose, and why there is nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import formats, timezone

from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions.calls import unlogged
from ringround.campaigns.queries import Campaign, Lead
from ringround.campaigns.queries.leads import DayFigures, TimelineEntry
from ringround.campaigns.queries.plan import campaign_get
from ringround.campaigns.queries.plan_facts import Plan, plan_known
from ringround.campaigns.queries.whereabouts import zone_of
from ringround.contacts import queries as contacts
from ringround.desk.queries.entry import Choice, Question, Suggestion, choices_of, questions_of, suggestions
from ringround.desk.queries.site import SiteShown, site_shown
from ringround.desk.rules import script
from ringround.dialer import queries as presence
from ringround.dialer.queries import AgentState
from ringround.infra import clock
from ringround.kernel import columns
from ringround.kernel.errors import NotFound, RingroundError
from ringround.onboarding.queries import entry as onboarding
from ringround.onboarding.queries.entry import Opened
from ringround.orgs.actor import Actor
from ringround.telephony import queries as telephony
from ringround.telephony.queries import Call
from ringround.ui.format import clock_text, in_zone, moment_text, number_text, zone_text

HISTORY = 12
# The element that the fields of a session's form belong to, wherever they stand.
ONBOARDING = "ob-form"
# Every agent who waits asks, again and again: one count of the leads does for all of them this long.
LATE_S = 10
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


@dataclass(slots=True, kw_only=True)
class Calls:
    """The numbers of the lead in hand and the call on one of them: what a button for the telephone draws anew."""

    numbers: list[ShownNumber]
    zone: str
    local_now: datetime
    until: datetime | None
    in_call: bool
    over: bool

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


@dataclass(slots=True, kw_only=True)
class Shown(Calls):
    """The lead in hand."""

    lead: Lead
    campaign: Campaign
    name: str
    subtitle: str
    rule: str
    key: str
    may_skip: bool
    skip_reason: bool
    fields: list[ShownField]
    choices: list[Choice]
    questions: list[Question]
    script: str  # HTML, made safe by rules/script.py
    history: list[TimelineEntry]
    history_next: str | None
    callback_note: str
    callback_at: datetime | None
    suggestions: list[Suggestion]
    # What was posted and what is wrong with it, where a save was refused.
    posted: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    nearest: Suggestion | None = None
    # The campaign's external site, where the agent has anything to do with it.
    site: SiteShown | None = None
    # The session's form, where the campaign has a workflow: it stands there open, filled in with what is known.
    onboarding: Opened | None = None

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
    pause_reasons: tuple[str, ...]
    # What the contact in hand has done since somebody spoke with them: answered, opened a mail.
    news: tuple[TimelineEntry, ...] = ()

    @property
    def due(self) -> int:
        """The agent's own callbacks that are due on this campaign."""
        return self.figures.due

    @property
    def mark(self) -> str:
        """Changes when what the top bar shows does."""
        held = (self.held.id, self.held.reserved_until, self.held.call_id) if self.held else None
        state = (self.campaign.state, self.campaign.version) if self.campaign else None
        facts = (self.state, held, state, self.figures, *(one.id for one in self.news))
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
    held = campaigns.lead_held(actor=actor)
    start = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return Console(
        state=state,
        campaign=campaign,
        held=held,
        figures=campaigns.day_figures(actor=actor, since=start, campaign_id=campaign.id if campaign else None),
        pause_reasons=tuple(actor.organisation.pause_reasons),
        news=tuple(campaigns.lead_news(lead=held)) if held is not None else (),
    )


def calls(*, actor: Actor, lead: Lead, campaign: Campaign | None = None) -> Calls:
    """The telephone's part of the lead in hand. `campaign`: the lead's own, where the caller has read it."""
    campaign = _campaign(actor, lead, campaign)
    return Calls(**_calls(actor, lead, campaigns.contacts_of([lead])[lead.contact_id], _plan(campaign)))


def _calls(actor: Actor, lead: Lead, contact: contacts.ContactFacts, plan: Plan) -> dict[str, Any]:
    call = telephony.open_call(agent_id=actor.user_id) if actor.user_id and lead.call_id else None
    zone = zone_of(contact, plan)
    return {
        "numbers": _numbers(lead, contacts.facts_json(contact, national_ids=False), call),
        "zone": str(zone),
        "local_now": clock.now().astimezone(zone),
        "until": lead.reserved_until,
        "in_call": call is not None and call.hung_up_at is None,
        "over": call is not None and call.hung_up_at is not None,
    }


def _campaign(actor: Actor, lead: Lead, known: Campaign | None) -> Campaign:
    """The lead's campaign, which an agent may hold a lead of without being on it at the moment."""
    if known is not None and known.id == lead.campaign_id:
        return known
    return campaign_get(actor=actor, campaign_id=lead.campaign_id)


def _plan(campaign: Campaign) -> Plan:
    """The plan as of the campaign just read; who works on it is of no matter here."""
    return plan_known(
        campaign_id=campaign.id, version=campaign.version, state=campaign.state, member_id=None, live=True
    )


def shown(*, actor: Actor, lead: Lead, campaign: Campaign | None = None) -> Shown:
    """All about the lead in hand. `campaign`: the lead's own, where the caller has read it."""
    campaign = _campaign(actor, lead, campaign)
    plan = _plan(campaign)
    contact = campaigns.contacts_of([lead])[lead.contact_id]
    data = contacts.facts_json(contact, national_ids=False)
    zone = zone_of(contact, plan)
    page = campaigns.timeline_of(actor=actor, lead_id=lead.id, size=HISTORY)
    booked = campaigns.callback_of(lead_id=lead.id)
    listed = contacts.columns_for_leads(list_ids=[contact.list_id]).get(contact.list_id, ())
    fields = _fields(listed, data)
    days = campaign.merchant.callback_max_days
    site_alone = campaigns.site_alone(plan)
    opens = campaign.workflow is not None and not site_alone
    return Shown(
        **_calls(actor, lead, contact, plan),
        lead=lead,
        campaign=campaign,
        name=contact.name or _first(data["fields"]) or "–",
        subtitle=lead.external_lead_id or data["external_id"] or "",
        rule=lead.handout_rule,
        key=f"desk:{lead.id}:{int(lead.reserved_at.timestamp() * 1000) if lead.reserved_at else 0}",
        may_skip=plan.settings["skip"] != "no" and lead.call_id is None,
        skip_reason=plan.settings["skip"] == "reason",
        fields=fields,
        choices=choices_of(campaign_id=campaign.id),
        questions=[] if site_alone else questions_of(campaign_id=campaign.id, answers=lead.result, zone=zone),
        site=site_shown(campaign, plan),
        onboarding=onboarding.lead_open(actor=actor, lead=lead, form_id=ONBOARDING) if opens else None,
        script=script.html(campaign.script, _merge(actor, campaign, contact, listed, data)),
        history=page.items,
        history_next=page.next,
        callback_note=booked.note if booked else "",
        callback_at=booked.at if booked else None,
        suggestions=suggestions(
            plan=plan,
            lead=lead,
            contact=contact,
            zone=zone,
            now=clock.now(),
            days=days,
            calling=unlogged(lead, actor.user_id),
        ),
    )


def nothing(*, actor: Actor, campaign: Campaign, reason: str) -> Nothing:
    """Why there is no lead, with the next time at which there may be."""
    if campaign.state != "running":
        return Nothing(reason, None)  # whatever its leads say
    found = campaigns.standing(campaign=campaign, late_s=LATE_S)
    if found is None:
        return Nothing(reason, None)
    next_at = found.next_at if found.next_at is not None and found.next_at > clock.now() else None
    if reason == "no_lead_due" and found.leads == 0:
        reason = "no_leads"
    elif reason == "no_lead_due" and found.by_gate.get("open", 0) >= found.leads:
        reason = "all_done"
    return Nothing(reason, next_at)


@dataclass(frozen=True, slots=True)
class Gone:
    """What became of a lead that was shown and is not held now. `why`: dispositioned, skipped, released, lapsed, or ``;
    where it is dispositioned, with what and with which note."""

    why: str
    said: str = ""
    note: str = ""


def gone(*, actor: Actor, lead_id: UUID) -> Gone:
    """The last that happened to the lead, as far as its console must know."""
    try:
        items = campaigns.lead_timeline(actor=actor, lead_id=lead_id, size=5).items
    except RingroundError:
        return Gone("")
    known = ("dispositioned", "skipped", "released", "lapsed")
    last = next((one for one in items if one.key in known), None)
    if last is None:
        return Gone("")
    note = "\n".join(one.text for one in items if one.kind == "note" and one.at == last.at)
    return Gone(last.key, str(last.params.get("disposition", "")), note)


def _first(fields: dict[str, Any]) -> str:
    return next((str(value) for value in fields.values() if isinstance(value, str) and value), "")


def _fields(columns_of: tuple[Any, ...], data: dict[str, Any]) -> list[ShownField]:
    found = []
    for column in columns_of:
        if not column.for_agents or column.type == "phone":
            continue
        found.append(
            ShownField(
                name=column.name, type=column.type, value=columns.to_text(data["fields"].get(column.name)),
                words=_words(column.type, data["fields"].get(column.name)),
                editable=column.editable and column.type in EDITABLE, options=tuple(column.options),
            )
        )  # fmt: skip
    return found


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
    actor: Actor,
    campaign: Campaign,
    contact: contacts.ContactFacts,
    columns_of: tuple[Any, ...],
    data: dict[str, Any],
) -> dict[str, str]:
    """What a script may name: the contact's columns by name and by role, the agent, the campaign."""
    told = [column for column in columns_of if column.role != "national_id"]
    values = {column.name: _words(column.type, data["fields"].get(column.name)) for column in told}
    for column in told:
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
