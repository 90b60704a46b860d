"""Who may work or see a lead."""

from __future__ import annotations

from uuid import UUID

from ringround.campaigns.models import Lead
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan
from ringround.kernel.errors import NotFound
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor


def check_agent(*, actor: Actor, plan: Plan) -> None:
    """The actor works on this campaign as an agent, for its agency, by a link that is live; else 404."""
    works_here = actor.org_id in (plan.agency_id, plan.merchant_id) and plan.member_id is not None
    if works_here and plan.agency_id != plan.merchant_id:
        works_here = orgs.link_is_live(merchant_id=plan.merchant_id, agency_id=plan.agency_id)
    if not works_here:
        raise NotFound("campaign")


def require_lead(*, actor: Actor, lead_id: UUID) -> Lead:
    """The lead, if this actor may see its campaign; else 404. Agents see campaigns they are on."""
    lead = Lead.objects.filter(id=lead_id, campaign__in=visible_campaigns(actor)).first()
    if lead is None:
        raise NotFound("lead")
    return lead
