"""Recycling leads of a campaign: found and counted first, then begun anew here or on a new campaign."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ringround.campaigns import actions, queries
from ringround.campaigns.forms.copies import RecycleForm
from ringround.campaigns.forms.leads import BESIDE, LeadFilterForm
from ringround.campaigns.models import Campaign
from ringround.campaigns.views.common import campaign_crumb, crumbs, put_faults
from ringround.campaigns.views.leads import filter_form
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.permissions import require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.overview")
def recycle(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Which leads, how many they are, and what becomes of them."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    require(request.actor, "campaigns.leads.change")
    here = reverse("campaigns:recycle", args=[campaign.id])
    asked = request.GET
    if request.method == "POST":
        asked = QueryDict(request.POST.get("query", ""))
    which, query = _which(request, campaign, asked)
    may_new = queries.may(request.actor, campaign, "campaigns.create")
    form = RecycleForm(
        request.POST if request.method == "POST" else None,
        initial={"name": _("%(name)s (again)") % {"name": campaign.name}},
        may_new=may_new,
        archived=campaign.state == "archived",
    )
    if request.method == "POST":
        if not which.fits:
            words = _("The filter asks for something that is no longer there. Look at the list again first.")
            return htmx.redirect(request, here, toast=words, tone="danger")
        if form.is_valid():
            try:
                return _do(request, campaign, form, which)
            except (Invalid, Conflict) as wrong:
                put_faults(form, wrong)
    counted = actions.leads_recycle(
        actor=request.actor, campaign_id=campaign.id, filter=which.filter(), dry_run=True,
        into="-" if campaign.state == "archived" else None,
    )  # fmt: skip
    context = {
        "campaign": campaign,
        "crumbs": crumbs(campaign_crumb(campaign)),
        "filter": which,
        "form": form,
        "number": counted.count,
        "filtered": bool(query),
        "query": query,
        "here": here,
        "leads_href": f"{reverse('campaigns:leads')}?campaign={campaign.id}" + (f"&{query}" if query else ""),
    }
    if request.method == "POST":
        return htmx.render_fragment(request, "campaigns/recycle.html", context, status=422)
    return htmx.page_or_fragment(request, "campaigns/recycle.html", "campaigns/_recycle.html", context)


def _which(request: ActorRequest, campaign: Campaign, asked: QueryDict) -> tuple[LeadFilterForm, str]:
    """The filter of this campaign's leads, and how it is written in an address."""
    said = asked.copy()
    said.pop("campaign", None)
    query = QueryDict(mutable=True)
    for name, values in said.lists():
        if name not in BESIDE and (given := [one for one in values if one]):
            query.setlist(name, given)
    said["campaign"] = str(campaign.id)
    form, _questions, _chosen = filter_form(request, said)
    return form, query.urlencode()


def _do(request: ActorRequest, campaign: Campaign, form: RecycleForm, which: LeadFilterForm) -> HttpResponse:
    said: dict[str, Any] = form.cleaned_data
    into = said["name"] if said["into"] == "new" else None
    made = actions.leads_recycle(
        actor=request.actor, campaign_id=campaign.id, filter=which.filter(), into=into, most=said["found"]
    )
    assert made.campaign is not None
    assert made.done is not None
    if made.done.id is not None:
        state = reverse("campaigns:leads-bulk-state", args=[made.done.id])
        return htmx.redirect(request, f"{state}?campaign={made.campaign.id}")
    words = ngettext("%(count)s lead begins anew.", "%(count)s leads begin anew.", made.done.count)
    return htmx.redirect(request, "campaigns:detail", made.campaign.id, toast=words % {"count": made.done.count})
