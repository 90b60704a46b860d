"""What the suite needs of an exchange beside the port: to hear it, and to break it."""

from __future__ import annotations

import os
import signal
import time
from queue import Empty, Queue
from uuid import UUID

from ringround.kernel.ids import new_id
from ringround.telephony.exchanges.asterisk import Asterisk
from ringround.telephony.ports import AgentDevice, DeviceKind, Order, Report, What
from tests.exchange import asterisk
from tests.exchange.carrier import Line as CarrierLine

PATIENCE_S = 20.0
# What the carrier of the tests does with a number, by its end.
BUSY, UNANSWERED, UNKNOWN, GREETING, FULL, DECLINED, SLOW, SHORT, SILENT, DUMB, PERSON, STAYS = (
    f"+45201234{end}" for end in ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "50", "99")
)


class Line:
    """An Asterisk with its carrier, heard."""

    def __init__(self, wired: asterisk.Wired, password: str = asterisk.PASSWORD) -> None:
        self.wired = wired
        self.told: Queue[Report | str] = Queue()
        self.past: list[Report | str] = []
        self.exchange = Asterisk(url=wired.asterisk.url, password=password, trunk=asterisk.TRUNK)

    # ---- Hears

    def heard(self, report: Report) -> None:
        self.told.put(report)

    def came(self) -> None:
        self.told.put("came")

    def went(self, fault: str) -> None:
        self.told.put(str(fault))

    # ---- what a test does

    def open(self) -> None:
        self.exchange.start(self)
        self.wait("came")

    def close(self) -> None:
        if self.wired.asterisk.alive and self.exchange.there:
            live = self.exchange.live()
            for call in live.calls:
                self.exchange.hang_up(call)
            for seat in live.seats:
                self.exchange.unseat(seat)
            until = time.monotonic() + PATIENCE_S
            while (live := self.exchange.live()).calls or live.seats:
                assert time.monotonic() < until, live
                time.sleep(0.05)
        self.exchange.stop()

    def call(self, number: str, ring_s: int | None = None) -> UUID:
        """A call that is placed now."""
        call_id = new_id()
        self.exchange.dial(Order(call_id=call_id, number=number, ring_timeout_s=ring_s))
        return call_id

    def seated(self) -> UUID:
        """An agent whose telephone is up."""
        seat = new_id()
        self.exchange.seat(seat, AgentDevice(kind=DeviceKind.NUMBER, address=STAYS))
        self.until(What.SEATED, seat)
        return seat

    def wait(self, wanted: Report | str | None = None) -> Report | str:
        """The next that is told; with `wanted`, until that is."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                one = self.told.get(timeout=max(until - time.monotonic(), 0.01))
            except Empty:
                raise AssertionError(f"{wanted} was not told in {PATIENCE_S} s, but {self.past}") from None
            self.past.append(one)
            if wanted in (None, one):
                return one

    def until(self, what: What, id: UUID) -> Report:
        """Until this is told of a call or seat; its end before that is a fault."""
        while True:
            one = self.wait()
            if isinstance(one, Report) and one.id == id:
                if one.what is what:
                    return one
                assert one.what not in (What.ENDED, What.UNSEATED), f"{one} before {what}: {self.past}"

    def story(self, id: UUID) -> list[What]:
        """Everything that was told of it, in its order."""
        return [one.what for one in self.past if isinstance(one, Report) and one.id == id]

    def carriers(self, call_id: UUID) -> CarrierLine:
        """What the carrier itself wrote of the call."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            found = [one for one in self.wired.carrier.log() if one.call == str(call_id)]
            if found:
                (one,) = found
                return one
            time.sleep(0.05)
        raise AssertionError(f"the carrier knows nothing of {call_id}")

    def stall(self) -> None:
        os.kill(self.wired.asterisk.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.wired.asterisk.process.pid, signal.SIGCONT)
