"""Why is this lead not called now, and why is this campaign not dialling."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns.models import CampaignMember
from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan, plan_load, zone_facts
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.rules.early import shut_for_early
from ringround.campaigns.rules.gates import Answer, Asked
from ringround.campaigns.rules.gates import why_not as ask
from ringround.campaigns.rules.lead import LeadFacts
from ringround.compliance.rules import ContactFacts, Gate, lead_hours
from ringround.contacts import queries as contacts
from ringround.infra import clock, sql
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor


def why_not(*, actor: Actor, lead_id: UUID, agent_id: UUID | None = None) -> Answer:
    """Every gate of a lead at this moment, for an agent or (None) for whoever it may go to."""
    require_lead(actor=actor, lead_id=lead_id)
    row = sql.row("campaigns", "lead_read", lead=lead_id)
    if row is None:
        raise NotFound("lead")
    plan = plan_load(campaign_id=row["campaign_id"], user_id=agent_id)
    if agent_id is not None and plan.member_id is None:
        raise Invalid.one("agent", "not_an_agent", N_("This person is not an agent of the campaign."))
    return answer(plan, facts(row), agent_id, clock.now())


def why_not_early(*, actor: Actor, lead_id: UUID) -> list[Gate]:
    """What stands in the way of this agent calling a callback of their own now, before its time."""
    return shut_for_early(why_not(actor=actor, lead_id=lead_id, agent_id=actor.user_id).gates)


def answer(plan: Plan, lead: LeadFacts, agent_id: UUID | None, now: datetime) -> Answer:
    """The gates of one lead, with everything they ask for read here."""
    contact = contacts.contacts_for_leads([lead.contact_id])[0]
    valid = [one.e164 for one in contact.numbers if one.e164 and one.valid]
    where = zone_facts(plan.zones[lead.zone_id])
    barred = contacts.suppressed_numbers(
        org_id=plan.merchant_id, campaign_id=plan.id, contact_id=lead.contact_id, numbers=valid, now=now
    )
    all_barred = bool(lead.numbers) and set(lead.numbers) <= set(barred)
    facts_of_contact = ContactFacts(
        number_zones=where.number_zones, country=where.country, suppressed_by=("suppression",) if all_barred else ()
    )
    skipped = None
    if agent_id is not None:
        row = sql.row("campaigns", "skip_until", user=agent_id, lead=lead.id)
        skipped = row["until"] if row else None
    busy = sql.rows("campaigns", "holds_busy", merchant=plan.merchant_id, numbers=lead.numbers, lead=lead.id, now=now)
    people = [one for one in (lead.reserved_by_id, lead.assigned_to_id, lead.owner_id) if one is not None]
    asked = Asked(
        state=plan.state,
        campaign=plan.facts,
        contact=facts_of_contact,
        order=plan.order,
        agent_id=agent_id,
        numbers_known=bool(valid),
        skipped_until=skipped,
        busy={one["number"]: one["until"] for one in busy},
        names=orgs.user_names(user_ids=people),
    )
    return ask(lead, asked, now)


@dataclass(frozen=True, slots=True)
class NotDialling:
    """How many leads could be called now, and how many each gate holds back (a lead may fail several)."""

    callable_now: int
    leads: int
    by_gate: dict[str, int]
    next_at: datetime | None


def why_not_dialling(*, actor: Actor, campaign_id: UUID) -> NotDialling:
    """Counts by gate over all leads that are not closed; closed ones are counted under `open`.

    Set-based: one pass over the campaign's rows with the gates as columns, the hours by zone.
    """
    if not visible_campaigns(actor).filter(id=campaign_id).exists():
        raise NotFound("campaign")
    now = clock.now()
    plan = plan_load(campaign_id=campaign_id)
    hours = {zone: lead_hours(zone_facts(key), plan.facts, now) for zone, key in plan.zones.items()}
    shut = [zone for zone, gate in hours.items() if not gate.ok]
    row = sql.row(
        "campaigns",
        "why_not_dialling",
        campaign=plan.id,
        merchant=plan.merchant_id,
        now=now,
        shut=shut,
        max_attempts=plan.settings["max_attempts"],
    )
    assert row is not None
    total = row.pop("leads")
    callable_now = row.pop("callable_now")
    due_at = row.pop("next_due_at")
    by_gate = Counter({name: n for name, n in row.items() if n})
    if plan.state != "running":
        by_gate["campaign_running"] = total
        callable_now = 0
    if not plan.in_window(now):
        by_gate["campaign_window"] = total
        callable_now = 0
    agents = CampaignMember.objects.filter(campaign=plan.id, duty="agent").count()
    if not agents:
        by_gate["assigned_to_me"] = total
        callable_now = 0
    times = [
        at
        for at in (due_at, plan.facts.starts_at, *(gate.next_at for gate in hours.values() if not gate.ok))
        if at and at > now
    ]
    next_at = now if callable_now else (min(times) if times and plan.state == "running" else None)
    return NotDialling(callable_now, total, dict(by_gate), next_at)


def answer_json(found: Answer, sentences: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answer as the API shows it; `sentences` gives the words of each gate's detail."""
    return {
        "callable": found.callable,
        "next_at": found.next_at,
        "gates": [
            {
                "gate": gate.gate,
                "ok": gate.ok,
                "next_at": gate.next_at,
                "detail": (sentences or {}).get(gate.gate)
                or (json.dumps(gate.detail.to_json()) if gate.detail else None),
            }
            for gate in found.gates
        ],
    }


def shut_gates(found: Answer) -> Sequence[str]:
    """Names of the gates that are shut."""
    return [gate.gate for gate in found.gates if not gate.ok]
