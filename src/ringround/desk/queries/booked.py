"""A callback of the agent's own, opened from the customer list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Lead
from ringround.campaigns.queries.leads import TimelineEntry
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.queries.whereabouts import zone_of
from ringround.campaigns.texts import GATES, gate_words
from ringround.desk.queries.entry import Suggestion, suggestions
from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.ui.format import zone_text

HISTORY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """The callback as its agent sees it. `why_not`: what stands in the way of calling now, in words."""

    lead: Lead
    name: str
    numbers: tuple[tuple[str, str], ...]
    at: datetime
    due: bool
    note: str
    zone: ZoneInfo
    history: list[TimelineEntry]
    suggestions: list[Suggestion]
    why_not: tuple[str, ...]
    holding: bool
    in_hand: bool  # it is this one

    @property
    def written(self) -> str:
        """The time as an input takes it, on the wall where the contact is."""
        return self.at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    @property
    def place(self) -> str:
        return zone_text(str(self.zone))


def booked(*, actor: Actor, lead_id: UUID) -> Booked:
    """404 unless it is a booked callback of this very agent."""
    lead = campaigns.lead_get(actor=actor, lead_id=lead_id)
    found = campaigns.callback_of(lead_id=lead_id)
    if found is None or found.owner_id is None or found.owner_id != actor.user_id:
        raise NotFound("callback")
    now = clock.now()
    plan = plan_load(campaign_id=lead.campaign_id, user_id=actor.user_id)
    contact = campaigns.contacts_of([lead])[lead.contact_id]
    zone = zone_of(contact, plan)
    held = campaigns.lead_held(actor=actor)
    days = orgs.limits(org_id=plan.merchant_id).callback_max_days
    shut = campaigns.why_not_early(actor=actor, lead_id=lead_id)
    return Booked(
        lead=lead,
        name=contact.name or "–",
        numbers=tuple((one.label, one.e164) for one in contact.numbers if one.e164),
        at=found.at,
        due=found.at <= now,
        note=found.note,
        zone=zone,
        history=campaigns.timeline_of(actor=actor, lead_id=lead_id, size=HISTORY).items,
        suggestions=suggestions(plan=plan, lead=lead, contact=contact, zone=zone, now=now, days=days),
        why_not=tuple(gate_words(one) or str(GATES[one.gate]) for one in shut),
        holding=held is not None,
        in_hand=held is not None and held.id == lead_id,
    )
