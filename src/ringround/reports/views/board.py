"""The supervisor's live board, and the wallboard."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import actions as campaigns
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.reports import queries
from ringround.ui import htmx


@require_safe
@requires("reports.board")
def board(request: ActorRequest) -> HttpResponse:
    """All campaigns under way, or the one in `?campaign=`, with all agents or those of `?team=`; drawn again by itself
    as things happen."""
    wall = request.GET.get("wall") == "1"
    part = request.GET.get("part") == "1"
    found = queries.board(
        actor=request.actor,
        campaign_id=parse_id(request.GET.get("campaign", "")),
        team_id=parse_id(request.GET.get("team", "")),
    )
    context = {
        "board": found,
        "wall": wall,
        "may_release": allows(request.actor, "campaigns.leads.change") and not wall,
        "choices": [] if part else queries.choices(actor=request.actor),
        "teams": [] if part else queries.teams(actor=request.actor),
    }
    if part:
        return htmx.render_fragment(request, "reports/_board.html", context)
    return htmx.render_fragment(request, "reports/wall.html" if wall else "reports/board.html", context)


@require_safe
@requires("reports.board")
def standing(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Why this campaign is not dialling, in plain words with counts."""
    found = queries.standing(actor=request.actor, campaign_id=campaign_id)
    return htmx.render_fragment(request, "reports/_standing.html", {"standing": found})


@require_POST
@requires("campaigns.leads.change")
def release(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Take a held lead back from its agent."""
    try:
        campaigns.lead_change(actor=request.actor, lead_id=lead_id, reservation=None)
    except Conflict as refused:
        return htmx.toast(HttpResponse(status=204), refused.detail, "warning")
    return htmx.toast(HttpResponse(status=204), _("The contact is back."), "success")
