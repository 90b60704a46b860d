"""Callbacks: the next first, to be moved, given to somebody else or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
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

WHEN = ("overdue", "today", "tomorrow", "week", "later")


@require_safe
@requires("campaigns.work")
def callback_list(request: ActorRequest) -> HttpResponse:
    """Agents see their own and the common ones of their campaigns; supervisors all, or those they supervise."""
    actor, said = request.actor, request.GET
    supervises = allows(actor, "campaigns.callbacks.change")
    whose, agent_id = said.get("whose", ""), parse_id(said.get("agent", "")) if supervises else None
    # As the page before this one said it.
    when = "overdue" if said.get("due") else said.get("when", "")
    since, until = _between(when)
    page = queries.callback_list(
        actor=actor,
        agent_id=actor.user_id if whose == "mine" else agent_id,
        campaign_id=parse_id(said.get("campaign", "")),
        common=True if whose == "common" else None,
        supervised=supervises and whose == "supervised",
        due_after=since,
        due_by=until,
        size=size_of(request),
        after=said.get("after") or None,
    )
    campaigns = queries.campaign_page(actor=actor, states=list(texts.CAMPAIGN_STATES), size=500).items
    agents = queries.callback_agents(actor=actor) if supervises else []
    context = {
        "rows": callback_rows(page.items),
        "next": page.next,
        "campaigns": [(str(one.id), one.name) for one in campaigns],
        "campaign_id": said.get("campaign", ""),
        "agents": [(str(id), name) for id, name in agents],
        "agent_id": str(agent_id or ""),
        "away": _away(request, agent_id, agents),
        "whose": whose,
        "when": when,
        "supervises": supervises,
        "filtered": any(said.get(name) for name in ("whose", "campaign", "agent", "when", "due")),
        "now": clock.now(),
        "here": request.get_full_path(),
        "show_campaign": True,
        "user_id": actor.user_id,
    }
    return htmx.page_or_fragment(request, "campaigns/callbacks/list.html", "campaigns/callbacks/_list.html", context)


def callback_rows(items: Sequence[Callback]) -> list[tuple[Callback, Any, str]]:
    """Each with its contact and the zone it is in."""
    leads = [one.lead for one in items]
    found, zones = queries.contacts_of(leads), queries.zones_of(leads)
    return [(one, found.get(one.lead.contact_id), str(zones[one.lead_id])) for one in items]


def _between(when: str) -> tuple[datetime | None, datetime | None]:
    """From when until when, both included; days are the reader's."""
    now = clock.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    day, hair = timedelta(days=1), timedelta(microseconds=1)
    match when:
        case "overdue":
            return None, now
        case "today":
            return midnight, midnight + day - hair
        case "tomorrow":
            return midnight + day, midnight + 2 * day - hair
        case "week":
            return midnight, midnight + 7 * day - hair
        case "later":
            return midnight + 7 * day, None
    return None, None


def _away(request: ActorRequest, agent_id: UUID | None, agents: list[tuple[UUID, str]]) -> dict[str, Any] | None:
    """The agent whose callbacks may be given to another, where the list is theirs."""
    if agent_id is None:
        return None
    campaign_id = parse_id(request.GET.get("campaign", ""))
    count = len(
        queries.callbacks_owned(
            actor=request.actor, agent_id=agent_id, campaign_id=campaign_id, most=actions.MOST_REASSIGNED
        )
    )
    if not count:
        return None
    name = dict(agents).get(agent_id, "–")
    others = [(str(id), one) for id, one in agents if id != agent_id]
    return {"id": agent_id, "name": name, "count": count, "others": others, "campaign": campaign_id}


@require_POST
@requires("campaigns.callbacks.change")
def callbacks_reassign(request: ActorRequest) -> HttpResponse:
    """All of an agent who is away, to another or to anybody."""
    from_id, to = parse_id(request.POST.get("from", "")), request.POST.get("to", "")
    to_id = parse_id(to)
    if from_id is None or (to != "anybody" and to_id is None):
        return htmx.redirect(request, _back(request), toast=_("Choose who is to have them."), tone="warning")
    moved, refused = actions.callbacks_reassign(
        actor=request.actor, from_id=from_id, to_id=to_id, campaign_id=parse_id(request.POST.get("campaign", ""))
    )
    words = ngettext("%(n)s callback is given on.", "%(n)s callbacks are given on.", moved) % {"n": moved}
    if refused:
        stay = ngettext("%(n)s stays: %(why)s", "%(n)s stay: %(why)s", len(refused))
        why = " ".join(dict.fromkeys(one.detail for one in refused))
        words = f"{words} {stay % {'n': len(refused), 'why': why}}"
    return htmx.redirect(request, _back(request), toast=words, tone="warning" if refused else "success")


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
    contact = queries.contacts_of([lead]).get(lead.contact_id)
    numbers = [(one.e164, one.label) for one in contact.numbers if one.e164] if contact is not None else []
    initial = {"at": booked.at, "owner": str(booked.owner_id or ""), "note": booked.note, "number": booked.number}
    form = CallbackForm(request.POST or None, initial=initial, agents=agents, zone=zone, numbers=numbers)
    nearest = None
    version = queries.callback_version(booked)
    if request.method == "POST" and form.is_valid():
        owner = parse_id(form.cleaned_data["owner"])
        changes: dict[str, Any] = {
            "note": form.cleaned_data["note"],
            "private": owner is not None,
            "owner": owner,
            "number": form.cleaned_data["number"],
        }
        offered = _offered(request.POST.get("nearest", ""))
        if offered is not None:
            changes["at"] = offered
        elif "at" in form.changed_data:
            changes["at"] = form.cleaned_data["at"]
        try:
            actions.callback_change(
                actor=request.actor, lead_id=lead.id, version=request.POST.get("version") or None, **changes
            )
            return htmx.redirect(request, _back(request), toast=_("The callback is moved."))
        except Conflict as wrong:
            # Saving again means it: what it is by now stands below.
            put_faults(form, wrong)
        except Invalid as wrong:
            put_faults(form, wrong)
            nearest = next((fault.extra["nearest"] for fault in wrong.errors if fault.extra.get("nearest")), None)
            version = request.POST.get("version") or version
    elif request.method == "POST":
        version = request.POST.get("version") or version
    context = {
        "form": form,
        "lead": lead,
        "contact": contact,
        "booked": booked,
        "version": version,
        "nearest": _moment(nearest),
        "nearest_written": nearest,
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


def _offered(written: str) -> datetime | None:
    """The time of the button that was pressed; None where none was, or none that is a time."""
    try:
        found = parse_datetime(written)
    except ValueError:  # written like a time, of a day that there is not
        return None
    return found if found is not None and timezone.is_aware(found) else None
