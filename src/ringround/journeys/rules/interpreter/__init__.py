"""One run's next move: pure and total. The same function moves runs in the engine and in the simulation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ringround.journeys.rules.conditions import Condition
from ringround.journeys.rules.graph import Graph, Step
from ringround.journeys.rules.interpreter import actions, control, waits
from ringround.journeys.rules.interpreter.move import Dice as Dice
from ringround.journeys.rules.interpreter.move import Enters, Move
from ringround.journeys.rules.run import (
    TRIES,
    Enter,
    Entry,
    Happened,
    Moved,
    Outcome,
    Run,
    State,
    Stop,
    Timer,
    Wait,
    Wake,
)
from ringround.journeys.rules.values import as_told

# How long is waited before an effect that failed is tried again: after the first time, after the second.
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10))
# How a run leaves a node from which it is taken over to another one.
MIGRATED = "migrated"
_SLEEPING = (State.WAITING, State.RETRYING)
_ENTERS: dict[str, Enters] = {
    **dict.fromkeys(("wait", "wait_time", "wait_date", "wait_event", "wait_until", "wait_hours"), waits.enter),
    **dict.fromkeys(actions.ACTIONS, actions.act),
    "gate": control.gate,
    "branch": control.branch,
    "split": control.split,
    "goto": control.goto,
    "limit": control.limit,
    "goal": control.goal,
    "exit": control.exit,
}


def chance(run: str, node: str) -> float:
    """The run's chance at a node, by its name: nothing need be kept for it to be the same each time."""
    digest = hashlib.blake2b(f"{run}:{node}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56


def advance(graph: Graph, run: Run, wake: Wake, facts: Mapping[str, Any], now: datetime, dice: Dice = chance) -> Moved:
    """Move a run on as far as it goes: to an effect, a wait or its end.

    `facts` are of now: `lead`, `contact`, `campaign`, `zone` (a name), `windows` (the kernel's, of the campaign's hours
    where the lead is), `counts` ({key: how many}). What is missing is missing, and never an error.

    1. What is stale does nothing: another epoch, or a run that does not wait for this.
    2. Too old, its goal reached, or exit-when: asked when it begins, when something happens, when it wakes and when an
       answer comes from outside.
    3. Then as the wake says, and on from node to node until it stops.
    """
    if _stale(run, wake):
        return Moved(run, stale=True)
    event = wake.event if isinstance(wake, Enter | Happened) else None
    move = Move(graph, run, facts, event, now, dice, _ENTERS)
    if isinstance(wake, Stop):
        move.finish(wake.how, wake.reason)
    elif run.node is not None and run.node not in graph.steps:
        # Of another version than it stands on: it is told, not raised, for a batch of other runs goes on.
        move.finish("version")
    elif isinstance(wake, Outcome):
        # An answer from outside took its time: what has come true meanwhile was not heard.
        if not (wake.outside and _over(move)):
            _outcome(move, wake)
    elif not _over(move):
        match wake:
            case Enter():
                move.go(graph.document.start)
            case Timer():
                _timer(move)
            case Happened(event=event):
                step = graph.steps[run.node or ""]
                if run.state is State.RETRYING and run.put_off is not None and event.type in step.listens:
                    # The call that it waits for may be over. What it was about is what had happened before.
                    move.event, move.scope = None, replace(move.scope, event=run.event)
                    _once_more(move, step)
                elif run.state is not State.WAITING or not waits.happened(move, step, event):
                    # While its step is out it hears no more than what ends it.
                    return Moved(run, stale=True)
    if move.wait is not None and _as_it_was(move):
        return Moved(run, wait=move.wait)
    return move.done()


def _stale(run: Run, wake: Wake) -> bool:
    match wake:
        case Enter():
            return run.state is not State.NEW
        case Timer(epoch=epoch):
            return run.state not in _SLEEPING or run.epoch != epoch
        case Happened(epoch=found):
            return run.state in (State.NEW, State.FINISHED) or (found is not None and run.epoch != found)
        case Outcome(epoch=epoch):
            return run.state is not State.ACTING or run.epoch != epoch
        case Stop():
            return run.state is State.FINISHED


def _as_it_was(move: Move) -> bool:
    """A timer that came before its time changes nothing: the run waits on, under the same epoch."""
    run = move.run
    return run.state is move.state and run.due == move.due and run.steps == move.steps and run.tries == move.tries


def _over(move: Move) -> bool:
    """Whether the run ends before it goes on."""
    graph, now = move.graph, move.now
    ends = move.ends_at()
    if ends is not None and now >= ends:
        move.finish("max_age")
    elif graph.goal is not None and graph.goal.test(move.scope):
        move.finish("goal")
    elif graph.exit_when is not None and _leaves(move, graph.exit_when):
        move.finish("exit_when")
    return move.finished is not None


def _leaves(move: Move, exit_when: Condition) -> bool:
    """By the facts of now, or by what the event tells: what was so in between counts too."""
    if exit_when.test(move.scope):
        return True
    told = as_told(move.scope.facts, move.event) if move.event is not None and move.run.state is not State.NEW else None
    return told is not None and exit_when.test(replace(move.scope, facts=told))


def _timer(move: Move) -> None:
    run = move.run
    step = move.graph.steps[run.node or ""]
    if run.state is State.WAITING:
        waits.wake(move, step)
    elif run.due is not None and move.now < run.due:
        move.wait = Wait(move.earliest(run.due), step.id)
    else:
        _once_more(move, step)


def _once_more(move: Move, step: Step) -> None:
    """The same effect, under the same key. Its arrow is taken when there is nothing to do any more."""
    if move.run.put_off is not None and not _still_meant(move, *move.run.put_off):
        return
    out = move.enters[step.type](move, step)
    if out is not None:
        move.leave(out)


def _still_meant(move: Move, status: str, straight: bool) -> bool:
    """Whether an effect that waited for a call to end is to be done still, after what the call has come to.

    Straight from its entry, by the entry condition: it says for which leads this is. Where neither that nor exit-when
    (asked before) speaks of the status, it must be the one that the effect was decided on. Example: an expired lead
    that is `new` is to be closed, and its agent books a private callback: `status in new, automatic_redial` does not
    hold, and it is left.
    """
    entry, exit_when = move.graph.entry, move.graph.exit_when
    if straight and not any(path[0] == "event" for path in entry.paths):
        if not entry.test(move.scope):
            move.finish("entry")
            return False
        if ("lead", "status") in entry.paths:
            return True
    if _status(move) == status or (exit_when is not None and ("lead", "status") in exit_when.paths):
        return True
    _skipped(move, "status_changed")
    return False


def _status(move: Move) -> str:
    return str(move.scope.get(("lead", "status")) or "")


def _skipped(move: Move, reason: str) -> None:
    step = move.graph.steps[move.run.node or ""]
    move.skip(reason)
    if step.type == "limit":
        move.leave("over")
    elif step.params["on_skip"] == "exit":
        move.finish("skipped", reason)
    else:
        move.leave("next")


def _outcome(move: Move, outcome: Outcome) -> None:
    """What came of the effect: on by its arrow; failures are tried three times in all."""
    step = move.graph.steps[move.run.node or ""]
    if outcome.status == "later":
        # Only a run's first move comes straight from its entry.
        move.put_off = move.put_off or (_status(move), move.run.epoch == 1)
        move.retry(outcome.at or move.now)
        return
    move.put_off = None
    match outcome.status:
        case "ok":
            move.leave("next")
        case "skipped":
            _skipped(move, outcome.reason)
        case _:
            move.tries += 1
            move.log.append(Entry(step.id, "failed", outcome.reason))
            if not outcome.final and move.tries < TRIES:
                move.retry(move.now + BACK_OFF[move.tries - 1])
            elif step.next.get("error"):
                move.leave("error")
            else:
                move.finish("failed", outcome.reason)


def take_over(graph: Graph, run: Run, facts: Mapping[str, Any], now: datetime, target: str | None, dice: Dice) -> Moved:
    """A run under another version, where it waits or goes on elsewhere: see `migrate`."""
    move = Move(graph, replace(run), facts, None, now, dice, _ENTERS)
    step = graph.steps.get(run.node or "")
    if target is not None and target in graph.steps:
        move.log.append(Entry(run.node, "left", MIGRATED))
        move.go(target)
    elif step is None:
        move.finish("version")
    elif run.state is State.RETRYING:
        move.wait = Wait(move.earliest(run.due), step.id)
    else:
        waits.take_over(move, step)
    return move.done()
