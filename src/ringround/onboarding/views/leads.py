"""Leads of the onboarding: who was won, or all who were attempted; and all attempts on one person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from ringround.onboarding import queries
from ringround.onboarding.texts import INTENTIONS
from ringround.onboarding.views.common import filter_of, looked_of, times
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_safe
@requires("onboarding.sessions.read")
def lead_list(request: ActorRequest) -> HttpResponse:
    """What succeeded, newest first; with the toggle all that was attempted."""
    looked = looked_of(request)
    if looked.instead:
        return htmx.redirect(request, looked.instead)
    form = filter_of(request, looked)
    asked = form.asked()
    attempted = request.GET.get("attempted") == "1"
    page = queries.lead_overview(
        actor=request.actor, campaign=asked["campaign"], merchant=asked["merchant"], attempted=attempted,
        size=form.rows, after=request.GET.get("after") or None,
    )  # fmt: skip
    context = {
        "form": form,
        "looked": looked,
        "rows": page.items,
        "next": page.next,
        "attempted": attempted,
        "filtered": bool(asked["campaign"] or asked["merchant"]),
        "as_part": htmx.is_fragment(request),
        "here": request.get_full_path(),
        "topic": f"sessions:{request.actor.org_id}",
        **times(request),
    }
    return htmx.page_or_fragment(request, "onboarding/leads.html", "onboarding/_leads.html", context)


@require_safe
@requires("onboarding.sessions.read")
def lead(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """One person: sessions and calls in one table, and other campaigns with the same id."""
    page = queries.lead_page(actor=request.actor, lead_id=lead_id)
    attempts: list[dict[str, Any]] = [
        {"at": one.created_at, "session": one, "intention": INTENTIONS[one.intention]} for one in page.sessions
    ]
    attempts += [{"at": one["at"], "call": one} for one in page.calls]
    context = {
        "page": page,
        "session": page.session,
        "attempts": sorted(attempts, key=lambda one: one["at"], reverse=True),
        "crumbs": [(pgettext("onboarding", "Leads"), reverse("onboarding:leads"))],
        **times(request),
    }
    return htmx.render_fragment(request, "onboarding/lead.html", context)
