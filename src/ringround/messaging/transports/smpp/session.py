"""One bind to an SMSC, kept for as long as the worker runs: it sends, and hears receipts and what people write.

- A thread of its own connects (again, with pauses that grow), reads, and asks every so often whether the other side is
  still there (`enquire_link`). Whoever sends waits for its answer; `window` of them may be under way at once.
- What comes in is acknowledged when it has been taken; where that fails, the SMSC is told to bring it again.
- A part of a message of ours is told as `Handed` when the SMSC has answered that it has it, before whoever sends hands
  over the next.
- Parts of a long message that came in are taken one by one: whoever takes them joins them, whichever bind they came by.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import smpplib.client
import smpplib.consts
import smpplib.exceptions

from ringround.infra import outbound
from ringround.messaging.transports.port import Handed, Heard, Part, Said, Way
from ringround.messaging.transports.smpp import wire
from ringround.messaging.transports.smpp.wire import Segment

log = logging.getLogger(__name__)

PORT = 2775
READ_S, ANSWER_S, CONNECT_S, CLOSE_S = 20.0, 15.0, 10.0, 3.0
ENQUIRE_S, SILENT_S = 30.0, 75.0
WINDOW = 10
PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
AGAIN = 0x64  # ESME_RX_T_APPN: bring it again later

# Takes what was said or heard by a transport; whether it has been taken. Raises, or False: bring it again.
Take = Callable[[Way, Said | Heard | Handed], bool]


class Gone(Exception):
    """The bind is not there. `handed`: the message had been given before it went. `code` is for people."""

    def __init__(self, code: str, *, handed: bool = False, credentials: bool = False) -> None:
        self.code, self.handed, self.credentials = code, handed, credentials
        super().__init__(code)


class Refused(Exception):
    """The SMSC answered with an error."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(smpplib.consts.DESCRIPTIONS.get(status, f"status {status:#x}"))


class _Client(smpplib.client.Client):  # type: ignore[misc]
    """smpplib's, on a connection whose address was judged."""

    tls = False

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # Answers to what comes in are sent by the reader, messages by whoever has one.
        self._lock = threading.Lock()

    def send_pdu(self, p: Any) -> Any:
        with self._lock:
            if self._socket is None:
                raise smpplib.exceptions.ConnectionError("closed")
            return super().send_pdu(p)

    def read_pdu(self) -> Any:
        pdu = super().read_pdu()
        if pdu.command == "unbind":
            # Said goodbye to: it is answered, and this is no connection any more.
            answer = smpplib.client.smpp.make_pdu("unbind_resp", client=self)
            answer.sequence = pdu.sequence
            self.send_pdu(answer)
            raise smpplib.exceptions.ConnectionError("unbound")
        return pdu

    def connect(self) -> None:
        raw: socket.socket = outbound.dial(self.host, self.port, deadline_s=CONNECT_S)
        if self.tls:
            try:
                raw = ssl.create_default_context().wrap_socket(raw, server_hostname=self.host)
            except BaseException:
                raw.close()
                raise
        # Until it is bound: `Session._bind`.
        raw.settimeout(CONNECT_S)
        self._socket = raw
        self.state = smpplib.consts.SMPP_CLIENT_STATE_OPEN


class _Waiting(NamedTuple):
    """Who waits for an answer; of a part of a message, which it is."""

    answer: Future[str]
    of: UUID | None
    number: int


class Session:
    """A bind, and the thread that keeps it."""

    def __init__(self, way: Way, take: Take, ended: Callable[[], None] = lambda: None) -> None:
        self.way = way
        self._take = take
        self._ended = ended
        self._stop = threading.Event()
        # Bound, or known not to be: whoever sends need not wait any longer.
        self._bound, self._settled = threading.Event(), threading.Event()
        self._fault = Gone("connecting")
        self._client: _Client | None = None
        self._sending = threading.Lock()
        self._window = threading.BoundedSemaphore(int(way.settings.get("window") or WINDOW))
        self._pending: dict[int, _Waiting] = {}
        self._heard_at = self._asked_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"smpp-{way.id}", daemon=True)
        self._thread.start()

    def submit(self, segment: Segment, *, sender: str, to: str, until: float, of: UUID | None = None) -> str:
        """Hand over a message, or one part `of` it; the SMSC's id of it, whose receipt is asked for. Refused, or Gone:
        at the latest at `until` (monotonic)."""
        self._settled.wait(min(CONNECT_S, _left(until)))
        if not self._bound.is_set():
            raise self._fault
        source, dest = wire.address(sender), wire.address(to)
        more: dict[str, Any] = {"short_message": segment.octets}
        if segment.payload:
            more = {"message_payload": segment.octets}
        elif segment.total > 1 and not segment.udh:
            more |= {
                "sar_msg_ref_num": segment.ref, "sar_total_segments": segment.total,
                "sar_segment_seqnum": segment.number,
            }  # fmt: skip
        if not self._window.acquire(timeout=_left(until)):
            # Others fill the window; this one has not gone.
            raise Gone("window")
        try:
            answer: Future[str] = Future()
            with self._sending:
                client = self._client
                if client is None:
                    raise self._fault
                pdu = smpplib.client.smpp.make_pdu(
                    "submit_sm", client=client, source_addr_ton=source[0], source_addr_npi=source[1],
                    source_addr=source[2], dest_addr_ton=dest[0], dest_addr_npi=dest[1], destination_addr=dest[2],
                    data_coding=segment.coding, esm_class=wire.UDHI if segment.udh else 0, registered_delivery=1,
                    **more,
                )  # fmt: skip
                self._pending[pdu.sequence] = _Waiting(answer, of, segment.number)
                try:
                    client.send_pdu(pdu)
                except (smpplib.exceptions.ConnectionError, smpplib.exceptions.PDUError) as fault:
                    self._pending.pop(pdu.sequence, None)
                    # How much of it has gone nobody knows.
                    raise Gone("unreachable", handed=True) from fault
            try:
                return answer.result(min(ANSWER_S, _left(until)))
            except Late:
                self._pending.pop(pdu.sequence, None)
                raise Gone("timeout", handed=True) from None
        finally:
            self._window.release()

    def look(self) -> str:
        """Empty when it is bound, or comes to be within a while; else why not."""
        self._settled.wait(CONNECT_S)
        return "" if self._bound.is_set() else self._fault.code

    def end(self) -> None:
        """Tell it to end; its thread says goodbye. What is under way is not waited for, and nobody waits here: this is
        called in the loop that sends everybody's messages."""
        self._stop.set()

    def close(self, wait_s: float = CLOSE_S) -> None:
        """End it, and give it a while for that."""
        self.end()
        self._thread.join(wait_s)

    # --- its thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._bind()
                failures = 0
                self._read()
            except Gone as gone:
                self._fault = Gone(gone.code, credentials=gone.credentials)
            except outbound.Unsent as fault:
                self._fault = Gone(fault.code)
            except (smpplib.exceptions.ConnectionError, smpplib.exceptions.PDUError, OSError, ValueError):
                self._fault = Gone("unreachable")
            except Exception:
                log.exception("a bind by SMPP stumbled; it goes on")
                self._fault = Gone("internal")
            finally:
                if self._stop.is_set():
                    self._say_goodbye()
                self._drop()
            self._stop.wait(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
            failures += 1
        self._ended()

    def _say_goodbye(self) -> None:
        client = self._client
        if client is not None and client._socket is not None:
            # The last thing on it; one that does not listen is not waited for.
            client._socket.settimeout(CLOSE_S)
            with suppress(smpplib.exceptions.ConnectionError, smpplib.exceptions.PDUError, OSError):
                client.send_pdu(smpplib.client.smpp.make_pdu("unbind", client=client))

    def _bind(self) -> None:
        given = self.way.settings
        client = _Client(str(given["host"]), int(given.get("port") or PORT), allow_unknown_opt_params=True)
        client.tls = bool(given.get("tls"))
        client.set_message_sent_handler(self._answered)
        client.set_message_received_handler(self._delivered)
        client.set_error_pdu_handler(self._answered)
        client.connect()
        try:
            client.bind_transceiver(
                system_id=str(given["system_id"]), password=self.way.secrets.get("password", ""),
                system_type=str(given.get("system_type") or ""),
            )  # fmt: skip
        except smpplib.exceptions.PDUError as fault:
            self._hang_up(client)
            raise Gone(str(fault.args[0])[:200], credentials=True) from None
        except BaseException:
            self._hang_up(client)
            raise
        client._socket.settimeout(READ_S)
        self._heard_at = self._asked_at = time.monotonic()
        with self._sending:
            self._client = client
        self._bound.set()
        self._settled.set()

    def _read(self) -> None:
        client = self._client
        assert client is not None
        while not self._stop.is_set():
            raw = client._socket
            waits = raw.pending() if isinstance(raw, ssl.SSLSocket) else 0
            if waits or select.select([raw], [], [], 0.2)[0]:
                client.read_once(auto_send_enquire_link=False)
                self._heard_at = time.monotonic()
            now = time.monotonic()
            if now - self._heard_at > SILENT_S:
                raise Gone("silent")
            if now - max(self._heard_at, self._asked_at) > float(self.way.settings.get("enquire_s") or ENQUIRE_S):
                self._asked_at = now
                with self._sending:
                    client.send_pdu(smpplib.client.smpp.make_pdu("enquire_link", client=client))

    def _drop(self) -> None:
        if self._bound.is_set():
            # It was there a moment ago: whoever sends next waits for it to be again. Said before those who wait for an
            # answer are told, since they may be the next.
            self._settled.clear()
            self._bound.clear()
        else:
            self._settled.set()
        with self._sending:
            client, self._client = self._client, None
            pending, self._pending = self._pending, {}
        for one in pending.values():
            one.answer.set_exception(Gone(self._fault.code, handed=True))
        if client is not None:
            self._hang_up(client)

    @staticmethod
    def _hang_up(client: _Client) -> None:
        if client._socket is not None:
            client._socket.close()
            client._socket = None  # type: ignore[assignment]
        client.state = smpplib.consts.SMPP_CLIENT_STATE_CLOSED

    # --- what comes in ---------------------------------------------------------------------------

    def _answered(self, pdu: Any) -> None:
        """An answer to what was sent, good or not."""
        found = self._pending.pop(pdu.sequence, None)
        if found is None:
            return
        if pdu.status:
            found.answer.set_exception(Refused(pdu.status))
            return
        named = _word(pdu.message_id)
        if found.of is not None:
            try:
                self._take(self.way, Handed(found.of, found.number, named))
            except Exception:
                # It is noted once more with what comes of the whole; only a crash in between would repeat it.
                log.exception("that a part of message %s was taken could not be noted", found.of)
        found.answer.set_result(named)

    def _delivered(self, pdu: Any) -> int:
        """A receipt, or what somebody writes; the status of our answer."""
        try:
            octets = getattr(pdu, "message_payload", None) or pdu.short_message or b""
            if (pdu.esm_class or 0) & wire.KIND == wire.RECEIPT:
                return self._told(pdu, octets)
            return self._written(pdu, octets)
        except Exception:
            log.exception("what came by SMPP could not be taken; it is brought again")
            return AGAIN

    def _told(self, pdu: Any, octets: bytes) -> int:
        named = getattr(pdu, "receipted_message_id", None)
        if isinstance(named, bytes):
            named = named.rstrip(b"\0").decode("latin-1")
        said = wire.receipt(octets, provider_id=named, state=getattr(pdu, "message_state", None))
        # One that says nothing to us is brought no more.
        return 0 if said is None or self._take(self.way, said) else AGAIN

    def _written(self, pdu: Any, octets: bytes) -> int:
        text, joined = wire.text_of(octets, pdu.data_coding or 0, udh=bool((pdu.esm_class or 0) & wire.UDHI))
        if joined is None:
            found = [getattr(pdu, f"sar_{one}", None) for one in ("msg_ref_num", "segment_seqnum", "total_segments")]
            sar = [one for one in found if isinstance(one, int)]
            joined = (sar[0], sar[1], sar[2]) if len(sar) == 3 else None
        number, to = _word(pdu.source_addr), _word(pdu.destination_addr)
        part = Part(*joined) if joined is not None and joined[2] > 1 else None
        # The SMSC has no id for what it brings, and brings it again when our answer was lost: the same words of the
        # same number within an hour are one.
        moment = str(int(time.time() // 3600))
        return 0 if self._take(self.way, Heard(number, to, text, "", moment, part)) else AGAIN


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def _word(raw: Any) -> str:
    return raw.decode("latin-1").rstrip("\0") if isinstance(raw, bytes) else str(raw or "")
