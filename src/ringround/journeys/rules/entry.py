"""Who enters a journey: its trigger, its entry condition, how often, how deep, and when the calendar says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from ringround.journeys.rules.conditions import ready
from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.run import DEEPEST_CAUSE
from ringround.journeys.rules.values import Event, Scope, plain, zone_of
from ringround.kernel.calendar import from_local

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Refused(StrEnum):
    """Why a lead does not enter."""

    SCOPE = "scope"  # of another campaign
    TRIGGER = "trigger"  # not what the journey is for
    ENTRY = "entry"  # the entry condition does not hold
    TOO_DEEP = "too_deep"  # journeys start each other without end: somebody is to be told
    ONCE = "once"  # it has been in it
    RUNNING = "running"  # it is in it
    COOL_DOWN = "cool_down"  # it came too short a time ago
    MAX_RUNS = "max_runs"  # it has been in it as often as is allowed


@dataclass(frozen=True, slots=True)
class Before:
    """What there has been of the journey for the same lead (or contact, by its key)."""

    runs: int = 0
    running: bool = False
    last_started_at: datetime | None = None


FIRST_TIME = Before()


def depth_of(event: Event | None) -> int:
    """How deep a run is that this event begins: one deeper than the run that caused it."""
    depth = event.cause.get("depth") if event is not None and event.cause else None
    return depth + 1 if isinstance(depth, int) and not isinstance(depth, bool) else 1


def admits(graph: Graph, event: Event | None, facts: Mapping[str, Any], now: datetime) -> Refused | None:
    """Why what has happened does not begin a run; None: it does. The entry condition is asked here and never again.

    `event` is None for a start by hand, by another journey or by the calendar; then the trigger is not asked.
    """
    scope = Scope(facts, event, now, zone_of(facts, graph.zone))
    campaign = scope.get(("campaign", "id"))
    if campaign is None or plain(campaign) not in graph.campaigns:
        return Refused.SCOPE
    if event is not None and (graph.trigger is None or not graph.trigger(event, scope)):
        return Refused.TRIGGER
    if depth_of(event) > DEEPEST_CAUSE:
        return Refused.TOO_DEEP
    return None if graph.entry.test(scope) else Refused.ENTRY


def may_enter(graph: Graph, before: Before, now: datetime, zone: ZoneInfo) -> Refused | None:
    """Why the lead may not come again; None: it may."""
    settings = graph.document.settings
    if settings.max_runs is not None and before.runs >= settings.max_runs:
        return Refused.MAX_RUNS
    match settings.reentry:
        case "once" if before.runs:
            return Refused.ONCE
        case "after_exit" | "cool_down" if before.running:
            return Refused.RUNNING
        case "cool_down" if before.last_started_at is not None and settings.cool_down is not None:
            if now < settings.cool_down.after(before.last_started_at, zone):
                return Refused.COOL_DOWN
    return None


def in_audience(graph: Graph, facts: Mapping[str, Any], now: datetime) -> bool:
    """Whether a journey by the calendar is for this lead."""
    asked = graph.document.trigger.params.get("audience")
    return ready(asked).test(Scope(facts, None, now, zone_of(facts, graph.zone)))


def next_scheduled(graph: Graph, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first time after `after` at which the calendar starts the journey; None where it is not by the calendar.

    A day of the month that a month does not have is its last.
    """
    trigger = graph.document.trigger
    if trigger.type != "schedule":
        return None
    zone = graph.zone or zone
    days = frozenset(trigger.params.get("days") or _WEEKDAYS)
    month_days = frozenset(trigger.params.get("month_days") or ())
    at_time = time.fromisoformat(trigger.params["time"])
    day = after.astimezone(zone).date()
    # 29 February on one weekday comes round within forty years.
    for _ in range(366 * 41):
        last = (day + timedelta(days=1)).day == 1
        of_month = not month_days or day.day in month_days or (last and max(month_days) > day.day)
        if of_month and _WEEKDAYS[day.weekday()] in days:
            at = from_local(datetime.combine(day, at_time), zone)
            if at > after:
                return at
        day += timedelta(days=1)
    return None
