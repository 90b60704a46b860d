"""What the suite needs of an exchange beside the port: to hear it, and to break it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import replace
from queue import Empty, Queue
from uuid import UUID

from ringround.kernel.ids import new_id
from ringround.telephony.exchanges.asterisk import Asterisk
from ringround.telephony.exchanges.simulator import Lasts, People, Settings, Simulator
from ringround.telephony.exchanges.simulator.exchange import Line as SimulatedLine
from ringround.telephony.ports import AgentDevice, DeviceKind, Order, Report, What
from tests.exchange import asterisk
from tests.exchange.carrier import Line as CarrierLine

PATIENCE_S = 20.0
# What the carrier of the tests does with a number, by its end.
BUSY, UNANSWERED, UNKNOWN, GREETING, FULL, DECLINED, SLOW, SHORT, SILENT, DUMB, PERSON, STAYS = (
    f"+45201234{end}" for end in ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "50", "99")
)
# Who has no telephone that is registered.
ABSENT = "nobody"


class Line:
    """An exchange that places calls, heard. What a kind of exchange has of its own is below."""

    exchange: Asterisk | Simulator

    def __init__(self) -> None:
        self.told: Queue[Report | str] = Queue()
        self.past: list[Report | str] = []

    # ---- of each kind

    def log(self) -> Iterable[CarrierLine | SimulatedLine]:
        """What the carrier says of each call that is over."""
        raise AssertionError

    def kill(self) -> None:
        raise AssertionError

    def restart(self) -> None:
        raise AssertionError

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
        if self.exchange.there:
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

    def carriers(self, call_id: UUID) -> CarrierLine | SimulatedLine:
        """What the carrier itself wrote of the call: once, and no call twice."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            found = [one for one in self.log() if one.call == str(call_id)]
            if found:
                (one,) = found
                return one
            time.sleep(0.05)
        raise AssertionError(f"the carrier knows nothing of {call_id}")


class AsteriskLine(Line):
    """A real Asterisk, and a carrier by SIP."""

    def __init__(self, wired: asterisk.Wired, password: str = asterisk.PASSWORD) -> None:
        super().__init__()
        self.wired = wired
        self.exchange = Asterisk(url=wired.asterisk.url, password=password, trunk=asterisk.TRUNK)

    def log(self) -> Iterable[CarrierLine]:
        return self.wired.carrier.log()

    def kill(self) -> None:
        self.wired.asterisk.kill()

    def restart(self) -> None:
        self.wired.asterisk.start()

    def stall(self) -> None:
        os.kill(self.wired.asterisk.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.wired.asterisk.process.pid, signal.SIGCONT)


# As the carrier by SIP does with a number of that end.
ALWAYS = People(answered=0, machine=0, busy=0, unknown=0, full=0, declined=0, begins=Lasts(0.02), rings=Lasts(0.2))
PERSONS = replace(ALWAYS, answered=1, waits=Lasts(20), talks=Lasts(20), found=Lasts(0.2), person_taken_for_machine=0)
TABLE = (
    replace(ALWAYS, numbers="01", busy=1),
    replace(ALWAYS, numbers="02"),
    replace(ALWAYS, numbers="03", unknown=1),
    replace(ALWAYS, numbers="04", machine=1, found=Lasts(0.2), machine_taken_for_person=0),
    replace(ALWAYS, numbers="05", full=1),
    replace(ALWAYS, numbers="06", declined=1),
    replace(PERSONS, numbers="07", rings=Lasts(3)),
    replace(PERSONS, numbers="08", waits=Lasts(0.5), found=Lasts(2)),
    replace(ALWAYS, numbers="10", dumb=1),
)


class SimulatorLine(Line):
    """People who are made up, in real time."""

    def __init__(self) -> None:
        super().__init__()
        self.exchange: Simulator = Simulator(
            Settings(people=PERSONS, patterns=TABLE, agent_answers_s=0.05, absent=frozenset({ABSENT}))
        )

    def log(self) -> Iterable[SimulatedLine]:
        return self.exchange.log

    def kill(self) -> None:
        self.exchange.fall()

    def restart(self) -> None:
        self.exchange.rise()
