"""What providers that are called by HTTP have in common here: a server on this machine, and the ways it can be ill."""

from __future__ import annotations

import json
import re
import socket
import threading
from abc import abstractmethod
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.contract.onboarding.rails import Rail

Answer = tuple[int, Any]


class ByHttp(Rail):
    """A server that keeps what it is asked, and answers as the provider documents.

    `mode`: ok; trouble (500), before anything is done; late_trouble, after; rate (429); cut: it does it and hangs up;
    half: it does it and its answer breaks off; wrong: its answer is no JSON; empty: its answer has nothing in it; slow:
    it does it, and its answer comes after the caller has gone; stranger (401). `ill_for`: for requests that this says
    yes to; else all.
    """

    mode = "ok"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.ill_for: Callable[[str, str], bool] = lambda method, path: True
        self.over = threading.Event()
        self._lock = threading.RLock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.serve(self, self.command, self.path, headers, json.loads(raw) if raw else None)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *args: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def serve(
        self, handler: BaseHTTPRequestHandler, method: str, path: str, headers: dict[str, str], body: Any
    ) -> None:
        ill = self.mode if self.ill_for(method, path) else "ok"
        with self._lock:
            self.asked.append((method, path, headers, body))
            if ill == "trouble":
                status, said = 500, {"message": "database down"}
            elif ill == "rate":
                status, said = 429, {"message": "slow down"}
            elif ill == "stranger" or not self.known(path, headers):
                status, said = 401, {"message": "who are you?"}
            else:
                status, said = self.handle(method, path, headers, body)
        if ill == "cut":
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        if ill == "slow":
            self.over.wait(30)
        if ill == "late_trouble":
            status, said = 502, {"message": "the line is bad"}
        raw = b"" if said is None else json.dumps(said).encode()
        if ill == "wrong":
            raw = b"<html>Welcome to our bank</html>"
        if ill == "empty":
            raw = b"{}"
        length = len(raw)
        if ill == "half":
            raw = raw[: length // 2]
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            if status != 204:
                handler.send_header("Content-Length", str(length))
            handler.end_headers()
            if status != 204:
                handler.wfile.write(raw)
            if ill == "half":
                handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # Whoever asked has gone.
            handler.close_connection = True

    def called(self, method: str, pattern: str) -> list[tuple[dict[str, str], Any]]:
        """The headers and bodies of requests of this kind."""
        return [
            (headers, body)
            for how, path, headers, body in self.asked
            if how == method and re.fullmatch(pattern, path.partition("?")[0])
        ]

    @abstractmethod
    def happened(self, what: str) -> int:
        """How often it has done this: begin, charge, refund or stop."""

    @abstractmethod
    def known(self, path: str, headers: dict[str, str]) -> bool:
        """Whether the sign-in is good."""

    @abstractmethod
    def handle(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        """Do it; its answer."""
