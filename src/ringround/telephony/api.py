"""Calls over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ringround.http.kit import E164, ApiRequest, Id, Out, Page, Paging, Query, Router, Time
from ringround.kernel import cursors
from ringround.telephony import queries
from ringround.telephony.models import Call

router = Router(tags=["Calls"])


class CallQuery(Paging):
    agent: Id | None = None
    number: E164 | None = None
    outcome: Literal[
        "answered", "no_answer", "busy", "machine", "invalid_number", "failed", "abandoned", "cancelled"
    ] | None = None  # fmt: skip
    since: Time | None = None
    """Calls that began at this moment or later."""
    until: Time | None = None
    """Calls that began before this moment."""


class CallOut(Out):
    id: Id
    direction: str
    exchange: str
    number: str
    agent: Id | None
    merchant: Id
    agency: Id | None
    state: str
    outcome: str | None
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None


def call_json(call: Call) -> dict[str, Any]:
    """A call as the API shows it."""
    return {
        "id": call.id,
        "direction": call.direction,
        "exchange": call.exchange,
        "number": call.number,
        "agent": call.agent_id,
        "merchant": call.organisation_id,
        "agency": call.agency_id,
        "state": call.state,
        "outcome": call.outcome,
        "started_at": call.started_at,
        "ringing_at": call.ringing_at,
        "answered_at": call.answered_at,
        "connected_at": call.connected_at,
        "ended_at": call.ended_at,
    }


@router.get("", response=Page[CallOut], summary="List calls")
def call_list(request: ApiRequest, filter: Query[CallQuery]) -> object:
    """Newest first. Agents get their own."""
    after = cursors.decode_at(filter.after) if filter.after else None
    wanted = queries.CallFilter(
        agent_id=filter.agent, number=filter.number, outcome=filter.outcome, since=filter.since, until=filter.until
    )
    calls = queries.call_list(actor=request.actor, filter=wanted, size=filter.size, after=after)
    more = len(calls) > filter.size
    calls = calls[: filter.size]
    following = cursors.encode_at(calls[-1].started_at, calls[-1].id) if more else None
    return {"items": [call_json(call) for call in calls], "next": following}


@router.get("/{call_id}", response=CallOut, summary="A call")
def call(request: ApiRequest, call_id: Id) -> object:
    return call_json(queries.call_get(actor=request.actor, call_id=call_id))


ROUTERS = [("/calls", router)]
