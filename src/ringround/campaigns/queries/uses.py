"""Where contacts, their lists and calls are used: what a lower room's page shows of campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from ringround.campaigns.models import Attempt, Campaign, DroppedCall, Lead
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.orgs.actor import Actor

# More than anybody reads on a contact's or a list's page.
MOST = 50


def leads_of_contact(*, actor: Actor, contact_id: UUID) -> list[Lead]:
    """The contact's leads on campaigns that the actor may see: those of the newest campaigns first, and last those of
    archived ones, which tell what has been and are no work any more."""
    found = Lead.objects.filter(contact=contact_id, campaign__in=visible_campaigns(actor)).select_related("campaign")
    found = found.alias(put_away=Q(campaign__state=Campaign.State.ARCHIVED))
    return list(found.order_by("put_away", "-campaign__created_at", "id")[:MOST])


def campaigns_of_list(*, actor: Actor, list_id: UUID) -> list[Campaign]:
    """Campaigns that take their leads from the list, the newest first."""
    found = (
        visible_campaigns(actor).select_related("agency").filter(lists=list_id).exclude(state=Campaign.State.ARCHIVED)
    )
    return list(found.order_by("-created_at", "id")[:MOST])


def leads_of_calls(*, actor: Actor, calls: Iterable[tuple[UUID, UUID | None]]) -> dict[UUID, Lead]:
    """The lead of each call (its id and its agent's), by call: by what was said of it,
    by its end without a word, or by who holds the lead in it.

    Only of campaigns that the actor may see, and with their campaign.
    """
    agents = dict(calls)
    visible = visible_campaigns(actor)
    found: dict[UUID, Lead] = {}
    said = Attempt.objects.filter(call__in=agents, campaign__in=visible).select_related("lead__campaign")
    for one in said:
        assert one.call_id is not None
        found[one.call_id] = one.lead
    unsaid = DroppedCall.objects.filter(call__in=set(agents) - set(found), campaign__in=visible)
    for dropped in unsaid.select_related("lead__campaign"):
        found[dropped.call_id] = dropped.lead
    holders = {agent for call, agent in agents.items() if call not in found and agent is not None}
    if holders:
        # By the agent, whose leads are few, and not by the call: no index leads from it to its lead.
        held = Lead.objects.filter(reserved_by__in=holders, call_id__in=agents, campaign__in=visible)
        found |= {one.call_id: one for one in held.select_related("campaign") if one.call_id is not None}
    return found
