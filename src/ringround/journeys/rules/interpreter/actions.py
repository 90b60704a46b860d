"""What an action asks of the engine: its parameters with times reckoned, fields read and tables looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ringround.journeys.rules.graph import Step
from ringround.journeys.rules.interpreter.move import Move
from ringround.journeys.rules.values import plain
from ringround.kernel.calendar import add_days_local

Data = Mapping[str, Any]


class Skipped(Exception):
    """There is nothing that could be done; `ends`: the run ends with it."""

    def __init__(self, reason: str, ends: str = "") -> None:
        super().__init__(reason)
        self.reason, self.ends = reason, ends


def act(move: Move, step: Step) -> str | None:
    """Stop for the effect; or leave at once where there is nothing to be done."""
    try:
        data = _DATA[step.type](move, step)
    except Skipped as why:
        move.skip(why.reason)
        if why.ends or step.params["on_skip"] == "exit":
            move.finish(why.ends or "skipped", "" if why.ends else why.reason)
            return None
        return "next"
    move.act(step, data)
    return None


def _nothing(move: Move, step: Step) -> Data:
    return {}


def _given(*names: str) -> Callable[[Move, Step], Data]:
    """Parameters as they stand."""
    return lambda move, step: {name: step.params[name] for name in names}


def _next_contact(move: Move, step: Step) -> Data:
    at: datetime | None
    match step.params["when"]:
        case "in":
            at = step.durations["duration"].after(move.now, move.scope.zone)
        case "at":
            at = move.scope.moment(step.params["at"])
        case _:
            at = move.scope.moment(move.scope.get(step.paths["field"]))
    if at is None:
        raise Skipped("no_date")
    return {"at": at, "keep": step.params["keep"]}


def _set_field(move: Move, step: Step) -> Data:
    if step.params["source"] == "value":
        return {"field": step.params["field"], "value": step.params["value"]}
    value = move.scope.get(step.paths["from"])
    if value is None:
        raise Skipped("no_value")
    return {"field": step.params["field"], "value": value}


def _snooze(move: Move, step: Step) -> Data:
    return {"until": step.durations["duration"].after(move.now, move.scope.zone)}


def _campaign(move: Move, step: Step) -> Data:
    days = step.params["days"]
    at = add_days_local(move.now, days, move.scope.zone) if days is not None else None
    return {"campaign": _which(move, step), "next_contact_at": at, "duplicate": step.params["duplicate"]}


def _which(move: Move, step: Step) -> str:
    if step.params["choose"] == "fixed":
        return str(step.params["campaign"])
    value = move.scope.get(step.paths["field"])
    table: Mapping[str, str] = step.params["map"]
    if value is not None:
        wanted = plain(value)
        for key, campaign in table.items():
            if plain(key) == wanted:
                return campaign
    raise Skipped("no_campaign", "no_campaign" if step.params["otherwise"] == "exit" else "")


def _message(move: Move, step: Step) -> Data:
    return {"template": step.params["template"], "quiet_hours": move.graph.document.settings.quiet_hours}


def _call_url(move: Move, step: Step) -> Data:
    values = {path: move.scope.get(step.paths[path]) for path in step.params["send"] or ()}
    return {"url": step.params["url"], "method": step.params["method"], "values": values}


def _notify(move: Move, step: Step) -> Data:
    who = step.params["who"]
    user = step.params["user"] if who == "user" else move.scope.get(("lead", who))
    if user is None:
        raise Skipped("no_user")
    return {"user": str(user), "text": step.params["text"]}


_DATA: dict[str, Callable[[Move, Step], Data]] = {
    **dict.fromkeys(("reset", "deactivate", "activate", "fast_forward", "release"), _nothing),
    "close": _given("status"),
    "set_status": _given("status"),
    "assign": _given("user"),
    "priority": _given("value"),
    "urgent": _given("on"),
    "note": _given("text", "console"),
    "suppress": _given("channel", "scope"),
    "emit_event": _given("name"),
    "start_journey": _given("journey"),
    "stop_journey": _given("journey"),
    "next_contact": _next_contact,
    "set_field": _set_field,
    "snooze": _snooze,
    "add_to_campaign": _campaign,
    "move_to_campaign": _campaign,
    "send_sms": _message,
    "send_email": _message,
    "call_url": _call_url,
    "notify_user": _notify,
}
ACTIONS = frozenset(_DATA)
