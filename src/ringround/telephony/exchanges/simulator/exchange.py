"""An exchange with a carrier of made-up people, in this process: in real time, or in a time that is moved by hand.

Every order and every fact has its moment on one list; whoever moves time takes them from there in order and tells them.
So nothing is told within an order, and the same orders at the same moments give the same reports.
"""

from __future__ import annotations

import heapq
import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from ringround.telephony.exchanges.simulator.people import CAUSES, Did, Fate, Settings, fate
from ringround.telephony.ports import (
    AgentDevice,
    Away,
    Capability,
    DeviceKind,
    Hears,
    Live,
    Order,
    Placed,
    Report,
    What,
)

RING_S: Final = 25
NORMAL, NO_ANSWER, UNAVAILABLE = 16, 19, 20
# Why it is gone, when it was told to be.
FALLEN: Final = "lost"
_GLOBAL = re.compile(r"\+[1-9][0-9]{3,14}")


@dataclass(slots=True)
class _Call:
    fate: Fate
    number: str
    answered: bool = False
    seat: UUID | None = None
    # Changes with what is done with the call: what was to come of it before that does not come.
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A call that is over, as the carrier has it."""

    call: str
    number: str
    did: str


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    act: Callable[[], None] = field(compare=False)


class Simulator:
    """`virtual`: time stands at 0 s and goes only by `advance`; else it is the machine's."""

    name = "simulator"
    capabilities = frozenset({Capability.ORIGINATE, Capability.DETECT})

    def __init__(self, settings: Settings | None = None, *, virtual: bool = False) -> None:
        self.settings = settings or Settings()
        # What the carrier says of each call that is over.
        self.log: list[Line] = []
        self.there = False
        self._virtual = virtual
        self._now = 0.0
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._dialled: Counter[str] = Counter()
        self._calls: dict[UUID, _Call] = {}
        self._seats: dict[UUID, bool] = {}
        self._hears: Hears
        # Guards everything above, and wakes the thread that waits for what is due.
        self._changed = threading.Condition(threading.RLock())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    def start(self, hears: Hears) -> None:
        self._hears = hears
        self._at(0, self._come)
        if not self._virtual:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    # ---- orders

    def dial(self, order: Order) -> Placed:
        if not _GLOBAL.fullmatch(order.number):
            raise ValueError("a number to dial is E.164")
        with self._changed:
            if self.there and order.call_id not in self._calls:
                self._dialled[order.number] += 1
                call = _Call(fate(self.settings, order.number, self._dialled[order.number]), order.number)
                self._calls[order.call_id] = call
                self._begin(order.call_id, call, order.ring_timeout_s or RING_S)
        return Placed(link=None)

    def seat(self, seat_id: UUID, device: AgentDevice) -> None:
        if device.kind is DeviceKind.NUMBER and not _GLOBAL.fullmatch(device.address):
            raise ValueError("a number to dial is E.164")
        with self._changed:
            if not self.there or seat_id in self._seats:
                return
            if device.address in self.settings.absent:
                self._at(0, lambda: self._tell(What.UNSEATED, seat_id, UNAVAILABLE))
                return
            self._seats[seat_id] = False
            self._at(self.settings.agent_answers_s, lambda: self._seated(seat_id))

    def unseat(self, seat_id: UUID) -> None:
        with self._changed:
            if self._seats.pop(seat_id, None) is not None:
                self._at(0, lambda: self._tell(What.UNSEATED, seat_id, NORMAL))

    def connect(self, call_id: UUID, seat_id: UUID) -> None:
        with self._changed:
            call = self._calls.get(call_id)
            if call is None or not call.answered or call.seat == seat_id or not self._seats.get(seat_id):
                return
            call.seat = seat_id
            self._next(call)
            self._at(0, lambda: self._connected(call_id, call))

    def detect(self, call_id: UUID) -> None:
        with self._changed:
            call = self._calls.get(call_id)
            if call is not None and call.answered:
                found = What.MACHINE if call.fate.taken_for_machine else What.PERSON
                self._at(call.fate.found_s, lambda: self._tell(found, call_id) if call_id in self._calls else None)

    def hang_up(self, call_id: UUID) -> None:
        with self._changed:
            call = self._calls.get(call_id)
            if call is not None:
                self._end(call_id, call, NORMAL, "was_hung_up" if call.answered else "given_up")

    def live(self) -> Live:
        with self._changed:
            if not self.there:
                raise Away
            return Live(frozenset(self._calls), frozenset(self._seats))

    # ---- time

    @property
    def now(self) -> float:
        """Seconds of its own time."""
        return self._now if self._virtual else time.monotonic()

    @property
    def next_at(self) -> float | None:
        """When the next thing happens, in seconds of its own time; None when nothing will by itself."""
        with self._changed:
            return self._due[0].at if self._due else None

    def advance(self, to_s: float) -> None:
        """Let everything happen until then. Virtual time only."""
        while (due := self._take(to_s)) is not None:
            self._now = due.at
            due.act()
        self._now = max(self._now, to_s)

    def fall(self) -> None:
        """As if its machine were switched off: every call and seat is gone, and nothing of it is told but that."""
        with self._changed:
            self.there = False
            for call_id, call in self._calls.items():
                self._write(call_id, call, "cut")
            self._calls, self._seats, self._due = {}, {}, []
            self._at(0, lambda: self._hears.went(FALLEN))

    def rise(self) -> None:
        """As if it were switched on again."""
        self._at(0, self._come)

    # ---- what happens

    def _begin(self, call_id: UUID, call: _Call, ring_s: int) -> None:
        it = call.fate
        if it.did in CAUSES:
            self._later(call, it.begins_s, lambda: self._end(call_id, call, CAUSES[it.did], it.did.value))
            return
        self._later(call, float(ring_s), lambda: self._end(call_id, call, NO_ANSWER, "given_up"))
        if it.did is Did.DUMB:
            return
        self._later(call, it.begins_s, lambda: self._tell(What.RINGING, call_id))
        if it.did is not Did.UNANSWERED:
            self._later(call, it.begins_s + it.rings_s, lambda: self._answered(call_id, call))

    def _answered(self, call_id: UUID, call: _Call) -> None:
        call.answered = True
        self._next(call)
        self._tell(What.ANSWERED, call_id)
        # A machine talks to itself; a person waits for somebody.
        alone_s = call.fate.talks_s if call.fate.did is Did.MACHINE else call.fate.waits_s
        self._later(call, alone_s, lambda: self._end(call_id, call, NORMAL, "hung_up"))

    def _connected(self, call_id: UUID, call: _Call) -> None:
        if call_id in self._calls:
            self._tell(What.CONNECTED, call_id)
            self._later(call, call.fate.talks_s, lambda: self._end(call_id, call, NORMAL, "hung_up"))

    def _seated(self, seat_id: UUID) -> None:
        if seat_id in self._seats:
            self._seats[seat_id] = True
            self._tell(What.SEATED, seat_id)

    def _end(self, call_id: UUID, call: _Call, cause: int, did: str) -> None:
        if self._calls.pop(call_id, None) is None:
            return
        self._next(call)
        self._write(call_id, call, did)
        self._at(0, lambda: self._tell(What.ENDED, call_id, cause))

    def _write(self, call_id: UUID, call: _Call, did: str) -> None:
        self.log.append(Line(str(call_id), call.number, did))

    def _come(self) -> None:
        self.there = True
        self._hears.came()

    def _tell(self, what: What, id: UUID, cause: int | None = None) -> None:
        self._hears.heard(Report(what=what, id=id, cause=cause))

    # ---- the list

    def _next(self, call: _Call) -> None:
        call.turn += 1

    def _later(self, call: _Call, after_s: float, act: Callable[[], None]) -> None:
        """Unless something else is done with the call before."""
        turn = call.turn
        self._at(after_s, lambda: act() if call.turn == turn else None)

    def _at(self, after_s: float, act: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, _Due(self.now + after_s, next(self._numbers), act))
            self._changed.notify()

    def _take(self, until_s: float) -> _Due | None:
        with self._changed:
            return heapq.heappop(self._due) if self._due and self._due[0].at <= until_s else None

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                due = self._take(time.monotonic())
                if due is None:
                    wait_s = self._due[0].at - time.monotonic() if self._due else None
                    self._changed.wait(wait_s if wait_s is None else max(wait_s, 0))
                    continue
                # Within the lock: an order that comes meanwhile finds all of what has happened, or nothing of it.
                due.act()
