"""What the screens of this room share."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.kernel.ids import parse_id
from ringround.onboarding.forms.lists import SessionFilter
from ringround.onboarding.queries.settings import onboarding_settings
from ringround.orgs.web import ActorRequest, Looked, looked_at
from ringround.ui.format import date_text

MOST_CAMPAIGNS = 500
STATES = ("running", "paused", "completed", "approved", "archived")


def looked_of(request: ActorRequest) -> Looked:
    """Whose sessions or leads a list shows."""
    return looked_at(request, campaigns.merchants_of(actor=request.actor))


def filter_of(request: ActorRequest, looked: Looked) -> SessionFilter:
    """What a list of sessions or leads is asked for."""
    choices = campaign_choices(request, parse_id(request.GET.get("campaign", "")), looked.merchant)
    return SessionFilter(request.GET, campaigns=choices, merchants=looked.offered, merchant=looked.merchant)


def campaign_choices(
    request: ActorRequest, asked: UUID | None = None, merchant: UUID | None = None
) -> list[tuple[UUID, str]]:
    """The campaigns that may be filtered by: those the actor sees, of the last ones made; and the one that is asked."""
    page = campaigns.campaign_page(actor=request.actor, states=STATES, merchant=merchant, size=MOST_CAMPAIGNS)
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
