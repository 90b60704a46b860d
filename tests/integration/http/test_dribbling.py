"""Bodies that stop or dribble, over real connections to a real web process that has one thread."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.request import urlopen

import pytest

from tests import factories
from tests.integration.http.calling import token_for
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 1.0
# Far longer than the patience, and far shorter than what was sent quickly would have bought.
SOON_S = 15.0
WEB = f"""
from ringround.config import bridge
bridge.PATIENCE_S = {PATIENCE_S}
from ringround.cli_commands import _web
_web.main()
"""
# It comes at once: six minutes of the slowest line.
BEGINS = b"x" * 1_500_000
TOKEN = "a" * 32
FORM = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": f"csrftoken={TOKEN}"}
FIELD = b'--b\r\nContent-Disposition: form-data; name="login"\r\n\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
PAGE = "/accounts/login/"


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    """Where the web process listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-c", WEB, str(number)], env=environment(RINGROUND_WEB_THREADS="1"), pass_fds=[number]
        )
        found: int = listening.getsockname()[1]
    try:
        fine(found, 60)
        yield found
    finally:
        process.terminate()
        process.wait(20)


def fine(port: int, within_s: float) -> None:
    """The process answers, and has its one thread for it."""
    with urlopen(f"http://localhost:{port}/healthz", timeout=within_s) as answer:
        assert answer.status == 200


class Connection:
    """One POST whose body never comes to its end."""

    def __init__(self, port: int, path: str, headers: dict[str, str], begins: bytes) -> None:
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Length: 4000000"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SOON_S)
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + begins)

    def answer(self) -> bytes:
        """All that comes until the other side closes."""
        with self.socket:
            parts = []
            while part := self.socket.recv(65_536):
                parts.append(part)
            return b"".join(parts)


def assert_ended(answer: bytes) -> None:
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize(
    ("headers", "begins"),
    [
        (FORM, FIELD),
        ({**FORM, "HX-Request": "true", "X-CSRFToken": TOKEN}, FIELD),
        ({**FORM, "HX-Request": "true", "X-CSRFToken": TOKEN}, FILE),
        ({**FORM, "Content-Type": "application/x-www-form-urlencoded"}, b"login="),
    ],
    ids=["form", "form by htmx", "file by htmx", "plain form"],
)
def test_a_page_that_is_sent_half_a_body_lets_go(port: int, headers: dict[str, str], begins: bytes) -> None:
    assert_ended(Connection(port, PAGE, headers, begins + BEGINS).answer())
    fine(port, SOON_S)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b"], ids=["JSON", "file"])
def test_the_api_that_is_sent_half_a_body_lets_go(port: int, cast: factories.Cast, kind: str) -> None:
    headers = {"Authorization": f"Bearer {token_for(cast.charity.manager)}", "Content-Type": kind}
    path, begins = ("contact-lists", b'{"name": "') if kind == "application/json" else ("suppressions/import", FILE)
    assert_ended(Connection(port, f"/api/v1/{path}", headers, begins + BEGINS).answer())
    fine(port, SOON_S)


def test_who_sends_a_byte_now_and_then_is_ended_too(port: int) -> None:
    connection = Connection(port, PAGE, FORM, FIELD + BEGINS)
    end = time.monotonic() + SOON_S
    # Where the other side has closed, a byte after that is refused.
    with connection.socket, suppress(ConnectionError):
        while True:
            connection.socket.sendall(b"x")
            assert time.monotonic() < end
            time.sleep(PATIENCE_S / 5)
    fine(port, SOON_S)


def test_who_asks_for_a_websocket_is_answered_as_anybody(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=SOON_S) as asked:
        asked.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert asked.recv(65_536).startswith(b"HTTP/1.1 200 ")
