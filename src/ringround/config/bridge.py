"""Django as WSGI on threads beside the event loop: a small request goes over whole, and its answer comes back whole.

Handing each piece over by itself, and waiting for it, costs a small request more than most of what it does. What is
large or has no end (an upload, an export, a file) still goes piece by piece, so that nobody's memory fills.

A body that dribbles in or stops holds no thread while it is small, and nothing at all for longer than a slow line
needs: whatever Django made of it, it is told 408 and its connection is closed.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import io
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from a2wsgi.wsgi import Body, build_environ
from django.core.exceptions import BadRequest

# A larger body, or one whose length nobody has said, is read by the view as it comes.
SMALL = 1024 * 1024
# How long nothing need come of a body, and how many bytes a second the slowest line brings on the whole. Whoever sends
# less is ended: each would hold a connection for ever, and with a large body a thread.
PATIENCE_S = 30.0
SLOWEST = 4096

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_TOO_LATE: tuple[Message, ...] = (
    {"type": "http.response.start", "status": 408, "headers": [(b"connection", b"close")]},
    {"type": "http.response.body", "body": b""},
)


class Pages:
    """A WSGI application as an ASGI one. `threads` answer at most so many requests at a time."""

    def __init__(self, application: Callable[..., Any], *, threads: int) -> None:
        self._application = application
        self._threads = _Threads(threads)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        source: Any
        line = _Line(receive)
        if _is_small(scope):
            try:
                source = io.BytesIO(await _whole(line.receive))
            except BadRequest:
                # Who went away is told nothing.
                for message in _TOO_LATE if line.late else ():
                    await send(message)
                return
        else:
            source = Body(loop, line.receive)  # type: ignore[arg-type]
        environ = build_environ(scope, source)  # type: ignore[arg-type]
        # In a context of its own: what Django keeps for a request (its language) must not be there for the next.
        answer = functools.partial(contextvars.copy_context().run, self._answer, environ, line, loop, send)
        for message in await self._threads.run(answer):
            await send(message)

    def _answer(self, environ: Any, line: _Line, loop: asyncio.AbstractEventLoop, send: Send) -> tuple[Message, ...]:
        """What is still to be sent: all of an answer, nothing of one that was sent piece by piece."""
        start: Message = {"type": "http.response.start"}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            start["status"] = int(status[:3])
            start["headers"] = [
                (name.encode("latin-1").lower(), value.strip().encode("latin-1")) for name, value in headers
            ]

        try:
            response = self._application(environ, start_response)
        except BadRequest:
            if line.late:
                return _TOO_LATE
            raise
        try:
            if line.late:
                return _TOO_LATE
            if not getattr(response, "streaming", False):
                return start, {"type": "http.response.body", "body": b"".join(response)}
            # Each is waited for: a slow reader slows the export down, and does not fill the memory with it.
            _send(start, loop, send)
            for chunk in response:
                _send({"type": "http.response.body", "body": chunk, "more_body": True}, loop, send)
            _send({"type": "http.response.body", "body": b""}, loop, send)
            return ()
        finally:
            response.close()


class _Threads:
    """So many threads that do one job after the other.

    An executor of the standard library makes two futures of each job, chains them, and counts its idle threads under a
    lock: for a small request a tenth of all that is done for it. They end with the process: longer than its server
    waits for whoever asked, nobody waits for an answer.
    """

    def __init__(self, most: int) -> None:
        self._most, self._started = most, False
        self._jobs: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]]] = SimpleQueue()

    async def run(self, job: Callable[[], Any]) -> Any:
        """What it gives, or raises."""
        if not self._started:
            self._started = True
            for number in range(self._most):
                Thread(target=self._work, name=f"pages-{number}", daemon=True).start()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.put((job, future))
        given, fault = await future
        if fault is not None:
            raise fault
        return given

    def _work(self) -> None:
        while True:
            job, future = self._jobs.get()
            given = fault = None
            # Whoever asked may have gone before it began.
            if not future.cancelled():
                try:
                    given = job()
                except BaseException as raised:
                    fault = raised
                # A loop that is closed has nobody any more who waits.
                with suppress(RuntimeError):
                    future.get_loop().call_soon_threadsafe(_tell, future, (given, fault))
            # What was asked and answered is not kept until the next asks.
            del job, future, given, fault


def _tell(future: asyncio.Future[Any], outcome: tuple[Any, BaseException | None]) -> None:
    # Whoever asked may have gone.
    if not future.done():
        future.set_result(outcome)


def _is_small(scope: Message) -> bool:
    length = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return False
        if name == b"content-length":
            length = int(value) if value.isdigit() else SMALL + 1
    return length <= SMALL


async def _whole(receive: Receive) -> bytes:
    """The body."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


class _Line:
    """What a caller sends, to its end: half a body is never taken for a whole one.

    A caller who goes away, or is slower than any line (`late`), is `BadRequest`. An `OSError` Django passes over where
    it looks for a form's token, and the view behind would find an empty form.
    """

    def __init__(self, receive: Receive) -> None:
        self.late = False
        self._receive = receive
        self._clock = asyncio.get_running_loop().time
        # Time that the reader takes is not the caller's.
        self._left_s = PATIENCE_S

    async def receive(self) -> Message:
        """As ASGI's."""
        began = self._clock()
        try:
            if self.late:
                raise TimeoutError
            async with asyncio.timeout(self._left_s):
                message = await self._receive()
        except TimeoutError:
            self.late = True
            raise BadRequest("the body came slower than any line is") from None
        if message["type"] == "http.disconnect":
            raise BadRequest("the caller went away before the end of the body")
        earned_s = len(message.get("body", b"")) / SLOWEST
        # What came quickly buys no longer rest afterwards.
        self._left_s = min(PATIENCE_S, self._left_s + earned_s - (self._clock() - began))
        return message


def _send(message: Message, loop: asyncio.AbstractEventLoop, send: Send) -> None:
    asyncio.run_coroutine_threadsafe(send(message), loop).result()  # type: ignore[arg-type]
