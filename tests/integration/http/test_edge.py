"""The edge of the product: what a caller may write on the wire, and what becomes of it."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import json
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import Client, RequestFactory

from ringround.config.pages import server_error

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _threads_keep_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads that answer live as long as the process, and keep a session each: here none is kept past its request,
    or the database could not be dropped at the end of the run."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


def answer(path: str, query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> tuple[int, bytes]:
    """Status and body of a GET at the one port."""
    from ringround.config.asgi import application

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"localhost"), *(headers or [])],
        "client": ("10.0.0.1", 1),
        "server": ("localhost", 80),
    }
    asyncio.run(application(scope, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


def test_letters_that_were_not_encoded_are_read_all_the_same() -> None:
    status, body = answer("/accounts/login/", "next=/contacts/?q=Åse".encode())
    assert status == 200
    assert "Åse" in body.decode() or b"%C3%85se" in body


def test_a_header_cannot_be_written_past_the_proxy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ringround.http import middleware

    networks = (ipaddress.ip_network("10.0.0.0/8"),)
    settings.RINGROUND = dataclasses.replace(settings.RINGROUND, trusted_proxy=networks)
    seen: list[str] = []
    address = middleware._address
    monkeypatch.setattr(middleware, "_address", lambda text: seen.append(text) or address(text))
    answer("/healthz", headers=[(b"x-forwarded-for", b"1.2.3.4"), (b"x_forwarded_for", b"9.9.9.9")])
    assert "1.2.3.4" in seen
    assert "9.9.9.9" not in seen


@pytest.mark.parametrize("path", ["/", "/api/v1/me"])
def test_a_host_that_is_not_ours_is_a_bad_request(path: str) -> None:
    client = Client(raise_request_exception=False, headers={"host": "evil.example"})
    assert client.get(path).status_code == 400


def test_while_the_database_is_away_pages_and_the_api_answer_503(rf: RequestFactory) -> None:
    try:
        raise psycopg.OperationalError("connection failed")
    except psycopg.OperationalError:
        page = server_error(rf.get("/leads", headers={"Accept-Language": "da"}))
        api = server_error(rf.get("/api/v1/me"))
    assert (page.status_code, api.status_code) == (503, 503)
    assert "svarer ikke" in page.content.decode()
    assert json.loads(api.content)["code"] == "busy"
