"""What campaigns hold of a merchant goes at the end of the work for it: plans and counts stay, words do not."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.plan import campaign_archive, campaign_complete
from ringround.campaigns.models import (
    BulkChange,
    Campaign,
    CampaignTemplate,
    DealingPart,
    ExternalSite,
    ExternalSystem,
    SavedFilter,
)
from ringround.orgs import queries as orgs

State = Campaign.State


def campaigns_forget(*, merchant_id: UUID) -> None:
    """Every campaign is archived, and says no more than its name, its dispositions and its counts. Safe to run again.

    Leads are emptied before, with their contacts (`leads_erase`).
    """
    actor = orgs.system_actor(organisation_id=merchant_id)
    for campaign_id in Campaign.objects.filter(merchant=merchant_id).order_by("id").values_list("id", flat=True):
        with transaction.atomic():
            campaign = Campaign.objects.select_for_update(no_key=True).get(id=campaign_id)
            if campaign.state in (State.RUNNING, State.PAUSED):
                campaign_complete(actor=actor, campaign_id=campaign_id)
            if campaign.state != State.ARCHIVED:
                campaign_archive(actor=actor, campaign_id=campaign_id)
            campaign.lists.clear()
            Campaign.objects.filter(id=campaign_id).update(
                description="", script="", caller_ids=[], external_system=None, external_campaign_id=None,
                external_site=None, preassignment={}, changed={},
            )  # fmt: skip
            DealingPart.objects.filter(campaign=campaign_id).delete()
    with transaction.atomic():
        for model in (BulkChange, SavedFilter, ExternalSystem, ExternalSite):
            model.objects.filter(organisation=merchant_id).delete()
        CampaignTemplate.objects.filter(merchant=merchant_id).delete()
