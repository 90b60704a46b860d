"""The campaign's external site, as the agent has it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Campaign, SiteRequest
from ringround.campaigns.queries.plan_facts import Plan
from ringround.kernel.errors import Conflict
from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True)
class SiteShown:
    """The external site as the agent has it. `sends`: the button sends to it from here, else it opens a page."""

    name: str
    sends: bool
    on_connect: bool


def site_shown(campaign: Campaign, plan: Plan) -> SiteShown | None:
    """What is told when the contact is saved is no matter of the agent's."""
    if campaign.external_site is None:
        return None
    found = campaigns.site_of(
        ref=campaign.external_site, merchant_id=campaign.merchant_id, agency_id=campaign.agency_id, live=plan.live
    )
    if found is None or found.opens == "on_disposition":
        return None
    return SiteShown(found.name, found.method == "post_json", found.opens == "on_connect")


@dataclass(frozen=True, slots=True)
class Opened:
    """The external site filled in for the lead in hand, for the agent's browser."""

    name: str
    made: SiteRequest


def site_opened(*, actor: Actor, lead_id: UUID) -> Opened:
    """409 `not_held` unless the agent has this lead in hand, `no_external_site` where its campaign has none to open."""
    lead = campaigns.lead_get(actor=actor, lead_id=lead_id)
    held = campaigns.lead_held(actor=actor)
    if held is None or held.id != lead.id:
        raise Conflict("not_held", _("This contact is not yours at the moment."))
    found = campaigns.site_filled(actor=actor, lead=held)
    if found is None:
        raise Conflict("no_external_site", _("This campaign has no external site to open."))
    return Opened(*found)
