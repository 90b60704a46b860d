"""Settings → agencies (of a merchant) or merchants (of an agency)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ringround.kernel import cursors
from ringround.kernel.errors import Conflict, NotFound
from ringround.orgs import actions, queries
from ringround.orgs.forms.settings import ClaimForm
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

PAGE = 50


def _page(request: ActorRequest, form: ClaimForm, status: int = 200) -> HttpResponse:
    after = request.GET.get("after")
    rows = queries.link_list(actor=request.actor, after=cursors.decode_at(after) if after else None, size=PAGE + 1)
    shown = rows[:PAGE]
    context = {
        "form": form,
        "links": shown,
        "next": cursors.encode_at(shown[-1].created_at, shown[-1].id) if len(rows) > PAGE else None,
        "is_agency": request.actor.organisation.kind == "agency",
        "may_change": allows(request.actor, "orgs.links.change"),
    }
    return htmx.page_or_fragment(request, "orgs/links.html", "orgs/_links.html", context, status=status)


@require_safe
@requires("orgs.links.read")
def links(request: ActorRequest) -> HttpResponse:
    """Who is connected with whom."""
    return _page(request, ClaimForm())


@never_cache
@require_POST
@requires("orgs.links.change")
def create(request: ActorRequest) -> HttpResponse:
    """A token for an agency, shown here and never again."""
    link, token = actions.agency_link_create(actor=request.actor)
    crumbs = [(_("Agencies"), reverse("orgs:links"))]
    return htmx.render_fragment(request, "orgs/link_token.html", {"link": link, "token": token, "crumbs": crumbs})


@require_POST
@requires("orgs.links.change")
def claim(request: ActorRequest) -> HttpResponse:
    """Use a merchant's token."""
    form = ClaimForm(request.POST)
    if form.is_valid():
        try:
            actions.agency_link_claim(actor=request.actor, token=form.cleaned_data["token"])
            return htmx.redirect(request, "orgs:links", toast=_("You are connected to the merchant."))
        except (Conflict, NotFound) as error:
            form.add_error("token", str(error))
    return _page(request, form, status=422)


@require_POST
@requires("orgs.links.change")
def revoke(request: ActorRequest, link_id: UUID) -> HttpResponse:
    """End it, at once."""
    actions.agency_link_revoke(actor=request.actor, link_id=link_id)
    return htmx.redirect(request, "orgs:links", toast=_("Disconnected."))
