"""Reading leads: one, what an agent holds, lists, the timeline, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce

from ringround.campaigns.models import (
    Callback,
    Campaign,
    CampaignMember,
    CampaignZone,
    HandoutLog,
    Lead,
    LeadNumber,
    TimelineItem,
)
from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.filters import LeadFilter, Said, count_to, newest, said_of
from ringround.campaigns.queries.message_lines import Line, fresh, lines_of
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import zone_facts
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.rules.lead import LeadFacts
from ringround.contacts import queries as contacts
from ringround.infra import clock, sql
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

MOST_COUNTED, MOST_FOUND = 10_000, 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `next` is the cursor of the following one, or None."""

    items: list[Any]
    next: str | None


def lead_get(*, actor: Actor, lead_id: UUID) -> Lead:
    """A lead of a campaign the actor may see; 404 otherwise."""
    return require_lead(actor=actor, lead_id=lead_id)


def lead_held(*, actor: Actor) -> Lead | None:
    """What the actor holds at this moment, the oldest lease first."""
    held = Lead.objects.filter(reserved_by=actor.user_id, reserved_until__gt=clock.now())
    return held.order_by("reserved_at", "id")[:1].first()


def lead_given(*, lead_id: UUID) -> tuple[LeadFacts, Callable[[], contacts.ContactFacts]]:
    """A lead that the caller has just given to whoever asks; its contact, called: asked with what comes next."""
    row = sql.row("campaigns", "lead_read", lead=lead_id)
    if row is None:
        raise NotFound("lead")
    lead = facts(row)
    return lead, contacts.contact_asked_for_lead(lead.contact_id)


def lead_list(*, actor: Actor, filter: LeadFilter, size: int = 50, after: str | None = None) -> Page:
    """Leads that the filter finds, newest first."""
    return _page(actor, filter, size, after, None)[0]


def _page(
    actor: Actor, filter: LeadFilter, size: int, after: str | None, said: Said | None
) -> tuple[Page, int | None]:  # fmt: skip
    before: UUID | None = None
    if after:
        (before,) = cursors.decode(after, UUID)
    beside = ("assigned_to", "owner", "reserved_by", "last_contacted_by")
    found = newest(actor, filter, most=size + 1, before=before, beside=beside, said=said)
    items = found.items[:size]
    return Page(items, cursors.encode([items[-1].id]) if len(found.items) > size else None), found.count


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are; `more`: at least one more than that."""

    number: int
    more: bool


def lead_count(*, actor: Actor, filter: LeadFilter) -> Counted:
    """How many the filter finds, not counted to the end: what words find costs most, and is counted to a thousand."""
    return _counted(actor, filter, None)


def _counted(actor: Actor, filter: LeadFilter, said: Said | None) -> Counted:
    most = MOST_FOUND if filter.q.strip() else MOST_COUNTED
    number = count_to(actor, filter, most=most, said=said)
    return Counted(min(number, most), number > most)


def lead_list_counted(*, actor: Actor, filter: LeadFilter, size: int, after: str | None) -> tuple[Page, Counted]:
    """A page and how many there are: what words find is asked once for both, and a page that is all is not counted."""
    words = filter.q.strip()
    said = said_of(actor, words) if words else None
    page, count = _page(actor, filter, size, after, said)
    if count is None and page.next is None and not after:
        count = len(page.items)
    if count is None:
        return page, _counted(actor, filter, said)
    return page, Counted(min(count, MOST_FOUND), more=count > MOST_FOUND) if words else Counted(count, more=False)


def contacts_of(leads: Iterable[Lead | LeadFacts]) -> dict[UUID, contacts.ContactFacts]:
    """The contacts of leads that the caller has found visible, by contact id."""
    ids = [lead.contact_id for lead in leads]
    return {one.id: one for one in contacts.contacts_for_leads(ids)} if ids else {}


def zones_of(leads: Sequence[Lead | LeadFacts]) -> dict[UUID, ZoneInfo]:
    """The zone in which each lead's times are told, by lead: the one by which its hours are kept."""
    rows = CampaignZone.objects.filter(id__in={lead.zone_id for lead in leads}).values_list(
        "id", "key", "campaign__timezone"
    )
    zones = {id: ZoneInfo((zone_facts(key).number_zones or (own,))[0]) for id, key, own in rows}
    return {lead.id: zones[lead.zone_id] for lead in leads}


def number_facts(*, lead_ids: Sequence[UUID]) -> dict[UUID, dict[str, LeadNumber]]:
    """What has happened on the numbers of leads: {lead: {E.164: facts}}."""
    found: dict[UUID, dict[str, LeadNumber]] = {}
    for one in LeadNumber.objects.filter(lead__in=lead_ids):
        found.setdefault(one.lead_id, {})[one.number] = one
    return found


def callback_of(*, lead_id: UUID) -> Callback | None:
    """The booked callback of a lead."""
    return Callback.objects.filter(lead=lead_id, state="booked").first()


def callbacks_of(*, lead_ids: Sequence[UUID]) -> dict[UUID, Callback]:
    """The booked callbacks of leads, by lead."""
    return {one.lead_id: one for one in Callback.objects.filter(lead__in=lead_ids, state="booked")}


def lead_json(lead: Lead | LeadFacts, contact: contacts.ContactFacts, *, actor: Actor) -> dict[str, Any]:
    """The lead as the API shows it to the actor: to who only calls it, without national ids and hidden columns."""
    sees = contacts.sees_national_ids(actor)
    now = clock.now()
    held = lead.reserved_by_id is not None and lead.reserved_until is not None and lead.reserved_until > now
    return {
        "id": lead.id,
        "campaign": lead.campaign_id,
        "contact": contacts.facts_json(contact, national_ids=sees, hidden=sees),
        "external_lead_id": lead.external_lead_id,
        "status": lead.status,
        "open": lead.status in ("new", "automatic_redial", "common_redial", "private_redial"),
        "active": lead.active,
        "attempts": lead.attempts,
        "priority": lead.priority,
        "urgent": lead.urgent_at is not None,
        "position": lead.position,
        "assigned_to": lead.assigned_to_id,
        "owner": lead.owner_id,
        "next_contact_at": lead.next_contact_at,
        "no_callback_at": lead.no_callback_at,
        "snoozed_until": lead.snoozed_until,
        "expires_at": lead.expires_at,
        "last_contacted_by": lead.last_contacted_by_id,
        "last_contacted_at": lead.last_contacted_at,
        "result": lead.result,
        "reservation": {"by": lead.reserved_by_id, "until": lead.reserved_until} if held else None,
        "created_at": lead.created_at,
    }


def leads_json(leads: Sequence[Lead], *, actor: Actor) -> list[dict[str, Any]]:
    """Many leads as the API shows them, with one read of their contacts."""
    found = contacts_of(leads)
    return [lead_json(lead, found[lead.contact_id], actor=actor) for lead in leads]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a lead's history. `key` and `params` are told by `texts.timeline`; a note has its own `text`."""

    id: UUID
    at: datetime
    kind: str
    key: str
    params: dict[str, Any]
    text: str
    ref_type: str
    ref_id: UUID | None
    by_id: UUID | None
    by_name: str


def lead_timeline(*, actor: Actor, lead_id: UUID, size: int = 50, after: str | None = None) -> Page:
    """The lead's one history, newest first: what was told on its timeline, its hand-outs from the log, its messages."""
    require_lead(actor=actor, lead_id=lead_id)
    return timeline_of(actor=actor, lead_id=lead_id, size=size, after=after)


def timeline_of(*, actor: Actor, lead_id: UUID, size: int = 50, after: str | None = None) -> Page:
    """As `lead_timeline`, of a lead that the caller has found visible."""
    told = TimelineItem.objects.filter(lead=lead_id).select_related("by")
    given = HandoutLog.objects.filter(lead_id=lead_id, what="handed_out").exclude(reason="reserved")
    messages = lines_of(lead_id=lead_id)
    if after:
        at, last = cursors.decode_at(after)
        messages = [one for one in messages if (one.at, one.id) < (at, last)]
        told = told.filter(Q(at__lt=at) | Q(at=at, id__lt=last))
        given = given.filter(Q(at__lt=at) | Q(at=at, id__lt=last))
    lines = list(told.order_by("-at", "-id")[: size + 1])
    entries = [
        TimelineEntry(
            one.id,
            one.at,
            one.kind,
            one.key,
            one.params,
            one.text,
            one.ref_type,
            one.ref_id,
            one.by_id,
            str(one.by) if one.by else "",
        )
        for one in lines
    ]
    logs = list(given.order_by("-at", "-id")[: size + 1])
    # It was mostly whoever asks, or who has told something of it too.
    names = {one.by_id: str(one.by) for one in lines if one.by_id is not None}
    names |= {actor.user.id: str(actor.user)} if actor.user is not None else {}
    others = {log.user_id for log in logs} | {one.by_id for one in messages if one.by_id is not None}
    names |= user_names(unknown) if (unknown := others - names.keys()) else {}
    entries += [
        TimelineEntry(
            log.id,
            log.at,
            "handout",
            "handed_out",
            {"rule": log.rule},
            "",
            "",
            None,
            log.user_id,
            names.get(log.user_id, ""),
        )
        for log in logs
    ]
    entries += [_of_message(one, names) for one in messages]
    entries.sort(key=lambda one: (one.at, one.id), reverse=True)
    more = len(entries) > size
    entries = entries[:size]
    return Page(entries, cursors.encode_at(entries[-1].at, entries[-1].id) if more else None)


def lead_news(*, lead: Lead, most: int = 5) -> list[TimelineEntry]:
    """What happened to a lead that the caller has found visible since somebody last spoke with its contact, without
    them: what was answered and opened, and notes that nobody wrote by hand. The newest first."""
    since = lead.last_contacted_at or lead.created_at
    told = fresh(lines_of(lead_id=lead.id, heard_since=since), since=since)
    notes = TimelineItem.objects.filter(lead=lead.id, kind="note", by__isnull=True, at__gte=since)
    notes = notes.exclude(params__contains={"console": False}).order_by("-at", "-id")
    entries = [_of_message(one, {}) for one in told] + [
        TimelineEntry(one.id, one.at, one.kind, one.key, one.params, one.text, one.ref_type, one.ref_id, None, "")
        for one in notes[:most]
    ]
    return sorted(entries, key=lambda one: (one.at, one.id), reverse=True)[:most]


def _of_message(one: Line, names: Mapping[UUID, str]) -> TimelineEntry:
    return TimelineEntry(
        one.id, one.at, "message", one.key, one.params, one.text, "message", one.message_id, one.by_id,
        names.get(one.by_id, "") if one.by_id is not None else "",
    )  # fmt: skip


def user_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of people, by id."""
    return orgs.user_names(user_ids=ids)


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign's figures, live: engaged against the target, and leads by status."""

    engaged: int
    target: int | None
    leads: int
    attempts: int
    by_status: dict[str, int]
    # Leads that have been tried since their last reset.
    tried: int = 0

    @property
    def open(self) -> int:
        return sum(
            self.by_status.get(status, 0) for status in ("new", "automatic_redial", "common_redial", "private_redial")
        )


def progress(*, campaigns: Sequence[Campaign]) -> dict[UUID, Progress]:
    """The figures of campaigns that the caller has found visible: folded counts and what was appended since."""
    found: dict[UUID, dict[str, int]] = {one.id: {} for one in campaigns}
    for row in sql.rows("campaigns", "counts", campaigns=[one.id for one in campaigns]):
        found[row["campaign_id"]][row["key"]] = row["n"]
    return {
        one.id: Progress(
            engaged=found[one.id].get("engaged", 0),
            target=one.target,
            leads=found[one.id].get("leads", 0),
            attempts=found[one.id].get("attempts", 0),
            by_status={
                key.removeprefix("status:"): n for key, n in found[one.id].items() if key.startswith("status:") and n
            },
            tried=found[one.id].get("tried", 0),
        )
        for one in campaigns
    }


def agent_campaigns(*, actor: Actor) -> list[Campaign]:
    """The campaigns on which the actor is an agent and that are open for work or may be soon, running first."""
    mine = CampaignMember.objects.filter(user=actor.user_id, duty="agent").values("campaign")
    found = visible_campaigns(actor).filter(id__in=mine, state__in=("running", "paused", "approved"))
    order = {"running": 0, "paused": 1, "approved": 2}
    return sorted(found, key=lambda one: (order[one.state], -one.priority, one.name))


def customer_list(*, actor: Actor, campaign_id: UUID, size: int = 100) -> list[Lead]:
    """The agent's own redials and what they marked "do not call back", next first."""
    visible = visible_campaigns(actor).filter(id=campaign_id)
    found = Lead.objects.filter(campaign__in=visible).filter(
        Q(owner=actor.user_id, status="private_redial")
        | Q(last_contacted_by=actor.user_id, no_callback_at__isnull=False, snoozed_until__gt=clock.now())
    )
    return list(found.order_by(Coalesce("next_contact_at", "snoozed_until", "created_at"), "position")[:size])


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What an agent has done, and how many callbacks of their own are due (on one campaign, up to 100)."""

    calls: int
    contacts: int
    engaged: int
    callbacks: int
    due: int


def day_figures(*, actor: Actor, since: datetime, campaign_id: UUID | None = None) -> DayFigures:
    """The agent's figures since `since` (the screen passes the start of the local day); what is due on a campaign
    that the caller has found visible, on none nothing."""
    row = sql.row("campaigns", "day", user=actor.user_id, since=since, now=clock.now(), campaign=campaign_id)
    assert row is not None
    return DayFigures(**row)
