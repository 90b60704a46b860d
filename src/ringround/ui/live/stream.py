"""`GET /live/stream?topics=campaign:<id>,agent:me`: server-sent events, as ASGI.

Each message is `event: <topic>` with the id of what changed as data; `refresh` says that something may have been
missed, `gone` that the caller is signed out or may no longer hear anything. `?since=<ms>` or `Last-Event-ID` asks for
what happened in between.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import random
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.db import close_old_connections, connections
from psycopg.conninfo import make_conninfo

from ringround.ui.live.hub import Client, Hub
from ringround.ui.live.listener import Listener

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOPIC = re.compile(r"[a-z_]{1,40}:[A-Za-z0-9_-]{1,64}")
MOST_TOPICS = 60  # a list of 50 rows, and what the frame of the page listens to
MOST_STREAMS = 20  # of one viewer in one process: more tabs than people have, fewer than a script opens
HEARTBEAT_S = 15.0
RECHECK_S = 60.0
RETRY_MS = 2000
# Clocks of two machines differ a little, and a page is drawn before its last query is.
SINCE_MARGIN_S = 2.0
_UNSAFE = re.compile(r"[\r\n]")
_DIGITS = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who listens. `org_id` is the acting organisation; both as text, for `agent:me` and `org:me`."""

    user_id: str
    org_id: str


Auth = Callable[[Scope], Viewer | Awaitable[Viewer | None] | None]
Allowed = Callable[[Viewer, str], bool | Awaitable[bool]]


def django_conninfo() -> str:
    """The default database as a connection string."""
    wrapper = connections["default"]
    known = {
        key: value
        for key, value in wrapper.get_connection_params().items()
        if key in ("dbname", "user", "password", "host", "port", "options", "service", "passfile")
        or key.startswith(("ssl", "keepalives", "target_session"))
    }
    return make_conninfo(**known, application_name="ringround-live")


class LiveStream:
    """The ASGI application. Who may hear what is asked of functions above; both may be plain or async."""

    def __init__(
        self,
        *,
        auth: Auth,
        allowed: Allowed,
        conninfo: Callable[[], str] = django_conninfo,
        heartbeat_s: float = HEARTBEAT_S,
        recheck_s: float = RECHECK_S,
    ) -> None:
        self.hub = Hub()
        self._listener = Listener(self.hub, conninfo)
        self._auth = auth
        self._allowed = allowed
        self._heartbeat_s = heartbeat_s
        self._recheck_s = recheck_s
        self._streams: dict[str, int] = {}
        # Django's database calls block; a few threads of their own keep them off the event loop.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/live/stream":
            return await _refuse(send, 404, "not_found")
        if scope["method"] not in ("GET", "HEAD"):
            return await _refuse(send, 405, "method_not_allowed")
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        asked = list(dict.fromkeys(t for value in query.get("topics", []) for t in value.split(",") if t))
        if not asked or len(asked) > MOST_TOPICS or not all(TOPIC.fullmatch(topic) for topic in asked):
            return await _refuse(send, 400, "topics_invalid")
        viewer = await self._ask(self._auth, scope)
        if viewer is None:
            return await _refuse(send, 401, "unauthenticated")
        names = await self._names(viewer, asked)
        if not names:
            return await _refuse(send, 403, "forbidden")
        if self._streams.get(viewer.user_id, 0) >= MOST_STREAMS:
            return await _refuse(send, 429, "too_many")
        if scope["method"] == "HEAD":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"no-store")]})
            return await send({"type": "http.response.body"})
        self._listener.start()
        client = self.hub.join(names, since=_since(query), last_id=_header(scope, b"last-event-id"))
        client.task = asyncio.current_task()
        self._streams[viewer.user_id] = self._streams.get(viewer.user_id, 0) + 1
        try:
            await self._stream(scope, receive, send, client)
        except asyncio.CancelledError:
            # Dropped for not reading: the connection is given up, the browser opens another.
            if not client.dropped:
                raise
        finally:
            self.hub.leave(client)
            self._streams[viewer.user_id] -= 1
            if not self._streams[viewer.user_id]:
                del self._streams[viewer.user_id]

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start listening with the server and stop with it."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._listener.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def close(self) -> None:
        """End all open streams at once. A server that is told to end calls this first, or it waits for them."""
        self.hub.close()

    async def stop(self) -> None:
        """End all streams and the listening."""
        self.close()
        await self._listener.stop()
        self._threads.shutdown(wait=False)

    async def _ask(self, question: Callable[..., Any], *args: Any) -> Any:
        if inspect.iscoroutinefunction(question):
            return await question(*args)
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_database, question, args)

    async def _names(self, viewer: Viewer, asked: Iterable[str]) -> dict[str, str]:
        """topic -> name asked for, of those topics this viewer may hear."""
        mine = {"agent:me": f"agent:{viewer.user_id}", "org:me": f"org:{viewer.org_id}"}
        names = {}
        for name in asked:
            topic = mine.get(name, name)
            if await self._ask(self._allowed, viewer, topic):
                names[topic] = name
        return names

    async def _stream(self, scope: Scope, receive: Receive, send: Send, client: Client) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),  # a proxy that collects would hold everything back
                ],
            }
        )
        # An id without data: whoever comes back says from where.
        await _write(send, f"retry: {RETRY_MS}\nid: {self.hub.position}\n\n")
        gone = asyncio.ensure_future(_disconnected(receive))
        loop = asyncio.get_running_loop()
        # Spread, or all streams of a restarted server ask in the same second for ever.
        recheck_at = loop.time() + self._recheck_s * random.uniform(0.8, 1.2)
        try:
            while not gone.done():
                wake = asyncio.ensure_future(client.wake.wait())
                await asyncio.wait({wake, gone}, timeout=self._heartbeat_s, return_when=asyncio.FIRST_COMPLETED)
                wake.cancel()
                if gone.done() or client.dropped:
                    break
                if loop.time() >= recheck_at:
                    if not await self._still(scope, client):
                        await _write(send, "event: gone\ndata:\n\n")
                        break
                    recheck_at = loop.time() + self._recheck_s
                lines = [
                    f"id: {self.hub.epoch}.{number}\nevent: {name}\ndata: {_UNSAFE.sub('', id)}\n\n"
                    for name, id, number in client.take()
                ]
                await _write(send, "".join(lines) or f": still here\nid: {self.hub.position}\n\n")
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone

    async def _still(self, scope: Scope, client: Client) -> bool:
        """Ask again who this is and what they may hear: a session ends, a link is revoked, a role changes."""
        viewer = await self._ask(self._auth, scope)
        if viewer is None:
            return False
        names = await self._names(viewer, client.names.values())
        if names == client.names:
            return True
        # Fewer topics than at first: what is no longer allowed falls silent.
        self.hub.narrow(client, names)
        return bool(names)


def _with_database(question: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    # What Django does around a request, for a thread that serves none.
    close_old_connections()
    try:
        return question(*args)
    finally:
        close_old_connections()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send: Send, status: int, code: str) -> None:
    body = json.dumps({"type": "about:blank", "title": code, "status": status, "code": code}).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _since(query: dict[str, list[str]]) -> float | None:
    written = query.get("since", [""])[0]
    return int(written) / 1000 - SINCE_MARGIN_S if _DIGITS.fullmatch(written) else None
