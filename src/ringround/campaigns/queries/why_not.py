"""Why is this lead not called now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.packs import with_person
from ringround.campaigns.queries.plan_facts import Plan, plan_load, zone_facts
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.rules.early import shut_for_early
from ringround.campaigns.rules.gates import Answer, Asked
from ringround.campaigns.rules.gates import why_not as ask
from ringround.campaigns.rules.lead import LeadFacts
from ringround.compliance.rules import ContactFacts, Gate
from ringround.contacts import queries as contacts
from ringround.infra import clock, sql
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor


def why_not(
    *, actor: Actor, lead_id: UUID, agent_id: UUID | None = None, contact: contacts.ContactFacts | None = None
) -> Answer:
    """Every gate of a lead at this moment, for an agent or (None) for whoever it may go to.

    `contact`: the lead's, of a caller who has read it already.
    """
    require_lead(actor=actor, lead_id=lead_id)
    row = sql.row("campaigns", "lead_read", lead=lead_id)
    if row is None:
        raise NotFound("lead")
    plan = plan_load(campaign_id=row["campaign_id"], user_id=agent_id)
    if agent_id is not None and plan.member_id is None:
        raise Invalid.one("agent", "not_an_agent", N_("This person is not an agent of the campaign."))
    return answer(plan, facts(row), agent_id, clock.now(), contact)


def why_not_early(*, actor: Actor, lead_id: UUID) -> list[Gate]:
    """What stands in the way of this agent calling a callback of their own now, before its time."""
    return shut_for_early(why_not(actor=actor, lead_id=lead_id, agent_id=actor.user_id).gates)


def answer(
    plan: Plan,
    lead: LeadFacts,
    agent_id: UUID | None,
    now: datetime,
    contact: contacts.ContactFacts | None = None,
) -> Answer:
    """The gates of one lead, with everything they ask for read here."""
    contact = contact or contacts.contact_get_for_lead(lead.contact_id)
    valid = [one.e164 for one in contact.numbers if one.e164 and one.valid]
    where = zone_facts(plan.zones[lead.zone_id])
    barred = contacts.suppressed_numbers(
        org_id=plan.merchant_id, campaign_id=plan.id, contact_id=lead.contact_id, numbers=valid, now=now
    )
    all_barred = bool(lead.numbers) and set(lead.numbers) <= set(barred)
    facts_of_contact = with_person(
        ContactFacts(
            number_zones=where.number_zones, country=where.country, suppressed_by=("suppression",) if all_barred else ()
        ),
        plan, lead.contact_id, now,
    )  # fmt: skip
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
