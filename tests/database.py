"""The tests' databases: one that is migrated, of which those of the workers and of started products are copies; and
what a test has committed, cleared."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

# Filled once, when the database is migrated; the same after every test.
KEPT = {"django_content_type", "auth_permission"}


def named(url: str, database: str) -> str:
    """The same server's other database."""
    address, mark, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{database}{mark}{query}"


def template_name() -> str:
    """Of this run and no other: another's may be of other code."""
    return f"template_{Path(os.environ['RINGROUND_DATA']).name.replace('-', '_')}"


def template(url: str) -> str:
    """The name of the migrated database, which whoever comes first makes; all others wait."""
    name = template_name()
    folder = Path(os.environ["RINGROUND_DATA"])
    with (folder / "template.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != name:
            with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            plain = {key: value for key, value in os.environ.items() if not key.startswith("RINGROUND_")}
            data = folder / "template"
            data.mkdir()
            subprocess.run(
                [sys.executable, "-m", "ringround.cli", "migrate", "--quiet"],
                check=True,
                env={**plain, "RINGROUND_DATABASE_URL": named(url, name), "RINGROUND_DATA": str(data)},
            )
            lock.write(name)
            lock.flush()
    return name


def drop_template(url: str) -> None:
    """At the end of a run on a server that goes on."""
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(template_name())))


@cache
def _tables() -> tuple[str, ...]:
    from django.db import connection

    there = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable"
        )
        late = {name for (name,) in cursor.fetchall()}
    # What is referred to by a reference that is looked at once, after what refers to it.
    return tuple(sorted(there, key=lambda name: (name in late, name)))


def clear() -> None:
    """Every row that a test has committed. Django's own way truncates all tables, though few have rows, and makes all
    content types and permissions anew: a hundred times as long."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        asked = (
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
            for name in _tables()
        )
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        # All other references are looked at when all is gone.
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
