"""A kept connection: believed without asking, unless something is to be read on it."""

from __future__ import annotations

import os
import time

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_connection_that_rests_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    asked: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", lambda self, query, *args, **kwargs: asked.append(query))
        assert connection.is_usable()
    assert asked == []


def test_a_connection_that_the_server_closed_is_not_believed() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    with psycopg.connect(os.environ["RINGROUND_TEST_DATABASE_URL"], autocommit=True) as other:
        assert connection.connection is not None
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    end = time.monotonic() + 10
    while connection.is_usable() and time.monotonic() < end:
        pass
    assert not connection.is_usable()
    connection.close()


def test_nobody_is_believed_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    asked = []
    run = psycopg.Cursor.execute
    with monkeypatch.context() as patch:
        patch.setattr(connection, "_asked_at", time.monotonic() - 31)
        patch.setattr(
            psycopg.Cursor, "execute", lambda self, query, *a, **k: (asked.append(query), run(self, query, *a, **k))[1]
        )
        assert connection.is_usable()
    assert len(asked) == 1
