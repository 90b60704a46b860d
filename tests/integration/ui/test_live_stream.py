"""The live stream on a real PostgreSQL and a real server: what is notified arrives, and an outage is survived."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from django.db import connection
from psycopg.conninfo import make_conninfo

from ringround.ui.live import LiveStream, Viewer
from ringround.ui.live.stream import django_conninfo

HEADER = {"authorization": "Bearer u1"}


class Doors:
    """Who is let in, and what they may hear; tests change it while streams are open."""

    def __init__(self) -> None:
        self.users = {"u1"}
        self.forbidden: set[str] = set()

    def auth(self, scope: Any) -> Viewer | None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        return Viewer(token, "o1") if token in self.users else None

    async def allowed(self, viewer: Viewer, topic: str) -> bool:
        return topic not in self.forbidden


class Server:
    def __init__(self, doors: Doors, conninfo: str) -> None:
        self.live = LiveStream(
            auth=doors.auth, allowed=doors.allowed, conninfo=lambda: conninfo, heartbeat_s=0.2, recheck_s=0.3
        )

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await (self.live.lifespan if scope["type"] == "lifespan" else self.live)(scope, receive, send)

        self._server = uvicorn.Server(
            uvicorn.Config(application, port=0, log_level="error", timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        until(lambda: self._server.started and self.live.hub._complete_since is not None)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/live/stream"
        return self

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


def until(true: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def events(response: httpx.Response) -> Iterator[tuple[str, str]]:
    """(event, data) of each message; comments and bare ids are passed over."""
    event = data = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
        elif not line and event:
            yield event, data
            event = data = ""


def notify(topic: str, id: str = "") -> None:
    with psycopg.connect(make_conninfo(django_conninfo(), application_name="test"), autocommit=True) as sender:
        sender.execute("SELECT pg_notify('ringround_live', %s)", [json.dumps({"o": "o1", "t": topic, "i": id})])


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def server(doors: Doors, transactional_db: None) -> Iterator[Server]:
    connection.ensure_connection()
    with Server(doors, django_conninfo()) as running:
        yield running


def test_a_notice_reaches_who_listens_to_its_topic(server: Server) -> None:
    with httpx.stream("GET", f"{server.url}?topics=campaign:1,agent:me", headers=HEADER, timeout=10) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response)
        notify("campaign:2", "other")
        notify("agent:u1", "lead-7")
        assert next(stream) == ("agent:me", "lead-7")
        notify("campaign:1")
        assert next(stream) == ("campaign:1", "")


def test_strangers_are_refused_and_so_are_bad_topics(server: Server, doors: Doors) -> None:
    assert httpx.get(f"{server.url}?topics=campaign:1").status_code == 401
    assert httpx.get(f"{server.url}?topics=everything", headers=HEADER).status_code == 400
    doors.forbidden.add("campaign:1")
    assert httpx.get(f"{server.url}?topics=campaign:1", headers=HEADER).status_code == 403
    assert httpx.head(f"{server.url}?topics=campaign:1", headers=HEADER).status_code == 403
    assert httpx.head(f"{server.url}?topics=campaign:2", headers=HEADER).status_code == 200


def test_a_topic_that_is_not_allowed_is_silent_among_others(server: Server, doors: Doors) -> None:
    doors.forbidden.add("campaign:1")
    with httpx.stream("GET", f"{server.url}?topics=campaign:1,campaign:2", headers=HEADER, timeout=10) as response:
        stream = events(response)
        notify("campaign:1", "a")
        notify("campaign:2", "b")
        assert next(stream) == ("campaign:2", "b")


def test_who_is_signed_out_is_told_and_hears_no_more(server: Server, doors: Doors) -> None:
    with httpx.stream("GET", f"{server.url}?topics=campaign:1", headers=HEADER, timeout=10) as response:
        doors.users.clear()
        assert list(events(response)) == [("gone", "")]


def test_a_right_that_is_taken_away_falls_silent(server: Server, doors: Doors) -> None:
    with httpx.stream("GET", f"{server.url}?topics=campaign:1,campaign:2", headers=HEADER, timeout=10) as response:
        stream = events(response)
        doors.forbidden.add("campaign:1")
        until(lambda: "campaign:1" not in server.live.hub._clients)
        notify("campaign:1", "a")
        notify("campaign:2", "b")
        assert next(stream) == ("campaign:2", "b")


def test_after_the_database_was_away_everyone_refreshes(server: Server) -> None:
    with httpx.stream("GET", f"{server.url}?topics=campaign:1", headers=HEADER, timeout=10) as response:
        stream = events(response)
        with psycopg.connect(make_conninfo(django_conninfo(), application_name="test"), autocommit=True) as killer:
            ended = killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringround-live'"
                " AND datname = current_database()"
            ).rowcount
        assert ended == 1
        assert next(stream) == ("refresh", "")
        notify("campaign:1", "again")
        assert next(stream) == ("campaign:1", "again")


def test_a_notice_that_cannot_be_read_harms_nobody(server: Server) -> None:
    with httpx.stream("GET", f"{server.url}?topics=campaign:1", headers=HEADER, timeout=10) as response:
        with psycopg.connect(make_conninfo(django_conninfo(), application_name="test"), autocommit=True) as sender:
            for payload in ("", "[]", "{", '"x"', "{}"):
                sender.execute("SELECT pg_notify('ringround_live', %s)", [payload])
        notify("campaign:1", "good")
        assert next(events(response)) == ("campaign:1", "good")


def test_two_hundred_streams_need_one_connection(server: Server) -> None:
    async def listen() -> int:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=20, limits=limits) as client:

            async def one(number: int) -> str:
                headers = {"authorization": f"Bearer v{number % 20}"}
                async with client.stream("GET", f"{server.url}?topics=campaign:1", headers=headers) as response:
                    async for line in response.aiter_lines():
                        if line.startswith("data: "):
                            return line
                return ""

            tasks = [asyncio.ensure_future(one(number)) for number in range(200)]
            while len(server.live.hub) < 200:
                await asyncio.sleep(0.02)
            await asyncio.to_thread(notify, "campaign:1", "x")
            return len([line for line in await asyncio.gather(*tasks) if line == "data: x"])

    server_doors = server.live._auth.__self__  # type: ignore[attr-defined]
    server_doors.users |= {f"v{number}" for number in range(20)}
    assert asyncio.run(listen()) == 200
    with psycopg.connect(make_conninfo(django_conninfo(), application_name="test"), autocommit=True) as asker:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        asked += " AND application_name = 'ringround-live'"
        row = asker.execute(asked + " AND query LIKE 'LISTEN%'").fetchone()
    assert row == (1,)


def test_the_server_ends_while_streams_are_open(doors: Doors, transactional_db: None) -> None:
    connection.ensure_connection()
    with Server(doors, django_conninfo()) as server:
        response = httpx.Client(timeout=10).send(
            httpx.Request("GET", f"{server.url}?topics=campaign:1", headers=HEADER), stream=True
        )
        assert response.status_code == 200
    # Leaving the block has asserted that the server's thread ended within its grace.
    response.close()
