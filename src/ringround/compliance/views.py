"""The rule packs, to read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ringround.compliance import queries
from ringround.infra import clock
from ringround.orgs.web import ActorRequest, requires


@require_safe
@requires(None)
def packs(request: ActorRequest) -> HttpResponse:
    """Each pack's rules with their sources and dates, and what it does not hold."""
    now = clock.now()
    found = [(pack, [(rule, pack.holds(rule, now)) for rule in pack.rules]) for pack in queries.packs()]
    return render(request, "compliance/packs.html", {"packs": found})
