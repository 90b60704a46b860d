"""What happens to agents when leads, campaigns or people change; and which screens their own changes concern."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.campaigns.queries.plan import member_ids
from ringround.dialer import actions, queries
from ringround.infra.events import Event
from ringround.infra.relay.reactions import only
from ringround.infra.relay.screens import Touch


def lead_released(event: Event) -> None:
    """What an agent held has lapsed or was taken back: they are free for the next."""
    agent = event.data.get("agent")
    if agent and agent != "None":
        actions.presence_refresh(user_id=UUID(agent))


@only(lambda event: event.data.get("rule") == "reserved")
def lead_reserved(event: Event) -> None:
    """A supervisor has given an agent a lead: it is in their hands, and they are not free."""
    actions.presence_refresh(user_id=UUID(event.data["agent"]))


def user_gone(event: Event) -> None:
    """A user was deactivated. One whose role is no agent's any more is taken off their campaigns (`people_changed`)."""
    actions.presence_end(user_id=event.subject_id, organisation_id=event.org_id)


def people_changed(event: Event) -> None:
    """Who was taken off the campaign works on it no longer."""
    if "agents" not in event.data.get("fields", ()):
        return
    still = set(member_ids(campaign_id=event.subject_id, duty="agent"))
    for _org, user_id in queries.agents_of_campaign(campaign_id=event.subject_id):
        if user_id not in still:
            actions.presence_end(user_id=user_id, campaign_id=event.subject_id)


def link_revoked(event: Event) -> None:
    """An agency lost its merchant: its agents are off the merchant's campaigns at once."""
    if event.data.get("agency"):
        merchant_id, agency_id = UUID(event.data["merchant"]), UUID(event.data["agency"])
        for user_id in queries.agents_for_merchant(merchant_id=merchant_id, agency_id=agency_id):
            actions.presence_end(user_id=user_id, organisation_id=agency_id)


REACTIONS = {
    "campaigns.lead.handed_out": lead_reserved,
    "campaigns.lead.released": lead_released,
    "campaigns.campaign.changed": people_changed,
    "orgs.user.deactivated": user_gone,
    "orgs.agency_link.revoked": link_revoked,
}


def topics(event: Event) -> Iterable[Touch]:
    """An agent's change is seen on their own screens and on the boards of their campaign.

    A campaign that starts, pauses or ends is told to everyone who works on it; its other changes, which are many,
    are not: a console that waits asks by itself.
    """
    orgs = [org for org in (event.org_id, event.also_org_id) if org is not None]
    if event.type == "dialer.agent.state_changed":
        for org in orgs:
            yield Touch(org, f"agent:{event.data['agent']}", event.data["agent"])
            if event.data["campaign"]:
                yield Touch(org, f"campaign:{event.data['campaign']}", event.data["agent"])
    elif event.type.startswith("campaigns.campaign."):
        for org, user in queries.agents_of_campaign(campaign_id=event.subject_id):
            yield Touch(org, f"agent:{user}", str(event.subject_id))
