"""Nodes that decide where a run goes."""

from __future__ import annotations

from ringround.journeys.rules.graph import Step
from ringround.journeys.rules.interpreter.move import Move


def gate(move: Move, step: Step) -> str | None:
    return "yes" if step.condition is not None and step.condition.test(move.scope) else "no"


def branch(move: Move, step: Step) -> str | None:
    for out, test in step.cases:
        if test(move.scope):
            return out
    return "else"


def split(move: Move, step: Step) -> str | None:
    """By the run's own chance at this node, so that it goes the same way each time."""
    thrown = move.dice(move.run.id, step.id)
    for out, share in step.shares:
        if thrown < share:
            return out
    return step.shares[-1][0]


def goto(move: Move, step: Step) -> str | None:
    return "again" if move.visit <= step.params["max"] else "done"


def limit(move: Move, step: Step) -> str | None:
    """The engine counts: whether this run is let through is its answer."""
    since = step.durations["per"].before(move.now, move.scope.zone)
    move.act(step, {"most": step.params["most"], "since": since})
    return None


def goal(move: Move, step: Step) -> str | None:
    move.finish("goal", step.params["name"] or "")
    return None


def exit(move: Move, step: Step) -> str | None:
    move.finish("exit", step.params["reason"] or "")
    return None
