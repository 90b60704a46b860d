"""A web server of somebody else's on this machine, which may behave badly: webhooks' receivers, CRMs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 30.0


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[socket.socket, Request, threading.Event], None]


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """An ordinary answer."""

    def behave(sock: socket.socket, request: Request, over: threading.Event) -> None:
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return behave


def says(raw: bytes) -> Behaviour:
    """Whatever bytes, and hangs up."""
    return lambda sock, request, over: sock.sendall(raw)


def hangs(sock: socket.socket, request: Request, over: threading.Event) -> None:
    """Takes the request and says nothing."""
    over.wait(PATIENCE_S)


def drips(sock: socket.socket, request: Request, over: threading.Event) -> None:
    """Says something every moment and never comes to an end: no pause is long enough to be noticed."""
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    try:
        while not over.wait(0.02):
            sock.sendall(b"X-Drip: 1\r\n"[:1])
    except OSError:
        pass


def never_ends(sock: socket.socket, request: Request, over: threading.Event) -> None:
    """A good status, and a body without end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    try:
        while not over.is_set():
            sock.sendall(b"a" * 65536)
    except OSError:
        pass


@dataclass
class StandIn:
    """What came, and how it is answered; `first` are answers for the first requests, `then` for all others. Requests
    that are under way together come in any order: where several may be, `about` says which of them `first` is for."""

    port: int
    then: Behaviour = field(default_factory=lambda: answers(200, b"thanks"))
    first: list[Behaviour] = field(default_factory=list)
    about: Callable[[Request], bool] = lambda request: True
    requests: list[Request] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A server on a free port until the end of the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    made = StandIn(listening.getsockname()[1])
    over, lock = threading.Event(), threading.Lock()

    def serve(sock: socket.socket) -> None:
        with sock:
            sock.settimeout(PATIENCE_S)
            try:
                request = _read(sock)
                with lock:
                    made.requests.append(request)
                    behave = made.first.pop(0) if made.first and made.about(request) else made.then
                made.came.set()
                behave(sock, request, over)
            except (OSError, ValueError):
                pass

    def accept() -> None:
        while True:
            try:
                sock, _address = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield made
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(PATIENCE_S)


def _read(sock: socket.socket) -> Request:
    with sock.makefile("rb") as file:
        method, path, _version = file.readline().decode().split(" ", 2)
        headers: dict[str, str] = {}
        while line := file.readline().decode().strip():
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            # As HTTP has it: a header that comes twice is one with both.
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        body = file.read(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def allow_private(settings: Any) -> None:
    """As the operator does with RINGROUND_ALLOW_PRIVATE_TARGETS=1."""
    from dataclasses import replace

    settings.RINGROUND = replace(settings.RINGROUND, allow_private_targets=True)


def allow_private_in() -> dict[str, str]:
    """The same for a product in processes of its own."""
    return {"RINGROUND_ALLOW_PRIVATE_TARGETS": "1"}
