"""What the screens of this room share."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.onboarding.queries.settings import onboarding_settings
from ringround.orgs.web import ActorRequest
from ringround.ui.format import date_text

MOST_CAMPAIGNS = 500
STATES = ("running", "paused", "completed", "approved", "archived")


def campaign_choices(request: ActorRequest, asked: UUID | None = None) -> list[tuple[UUID, str]]:
    """The campaigns that may be filtered by: those the actor sees, of the last ones made; and the one that is asked."""
    page = campaigns.campaign_page(actor=request.actor, states=STATES, size=MOST_CAMPAIGNS)
    found = [(one.id, one.name) for one in page.items]
    if asked is not None and all(asked != id for id, _name in found):
        chosen = campaigns.campaign_find(actor=request.actor, campaign_id=asked)
        found += [(chosen.id, chosen.name)] if chosen is not None else []
    return found


def times(request: ActorRequest) -> dict[str, Any]:
    """How the organisation writes times."""
    return {"dashed": onboarding_settings(org_id=request.actor.org_id).dashed_times}


def day_of(text: str) -> str:
    """An ISO date as people read it; anything else as it is."""
    try:
        return date_text(date.fromisoformat(text))
    except ValueError:
        return text
