"""The simulation with what managers do to journeys, which it does not know by itself: they are held and resumed, are
published anew, and their runs are taken over. By the engine's pure rules; only its rounds are told here once more."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ringround.journeys.rules import entry
from ringround.journeys.rules.answers import is_final
from ringround.journeys.rules.catalogue import TRIGGERS
from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.migrate import left_behind, migrate
from ringround.journeys.rules.run import Effect, Happened, Moved, Outcome, State, Wake
from ringround.journeys.rules.simulate import Facts, Played, Playing, World
from ringround.journeys.rules.simulate.parts import Answered, Taken
from ringround.journeys.rules.values import Event
from tests.property.journeys.chance import SIGNING, answer_of, is_slow


@dataclass(frozen=True)
class Carry:
    """A run is taken over to this version."""

    to: Played
    targets: Mapping[str, str]


@dataclass(frozen=True)
class Sweep:
    """The runs of these versions are taken over, all at once, in the round in which it has its turn."""

    no: int
    older: Sequence[Played]
    carry: Carry


def _how(moved: Moved) -> str:
    if any(map(left_behind, moved.log)):
        return "elsewhere"
    if moved.finished is not None:
        return "ended"
    return "waiting on" if moved.wait is not None else "acting"


def _signing(event: Event) -> str:
    """Whether it tells of a session or of an agreement; empty for everything else."""
    return next((name for name in SIGNING if event.type in TRIGGERS[name].events), "")


class Managed(World):
    """`happened` counts what occurs: a comparison of things that never happen says nothing."""

    def __init__(self, journeys: Sequence[Played], start: datetime, **more: Any) -> None:
        super().__init__(list(journeys), start, **more)
        self.versions = {one.id: [one] for one in journeys}
        self.held: set[str] = set()
        self.happened: Counter[str] = Counter()
        # What each address was told: when, for whom, where to and what.
        self.called: list[tuple[Any, ...]] = []
        # Where the moves of each run end in its story.
        self.cuts: dict[str, set[int]] = {}
        self._aside: list[tuple[datetime, Playing, int]] = []
        self._kept: dict[str, Outcome] = {}
        self._slow: list[Answered] = []
        self._sweeps: list[Sweep] = []
        self._swept, self._served = 0, 0
        self._calls: dict[str, tuple[Playing, Effect, int]] = {}
        self._tries: Counter[str] = Counter()
        self._bodies: dict[str, tuple[str, str, Any]] = {}
        self._messages: dict[str, Outcome] = {}

    # --- managers -------------------------------------------------------------------------------

    def hold(self, journey: str) -> None:
        self.held.add(journey)

    def resume(self, journey: str) -> None:
        """What was put aside is taken now, the oldest first."""
        self.held.discard(journey)
        for at, playing, epoch in self._aside:
            if playing.journey.id == journey:
                heapq.heappush(self._timers, (at, playing.no, playing.run.id, epoch))
        self._aside = [one for one in self._aside if one[1].journey.id != journey]
        self._settle()

    def publish(self, journey: str, graph: Graph, *, over: bool, targets: Mapping[str, str]) -> None:
        """Whoever enters from now on gets this; the journey's turn is after those that were published before."""
        made = Played(journey, graph)
        self.journeys = [*(one for one in self.journeys if one.id != journey), made]
        self.versions[journey].append(made)
        if over:
            self.take_over(journey, targets)

    def take_over(self, journey: str, targets: Mapping[str, str]) -> None:
        *older, newest = self.versions[journey]
        if any(self._of(one, older) for one in self.runs.values()):
            self._swept += 1
            self._sweeps.append(Sweep(self._swept, older, Carry(newest, targets)))
        self._settle()

    def answers(self) -> None:
        """The addresses that took their time answer."""
        self.taken += self._slow
        self._slow = []
        self._settle()

    # --- rounds ---------------------------------------------------------------------------------

    def _settle(self) -> None:
        super()._settle()
        while self._wanted():
            self._send_out()
            super()._settle()

    def _send_out(self) -> None:
        if wanted := self._wanted():
            # Whose turn it is: one after the other.
            sweep = next((one for one in wanted if one.no > self._served), wanted[0])
            self._served = sweep.no
            self._sweeps.remove(sweep)
            runs = [one for one in self.runs.values() if self._of(one, sweep.older)]
            self._batch([(one, sweep.carry) for one in runs])  # type: ignore[misc]
        calls, self._calls = self._calls, {}
        for one in calls.values():
            self._call(*one)
        super()._send_out()

    def _wanted(self) -> list[Sweep]:
        return [one for one in self._sweeps if one.carry.to.id not in self.held]

    @staticmethod
    def _of(playing: Playing, versions: Sequence[Played]) -> bool:
        return playing.run.state is not State.FINISHED and any(playing.journey is one for one in versions)

    def _listens(self, playing: Playing, event: Event) -> bool:
        return playing.journey.id not in self.held and super()._listens(playing, event)

    def _concerns(self, journey: Played, event: Event) -> bool:
        return journey.id not in self.held and super()._concerns(journey, event)

    def _admits(self, one: Taken, event: Event | None) -> entry.Refused | None:
        return entry.Refused.SCOPE if one.journey.id in self.held else super()._admits(one, event)

    def _due(self, playing: Playing, at: datetime) -> Wake | None:
        if playing.journey.id in self.held:
            self.happened["held timer"] += 1
            self._aside.append((at, playing, playing.run.epoch))
            return None
        answer = self._kept.pop(playing.run.id, None)
        if answer is not None and answer.epoch == playing.run.epoch and playing.run.state is State.ACTING:
            return answer
        return super()._due(playing, at)

    def _wake(self, asked: Sequence[Taken | Answered]) -> None:
        through: list[Taken | Answered] = []
        for one in asked:
            if not isinstance(one, Answered) or one.playing.journey.id not in self.held:
                through.append(one)
            elif one.playing.run.state is State.ACTING and one.playing.run.epoch == one.outcome.epoch:
                self.happened["held answer"] += 1
                self._kept[one.playing.run.id] = one.outcome
                self._aside.append((self.now, one.playing, one.playing.run.epoch))
        super()._wake(through)

    # --- moving ---------------------------------------------------------------------------------

    def _begin(self, one: Taken, event: Event | None, before: list[Playing]) -> Playing:
        if event is not None and (of := _signing(event)):
            self.happened[f"begun by: {of}"] += 1
        return super()._begin(one, event, before)

    def _facts(self, journey: Played, lead: str) -> Facts:
        found = super()._facts(journey, lead)
        if any(one.event in SIGNING and found["counts"][one.key] for one in journey.graph.counts):
            self.happened["counted: signing"] += 1
        return found

    def _move(self, playing: Playing, wake: Wake) -> Effect | None:
        run = playing.run
        found = super()._move(playing, wake)
        if isinstance(wake, Happened) and playing.run is not run and (of := _signing(wake.event)):
            self.happened[f"woken by: {of}"] += 1
        self.cuts.setdefault(playing.run.id, set()).add(len(playing.story))
        return found

    def _advance(self, playing: Playing, wake: Wake, facts: Facts) -> Moved:
        if not isinstance(wake, Carry):
            return super()._advance(playing, wake, facts)
        counts = self._facts(wake.to, playing.lead).get("counts", {})
        facts = {**facts, "counts": {**facts.get("counts", {}), **counts}}
        graph, run = playing.journey.graph, playing.run
        moved = migrate(graph, wake.to.graph, run, facts, self.now, wake.targets, self.dice)
        if not moved.stale:
            self.happened[f"taken over: {_how(moved)}"] += 1
            playing.journey = wake.to
            if moved.run.epoch != run.epoch:
                self._kept.pop(run.id, None)
        return moved

    # --- doing ----------------------------------------------------------------------------------

    def _done(self, playing: Playing, effect: Effect) -> Outcome | None:
        if effect.type == "call_url":
            # It goes out behind the round. Where its run comes to the step once more before that, it is the same one.
            self._calls[effect.key] = playing, effect, playing.run.epoch
            self._say(effect)
            return None
        if effect.type in ("send_sms", "send_email"):
            # A repeat is known by its key: a run that was taken back to before a step writes no second message there.
            there = self._messages.get(effect.key)
            if there is not None:
                self.happened["message known"] += 1
                return replace(there, epoch=playing.run.epoch)
        found = super()._done(playing, effect)
        if effect.type in ("send_sms", "send_email") and found is not None:
            self._messages[effect.key] = found
        if found is not None and found.status == "later":
            self.happened["waits for a call"] += 1
        return found

    def _say(self, effect: Effect) -> None:
        """A further try says what the first one said, unless it goes elsewhere."""
        url, method = effect.data["url"], effect.data["method"]
        before = self._bodies.get(effect.key)
        if before is None or before[:2] != (url, method):
            self._bodies[effect.key] = url, method, json.loads(json.dumps(effect.data["values"], default=str))

    def _call(self, playing: Playing, effect: Effect, epoch: int) -> None:
        self._tries[effect.key] += 1
        url, method, body = self._bodies[effect.key]
        self.called.append((self.now, playing.journey.id, playing.lead, effect.node, url, method, body))
        error = answer_of(url, self._tries[effect.key])
        status = "failed" if error else "ok"
        self._note(playing, effect, status, error)
        answer = Answered(playing, Outcome(epoch, status, error, bool(error) and is_final(error), outside=True))
        self.happened["address: " + (error or "ok")] += 1
        (self._slow if is_slow(url) else self.answered).append(answer)
