"""One move of one run while it is being made: where it stands, what was logged, and how it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ringround.journeys.rules.graph import Graph, Step
from ringround.journeys.rules.run import MOST_STEPS, MOST_VISITS, Effect, Entry, Finished, Moved, Run, State, Wait
from ringround.journeys.rules.values import Event, Scope, zone_of

# A number from 0 up to but not including 1, the same each time for a run and a node.
Dice = Callable[[str, str], float]
# What a node does when a run comes to it: the arrow by which it leaves at once, or None when the move stops there.
Enters = Callable[["Move", Step], str | None]


class Move:
    """Changes are gathered here and become a new run at the end: the run that came in stays as it was."""

    __slots__ = (
        "arrived_at", "dice", "due", "effect", "enters", "event", "finished", "graph", "late_s", "log", "node", "now",
        "put_off", "run", "scope", "state", "steps", "tries", "visits", "wait", "woke",
    )  # fmt: skip

    def __init__(
        self,
        graph: Graph,
        run: Run,
        facts: Mapping[str, Any],
        event: Event | None,
        now: datetime,
        dice: Dice,
        enters: Mapping[str, Enters],
    ) -> None:
        self.graph, self.run, self.now, self.dice, self.enters = graph, run, now, dice, enters
        self.event = event
        self.scope = Scope(facts, event or run.event, now, zone_of(facts, graph.zone))
        self.state, self.node = run.state, run.node
        self.arrived_at, self.due = run.arrived_at, run.due
        self.visits: Mapping[str, int] = run.visits
        self.steps, self.tries, self.woke, self.put_off = run.steps, run.tries, run.woke, run.put_off
        self.log: list[Entry] = []
        self.effect: Effect | None = None
        self.wait: Wait | None = None
        self.finished: Finished | None = None
        self.late_s = 0.0

    # --- going on -----------------------------------------------------------------------------

    def go(self, node: str | None) -> None:
        """Go on at a node until the move stops: at an effect, a wait or an end."""
        while node is not None:
            step = self.graph.steps[node]
            self.node, self.arrived_at, self.due, self.tries, self.put_off = node, self.now, None, 0, None
            self.steps += 1
            if self.steps > MOST_STEPS:
                self.finish("too_many_steps")
                return
            if node in self.graph.looped:
                count = self.visits.get(node, 0) + 1
                self.visits = {**self.visits, node: count}
                if count > MOST_VISITS:
                    self.finish("too_many_visits")
                    return
            self.log.append(Entry(node, "entered"))
            out = self.enters[step.type](self, step)
            if out is None:
                return
            self.log.append(Entry(node, "left", out))
            node = step.next.get(out)
            if node is None:
                # What was skipped on purpose is told apart from a way that is over.
                self.finish("skipped" if out == "skipped" else "end")

    def leave(self, out: str) -> None:
        """Go on from where the run stands."""
        assert self.node is not None
        self.log.append(Entry(self.node, "left", out))
        to = self.graph.steps[self.node].next.get(out)
        if to is None:
            self.finish("skipped" if out == "skipped" else "end")
        else:
            self.go(to)

    @property
    def visit(self) -> int:
        """Which visit of the node where it stands this is."""
        return max(1, self.visits.get(self.node or "", 1))

    # --- stopping -----------------------------------------------------------------------------

    def act(self, step: Step, data: Mapping[str, Any], type: str | None = None) -> None:
        """Stop for an effect."""
        visit = self.visit
        status = self.scope.get(("lead", "status")) if self.put_off is not None else None
        self.effect = Effect(
            type or step.type, step.id, visit, f"{self.run.id}:{step.id}:{visit}", data,
            str(status) if status is not None else None,
        )  # fmt: skip
        self.state = State.ACTING

    def sleep(self, due: datetime | None, *, at: datetime | None = None, what: str = "waiting") -> None:
        """Stop to wait: for `due`, the node's own time; to be woken `at` the latest, where that is earlier."""
        self.due, self.state = due, State.WAITING
        self.wait = Wait(self.earliest(due, at), self.node or "")
        self.log.append(Entry(self.node, what))

    def retry(self, at: datetime) -> None:
        """Stop to try the same effect again later."""
        self.due, self.state = at, State.RETRYING
        self.wait = Wait(self.earliest(at), self.node or "")

    def finish(self, reason: str, name: str = "") -> None:
        self.finished = Finished(reason, name)
        self.state, self.due, self.tries, self.woke, self.put_off = State.FINISHED, None, 0, None, None
        self.log.append(Entry(self.node, "finished", reason))

    def skip(self, reason: str) -> None:
        self.log.append(Entry(self.node, "skipped", reason))

    # --- time ---------------------------------------------------------------------------------

    def ends_at(self) -> datetime | None:
        """When the run is too old."""
        age = self.graph.document.settings.max_age
        return age.after(self.run.started_at, self.scope.zone) if age is not None else None

    def earliest(self, *times: datetime | None) -> datetime | None:
        return min((at for at in (*times, self.ends_at()) if at is not None), default=None)

    # --- the end ------------------------------------------------------------------------------

    def done(self) -> Moved:
        """The new run, and what the move came to."""
        run = self.run
        event = (self.event or run.event) if self.graph.keeps_event else None
        after = Run(
            id=run.id,
            started_at=run.started_at,
            depth=run.depth,
            state=self.state,
            node=self.node,
            epoch=run.epoch + 1,
            arrived_at=self.arrived_at,
            due=self.due,
            visits=self.visits,
            steps=self.steps,
            tries=self.tries,
            woke=self.woke,
            event=None if self.finished is not None else event,
            put_off=self.put_off,
        )
        return Moved(after, self.effect, self.wait, self.finished, tuple(self.log), False, self.late_s)
