"""The list of campaigns."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ringround.campaigns import queries, texts
from ringround.campaigns.views.common import size_of
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, looked_at, requires
from ringround.ui import htmx


@require_safe
@requires("campaigns.overview")
def campaign_list(request: ActorRequest) -> HttpResponse:
    """Newest first, with each campaign's way to its target; told again as events come."""
    actor = request.actor
    state = request.GET.get("state", "")
    looked = looked_at(request, queries.merchants_of(actor=actor))
    if looked.instead:
        return htmx.redirect(request, looked.instead)
    merchant = looked.merchant
    page = queries.campaign_page(
        actor=actor,
        states=[state] if state in texts.CAMPAIGN_STATES else queries.ALIVE,
        q=request.GET.get("q", ""),
        merchant=merchant,
        size=size_of(request),
        after=request.GET.get("after") or None,
    )
    progress = queries.progress(campaigns=page.items)
    counts = queries.state_counts(actor=actor, merchant=merchant)
    context = {
        "rows": [(one, progress[one.id]) for one in page.items],
        "next": page.next,
        "topics": ",".join(f"campaign:{one.id}" for one in page.items),
        "states": [(key, word, counts[key]) for key, (_tone, word) in texts.CAMPAIGN_STATES.items()],
        "state": state,
        "q": request.GET.get("q", ""),
        "looked": looked,
        "as_part": htmx.is_fragment(request),
        "any": merchant is not None or any(counts.values()),
        "modes": texts.MODES,
        "may_create": allows(actor, "campaigns.create") and actor.organisation.kind == "merchant",
        "title": _("Campaigns"),
    }
    return htmx.page_or_fragment(request, "campaigns/list.html", "campaigns/_list.html", context)
