"""SMS by SMPP 3.4 to an SMSC (a provider's or an operator's), by one bind as transceiver for each worker.

Settings: `host`, `port` (2775), `tls`, `system_id`, `system_type`, `window` (10 under way at once), `enquire_s`,
`joined_by` (`udh`, `sar` or `payload`) for long messages, `keyword` (of a shared short code); secret `password`. SMPP
has no key that an SMSC would know again, so a repetition is sent again. By `udh` and `sar` a long message goes part by
part: each that the SMSC has taken is told to whoever takes what comes in, and is not handed over again; each has a
receipt of its own. By `payload` it goes whole, where the SMSC can cut it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from ringround.kernel.errors import Fault
from ringround.kernel.shape import Shape, need
from ringround.messaging.transports.port import Call, Handed, Heard, Letter, NotTheirs, Outcome, Said, Way
from ringround.messaging.transports.smpp import wire
from ringround.messaging.transports.smpp.session import CLOSE_S, Gone, Refused, Session, Take

# 5.1.3 of the specification: what says "later", and what says "not us".
LATER = {0x14: "rate", 0x58: "rate", 0x08: "server", 0x64: "server", 0xFE: "server", 0xFF: "server"}
# For all parts of one message, with its waits for a place in the window: well within the courier's lease.
CARRY_S = 90.0
BAD_SENDER = {0x0A}
BAD_ADDRESS = {0x0B}


def _nothing(way: Way, said: Said | Heard | Handed) -> bool:
    return False


class Smpp:
    kind: ClassVar[str] = "smpp"
    channels: ClassVar[tuple[str, ...]] = ("sms",)
    idempotent: ClassVar[bool] = False
    secrets: ClassVar[tuple[str, ...]] = ("password",)

    def __init__(self) -> None:
        self._sessions: dict[UUID, Session] = {}
        self._lock = threading.Lock()
        # Who takes what comes in; until somebody does, it is brought again.
        self.take: Take = _nothing
        # Called by a bind's thread when it is over.
        self.ended: Callable[[], None] = lambda: None

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        shape = Shape(settings)
        shape.text("host", required=True, most=253)
        shape.number("port", low=1, high=65535)
        shape.truth("tls")
        shape.text("system_id", required=True, most=15)
        shape.text("system_type", most=12)
        shape.number("window", low=1, high=1000)
        shape.number("enquire_s", low=1, high=70)
        shape.text("keyword", most=20)
        shape.text("joined_by", options=("udh", "sar", "payload"))
        return shape.done() + need(secrets, "password")

    def carry(self, way: Way, letter: Letter) -> Outcome:
        session = self.session(way)
        joined_by = str(way.settings.get("joined_by") or "udh")
        if joined_by == "payload" and letter.handed:
            # It was begun part by part, and is ended so.
            joined_by = "udh"
        taken: list[tuple[int, str]] = []
        named = ""
        until = time.monotonic() + CARRY_S
        for part in wire.segments(letter.text, letter.id, joined_by=joined_by):
            if part.number in letter.handed:
                continue
            several = part.total > 1
            try:
                named = session.submit(
                    part, sender=letter.sender, to=letter.to, of=letter.id if several else None, until=until
                )
            except (Refused, Gone) as fault:
                return replace(_outcome(fault), parts=tuple(taken))
            if several:
                taken.append((part.number, named))
        return Outcome("sent", provider_id="" if taken else named, parts=tuple(taken))

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        raise NotTheirs

    def look(self, way: Way) -> str:
        session = Session(way, _nothing)
        try:
            return session.look()
        finally:
            session.close()

    def session(self, way: Way) -> Session:
        """The bind of this transport, made anew where its settings have changed."""
        old = None
        with self._lock:
            found = self._sessions.get(way.id)
            if found is None or (found.way.settings, found.way.secrets) != (way.settings, way.secrets):
                old, found = found, Session(way, self._taken, lambda: self.ended())
                self._sessions[way.id] = found
        if old is not None:
            old.end()
        return found

    def keep(self, ways: Iterable[Way]) -> None:
        """Be bound to these, and to no others: receipts come when nothing is sent, too."""
        wanted = {way.id: way for way in ways}
        with self._lock:
            gone = [self._sessions.pop(one) for one in list(self._sessions) if one not in wanted]
        for session in gone:
            session.end()
        for way in wanted.values():
            self.session(way)

    def close(self) -> None:
        """End all binds, and wait a while for them to say goodbye."""
        with self._lock:
            gone = list(self._sessions.values())
        self.keep(())
        end = time.monotonic() + CLOSE_S
        for session in gone:
            session.close(max(0.0, end - time.monotonic()))

    def _taken(self, way: Way, said: Said | Heard | Handed) -> bool:
        return self.take(way, said)


def _outcome(fault: Refused | Gone) -> Outcome:
    """What a fault says of the part that it came of, and so of the message: the parts before it are known."""
    if isinstance(fault, Refused):
        detail = str(fault)
        if fault.status in LATER:
            return Outcome("later", reason=LATER[fault.status], detail=detail, down=True)
        if fault.status in BAD_SENDER:
            return Outcome("refused", reason="bad_sender", detail=detail)
        return Outcome("refused", reason="bad_address" if fault.status in BAD_ADDRESS else "refused", detail=detail)
    if fault.credentials:
        return Outcome("later", reason="credentials", detail=fault.code, down=True)
    if fault.code == "window":
        return Outcome("later", reason="rate", detail=fault.code, down=True)
    return Outcome("unknown" if fault.handed else "later", reason="unreachable", detail=fault.code, down=True)
