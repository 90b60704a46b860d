"""Who may hear of a campaign: whoever may see it."""

from __future__ import annotations

from ringround.campaigns.queries.plan import visible_campaigns
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor


def may_see(actor: Actor, id: str) -> bool:
    campaign_id = parse_id(id)
    return campaign_id is not None and visible_campaigns(actor).filter(id=campaign_id).exists()


ALLOWED = {"campaign": may_see}
