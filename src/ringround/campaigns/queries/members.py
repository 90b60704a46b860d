"""Who works on campaigns: those put there who are active, and whose role lets them do this work.

Whoever is deactivated or has another role is taken off by a reaction; until it has come by, nobody counts on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ringround.campaigns.models import Campaign, CampaignMember
from ringround.orgs import queries as orgs
from ringround.orgs.permissions import AGENT, SUPERVISOR

Duty = CampaignMember.Duty


def fit_for(campaign: Campaign, duty: str) -> tuple[set[UUID], frozenset[str]]:
    """Whose people may have this duty, and with which roles."""
    if duty == Duty.AGENT:
        return {campaign.agency_id}, AGENT
    return {campaign.agency_id, campaign.merchant_id}, SUPERVISOR


def members_of(*, campaigns: Sequence[Campaign]) -> dict[tuple[UUID, str], list[UUID]]:
    """Ids of the people of each campaign and duty, in the order in which they were put there."""
    by_id = {one.id: one for one in campaigns}
    rows = CampaignMember.objects.filter(campaign__in=by_id).order_by("id")
    put = list(rows.values_list("campaign_id", "duty", "user_id"))
    places = {place for one in campaigns for place in (one.agency_id, one.merchant_id)}
    people = orgs.members(organisation_ids=places, user_ids={user for *_rest, user in put}) if put else []
    roles = {(one.organisation_id, one.id): one.role for one in people}
    found: dict[tuple[UUID, str], list[UUID]] = {}
    for campaign_id, duty, user_id in put:
        of, may = fit_for(by_id[campaign_id], duty)
        if any(roles.get((place, user_id)) in may for place in of):
            found.setdefault((campaign_id, duty), []).append(user_id)
    return found


def agent_ids(*, campaign: Campaign) -> list[UUID]:
    """The campaign's agents, in the order in which they were put there."""
    return members_of(campaigns=[campaign]).get((campaign.id, Duty.AGENT), [])


def people_of(*, campaign: Campaign, duty: str) -> list[orgs.Person]:
    """Agents or supervisors of the campaign, by name."""
    ids = CampaignMember.objects.filter(campaign=campaign, duty=duty).values_list("user_id", flat=True)
    places, roles = fit_for(campaign, duty)
    found = orgs.members(organisation_ids=places, roles=sorted(roles), user_ids=list(ids)) if ids else []
    # In-house and managed: the same person must not stand there twice.
    return list({one.id: one for one in found}.values())
