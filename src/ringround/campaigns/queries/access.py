"""Who may work or see a lead."""

from __future__ import annotations

from uuid import UUID

from ringround.campaigns.models import CampaignMember, Lead
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan
from ringround.kernel.errors import NotFound
from ringround.orgs.actor import Actor


def check_agent(*, actor: Actor, plan: Plan) -> None:
    """The actor works on this campaign as an agent, for its agency, by a link that is live; else 404."""
    if actor.org_id not in (plan.agency_id, plan.merchant_id) or plan.member_id is None or not plan.live:
        raise NotFound("campaign")


def is_agent(*, plan: Plan, user_id: UUID) -> bool:
    """Whether this person is an agent of the campaign."""
    return CampaignMember.objects.filter(campaign=plan.id, user=user_id, duty="agent").exists()


def require_lead(*, actor: Actor, lead_id: UUID) -> Lead:
    """The lead, if this actor may see its campaign; else 404. Agents see campaigns they are on."""
    lead = Lead.objects.filter(id=lead_id, campaign__in=visible_campaigns(actor)).first()
    if lead is None:
        raise NotFound("lead")
    return lead
