"""Callbacks: the next first, to be moved, given to somebody else or cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import actions, queries, texts
from ringround.campaigns.forms.leads import CallbackForm
from ringround.campaigns.models import Callback, Lead
from ringround.campaigns.views.common import put_faults, size_of
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_safe
@requires("campaigns.work")
def callback_list(request: ActorRequest) -> HttpResponse:
    """Agents see their own and the common ones of their campaigns; supervisors all."""
    actor = request.actor
    page = queries.callback_list(
        actor=actor,
        agent_id=actor.user_id if request.GET.get("whose") == "mine" else None,
        campaign_id=parse_id(request.GET.get("campaign", "")),
        due_by=clock.now() if request.GET.get("due") else None,
        size=size_of(request),
        after=request.GET.get("after") or None,
    )
    leads = [one.lead for one in page.items]
    found, zones = queries.contacts_of(leads), queries.zones_of(leads)
    campaigns = queries.campaign_page(actor=actor, states=list(texts.CAMPAIGN_STATES), size=500).items
    context = {
        "rows": [(one, found.get(one.lead.contact_id), str(zones[one.lead_id])) for one in page.items],
        "next": page.next,
        "campaigns": [(str(one.id), one.name) for one in campaigns],
        "campaign_id": request.GET.get("campaign", ""),
        "whose": request.GET.get("whose", ""),
        "due_only": request.GET.get("due", ""),
        "supervises": allows(actor, "campaigns.callbacks.change"),
        "filtered": any(request.GET.get(name) for name in ("whose", "campaign", "due")),
        "now": clock.now(),
        "here": request.get_full_path(),
        "show_campaign": True,
        "user_id": actor.user_id,
    }
    return htmx.page_or_fragment(request, "campaigns/callbacks/list.html", "campaigns/callbacks/_list.html", context)


def _back(request: HttpRequest) -> str:
    """Where the reader came from, when it is a page of ours."""
    asked = request.POST.get("back") or request.GET.get("back") or ""
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if safe and asked.startswith("/") else reverse("campaigns:callbacks")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.work")
def callback_move(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Another time, or another agent. Outside the calling hours the nearest time is offered."""
    lead = queries.lead_get(actor=request.actor, lead_id=lead_id)
    booked = queries.callback_of(lead_id=lead_id)
    if booked is None:
        raise NotFound("callback")
    supervises = allows(request.actor, "campaigns.callbacks.change")
    agents = [(one.id, one.shown) for one in queries.people_of(campaign=lead.campaign, duty="agent")]
    if not supervises:
        agents = [one for one in agents if one[0] == request.actor.user_id]
    zone = queries.zones_of([lead])[lead.id]
    # In the lead's zone, as agents book: read, said and shown; the form names it.
    with timezone.override(zone):
        return _move(request, lead, booked, agents, str(zone))


def _move(
    request: ActorRequest, lead: Lead, booked: Callback, agents: list[tuple[UUID, str]], zone: str
) -> HttpResponse:
    initial = {"at": booked.at, "owner": str(booked.owner_id or ""), "note": booked.note}
    form = CallbackForm(request.POST or None, initial=initial, agents=agents, zone=zone)
    nearest = None
    if request.method == "POST" and form.is_valid():
        owner = parse_id(form.cleaned_data["owner"])
        changes: dict[str, Any] = {"note": form.cleaned_data["note"], "private": owner is not None, "owner": owner}
        if "at" in form.changed_data:
            changes["at"] = form.cleaned_data["at"]
        try:
            actions.callback_change(actor=request.actor, lead_id=lead.id, **changes)
            return htmx.redirect(request, _back(request), toast=_("The callback is moved."))
        except Conflict as wrong:
            put_faults(form, wrong)
        except Invalid as wrong:
            put_faults(form, wrong)
            nearest = next((fault.extra["nearest"] for fault in wrong.errors if fault.extra.get("nearest")), None)
    context = {
        "form": form,
        "lead": lead,
        "contact": queries.contacts_of([lead]).get(lead.contact_id),
        "booked": booked,
        "nearest": _moment(nearest),
        "zone": zone,
        "back": _back(request),
        "crumbs": [(_("Callbacks"), reverse("campaigns:callbacks"))],
    }
    return render(request, "campaigns/callbacks/move.html", context, status=422 if form.errors else 200)


def _moment(written: str | None) -> Any:
    return datetime.fromisoformat(written) if written else None


@require_POST
@requires("campaigns.work")
def callback_cancel(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """The lead becomes an automatic redial that is due now."""
    actions.callback_cancel(actor=request.actor, lead_id=lead_id)
    return htmx.redirect(request, _back(request), toast=_("The callback is cancelled."))
