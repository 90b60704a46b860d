"""Settings → external systems: diallers and CRMs that call leads and say what happened."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import actions, queries
from ringround.campaigns.forms.external import SystemForm
from ringround.kernel.errors import Invalid
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

PAGE = 50
CHANGE = "campaigns.external.change"


def _crumbs() -> list[tuple[str, str]]:
    return [(_("External systems"), reverse("campaigns:systems"))]


@require_safe
@requires("campaigns.external.read")
def systems(request: ActorRequest) -> HttpResponse:
    """The organisation's systems, newest first."""
    rows, following = queries.external_system_list(actor=request.actor, size=PAGE, after=request.GET.get("after"))
    context = {"systems": rows, "next": following, "may_change": allows(request.actor, CHANGE)}
    return htmx.page_or_fragment(request, "campaigns/systems.html", "campaigns/_systems.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.external.change")
def create(request: ActorRequest) -> HttpResponse:
    """A new system; its token is shown here and never again."""
    form = SystemForm(request.POST or None, people=queries.people_for(request.actor))
    if request.method == "POST" and form.is_valid():
        try:
            made, token = actions.external_system_create(actor=request.actor, **form.cleaned_data)
            context = {"system": made, "token": token, "crumbs": _crumbs()}
            return htmx.render_fragment(request, "campaigns/system_token.html", context)
        except Invalid as wrong:
            form.put_faults(wrong)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "system": None, "crumbs": _crumbs(), "may_change": True}
    return htmx.render_fragment(request, "campaigns/system.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.external.read")
def system(request: ActorRequest, system_id: UUID) -> HttpResponse:
    """Its name, its table of agents, and where it calls."""
    row = queries.external_system_get(actor=request.actor, system_id=system_id)
    form = SystemForm(request.POST or None, people=queries.people_for(request.actor), system=row)
    if request.method == "POST":
        require(request.actor, CHANGE)
        if form.is_valid():
            try:
                actions.external_system_change(
                    actor=request.actor,
                    system_id=system_id,
                    name=form.cleaned_data["name"],
                    agents=form.cleaned_data["agents"],
                )
                return htmx.redirect(request, "campaigns:system", system_id, toast=_("The system is saved."))
            except Invalid as wrong:
                form.put_faults(wrong)
    root = request.build_absolute_uri(f"/api/v1/external/{row.key}/")
    context = {
        "form": form,
        "system": row,
        "crumbs": _crumbs(),
        "may_change": allows(request.actor, CHANGE),
        "addresses": [root + "click-to-call", root + "dispositions"],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "campaigns/system.html", context, status=status)


@never_cache
@require_POST
@requires("campaigns.external.change")
def renew(request: ActorRequest, system_id: UUID) -> HttpResponse:
    """A new token, shown here and never again."""
    row, token = actions.external_system_renew(actor=request.actor, system_id=system_id)
    context = {"system": row, "token": token, "crumbs": _crumbs()}
    return htmx.render_fragment(request, "campaigns/system_token.html", context)


@require_POST
@requires("campaigns.external.change")
def delete(request: ActorRequest, system_id: UUID) -> HttpResponse:
    """End it, with its token."""
    actions.external_system_delete(actor=request.actor, system_id=system_id)
    return htmx.redirect(request, "campaigns:systems", toast=_("The system is deleted."))
