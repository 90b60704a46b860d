"""What every change of a campaign does: lock it, and tell the audit and the event feed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ringround.campaigns.events import CAMPAIGN
from ringround.campaigns.models import Campaign
from ringround.campaigns.queries.plan import check_may, visible_campaigns
from ringround.infra import audit, events
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.messages import N_
from ringround.orgs.actor import Actor


def lock(*, actor: Actor, campaign_id: UUID, permission: str) -> Campaign:
    """The campaign's row, locked: not found for who may not see it, forbidden for who may not do this."""
    found = (
        visible_campaigns(actor)
        .select_related("merchant", "agency")
        .select_for_update(of=("self",))
        .filter(id=campaign_id)
        .first()
    )
    if found is None:
        raise NotFound("campaign")
    check_may(actor, found, permission)
    return found


def check_not_archived(campaign: Campaign) -> None:
    """An archived campaign is kept as it was."""
    if campaign.state == Campaign.State.ARCHIVED:
        allowed = [state.value for state in Campaign.State if state is not Campaign.State.ARCHIVED]
        raise Conflict("wrong_state", N_("An archived campaign cannot be changed."), allowed)


def touch(campaign: Campaign, actor: Actor, fields: Iterable[str]) -> None:
    """A new version, and who changed what with it; the caller saves the row."""
    campaign.version += 1
    who = str(actor.user_id) if actor.user_id else None
    campaign.changed = {**campaign.changed, **{name: [campaign.version, who] for name in fields}}


def tell(campaign: Campaign, actor: Actor, what: str, **data: Any) -> None:
    """The audit row and the event `campaigns.campaign.<what>`; the campaign is locked, and saved by the caller."""
    campaign.event_no += 1
    events.record(
        org_id=campaign.merchant_id,
        also_org_id=campaign.agency_id,
        type=CAMPAIGN[what],
        subject_type="campaign",
        subject_id=campaign.id,
        subject_no=campaign.event_no,
        data=data,
    )
    audit.write(
        actor=actor,
        action=CAMPAIGN[what],
        org_id=campaign.merchant_id,
        subject_type="campaign",
        subject_id=campaign.id,
        data=data,
    )
