"""The loop of all couriers: what carries rows that are due out of the house, several at once, in the worker.

Threads only call; everything that is read and written is the loop's, on one connection. What is under way is leased in
the database by the room's own claim: a courier that is killed loses nothing, and what it had is sent again when the
lease is over, with the same key. One that is told to stop notes first what is under way (`LAST_S`).
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from threading import Event as Flag
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from ringround.infra import clock, outbound

log = logging.getLogger(__name__)

# How many are remembered to have been served; then all turns begin anew.
MOST_TURNS = 20_000
FAULT_S = 2.0
AGAIN_S = 0.2
# How long a courier that is told to stop waits for what is under way: as long as a call by `outbound` can last.
LAST_S = outbound.DEADLINE_S + 1.0
# For so long an outcome is tried again that a database which is there does not take; one that is away is waited for.
KEPT_S = 60.0

P = TypeVar("P")
R = TypeVar("R")


class CourierLoop(ABC, Generic[P, R]):
    """Claims, carries and notes, until told to stop.

    A room makes a courier of its own so:

    1. a subclass with its `name` (for logs and threads) and `at_once` (how many are under way here);
    2. `claim(free=…, now=…)`: at most `free` parcels, each leased in the database until later than a call can last. Who
       is served when not all can be: `kernel.shares.share_out` with `self.turns`, and `self.served(…)` after it;
    3. `carry(parcel)`: one try, in a thread and without a database; what went wrong is in the outcome, as a code;
    4. `done(back=…, now=…)`: write down what became of parcels, only where the lease is still this claim's. An outcome
       of None is a fault in `carry` itself, which is logged here. Where noting them one by one is too slow, `notes` is
       raised: that many come at once, for one statement; if `done` fails, all of them are sent again after the lease.
       Where the database was away it is called again when it is back, however late, perhaps for what it has noted
       already;
    5. its `run` stands among the `loops` of `cli_commands/_worker.py`.

    Several workers may run side by side: whatever must hold over all of them is the claim's, in the database.
    """

    name: ClassVar[str]
    at_once: ClassVar[int]
    idle_s: ClassVar[float] = 1.0
    notes: ClassVar[int] = 1

    def __init__(self, *, now: Callable[[], datetime] = clock.real_now) -> None:
        self._now = now
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix=self.name)
        self.under_way: dict[Future[R], P] = {}
        # When each organisation and target was last served: the number of the claim.
        self.turns: dict[UUID, int] = {}
        self._turn = 0
        # What is known of parcels and could not be noted, and since when: (monotonic, parcels).
        self._kept: list[tuple[float, Sequence[tuple[P, R | None]]]] = []

    @abstractmethod
    def claim(self, *, free: int, now: datetime) -> Sequence[P]:
        """At most `free` parcels to carry now, leased."""

    @abstractmethod
    def carry(self, parcel: P) -> R:
        """One try. Runs in a thread without a database."""

    @abstractmethod
    def done(self, *, back: Sequence[tuple[P, R | None]], now: datetime) -> None:
        """Note what has become of these, at most `notes` of them."""

    def run(self, stop: Flag) -> None:
        """Until told to stop. A lost database is waited for, a fault is logged and outlived."""
        while not stop.is_set():
            try:
                if not self.step(wait_s=self.idle_s):
                    stop.wait(self.idle_s)
            except Exception:
                log.exception("the courier of %s stumbled; it goes on", self.name)
                connection.close()
                stop.wait(FAULT_S)
        self._last()
        # What is still under way is sent again when its lease is over: better twice than to keep everyone waiting here.
        self._pool.shutdown(wait=False, cancel_futures=True)
        connection.close()

    def drain(self) -> None:
        """Send everything that is due now, for tests."""
        while self.step(wait_s=1.0):
            pass

    def step(self, *, wait_s: float) -> bool:
        """One round: take what is due, note what has come back; whether anything is under way."""
        self._note_kept()
        # Before anything is claimed: after a long outage it could be what has come back here.
        self._note(0.0)
        for parcel in self._claim():
            self.under_way[self._pool.submit(self.carry, parcel)] = parcel
        if not self.under_way:
            return False
        self._note(wait_s)
        return True

    def _last(self) -> None:
        """Nothing new is taken, and what is under way is waited for: it goes out in any case, and whatever is not noted
        goes out again."""
        end = time.monotonic() + LAST_S
        while (self.under_way or self._kept) and (left := end - time.monotonic()) > 0:
            try:
                self._note_kept()
                self._note(left)
            except Exception:
                log.exception("what the courier of %s carried last could not be noted", self.name)
                connection.close()
                time.sleep(AGAIN_S)

    def _note(self, wait_s: float) -> None:
        found, _rest = wait(self.under_way, timeout=wait_s, return_when=FIRST_COMPLETED)
        ended = list(found)
        for first in range(0, len(ended), self.notes):
            # Out of the map before it is noted: what cannot be noted would be tried for ever, and hold its place.
            back = [(self.under_way.pop(one), self._outcome(one)) for one in ended[first : first + self.notes]]
            self._done(time.monotonic(), back)

    def _note_kept(self) -> None:
        """What could not be noted, now that the database may be back. Without it, what has gone would go again."""
        while self._kept:
            since, back = self._kept.pop(0)
            self._done(since, back)

    def _done(self, since: float, back: Sequence[tuple[P, R | None]]) -> None:
        try:
            self.done(back=back, now=self._now())
        except (OperationalError, InterfaceError):
            # No more than is under way at once: nothing is claimed while anything is kept.
            if time.monotonic() - since < KEPT_S or not connection.is_usable():
                self._kept.append((since, back))
            else:
                log.error("%s outcomes of %s are lost: the database does not take them", len(back), self.name)
            raise

    def served(self, keys: Iterable[UUID]) -> None:
        """These organisations and targets have had this turn."""
        self._turn += 1
        if len(self.turns) > MOST_TURNS:
            self.turns.clear()
        self.turns.update(dict.fromkeys(keys, self._turn))

    def _claim(self) -> Sequence[P]:
        free = self.at_once - len(self.under_way)
        return self.claim(free=free, now=self._now()) if free else []

    def _outcome(self, ended: Future[R]) -> R | None:
        fault = ended.exception()
        if fault is None:
            return ended.result()
        log.error("carrying for %s failed here", self.name, exc_info=fault)
        return None
