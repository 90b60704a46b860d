"""Django as WSGI on threads beside the event loop: a small request goes over whole, and its answer comes back whole.

Handing each piece over by itself, and waiting for it, costs a small request more than most of what it does. What is
large or has no end (an upload, an export, a file) still goes piece by piece, so that nobody's memory fills.

A body that dribbles in holds no thread while it is small, and nothing at all for longer than a slow line needs.
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

# A larger body, or one whose length nobody has said, is read by the view as it comes.
SMALL = 1024 * 1024
# How long a body is waited for, whatever its size, and how many bytes a second the slowest line brings besides. Whoever
# sends less is ended: each would hold a connection for ever, and with a large body a thread.
PATIENCE_S = 30.0
SLOWEST = 4096

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Pages:
    """A WSGI application as an ASGI one. `threads` answer at most so many requests at a time."""

    def __init__(self, application: Callable[..., Any], *, threads: int) -> None:
        self._application = application
        self._threads = _Threads(threads)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        source: Any
        received = _to_the_end(receive)
        if _is_small(scope):
            try:
                body = await _whole(received)
            except TimeoutError:
                await send({"type": "http.response.start", "status": 408, "headers": [(b"connection", b"close")]})
                await send({"type": "http.response.body", "body": b""})
                return
            except ConnectionResetError:
                return  # whoever asked is gone
            source = io.BytesIO(body)
        else:
            source = Body(loop, received)  # type: ignore[arg-type]
        environ = build_environ(scope, source)  # type: ignore[arg-type]
        # In a context of its own: what Django keeps for a request (its language) must not be there for the next.
        answer = functools.partial(contextvars.copy_context().run, self._answer, environ, loop, send)
        for message in await self._threads.run(answer):
            await send(message)

    def _answer(self, environ: Any, loop: asyncio.AbstractEventLoop, send: Send) -> tuple[Message, ...]:
        """What is still to be sent: all of an answer, nothing of one that was sent piece by piece."""
        start: Message = {"type": "http.response.start"}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            start["status"] = int(status[:3])
            start["headers"] = [
                (name.encode("latin-1").lower(), value.strip().encode("latin-1")) for name, value in headers
            ]

        response = self._application(environ, start_response)
        try:
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


def _to_the_end(receive: Receive) -> Receive:
    """What `receive` gives, or `OSError` for a caller who goes away (ConnectionResetError) or is slower than any line
    (TimeoutError): half a body is never taken for a whole one."""
    clock = asyncio.get_running_loop().time
    # Time that the reader takes is not the caller's.
    left_s = PATIENCE_S

    async def received() -> Message:
        nonlocal left_s
        began = clock()
        async with asyncio.timeout(left_s):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the caller went away before the end of the body")
        left_s += len(message.get("body", b"")) / SLOWEST - (clock() - began)
        return message

    return received


def _send(message: Message, loop: asyncio.AbstractEventLoop, send: Send) -> None:
    asyncio.run_coroutine_threadsafe(send(message), loop).result()  # type: ignore[arg-type]
