"""Trying a journey out, for the editor."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.journeys import queries
from ringround.journeys.queries.tryout import leads_to_try, try_lead
from ringround.journeys.views.editor import body_of, for_script
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs.web import ActorRequest, requires

MOST_DAYS = 90


@require_POST
@requires("journeys.read")
@for_script
def simulate(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """`{"mode": "lead", "facts", "script"}`, with `lead` of a real one, or `{"mode": "past", "days"}`."""
    queries.journey_get(actor=request.actor, journey_id=journey_id)
    body = body_of(request)
    if body.get("mode") == "past":
        days = body.get("days", 30)
        if type(days) is not int or not 1 <= days <= MOST_DAYS:
            raise Invalid.one("days", "out_of_range", _("From 1 to %(most)s days.") % {"most": MOST_DAYS})
        told = queries.simulate_past(actor=request.actor, journey_id=journey_id, days=days)
        return JsonResponse({**told["figures"], "leads": told["leads"], "cut": told["more"]})
    facts, script = body.get("facts"), body.get("script")
    if not isinstance(facts, dict) or not isinstance(script, list):
        raise Invalid.one("script", "required", _("Say what happens to the lead."))
    lead = parse_id(body["lead"]) if body.get("lead") is not None else None
    if lead is None and body.get("lead") is not None:
        raise NotFound("lead")
    told = try_lead(actor=request.actor, journey_id=journey_id, facts=facts, script=script, lead_id=lead)
    return JsonResponse(told)


@require_safe
@requires("journeys.read")
@for_script
def leads(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """Leads by which it can be tried out: `?q=` part of a name, a number or an id."""
    found = leads_to_try(actor=request.actor, journey_id=journey_id, q=request.GET.get("q", ""))
    return JsonResponse({"leads": found})
