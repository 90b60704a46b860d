"""Migrating beside processes that run."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from ringround.cli_commands import migrate
from ringround.cli_commands._runtime import Trouble

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder() -> Any:
    """Somebody else's long look at a table."""
    params = connection.get_connection_params()
    names = ("host", "port", "user", "dbname", "password")
    with psycopg.connect(**{name: params[name] for name in names if params.get(name)}) as other:
        other.execute("LOCK TABLE telephony_call IN ACCESS SHARE MODE")
        yield other
        other.rollback()


def change() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE telephony_call IN ACCESS EXCLUSIVE MODE")


def test_a_migration_lets_others_pass_and_asks_again(holder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LOCK_MS", 50)
    rests = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        holder.rollback()

    migrate.patiently(connection, change, rest)
    assert rests == [migrate.REST_S]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_one_that_never_gets_its_lock_says_so(holder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LOCK_MS", 20)
    monkeypatch.setattr(migrate, "TRIES", 2)
    with pytest.raises(Trouble, match="does not let go"):
        migrate.patiently(connection, change, lambda _seconds: None)
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
