"""Settings → teams, and who is in them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs import actions, queries
from ringround.orgs.forms.settings import TeamForm
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults


@require_http_methods(["GET", "POST"])
@requires("orgs.users.read")
def teams(request: ActorRequest) -> HttpResponse:
    """The teams, and a new one."""
    actor = request.actor
    form = TeamForm(request.POST or None, people=queries.members_of([actor.org_id]))
    if request.method == "POST":
        require(request.actor, "orgs.teams.change")
        if form.is_valid():
            try:
                actions.team_create(actor=request.actor, **form.cleaned_data)
                return htmx.redirect(request, "orgs:teams", toast=_("The team is made."))
            except Invalid as error:
                add_faults(form, error)
            except Conflict as error:
                form.add_error("name", str(error))
    context = {
        "form": form,
        "teams": queries.team_list(actor=request.actor),
        "may_change": allows(request.actor, "orgs.teams.change"),
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "orgs/teams.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires("orgs.teams.change")
def team(request: ActorRequest, team_id: UUID) -> HttpResponse:
    """A team's name and members."""
    found = queries.team_get(actor=request.actor, team=team_id)
    people = queries.members_of([request.actor.org_id])
    form = TeamForm(request.POST or None, initial={"name": found.name}, people=people, team_id=found.id)
    if request.method == "POST" and form.is_valid():
        try:
            actions.team_change(actor=request.actor, team_id=team_id, **form.cleaned_data)
            return htmx.redirect(request, "orgs:teams", toast=_("Saved."))
        except Invalid as error:
            add_faults(form, error)
        except Conflict as error:
            form.add_error("name", str(error))
    context = {"form": form, "team": found, "crumbs": [(_("Teams"), reverse("orgs:teams"))]}
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "orgs/team.html", context, status=status)


@require_POST
@requires("orgs.teams.change")
def delete(request: ActorRequest, team_id: UUID) -> HttpResponse:
    """Take a team away."""
    actions.team_delete(actor=request.actor, team_id=team_id)
    return htmx.redirect(request, "orgs:teams", toast=_("The team is gone. Its members stay."))
