"""Trying a journey out, for the editor."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ringround.journeys import queries
from ringround.journeys.queries.tryout import try_lead
from ringround.journeys.views.editor import body_of, for_script
from ringround.kernel.errors import Invalid
from ringround.orgs.web import ActorRequest, requires

MOST_DAYS = 90


@require_POST
@requires("journeys.read")
@for_script
def simulate(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """`{"mode": "lead", "facts", "script"}` or `{"mode": "past", "days"}`."""
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
    return JsonResponse(try_lead(actor=request.actor, journey_id=journey_id, facts=facts, script=script))
