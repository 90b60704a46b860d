"""The change feed, and the demo's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from ringround.http import event_docs, ports, queries
from ringround.http.kit import ApiRequest, Field, Many, Out, Page, Paging, Query, Router, Schema, Time
from ringround.infra import clock
from ringround.kernel.errors import Forbidden, Invalid, NotFound
from ringround.kernel.messages import N_

events = Router(tags=["Events"])
clocks = Router(tags=["Clock"])

TEN_YEARS_S = 10 * 366 * 24 * 3600


class Subject(Out):
    type: str
    id: UUID


class EventOut(Out):
    id: UUID
    cursor: str
    """For `after`: go on behind this event."""
    type: str
    at: datetime
    organisation: UUID
    """Who owns it."""
    subject: Subject
    data: dict[str, Any]
    """Ids, states and counts; see `GET /event-types`."""
    cause: dict[str, Any] | None


class Feed(Out):
    items: list[EventOut]
    next: str
    """Always a cursor: ask with it for what happens from here on."""


class FeedFilter(Paging):
    types: Many[str] | None = None
    """Only these: `campaigns.lead.created,telephony.call.*`."""


class EventTypeOut(Out):
    type: str
    version: int
    description: str
    subject: str
    data: dict[str, Any]
    """JSON Schema of the event's `data`."""


class ClockIn(Schema):
    advance_s: Annotated[float, Field(ge=0, le=TEN_YEARS_S)] | None = None
    """Seconds to go forward."""
    set: Time | None = None
    """The moment to go to."""


class ClockOut(Out):
    now: datetime


@events.get("/events", response=Feed, summary="What has happened")
def event_list(request: ApiRequest, filter: Query[FeedFilter]) -> object:
    """The organisation's events, oldest first, each once, in order; resumable for ever. An agency also reads those of
    the campaigns that merchants have given it."""
    found, following = queries.feed(actor=request.actor, after=filter.after, types=filter.types, size=filter.size)
    return {"items": found, "next": following}


@events.get("/event-types", response=Page[EventTypeOut], summary="Types of events")
def event_types(request: ApiRequest) -> object:
    """Every type with its version and the schema of its data."""
    return {"items": event_docs.listing(), "next": None}


@clocks.get("/_clock", response=ClockOut, include_in_schema=False)
def clock_now(request: ApiRequest) -> object:
    _only_virtual(request)
    return {"now": clock.now()}


@clocks.post("/_clock", response=ClockOut, include_in_schema=False)
def clock_move(request: ApiRequest, body: ClockIn) -> object:
    """Go forward; answers when everything due by then is done."""
    _only_virtual(request)
    if (body.advance_s is None) == (body.set is None):
        raise Invalid.one((), "one_of", N_("Give either advance_s or set."))
    now = clock.now()
    target = body.set if body.set is not None else now + timedelta(seconds=body.advance_s or 0)
    if target < now:
        raise Invalid.one(("set",), "clock_backwards", N_("The clock only goes forward."))
    if target > now + timedelta(seconds=TEN_YEARS_S):
        raise Invalid.one(("set",), "out_of_range", N_("This is out of range."))
    ports.get().run_until(target)
    return {"now": clock.now()}


def _only_virtual(request: ApiRequest) -> None:
    if not clock.is_virtual():
        raise NotFound
    if request.actor.role != "owner":
        raise Forbidden(detail=N_("Only an owner moves the clock."))
