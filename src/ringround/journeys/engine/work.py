"""A batch of runs moved on together, in one transaction: each to its next wait or its end.

In rounds: every run is moved by the interpreter to its next effect; the effects of all are done in one go each kind;
what came of them moves the runs on. Then everything is written, a statement a table.

A run that breaks something holds nobody up: what the interpreter raises parks that run, and what the database refuses
takes the batch back and tries each half of it, down to the one, which is parked with its error and shown.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.infra import events as log_of_events
from ringround.infra import sql
from ringround.journeys import events
from ringround.journeys.engine.book import Loaded
from ringround.journeys.engine.effects import Effects, Sent
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.halves import OF_THE_DATA, in_halves
from ringround.journeys.engine.rows import CODE, PARKED, RETRYING, data_of, state_of
from ringround.journeys.rules.interpreter import advance
from ringround.journeys.rules.migrate import left_behind, migrate
from ringround.journeys.rules.run import Effect, Enter, Moved, Outcome, Run, State, Stop, Wake

log = logging.getLogger(__name__)

# Rounds of one batch: a run that does more than so many things at one moment goes on in the next.
MOST_ROUNDS = 1_100
MOST_ERROR = 500
# What parks a run at once: it can be tried again.
PARKS = (*OF_THE_DATA, IntegrityError)


@dataclass(frozen=True, slots=True)
class Carry:
    """A run is taken over to this version; `targets`: {node that is gone: node to go on at}."""

    to: Loaded
    targets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """A run as it was read (or is to be made, `fresh`), and what wakes it."""

    loaded: Loaded
    lead_id: UUID
    run: Run
    wake: Wake | Carry
    fresh: bool = False
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Live:
    """A run while it is being moved."""

    item: Item
    loaded: Loaded
    run: Run
    kept: dict[str, Any]
    wait_at: datetime | None = None
    how: str = ""
    reason: str = ""
    error: str = ""
    touched: bool = False
    steps: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    id: UUID = field(init=False)
    _outcome: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        self.id = UUID(self.run.id)

    @property
    def ended(self) -> bool:
        return bool(self.how)

    def take(self, moved: Moved, counts: Counter[tuple[int, str, str]]) -> None:
        """What a move came to: the run as it is now, its log and its figures."""
        self.touched = True
        self.run = moved.run
        self.wait_at = moved.wait.at if moved.wait is not None else None
        was_left = False
        for at, entry in enumerate(moved.log):
            node = entry.node or ""
            left, was_left = was_left, entry.what == "left"
            # One that is taken over leaves its node under the version that it came to it under.
            version = self.item.loaded.id if left_behind(entry) and not at else self.loaded.id
            match entry.what:
                case "entered":
                    counts[version, node, "entered"] += 1
                case "skipped" | "failed":
                    counts[version, node, f"{entry.what}:{entry.detail}"] += 1
                    self._outcome = entry.what, entry.detail
                case "left":
                    counts[version, node, f"left:{entry.detail}"] += 1
                    self._line(version, node, entry.detail)
                case "finished":
                    if self._outcome[0]:
                        self._line(version, node, "")
                    self._outcome = "ended", entry.detail
                    # One that ends as it leaves a node stands at none.
                    self._line(version, "" if left else node, "")
        if self._outcome[0] == "failed" and moved.run.state is State.RETRYING:
            self._line(self.loaded.id, moved.run.node or "", "")
        if moved.finished is not None:
            self.how, self.reason = moved.finished.reason, moved.finished.name
            counts[self.loaded.id, "", f"finished:{self.how}"] += 1

    def take_over(self, to: Loaded, moved: Moved) -> None:
        """It is of this version from now on; one that is parked, and stays where it is, stays so."""
        self.loaded = to
        if moved.run.state is State.ACTING and moved.effect is None:
            self.error = self.kept.get("error", "")
        else:
            self.kept = {name: value for name, value in self.kept.items() if name not in ("error", "was")}
        if moved.run.epoch != self.item.run.epoch:
            # What was answered while its journey was held was asked under another epoch.
            self.kept.pop("answer", None)

    def _line(self, version: int, node: str, out: str) -> None:
        self.steps.append((version, node, out, *self._outcome))
        self._outcome = ("", "")


class Batch:
    """Some runs, moved on at `now`. `after`: what each is then, None where it is over."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.moved = 0
        self.after: dict[UUID, tuple[Loaded, UUID, Run, dict[str, Any]] | None] = {}

    def run(self, items: Sequence[Item], facts: Facts | None = None) -> None:
        """Move them on, each half by itself where that fails as a whole. `facts`: what has just been read of them."""

        def move(part: Sequence[Item]) -> _Work:
            work = _Work(part, self.now, facts if len(part) == len(items) else None)
            work.move()
            work.save()
            return work

        for work in in_halves(items, move, self._park, name=_name, data=PARKS):
            self.moved += work.moved
            for live in work.lives:
                self.after[live.id] = None if live.ended else (live.loaded, live.item.lead_id, live.run, live.kept)

    def _park(self, item: Item, fault: Exception) -> None:
        log.error("run %s is parked", item.run.id, exc_info=fault)
        with transaction.atomic():
            work = _Work([item], self.now)
            work.park(work.lives[0], fault)
            work.save()
        live = work.lives[0]
        # It hears nothing more but that its lead is gone.
        self.after[live.id] = (live.loaded, item.lead_id, live.run, live.kept)


def _name(item: Item) -> Hashable:
    """One that is to be made has another id each time."""
    return "run", item.lead_id, item.loaded.journey_id


class _Work:
    def __init__(self, items: Sequence[Item], now: datetime, facts: Facts | None = None) -> None:
        self.now = now
        self.lives = [Live(one, one.loaded, one.run, dict(one.kept)) for one in items]
        self.counts: Counter[tuple[int, str, str]] = Counter()
        self.facts = facts or Facts(now)
        self.moved = 0

    # --- moving -------------------------------------------------------------------------------

    def move(self) -> None:
        effects = Effects(self.now)
        self.facts.read([(live.loaded, live.item.lead_id) for live in self.lives])
        # Who is taken over goes on at once by what the new version asks.
        over = [(one.item.wake.to, one.item.lead_id) for one in self.lives if isinstance(one.item.wake, Carry)]
        self.facts.read(over)
        pending: list[tuple[Live, Effect]] = []
        for live in self.lives:
            if live.item.fresh:
                self.counts[live.loaded.id, "", "started"] += 1
            if live.kept.pop("effect", None) is not None and live.run.state is State.ACTING:
                # Put off by a call under an earlier release, which kept the effect itself.
                live.run = replace(live.run, state=State.RETRYING, due=self.now)
            if (effect := self._advance(live, live.item.wake)) is not None:
                pending.append((live, effect))
        for _round in range(MOST_ROUNDS):
            if not pending:
                break
            came = effects.do([(live.loaded, live.item.lead_id, live.run, one) for live, one in pending])
            onward = self._take(pending, came)
            again = [(live.loaded, live.item.lead_id) for live, _ in onward if live.loaded.asks]
            self.facts.read(again, again=True)
            pending = [
                (live, effect)
                for live, outcome in onward
                if (effect := self._advance(live, outcome)) is not None
            ]  # fmt: skip
        effects.flush()

    def _take(
        self, pending: Sequence[tuple[Live, Effect]], came: Sequence[Outcome | Sent]
    ) -> list[tuple[Live, Outcome]]:
        onward: list[tuple[Live, Outcome]] = []
        for (live, _effect), outcome in zip(pending, came, strict=True):
            self.moved += 1
            # Of what was sent out the answer comes by itself.
            if isinstance(outcome, Outcome):
                onward.append((live, outcome))
        return onward

    def _advance(self, live: Live, wake: Wake | Carry) -> Effect | None:
        facts = self.facts.of(live.loaded, live.item.lead_id)
        if facts is None:
            wake, facts = Stop("lead_gone"), {}
        elif live.loaded.over and not isinstance(wake, Stop):
            # Put away: the sweep that ends its runs may not have come to this one yet.
            wake = Stop("archived")
        try:
            if isinstance(wake, Carry):
                moved = migrate(live.loaded.graph, wake.to.graph, live.run, facts, self.now, wake.targets)
                if not moved.stale:
                    live.take_over(wake.to, moved)
            else:
                moved = advance(live.loaded.graph, live.run, wake, facts, self.now)
        except Exception as fault:
            log.exception("run %s cannot be moved", live.run.id)
            self.park(live, fault)
            return None
        if moved.stale:
            if moved.wait is not None:
                live.wait_at, live.touched = moved.wait.at, True
            return None
        if moved.wait is not None and moved.run is live.run:
            # Too early: it waits on as it was.
            live.wait_at, live.touched = moved.wait.at, True
            return None
        live.take(moved, self.counts)
        if moved.effect is None:
            self.moved += 1
        if moved.finished is not None and moved.finished.alarming:
            log.error("run %s of journey %s goes round and round (%s)", live.run.id, live.loaded.journey_id, live.how)
        return moved.effect

    def park(self, live: Live, fault: Exception) -> None:
        live.touched, live.wait_at = True, None
        was = CODE.get(live.run.state, RETRYING)
        wake = live.item.wake
        # One that has not begun is begun by what has happened when it is tried again.
        event = wake.event if isinstance(wake, Enter) else live.run.event
        live.run = replace(live.run, epoch=live.run.epoch + 1, state=State.ACTING, event=event)
        # What a database says on further lines are a row's values.
        first = (str(fault).splitlines() or [""])[0]
        live.error = f"{type(fault).__name__}: {first}"[:MOST_ERROR]
        live.kept = {**live.kept, "error": live.error, "was": was}
        self.counts[live.loaded.id, live.run.node or "", "parked"] += 1

    # --- writing ------------------------------------------------------------------------------

    def save(self) -> None:
        touched = [live for live in self.lives if live.touched]
        self._runs([one for one in touched if one.item.fresh and not one.ended], fresh=True)
        self._runs([one for one in touched if not one.item.fresh and not one.ended], fresh=False)
        self._ended([one for one in touched if one.ended])
        timed = [(one.wait_at, one) for one in touched if not one.ended]
        timers = [(max(at, self.now), one) for at, one in timed if at is not None]
        if timers:
            sql.later(
                "journeys", "timers_add", dues=[at for at, _ in timers], runs=[one.id for _, one in timers],
                epochs=[one.run.epoch for _, one in timers],
            )  # fmt: skip
        lines = [
            (one.id, one.item.kept.get("n", 0) + n + 1, *line) for one in touched for n, line in enumerate(one.steps)
        ]
        if lines:
            names = ("runs", "ns", "versions", "nodes", "outs", "outcomes", "reasons")
            columns = dict(zip(names, (list(column) for column in zip(*lines, strict=True)), strict=True))
            sql.later("journeys", "log_add", now=self.now, **columns)
        if self.counts:
            keys = list(self.counts)
            sql.later(
                "journeys", "counts_add", versions=[one[0] for one in keys], nodes=[one[1] for one in keys],
                keys=[one[2] for one in keys], ns=[self.counts[one] for one in keys],
            )  # fmt: skip
        records = [self._record(one, events.STARTED) for one in touched if one.item.fresh]
        records += [self._record(one, events.FINISHED) for one in touched if one.ended]
        log_of_events.record_all(records)

    def _runs(self, lives: Sequence[Live], *, fresh: bool) -> None:
        if not lives:
            return
        for live in lives:
            # How many lines its log has; of a run that waits for the first time it has none, and keeps nothing.
            if live.steps:
                live.kept["n"] = live.kept.get("n", 0) + len(live.steps)
        params: dict[str, Any] = {
            "ids": [one.id for one in lives],
            "epochs": [one.run.epoch for one in lives],
            "states": [PARKED if one.error else state_of(one.run) for one in lives],
            "nodes": [one.run.node or "" for one in lives],
            "since": [one.run.arrived_at or self.now for one in lives],
            "dues": [one.run.due for one in lives],
            "steps": [one.run.steps for one in lives],
            "data": [data_of(one.run, one.kept) for one in lives],
        }
        if fresh:
            sql.later(
                "journeys", "runs_add", leads=[one.item.lead_id for one in lives],
                versions=[one.loaded.id for one in lives], entered=[one.run.started_at for one in lives], **params,
            )  # fmt: skip
        elif any(one.loaded is not one.item.loaded for one in lives):
            sql.later("journeys", "runs_move", versions=[one.loaded.id for one in lives], **params)
        else:
            sql.later("journeys", "runs_move_on", **params)

    def _ended(self, lives: Sequence[Live]) -> None:
        if not lives:
            return
        sql.later(
            "journeys", "runs_end", now=self.now, old=[one.id for one in lives if not one.item.fresh],
            ids=[one.id for one in lives], leads=[one.item.lead_id for one in lives],
            journeys=[one.loaded.journey_id for one in lives], versions=[one.loaded.id for one in lives],
            nodes=[one.run.node or "" for one in lives], entered=[one.run.started_at for one in lives],
            hows=[one.how for one in lives], reasons=[one.reason for one in lives],
            steps=[one.run.steps for one in lives],
        )  # fmt: skip

    def _record(self, live: Live, kind: str) -> log_of_events.Record:
        """Started is a run's first event and finished its last, whatever its epoch was."""
        ended = kind == events.FINISHED
        event = live.item.wake.event if isinstance(live.item.wake, Enter) else None
        facts = self.facts.of(live.loaded, live.item.lead_id) or {}
        data = {
            "journey": str(live.loaded.journey_id),
            "lead": str(live.item.lead_id),
            "campaign": str(facts.get("campaign", {}).get("id") or "") or None,
            "version": live.loaded.number,
            **({"reason": live.how, "name": live.reason} if ended else {}),
        }
        cause = events.cause_of(live.loaded.journey_id, live.run) if ended else event.cause if event else None
        return log_of_events.Record(
            org_id=live.loaded.org_id, type=kind, subject_type="run", subject_id=live.id,
            subject_no=2**31 if ended else 1, at=self.now, data=data, cause=cause,
        )  # fmt: skip
