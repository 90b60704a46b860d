"""What journeys put into the slots of lower rooms' pages; the wiring says which."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from ringround.journeys import queries
from ringround.journeys.views.runs import shown
from ringround.orgs.permissions import allows
from ringround.orgs.web import current


def runs_on_lead(request: HttpRequest, *, lead: Any) -> str:
    """On a lead's page: its runs, where each is, why, what next and when; and a journey begun by hand."""
    actor = current(request)
    if actor is None or not allows(actor, "journeys.read"):
        return ""
    rows = shown(actor, queries.lead_runs(actor=actor, lead_id=lead.id))
    may_start = allows(actor, "journeys.start")
    to_start = queries.journeys_to_start(actor=actor, campaign_id=lead.campaign_id) if may_start else []
    if not rows and not to_start:
        return ""
    context = {"rows": rows, "to_start": to_start, "lead": lead}
    return render_to_string("journeys/fillers/_lead.html", context, request)
