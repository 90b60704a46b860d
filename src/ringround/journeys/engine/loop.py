"""The engine: takes what has happened and what is due, a batch a transaction, and moves the runs that it concerns.

1. Events after its own cursor, which moves in the transaction that does what they cause: each once, in the order in
   which they were numbered, and so for each lead in the order of its commits.
2. Timers that are due, the oldest first, at most `TIMERS` a round, so that after downtime nothing else starves.
3. What came otherwise (`Intake`), sweeps, and schedules.

Any number may run: a batch is done under an advisory lock of its transaction, so whoever has it is the one engine until
it commits, and a killed one leaves nothing half done.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Flag

from django.db import connection, transaction

from ringround.infra import clock, sql
from ringround.journeys.engine import heard, intake, sweeps, timers
from ringround.journeys.engine.alone import alone
from ringround.journeys.engine.book import Book
from ringround.journeys.engine.halves import Held
from ringround.journeys.rules.durations import FIRST

log = logging.getLogger(__name__)

EVENTS, TIMERS, INTAKE, SWEEP = 1_000, 1_000, 500, 1_000
IDLE_S = 0.1
FAULT_S = 1.0
# Timers that another process wrote a moment late lie below the floor: so often it is let down.
FLOOR_EVERY_S = 5.0
# As late as a timer's writer may commit.
SLACK = timedelta(seconds=2)
# Objects made between two looks for garbage: a batch makes some hundred thousand, and nearly all go by themselves.
GARBAGE = (100_000, 20, 50)


class Engine:
    """`step` until it says that nothing waits."""

    def __init__(self) -> None:
        self.book = Book()
        self._floor: datetime = FIRST
        self._floor_at = 0.0
        # The sweep that had the last turn.
        self._served = sweeps.FIRST_ID
        # An event that cannot be heard yet: raised when what came before it is committed.
        self._held: Held | None = None

    def step(self) -> bool:
        """One round; whether more is likely to wait. The first fault is raised when every part has had its turn."""
        now = clock.now()
        if time.monotonic() - self._floor_at > FLOOR_EVERY_S:
            self._floor, self._floor_at = FIRST, time.monotonic()
        waits = sql.row("journeys", "waits", now=now, floor=self._floor)
        assert waits is not None
        # Timers may have been given back.
        more = self._plan(waits["plan"])
        # As it was when the plan was: what is numbered later may be for a journey that is not in the book yet.
        head = waits["head"]
        faults: list[Exception] = []
        parts: list[tuple[bool, Callable[[], bool]]] = [
            (waits["reached"] is not None and waits["reached"] < head, lambda: self._events(head)),
            (waits["timers"], lambda: self._timers(now)),
            (waits["intake"], lambda: intake.take(self.book, INTAKE)),
            (waits["schedules"], lambda: sweeps.schedule(self.book)),
            (waits["sweeps"], lambda: self._sweep()),
        ]
        for wanted, part in parts:
            if wanted:
                more = self._part(part, faults) or more
        if faults:
            raise faults[0]
        return more

    def drain(self, most: int = 100_000) -> None:
        """Until nothing waits; for the virtual clock, and tests."""
        self._floor_at = -FLOOR_EVERY_S
        self._floor = FIRST
        for _ in range(most):
            if not self.step():
                return
        raise RuntimeError("the engine does not come to rest")

    def run(self, stop: Flag) -> None:
        """Until told to stop. A lost database is waited for, a fault is logged and outlived."""
        while not stop.is_set():
            try:
                if not self.step():
                    stop.wait(IDLE_S)
            except Exception:
                log.exception("a round of journeys failed; the next follows")
                # Also where it is not lost: what it keeps prepared may be of before a migration.
                connection.close()
                stop.wait(FAULT_S)
        connection.close()

    def _plan(self, plan: str) -> bool:
        """What runs is read again where it has changed; whether it has. Timers that were held and need not be any more
        go on: those of a version that an earlier release could not read have nobody else to give them back."""
        if plan == self.book.plan:
            return False
        self.book.load(plan)
        sql.run("journeys", "timers_give_back", versions=self.book.moving())
        return True

    def _part(self, part: Callable[[], bool], faults: list[Exception]) -> bool:
        self._held = None
        try:
            with transaction.atomic():
                alone()
                # Whoever publishes, holds or resumes may have done so while this waited.
                found = sql.row("journeys", "plan_now")
                assert found is not None
                self._plan(found["plan"])
                more = part()
            if self._held is not None:
                raise self._held
            return more
        except Exception as fault:
            raw = connection.connection
            if raw is None or raw.closed:
                raise
            log.exception("a part of the round failed")
            faults.append(fault)
            return False

    def _events(self, head: int) -> bool:
        try:
            return heard.take(self.book, EVENTS, head)
        except Held as held:
            self._held = held
            return False

    def _sweep(self) -> bool:
        taken = sweeps.next_after(self._served)
        if taken is None:
            return False
        # Kept also where the batch fails: the next has its turn first.
        self._served = taken
        return sweeps.take(self.book, taken, SWEEP)

    def _timers(self, now: datetime) -> bool:
        taken, last = timers.take(self.book, now, self._floor, TIMERS)
        if last is not None:
            # Never past what somebody may be writing just now.
            self._floor = max(self._floor, min(last, now - SLACK))
        return taken >= TIMERS
