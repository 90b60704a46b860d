"""The relay's loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event as Flag

from django.db import DatabaseError, connection

from ringround.infra import audit
from ringround.infra.events import Event
from ringround.infra.relay.numbering import number_events
from ringround.infra.relay.reactions import Reaction, react
from ringround.infra.relay.screens import ScreenNotifier, Touch

log = logging.getLogger(__name__)

LOCK = 7_264_001  # "relay" among the product's advisory locks
IDLE_S = 0.05
FOLLOWER_S = 1.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Something the relay does every `every_s` seconds of real time; `run` returns True when more waits."""

    name: str
    every_s: float
    run: Callable[[], bool]


class Relay:
    """Numbers, reacts, notifies, seals and ticks, as long as it leads."""

    def __init__(
        self,
        reactions: Mapping[str, Sequence[Reaction]],
        topics: Callable[[Event], Iterable[Touch]],
        ticks: Sequence[Tick],
    ) -> None:
        self._reactions, self._topics, self._ticks = reactions, topics, ticks
        self._screens = ScreenNotifier()
        self._next: dict[str, float] = {}

    def lead(self) -> bool:
        """Try to be the one relay. The lock is the connection's: it falls with it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return bool(cursor.fetchone()[0])

    def step(self, ticks: bool = True) -> bool:
        """One round; whether there was anything to do."""
        batch = number_events()
        for event in batch.events:
            self._screens.add(self._topics(event))
        reacted = react(self._reactions)
        sealed = audit.seal_pending()
        more = bool(len(batch) or reacted or sealed)
        if ticks:
            now = time.monotonic()
            for tick in self._ticks:
                if now >= self._next.get(tick.name, 0.0):
                    again = tick.run()
                    self._next[tick.name] = now if again else now + tick.every_s
                    more = more or again
        self._screens.flush()
        return more

    def drain(self, most: int = 10_000) -> None:
        """Everything that waits, ticks included, until a round finds nothing; for the virtual clock and tests."""
        for _ in range(most):
            for tick in self._ticks:
                self._next[tick.name] = 0.0
            if not self.step():
                return
        raise RuntimeError("the relay does not come to rest")

    def run(self, stop: Flag) -> None:
        """Lead or wait to lead, until told to stop. A lost database is waited for."""
        while not stop.is_set():
            try:
                if not self.lead():
                    stop.wait(FOLLOWER_S)
                    continue
                log.info("this relay leads")
                while not stop.is_set():
                    if not self.step():
                        stop.wait(IDLE_S)
            except DatabaseError:
                log.exception("the database is gone; trying again")
                stop.wait(0.5)
            finally:
                # Without its connection it does not lead: close it, so that the lock is surely free.
                connection.close()
