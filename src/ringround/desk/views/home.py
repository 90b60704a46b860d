"""*Run campaign*: the agent's campaigns."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import queries as campaigns
from ringround.campaigns.texts import MODES
from ringround.desk import queries
from ringround.desk.views.answer import work_context
from ringround.desk.views.onboard import followed
from ringround.dialer import actions as dialer
from ringround.kernel.errors import Conflict
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_safe
@requires("desk.console")
def home(request: ActorRequest) -> HttpResponse:
    """The campaigns one may run, the one that is running on top."""
    mine = campaigns.agent_campaigns(actor=request.actor)
    progress = campaigns.progress(campaigns=mine)
    console = queries.console(actor=request.actor)
    due: dict[UUID, int] = {}
    for one in campaigns.callback_list(actor=request.actor, agent_id=request.actor.user_id, size=100).items:
        due[one.campaign_id] = due.get(one.campaign_id, 0) + 1
    rows = [(one, MODES[one.mode], progress[one.id], due.get(one.id, 0)) for one in mine]
    context = {"rows": rows, "console": console}
    return htmx.page_or_fragment(request, "desk/home.html", "desk/_home.html", context)


@require_POST
@requires("desk.console")
def run(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Join the campaign, and go to the console."""
    try:
        dialer.presence_join(actor=request.actor, campaign_id=campaign_id, console=True)
    except Conflict as refused:
        return htmx.redirect(request, "desk:home", toast=refused.detail, tone="warning")
    return htmx.redirect(request, "desk:console")


@require_safe
@requires("desk.console")
def console(request: ActorRequest) -> HttpResponse:
    """The console itself; a reload, a crash or a lost connection comes back to where it was."""
    dialer.presence_seen(actor=request.actor)
    shown = queries.console(actor=request.actor)
    if not shown.state.joined or shown.campaign is None:
        # With a contact still in hand the way back to it stands there: looking at a page joins nothing.
        return redirect("desk:home")
    work = work_context(request.actor, shown)
    work["session"] = followed(request.actor, shown)
    return htmx.render_fragment(request, "desk/console.html", {"title": _("Run campaign"), **work})
