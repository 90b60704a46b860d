"""Filters of the list of leads that are kept under a name."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ringround.campaigns import actions, queries
from ringround.kernel.errors import Invalid
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_POST
@requires("campaigns.overview")
def save(request: ActorRequest) -> HttpResponse:
    """Keep the filter that the list has."""
    query = request.POST.get("query", "")
    back = f"{reverse('campaigns:leads')}?{query}" if query else reverse("campaigns:leads")
    try:
        actions.filter_save(
            actor=request.actor,
            name=request.POST.get("name", ""),
            query=query,
            shared=request.POST.get("shared") == "1",
        )
    except Invalid as wrong:
        return htmx.redirect(request, back, toast=" ".join(str(one.detail) for one in wrong.errors), tone="danger")
    return htmx.redirect(request, back, toast=_("The filter is kept."))


@require_POST
@requires("campaigns.overview")
def delete(request: ActorRequest, saved_id: UUID) -> HttpResponse:
    """Take a kept filter away."""
    saved = queries.saved_filter_get(actor=request.actor, saved_id=saved_id)
    actions.filter_delete(actor=request.actor, saved_id=saved.id)
    return htmx.redirect(request, "campaigns:leads", toast=_("The filter is gone."))
