"""*Customer list*: callbacks of one's own and those marked "do not call back"; a callback opened, moved, called."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import actions as campaign_actions
from ringround.campaigns import queries as campaigns
from ringround.desk import actions, queries
from ringround.desk.views.answer import answer
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_safe
@requires("desk.console")
def customers(request: ActorRequest) -> HttpResponse:
    """The list, the next first."""
    return _list(request)


def _list(request: ActorRequest) -> HttpResponse:
    console = queries.console(actor=request.actor)
    if console.campaign is None:
        raise NotFound("campaign")
    leads = campaigns.customer_list(actor=request.actor, campaign_id=console.campaign.id)
    contacts = campaigns.contacts_of(leads)
    booked = campaigns.callbacks_of(lead_ids=[lead.id for lead in leads])
    rows = [(lead, contacts[lead.contact_id], booked.get(lead.id)) for lead in leads]
    return htmx.render_fragment(request, "desk/_customers.html", {"rows": rows})


@require_safe
@requires("desk.console")
def callback(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """One callback of one's own: who, what was said before, another time, and whether it may be called now."""
    return _callback(request, lead_id)


def _callback(request: ActorRequest, lead_id: UUID, *, wrong: Invalid | None = None) -> HttpResponse:
    booked = queries.booked(actor=request.actor, lead_id=lead_id)
    context: dict[str, Any] = {"booked": booked, "at": booked.written, "note": booked.note, "faults": []}
    if wrong is not None:
        context |= {
            "at": request.POST.get("callback_at", ""),
            "note": request.POST.get("callback_note", ""),
            "faults": [str(fault.detail) for fault in wrong.errors],
            "nearest": _nearest(wrong, booked),
        }
    return htmx.render_fragment(request, "desk/_callback.html", context, status=422 if wrong else 200)


def _nearest(wrong: Invalid, booked: queries.Booked) -> queries.Suggestion | None:
    found = next((fault.extra["nearest"] for fault in wrong.errors if fault.extra.get("nearest")), None)
    return queries.as_suggestion(datetime.fromisoformat(found), booked.zone) if found else None


@require_POST
@requires("desk.console")
def callback_move(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Another time, as the clock shows it where the contact is."""
    booked = queries.booked(actor=request.actor, lead_id=lead_id)
    written = request.POST.get("callback_at", "")
    changes: dict[str, Any] = {"note": request.POST.get("callback_note", "").strip()[:1000]}
    try:
        if written != booked.written:
            at = queries.local_time(written, booked.zone)
            if at is None:
                raise Invalid.one("at", "required", _("Say when to call back."))
            changes["at"] = at
        campaign_actions.callback_change(actor=request.actor, lead_id=lead_id, **changes)
    except Invalid as wrong:
        return _callback(request, lead_id, wrong=wrong)
    return htmx.toast(_list(request), _("The callback is moved.") if "at" in changes else _("Saved."))


@require_POST
@requires("desk.console")
def callback_call(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Take the contact in hand now, where the rules allow it; else the callback again, with why not."""
    try:
        actions.callback_take(actor=request.actor, lead_id=lead_id)
    except Conflict as refused:
        return htmx.toast(_callback(request, lead_id), str(refused.detail), "warning")
    response = answer(request, request.actor, whole=True)
    return htmx.trigger(response, "desk:taken", {})
