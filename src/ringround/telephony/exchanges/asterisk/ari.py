"""One websocket to one Asterisk: its events come in their order, and requests are answered on the same way.

ARI 22.4 or later (20.14, 21.9): `RESTRequest` and `RESTResponse` on the websocket of events. No wrapper library: those
that there are lose the order of events or never come back after a loss (docs/adr/0440).
"""

from __future__ import annotations

import base64
import itertools
import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ringround.telephony.exchanges.asterisk.config import APP

log = logging.getLogger("ringround.telephony")

# Between two tries to come back: the first at once, then longer each time.
AGAIN_S: Final = (0.0, 0.2, 0.5, 1.0, 2.0)
# An Asterisk that says nothing for so long, asked whether it is there, is taken for gone.
ASK_S: Final = 2.0
PATIENCE_S: Final = 4.0
# The most that one message may be, in bytes: a list of all its channels is the longest.
LARGEST: Final = 32 * 1024 * 1024

Json = dict[str, Any]


class Fault(StrEnum):
    """Why there is no connection, for the page of the exchange's health."""

    UNREACHABLE = "unreachable"  # nothing listens, or it does not answer
    REFUSED = "refused"  # the password is wrong
    NOT_ARI = "not_ari"  # something answers that is no ARI of an Asterisk
    LOST = "lost"  # it was there, and went away


class Lost(Exception):
    """The connection went away, or was not there: whether the request was carried out is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Asterisk answered: an HTTP status and its JSON, None where there is none."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Ari:
    """`on_event` has each event in its order, in this connection's own thread: it may not wait.

    `on_up` is called in that thread too when the connection stands, before the first event of it; `on_down` when it is
    lost, with why. Between the two, events were missed: whoever keeps calls asks what lives.
    """

    def __init__(
        self,
        *,
        url: str,
        user: str,
        password: str,
        on_event: Callable[[Json], None],
        on_up: Callable[[], None],
        on_down: Callable[[Fault], None],
    ) -> None:
        self.url, self._user, self._password = url, user, password
        self._on_event, self._on_up, self._on_down = on_event, on_up, on_down
        self._numbers = itertools.count(1)
        self._asked: dict[str, Future[Answer]] = {}
        # Guards `_asked` and `_socket`: requests come from any thread.
        self._lock = threading.Lock()
        self._socket: ClientConnection | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ari", daemon=True)
        # Why it is not up; None while it is, and before the first try.
        self.fault: Fault | None = None

    @property
    def up(self) -> bool:
        return self._socket is not None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the connection; requests under way are Lost."""
        self._stop.set()
        with self._lock:
            socket = self._socket
        if socket is not None:
            socket.close()
        if self._thread.is_alive():
            self._thread.join()

    def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Json | None = None
    ) -> Future[Answer]:
        """Send a request (`path` like `/channels`, no query), and have its answer in time; Lost when none comes."""
        future: Future[Answer] = Future()
        number = str(next(self._numbers))
        request: Json = {"type": "RESTRequest", "request_id": number, "method": method, "uri": path.removeprefix("/")}
        if query:
            request["uri"] += f"?{urlencode(query)}"
        if body is not None:
            request |= {"content_type": "application/json", "message_body": json.dumps(body)}
        with self._lock:
            socket = self._socket
            if socket is not None:
                self._asked[number] = future
        if socket is None:
            future.set_exception(Lost())
            return future
        try:
            socket.send(json.dumps(request))
        except ConnectionClosed:
            with self._lock:
                waiting = self._asked.pop(number, None)
            # The reader may have ended it already.
            if waiting is not None:
                waiting.set_exception(Lost())
        return future

    def _run(self) -> None:
        tries = 0
        while not self._stop.wait(AGAIN_S[min(tries, len(AGAIN_S) - 1)]):
            tries += 1
            try:
                socket = self._connect()
            except InvalidStatus as refused:
                self._down(Fault.REFUSED if refused.response.status_code in (401, 403) else Fault.NOT_ARI)
                continue
            except (OSError, TimeoutError):
                self._down(Fault.UNREACHABLE)
                continue
            except WebSocketException:
                self._down(Fault.NOT_ARI)
                continue
            with self._lock:
                self._socket, self.fault = socket, None
            if self._stop.is_set():
                socket.close()
            tries = 0
            try:
                self._on_up()
                self._read(socket)
            finally:
                self._gone(socket)
        self._down(Fault.LOST)

    def _connect(self) -> ClientConnection:
        secret = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        return connect(
            f"{self.url}/ari/events?{urlencode({'app': APP, 'subscribeAll': 'false'})}",
            additional_headers={"Authorization": f"Basic {secret}"},
            open_timeout=PATIENCE_S,
            ping_interval=ASK_S,
            ping_timeout=PATIENCE_S,
            close_timeout=1,
            max_size=LARGEST,
            # On one machine or one wire: what it would save is less than what it would cost.
            compression=None,
            legacy=True,
            # Not by way of a proxy that somebody set for the web.
            proxy=None,
        )

    def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            for text in socket:
                message: Json = json.loads(text)
                if message.get("type") == "RESTResponse":
                    self._answered(message)
                else:
                    self._on_event(message)

    def _answered(self, message: Json) -> None:
        with self._lock:
            future = self._asked.pop(str(message.get("request_id")), None)
        if future is None:
            return
        text = message.get("message_body")
        future.set_result(Answer(int(message["status_code"]), json.loads(text) if text else None))

    def _gone(self, socket: ClientConnection) -> None:
        socket.close()
        with self._lock:
            asked, self._asked, self._socket = self._asked, {}, None
        for future in asked.values():
            future.set_exception(Lost())
        if not self._stop.is_set():
            self._down(Fault.LOST)

    def _down(self, fault: Fault) -> None:
        """Told once for each reason, not with each try."""
        if self.fault is fault:
            return
        self.fault = fault
        log.warning("telephony.exchange_down", extra={"exchange": "asterisk", "fault": fault.value})
        self._on_down(fault)
