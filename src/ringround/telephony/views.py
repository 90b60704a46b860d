"""The call log: every call that was made, and one of them in full."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ringround.kernel import cursors, phones
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.telephony import queries, whom
from ringround.telephony.texts import OUTCOMES
from ringround.ui import htmx

SIZE = 25


@require_safe
@requires("telephony.calls.read")
def call_list(request: ActorRequest) -> HttpResponse:
    """Newest first; by number, agent, outcome and day."""
    number = request.GET.get("number", "").strip()
    found = phones.parse(number, request.actor.organisation.region) if number else None
    day = _day(request.GET.get("day", ""))
    since = timezone.make_aware(datetime.combine(day, time.min)) if day else None
    outcome = request.GET.get("outcome", "")
    wanted = queries.CallFilter(
        agent_id=parse_id(request.GET.get("agent", "")),
        # A number that is none finds nothing, rather than everything.
        number=(found.e164 if found and found.valid else number) if number else None,
        outcome=outcome if outcome in OUTCOMES else None,
        since=since,
        until=since + timedelta(days=1) if since else None,
    )
    after = request.GET.get("after", "")
    calls = queries.call_list(
        actor=request.actor, filter=wanted, size=SIZE, after=cursors.decode_at(after) if after else None
    )
    more = len(calls) > SIZE
    calls = calls[:SIZE]
    known = whom.whom(actor=request.actor, calls=calls)
    context = {
        "calls": [(call, known.get(call.id)) for call in calls],
        "next": cursors.encode_at(calls[-1].started_at, calls[-1].id) if more else None,
        "outcomes": [(name, words) for name, (_tone, words) in OUTCOMES.items()],
        "agents": orgs.members(organisation_ids={request.actor.org_id}),
        "filtered": any(request.GET.get(name) for name in ("number", "agent", "outcome", "day", "after")),
    }
    return htmx.page_or_fragment(request, "telephony/list.html", "telephony/_list.html", context)


@require_safe
@requires("telephony.calls.own")
def call(request: ActorRequest, call_id: UUID) -> HttpResponse:
    """One call, each fact with its time."""
    found = queries.call_get(actor=request.actor, call_id=call_id)
    begun = found.answered_at or found.started_at
    talked = (found.ended_at - begun).total_seconds() if found.ended_at and found.outcome == "answered" else None
    crumbs = [(_("Calls"), reverse("telephony:calls"))] if allows(request.actor, "telephony.calls.read") else []
    to = whom.whom(actor=request.actor, calls=[found]).get(found.id)
    context = {"call": found, "talked": talked, "crumbs": crumbs, "whom": to}
    return htmx.render_fragment(request, "telephony/call.html", context)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
