"""What a run does at a wait: on coming, when its time has come, when something happened, when it is taken over."""

from __future__ import annotations

from datetime import datetime, timedelta

from ringround.journeys.rules.conditions import Flip
from ringround.journeys.rules.graph import Step
from ringround.journeys.rules.interpreter.move import Move
from ringround.journeys.rules.values import Event
from ringround.kernel.calendar import from_local
from ringround.kernel.windows import Hours, Window, all_open, next_all_open

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


# --- coming to a wait ---------------------------------------------------------------------------


def enter(move: Move, step: Step) -> str | None:
    """The arrow to leave by at once, or None: it waits, or has ended."""
    match step.type:
        case "wait_date":
            return _enter_date(move, step)
        case "wait_until" if _met(move, step):
            return "met"
        case "wait_hours":
            return _enter_hours(move, step)
    due = time_of(move, step, move.now)
    if due is not None and due <= move.now:
        return "timeout" if step.type in ("wait_event", "wait_until") else "next"
    move.sleep(due, at=_flip(move, step))
    return None


def time_of(move: Move, step: Step, since: datetime) -> datetime | None:
    """When the time of a wait that began at `since` comes; None: never by itself."""
    zone = move.scope.zone
    match step.type:
        case "wait":
            return step.durations["duration"].after(since, zone)
        case "wait_time":
            return _next_time(move, step, since)
        case "wait_event" | "wait_until":
            timeout = step.durations.get("timeout")
            return timeout.after(since, zone) if timeout is not None else None
        case "wait_date":
            return _date(move, step)
        case "wait_hours":
            return next_all_open(windows(move), move.now)
    return None


def _next_time(move: Move, step: Step, since: datetime) -> datetime | None:
    """The first such time of day from then on. One that has just been waited for here is over."""
    over = move.woke is not None and move.woke[0] == step.id and since - move.woke[1] < _MINUTE
    day = since.astimezone(move.scope.zone).date()
    for _ in range(9):  # a week, one more where today's is over, and one for a zone far away
        if day.weekday() in step.days:
            at = from_local(datetime.combine(day, step.at), move.scope.zone)
            if at > since or (at == since and not over):
                return at
        day += _DAY
    return None


def _date(move: Move, step: Step) -> datetime | None:
    at = move.scope.moment(move.scope.get(step.paths["field"]))
    if at is None:
        return None
    offset = step.durations["offset"]
    before = step.params["direction"] == "before"
    return offset.before(at, move.scope.zone) if before else offset.after(at, move.scope.zone)


def _enter_date(move: Move, step: Step) -> str | None:
    due = _date(move, step)
    if due is None:
        move.skip("no_date")
        return "skipped"
    if due > move.now:
        move.sleep(due)
        return None
    return "next" if due == move.now else _past(move, step)


def _past(move: Move, step: Step) -> str | None:
    match step.params["past"]:
        case "now":
            return "next"
        case "exit":
            move.finish("past")
            return None
        case _:
            move.skip("past")
            return "skipped"


def windows(move: Move) -> list[Window]:
    """The campaign's hours where the lead is, from the facts: windows as the kernel has them."""
    found = move.scope.facts.get("windows")
    return [one for one in found if isinstance(one, Window)] if isinstance(found, list | tuple) else []


def _enter_hours(move: Move, step: Step) -> str | None:
    open = windows(move) or [Window(Hours(((),) * 7), move.scope.zone)]
    if all_open(open, move.now):
        return "next"
    due = next_all_open(open, move.now)
    if due is None:
        move.skip("no_hours")
        return "skipped"
    move.sleep(due)
    return None


def _met(move: Move, step: Step) -> bool:
    return step.condition is not None and step.condition.test(move.scope)


def _flip(move: Move, step: Step) -> datetime | None:
    """When time alone may answer the node's condition differently."""
    flip: Flip | None = step.condition.flip if step.condition is not None else None
    return flip(move.scope) if flip is not None else None


# --- its time has come ----------------------------------------------------------------------------


def wake(move: Move, step: Step) -> None:
    """A timer was taken: the node's time may have come, the answer to its condition may be another, or it was moved.

    Never early: what is not due yet goes on waiting.
    """
    due = move.run.due
    if step.type == "wait_date" and step.params["follow"]:
        moved = _date(move, step)
        if moved != due:
            follow(move, step, moved)
            return
    if due is None or move.now < due:
        if step.type == "wait_until" and _met(move, step):
            move.leave("met")
        else:
            move.sleep(due, at=_flip(move, step), what="again")
        return
    if step.type in ("wait_event", "wait_until"):
        move.leave("met" if step.type == "wait_until" and _met(move, step) else "timeout")
        return
    move.late_s = max(0.0, (move.now - due).total_seconds())
    if _too_late(move, step, due):
        return
    if step.type == "wait_hours":
        # Asked anew: the hours may be others than when it came, and after downtime they may be over.
        out = _enter_hours(move, step)
        if out is not None:
            move.leave(out)
        return
    if step.type == "wait_time" and step.id in move.graph.looped:
        move.woke = (step.id, move.now)
    move.leave("next")


def _too_late(move: Move, step: Step, due: datetime) -> bool:
    rule = step.params["late"]
    if rule == "run" or move.now < step.durations["late_after"].after(due, move.scope.zone):
        return False
    move.skip("late")
    if rule == "exit":
        move.finish("late")
    else:
        move.leave("skipped")
    return True


def follow(move: Move, step: Step, due: datetime | None) -> None:
    """The date it waits for has changed."""
    if due is None:
        move.skip("no_date")
        move.leave("skipped")
    elif due > move.now:
        move.sleep(due, what="again")
    elif due == move.now:
        move.leave("next")
    else:
        out = _past(move, step)
        if out is not None:
            move.leave(out)


# --- something has happened -----------------------------------------------------------------------


def happened(move: Move, step: Step, event: Event) -> bool:
    """Whether what has happened concerns the node, and then the run has moved."""
    match step.type:
        case "wait_event" if step.match is not None and step.match(event, move.scope):
            move.leave("happened")
            return True
        case "wait_until" if event.type in step.listens and _met(move, step):
            move.leave("met")
            return True
        case "wait_until" if event.type in step.listens:
            # Still not met; but the time at which it may be met by itself can be another.
            at = move.earliest(move.run.due, _flip(move, step))
            before = move.run.due
            if step.condition is not None and step.condition.flip is not None and at != before:
                move.sleep(before, at=at, what="again")
                return True
        case "wait_date" if step.params["follow"] and event.type in step.listens:
            due = _date(move, step)
            if due != move.run.due:
                follow(move, step, due)
                return True
    return False


# --- taken over to a new version --------------------------------------------------------------------


def take_over(move: Move, step: Step) -> None:
    """The run waits on here, by what the new version says, reckoned from when the wait began. What is due already is
    due now, and so not late."""
    since = move.run.arrived_at or move.now
    if step.type == "wait_hours":
        due: datetime | None = next_all_open(windows(move), move.now)
    else:
        due = time_of(move, step, since)
    if step.type == "wait_date" and due is None:
        follow(move, step, None)
        return
    if step.type == "wait_until" and _met(move, step):
        move.leave("met")
        return
    move.arrived_at = since
    move.sleep(max(due, move.now) if due is not None else None, at=_flip(move, step), what="again")
