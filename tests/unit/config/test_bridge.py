"""Requests to a WSGI application over the event loop: whole where they are small, piece by piece where they are not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from ringround.config import bridge
from ringround.config.bridge import SMALL, Pages


class Answer:
    """What Django gives a server, as far as a bridge asks."""

    def __init__(self, parts: list[bytes], streaming: bool = False) -> None:
        self.parts, self.streaming, self.closed = parts, streaming, False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.closed = True


class Caller:
    """One POST, its body in pieces; what came back."""

    def __init__(self, *pieces: bytes, length: int | None = None) -> None:
        self.pieces = list(pieces)
        self.length = sum(map(len, pieces)) if length is None else length
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        if not self.pieces:
            return {"type": "http.disconnect"}
        body = self.pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.pieces) or self.length < 0}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    def ask(self, application: Callable[..., Any] | Pages) -> None:
        pages = application if isinstance(application, Pages) else Pages(application, threads=1)
        asyncio.run(asyncio.wait_for(self.asked(pages), 10))

    async def asked(self, pages: Pages) -> None:
        headers = [(b"transfer-encoding", b"chunked")] if self.length < 0 else []
        headers += [(b"content-length", str(self.length).encode())] if self.length >= 0 else []
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/", "query_string": b"",
            "root_path": "", "headers": headers, "client": ("10.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip
        await pages(scope, self.receive, self.send)  # type: ignore[arg-type]

    @property
    def body(self) -> bytes:
        return b"".join(one["body"] for one in self.sent[1:])


def says(answer: Answer, heard: list[Any] | None = None) -> Callable[..., Any]:
    def application(environ: Any, start_response: Any) -> Answer:
        body = environ["wsgi.input"].read()
        if heard is not None:
            heard.append((body, threading.current_thread().name))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return answer

    return application


def test_a_small_request_and_its_answer_go_whole() -> None:
    heard: list[Any] = []
    caller = Caller(b"one ", b"two")
    answer = Answer([b"three ", b"four"])
    caller.ask(says(answer, heard))
    assert heard[0][0] == b"one two"
    assert heard[0][1].startswith("pages")
    assert [one["type"] for one in caller.sent] == ["http.response.start", "http.response.body"]
    assert caller.sent[0]["headers"] == [(b"content-type", b"text/plain")]
    assert caller.body == b"three four"
    assert answer.closed


def test_a_stream_is_sent_as_it_comes() -> None:
    caller = Caller(b"")
    caller.ask(says(Answer([b"a", b"b"], streaming=True)))
    assert [one.get("body") for one in caller.sent] == [None, b"a", b"b", b""]
    assert [one.get("more_body", False) for one in caller.sent] == [False, True, True, False]


def test_a_large_body_is_read_by_the_view() -> None:
    heard: list[Any] = []
    pieces = [b"x" * SMALL, b"y"]
    Caller(*pieces).ask(says(Answer([]), heard))
    assert heard[0][0] == b"".join(pieces)


def test_a_body_without_a_length_is_read_by_the_view() -> None:
    called: list[str] = []

    def application(environ: Any, start_response: Any) -> Answer:
        called.append(environ["HTTP_TRANSFER_ENCODING"])
        start_response("411 Length Required", [])
        return Answer([])

    caller = Caller(b"x", length=-1)
    caller.ask(application)
    assert called == ["chunked"]
    assert caller.sent[0]["status"] == 411


def test_who_goes_away_before_the_end_of_a_body_asks_nothing() -> None:
    heard: list[Any] = []
    caller = Caller(length=5)
    caller.ask(says(Answer([]), heard))
    assert heard == []
    assert caller.sent == []


def test_a_large_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    caller = Caller(b"x" * SMALL, b"y", length=2 * SMALL)
    read = []

    async def receive() -> Any:
        if read:
            return {"type": "http.disconnect"}
        read.append(True)
        return {"type": "http.request", "body": b"x" * SMALL, "more_body": True}

    caller.receive = receive  # type: ignore[method-assign]
    heard: list[Any] = []
    with pytest.raises(BadRequest, match="went away"):
        caller.ask(says(Answer([]), heard))
    assert heard == []


def test_what_fails_fails_for_whoever_asked_and_the_next_is_answered() -> None:
    faults: list[Exception | None] = [KeyError("broken"), None]

    def application(environ: Any, start_response: Any) -> Answer:
        if fault := faults.pop(0):
            raise fault
        start_response("200 OK", [])
        return Answer([b"fine"])

    pages = Pages(application, threads=1)
    with pytest.raises(KeyError, match="broken"):
        Caller(b"one").ask(pages)
    caller = Caller(b"two")
    caller.ask(pages)
    assert caller.body == b"fine"


def test_whoever_goes_while_it_is_answered_holds_up_nobody() -> None:
    held = threading.Event()

    def application(environ: Any, start_response: Any) -> Answer:
        if environ["wsgi.input"].read() == b"slow":
            held.wait(10)
        start_response("200 OK", [])
        return Answer([b"fine"])

    pages = Pages(application, threads=1)

    async def ask() -> Caller:
        gone, caller = Caller(b"slow"), Caller(b"next")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gone.asked(pages), 0.05)
        held.set()
        await caller.asked(pages)
        return caller

    assert asyncio.run(ask()).body == b"fine"


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    began, held = threading.Event(), threading.Event()
    heard: list[bytes] = []

    def application(environ: Any, start_response: Any) -> Answer:
        heard.append(environ["wsgi.input"].read())
        began.set()
        held.wait(10)
        start_response("200 OK", [])
        return Answer([])

    pages = Pages(application, threads=1)

    async def ask() -> None:
        first = asyncio.create_task(Caller(b"first").asked(pages))
        await asyncio.to_thread(began.wait, 10)
        gone = asyncio.create_task(Caller(b"gone").asked(pages))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.sleep(0.05)
        held.set()
        await first
        await Caller(b"last").asked(pages)

    asyncio.run(ask())
    assert heard == [b"first", b"last"]


def test_so_many_are_answered_at_a_time_as_there_are_threads() -> None:
    together = threading.Barrier(3)

    def application(environ: Any, start_response: Any) -> Answer:
        together.wait(10)
        start_response("200 OK", [])
        return Answer([b"fine"])

    pages = Pages(application, threads=3)

    async def ask() -> list[bytes]:
        callers = [Caller(b"x") for _ in range(3)]
        await asyncio.gather(*(one.asked(pages) for one in callers))
        return [one.body for one in callers]

    assert asyncio.run(ask()) == [b"fine"] * 3


# --- bodies that dribble --------------------------------------------------------------------------

TOO_LATE = (408, [(b"connection", b"close")])


class Dribbler(Caller):
    """A body that begins, then goes on and on, a byte at a time, and never comes to its end."""

    def __init__(self, length: int, every_s: float = 0.01, begins: bytes = b"") -> None:
        super().__init__(length=length)
        self.every_s, self.begins, self.times = every_s, begins, 0

    async def receive(self) -> Any:
        self.times += 1
        body, self.begins = self.begins or b"x", b""
        if self.times > 1:
            await asyncio.sleep(self.every_s)
        return {"type": "http.request", "body": body, "more_body": True}


def test_while_bodies_dribble_in_others_are_answered() -> None:
    heard: list[Any] = []

    async def all_at_once() -> None:
        pages = Pages(says(Answer([]), heard), threads=1)
        slow = [asyncio.create_task(Dribbler(100).asked(pages)) for _ in range(20)]
        await asyncio.sleep(0.05)
        other = Caller(b"quick")
        await asyncio.wait_for(other.asked(pages), 10)
        assert other.sent[0]["status"] == 200
        assert not any(one.done() for one in slow)
        for one in slow:
            one.cancel()

    asyncio.run(all_at_once())
    assert [body for body, _thread in heard] == [b"quick"]


def test_a_body_that_dribbles_for_longer_than_any_line_needs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.1)
    heard: list[Any] = []
    caller = Dribbler(100)
    caller.ask(says(Answer([]), heard))
    assert caller.times > 1
    assert (caller.sent[0]["status"], caller.sent[0]["headers"]) == TOO_LATE
    assert heard == []


def test_a_large_body_that_dribbles_lets_its_thread_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.1)
    heard: list[Any] = []
    caller = Dribbler(2 * SMALL)
    caller.ask(says(Answer([]), heard))
    assert (caller.sent[0]["status"], caller.sent[0]["headers"]) == TOO_LATE
    assert caller.body == b""
    assert heard == []


@pytest.mark.parametrize("every_s", [0.01, 60], ids=["dribbles", "stops"])
def test_a_large_body_that_began_quickly_is_waited_for_no_longer(
    every_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.1)
    caller = Dribbler(200 * SMALL, every_s, begins=b"x" * 2 * SMALL)
    caller.ask(says(Answer([])))
    assert (caller.sent[0]["status"], caller.sent[0]["headers"]) == TOO_LATE


@pytest.mark.parametrize("streaming", [False, True])
def test_whatever_is_answered_to_a_body_that_was_too_late_it_is_told_so(
    streaming: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.1)
    answer = Answer([b"thanks"], streaming)
    reads = 0

    def application(environ: Any, start_response: Any) -> Answer:
        nonlocal reads
        for _ in range(100):
            with pytest.raises(BadRequest):
                environ["wsgi.input"].read()
            reads += 1
        start_response("200 OK", [("Content-Type", "text/plain")])
        return answer

    caller = Dribbler(2 * SMALL)
    caller.ask(application)
    assert reads == 100
    assert (caller.sent[0]["status"], caller.sent[0]["headers"]) == TOO_LATE
    assert caller.body == b""
    assert answer.closed


@pytest.mark.parametrize("goes_away", [False, True], ids=["too late", "goes away"])
def test_no_view_finds_an_empty_form_where_a_large_one_broke_off(
    goes_away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.1)
    found: list[Any] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(request.POST)
        return HttpResponse()

    def application(environ: Any, start_response: Any) -> Answer:
        # With a token in its header, as htmx sends it: what the form holds need not be known to let it pass.
        token = "a" * 32
        environ |= {
            "CONTENT_TYPE": "multipart/form-data; boundary=b", "HTTP_HOST": "localhost",
            "HTTP_X_CSRFTOKEN": token, "HTTP_COOKIE": f"csrftoken={token}",
        }  # fmt: skip
        request = WSGIRequest(environ)
        csrf = CsrfViewMiddleware(view)
        csrf.process_request(request)
        if (refused := csrf.process_view(request, view, (), {})) is None:
            view(request)
        start_response("200 OK" if refused is None else "403 Forbidden", [])
        return Answer([])

    begins = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * SMALL
    caller = Caller(begins, length=2 * SMALL) if goes_away else Dribbler(2 * SMALL, begins=begins)
    if goes_away:

        async def receive() -> Any:
            if not caller.pieces:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": caller.pieces.pop(), "more_body": True}

        caller.receive = receive  # type: ignore[method-assign]
        with pytest.raises(BadRequest):
            caller.ask(application)
    else:
        caller.ask(application)
        assert caller.sent[0]["status"] == 408
    assert found == []


def test_a_large_body_on_a_slow_line_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # In all it takes longer than is waited for where nothing comes.
    monkeypatch.setattr(bridge, "PATIENCE_S", 1)
    monkeypatch.setattr(bridge, "SLOWEST", SMALL)
    heard: list[Any] = []
    caller = Caller(*[b"x" * (SMALL // 4)] * 12)
    ordinary = caller.receive

    async def receive() -> Any:
        await asyncio.sleep(0.1)
        return await ordinary()

    caller.receive = receive  # type: ignore[method-assign]
    caller.ask(says(Answer([]), heard))
    assert len(heard[0][0]) == 12 * SMALL // 4
