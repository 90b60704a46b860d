"""Who is on a campaign: supervisors, agents, and teams at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign
from ringround.kernel.errors import NotFound
from ringround.orgs import queries as orgs
from ringround.orgs.permissions import AGENT, SUPERVISOR
from ringround.orgs.web import ActorRequest, requires
from ringround.orgs.words import ROLES
from ringround.ui import htmx

DUTIES = {"supervisor": gettext_lazy("Supervisors"), "agent": gettext_lazy("Agents")}
SHOWN = 50


def _place(campaign: Campaign, duty: str) -> set[UUID]:
    return {campaign.agency_id} if duty == "agent" else {campaign.agency_id, campaign.merchant_id}


def _candidates(campaign: Campaign, duty: str, q: str, on: set[UUID]) -> list[orgs.Person]:
    """People who could be put on, by name."""
    roles = sorted(AGENT if duty == "agent" else SUPERVISOR)
    found = orgs.members(organisation_ids=_place(campaign, duty), roles=roles, q=q)
    people = [one for one in {one.id: one for one in found}.values() if one.id not in on]
    if duty == "agent":
        # Who calls for a living stands before who may also call.
        people.sort(key=lambda one: one.role not in ("senior_agent", "junior_agent"))
    return people


def duty_context(request: HttpRequest, campaign: Campaign, duty: str) -> dict[str, Any]:
    """One of the two lists, and who could come onto it."""
    q = request.GET.get(f"{duty}_q", "") or request.POST.get(f"{duty}_q", "")
    on = queries.people_of(campaign=campaign, duty=duty)
    candidates = _candidates(campaign, duty, q, {one.id for one in on})
    everyone = candidates if not q else _candidates(campaign, duty, "", {one.id for one in on})
    teams = sorted({(one.team, str(one.team_id)) for one in everyone if one.team_id is not None and one.team})
    return {
        "duty": duty,
        "label": DUTIES[duty],
        "on": on,
        "candidates": candidates[:SHOWN],
        "more": max(0, len(candidates) - SHOWN),
        "anyone": bool(everyone),
        "teams": teams,
        "q": q,
        "shares": actions.shares(campaign_id=campaign.id) if duty == "agent" else {},
    }


def people_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "duties": [duty_context(request, campaign, duty) for duty in DUTIES],
        "roles": ROLES,
        "open_state": campaign.state != Campaign.State.ARCHIVED,
    }


def _fragment(request: ActorRequest, campaign: Campaign, duty: str) -> HttpResponse:
    if not htmx.is_fragment(request):
        return htmx.redirect(request, "campaigns:step", campaign.id, 3)
    context = {**people_context(request, campaign), "part": duty_context(request, campaign, duty)}
    return htmx.render_fragment(request, "campaigns/wizard/_duty.html", context)


@require_safe
@requires("campaigns.people")
def search(request: ActorRequest, campaign_id: UUID, duty: str) -> HttpResponse:
    """The list again, with those whom the search finds."""
    if duty not in DUTIES:
        raise NotFound("duty")
    return _fragment(request, queries.campaign_get(actor=request.actor, campaign_id=campaign_id), duty)


@require_POST
@requires("campaigns.people")
def change(request: ActorRequest, campaign_id: UUID, duty: str) -> HttpResponse:
    """Put people or a whole team on, or take somebody off."""
    if duty not in DUTIES:
        raise NotFound("duty")
    actor = request.actor
    campaign = queries.campaign_get(actor=actor, campaign_id=campaign_id)
    now_on = [one.id for one in queries.people_of(campaign=campaign, duty=duty)]
    wanted = [str(one) for one in now_on]
    team = request.POST.get("team", "")
    if team:
        wanted += [str(one.id) for one in _candidates(campaign, duty, "", set(now_on)) if str(one.team_id) == team]
    wanted += [one for one in request.POST.getlist("add") if one not in wanted]
    gone = set(request.POST.getlist("remove"))
    put = actions.agents_put if duty == "agent" else actions.supervisors_put
    put(actor=actor, campaign_id=campaign_id, users=[one for one in wanted if one not in gone])
    response = _fragment(request, campaign, duty)
    if gone and duty == "agent" and htmx.is_fragment(request):
        htmx.toast(response, _("Leads that were kept for them are free."), "info")
    return response
