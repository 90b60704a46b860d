"""The relay's loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event as Flag

from django.db import DatabaseError, InterfaceError, connection

from ringround.infra import audit, jobs, sql
from ringround.infra.events import Event
from ringround.infra.relay.numbering import BATCH as NUMBERED
from ringround.infra.relay.numbering import number_events
from ringround.infra.relay.reactions import BATCH as REACTED
from ringround.infra.relay.reactions import RETRY_EVERY_S, Reaction, react, retry
from ringround.infra.relay.screens import ScreenNotifier, Touch

log = logging.getLogger(__name__)

LOCK = 7_264_001  # "relay" among the product's advisory locks
IDLE_S = 0.05
FOLLOWER_S = 1.0
FAULT_S = 0.5
JOBS_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Something the relay does every `every_s` seconds of real time; `run` returns True when more waits.

    `elsewhere`: a process of its own does it all the time, and the relay only where it is drained: for the virtual
    clock, and in tests.
    """

    name: str
    every_s: float
    run: Callable[[], bool]
    elsewhere: bool = False


class Relay:
    """Numbers, reacts, notifies, seals and ticks, as long as it leads."""

    def __init__(
        self,
        reactions: Mapping[str, Sequence[Reaction]],
        topics: Callable[[Event], Iterable[Touch]],
        ticks: Sequence[Tick],
    ) -> None:
        self._reactions, self._topics = reactions, topics
        self._ticks = [
            *ticks,
            Tick("parked reactions", RETRY_EVERY_S, lambda: retry(reactions) > 0),
            Tick("stalled jobs", JOBS_EVERY_S, lambda: jobs.take_back() > 0),
        ]
        self._screens = ScreenNotifier()
        self._next: dict[str, float] = {}
        self._draining = False
        # Whether the last round took as much as a round takes, and more is likely to wait.
        self._full = False

    def lead(self) -> bool:
        """Try to be the one relay. The lock is the connection's: it falls with it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return bool(cursor.fetchone()[0])

    def step(self, ticks: bool = True) -> bool:
        """One round; whether there was anything to do. What fails keeps nobody behind it from their turn, nor screens
        from their notices; the first fault is raised when all have had theirs."""
        faults: list[Exception] = []
        more = self._full = False
        if self._waits():
            batch = number_events()
            for event in batch.events:
                self._try(partial(self._tell, event), faults)
            # Before the reactions and ticks, which may take their time.
            self._try(self._screens.flush, faults)
            reacted = react(self._reactions)
            self._full = len(batch) >= NUMBERED or reacted >= REACTED
            sealed = audit.seal_pending()
            self._full = self._full or sealed >= audit.BATCH
            more = bool(len(batch) or reacted or sealed)
        if ticks:
            now = time.monotonic()
            for tick in self._ticks:
                if now >= self._next.get(tick.name, 0.0) and (self._draining or not tick.elsewhere):
                    again = bool(self._try(tick.run, faults))
                    self._full = self._full or again
                    self._next[tick.name] = now if again else now + tick.every_s
                    more = more or again
        self._screens.flush()
        if faults:
            raise faults[0]
        return more

    @staticmethod
    def _waits() -> bool:
        """One look at all that may wait. Most rounds find nothing, and this is what they cost (docs/adr/0104)."""
        row = sql.row("infra", "relay_waits")
        assert row is not None
        return bool(row["waits"])

    def _tell(self, event: Event) -> None:
        self._screens.add(self._topics(event))

    @staticmethod
    def _try(run: Callable[[], object], faults: list[Exception]) -> object:
        try:
            return run()
        except Exception as fault:
            if _lost():
                raise
            log.exception("a part of the round failed")
            faults.append(fault)
            return None

    def drain(self, most: int = 10_000) -> None:
        """Everything that waits, ticks included, until a round finds nothing; for the virtual clock and tests."""
        self._draining = True
        try:
            for _ in range(most):
                # Ticks are asked when events have led to all that they lead to: most find nothing, and they are many.
                while self.step(ticks=False):
                    pass
                for tick in self._ticks:
                    self._next[tick.name] = 0.0
                # What ticks leave behind is events again.
                if not self.step() and not self.step(ticks=False):
                    return
        finally:
            self._draining = False
        raise RuntimeError("the relay does not come to rest")

    def run(self, stop: Flag) -> None:
        """Lead or wait to lead, until told to stop. A lost database is waited for, a fault is logged and outlived."""
        while not stop.is_set():
            try:
                if not self.lead():
                    stop.wait(FOLLOWER_S)
                    continue
                log.info("this relay leads")
                # Whoever led before may have died between a commit and its notices.
                self._screens.refresh()
                # Django opens a new connection where one was lost, and that one has no lock.
                led = connection.connection
                while not stop.is_set() and connection.connection is led:
                    self._round(stop)
            except (DatabaseError, InterfaceError):
                log.exception("the database is gone; trying again")
                stop.wait(FAULT_S)
            finally:
                # Without its connection it does not lead: close it, so that the lock is surely free.
                connection.close()

    def _round(self, stop: Flag) -> None:
        try:
            self.step()
            if not self._full:
                # Also where there was something: in the meantime more comes, and a round costs about the same for
                # fifty events as for one. Screens may be told of a change every 100 ms as it is.
                stop.wait(IDLE_S)
        except Exception:
            if _lost():
                raise
            log.exception("a round failed; the next follows")
            stop.wait(FAULT_S)


def _lost() -> bool:
    """Whether the connection is gone, and with it the lead."""
    raw = connection.connection
    return raw is None or raw.closed
