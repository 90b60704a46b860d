"""SMS by SMPP 3.4 to an SMSC (a provider's or an operator's), by one bind as transceiver for each worker.

Settings: `host`, `port` (2775), `tls`, `system_id`, `system_type`, `window` (10 under way at once), `enquire_s`,
`joined_by` (`udh`, or `sar`) for long messages, `keyword` (of a shared short code); secret `password`. Of a long
message the last part's receipt is asked for and counts. SMPP has no key that an SMSC would know again, so a repetition
is sent again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from ringround.kernel.errors import Fault
from ringround.messaging.transports.port import Call, Heard, Letter, NotTheirs, Outcome, Said, Shape, Way, need
from ringround.messaging.transports.smpp import wire
from ringround.messaging.transports.smpp.session import CLOSE_S, Gone, Refused, Session, Take

# 5.1.3 of the specification: what says "later", and what says "not us".
LATER = {0x14: "rate", 0x58: "rate", 0x08: "server", 0x64: "server", 0xFE: "server", 0xFF: "server"}
# For all parts of one message, with its waits for a place in the window: well within the courier's lease.
CARRY_S = 90.0
BAD_SENDER = {0x0A}
BAD_ADDRESS = {0x0B}


def _nothing(way: Way, said: Said | Heard) -> bool:
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
        shape.text("joined_by", options=("udh", "sar"))
        return shape.done() + need(secrets, "password")

    def carry(self, way: Way, letter: Letter) -> Outcome:
        session = self.session(way)
        parts = wire.segments(letter.text, letter.id, joined_by=str(way.settings.get("joined_by") or "udh"))
        named = ""
        until = time.monotonic() + CARRY_S
        for part in parts:
            begun = part.number > 1
            try:
                named = session.submit(
                    part, sender=letter.sender, to=letter.to, receipt=part.number == part.total, until=until
                )
            except Refused as refused:
                return _refused(refused, begun=begun)
            except Gone as gone:
                if gone.credentials and not begun:
                    return Outcome("later", reason="credentials", detail=gone.code, down=True)
                if gone.code == "window" and not begun:
                    return Outcome("later", reason="rate", detail=gone.code, down=True)
                kind = "unknown" if gone.handed or begun else "later"
                return Outcome(kind, reason="unreachable", detail=gone.code, down=True)  # type: ignore[arg-type]
        return Outcome("sent", provider_id=named)

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

    def _taken(self, way: Way, said: Said | Heard) -> bool:
        return self.take(way, said)


def _refused(refused: Refused, *, begun: bool) -> Outcome:
    detail = str(refused)
    if begun:
        # Some parts are on their way: the whole again would bring them twice.
        return Outcome("unknown", reason="server", detail=detail)
    if refused.status in LATER:
        return Outcome("later", reason=LATER[refused.status], detail=detail, down=True)
    if refused.status in BAD_SENDER:
        return Outcome("refused", reason="bad_sender", detail=detail)
    return Outcome("refused", reason="bad_address" if refused.status in BAD_ADDRESS else "refused", detail=detail)
