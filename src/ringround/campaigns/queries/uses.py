"""Where contacts and their lists are used: what a lower room's page shows of campaigns."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from ringround.campaigns.models import Campaign, Lead
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
