"""What every sub-command needs: checked settings, a database that runs, Django made ready, faults as one line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ringround.config import env
from ringround.infra import postgres
from ringround.infra.secrets import KeyTrouble
from ringround.kernel import errors

OLDEST_SERVER = 150000
# Any number nobody else takes: migrations of the same database wait for one another.
MIGRATE_LOCK = 7_270_001


class Trouble(Exception):
    """A fault the reader can mend: what, and what to do. `code` becomes the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def troubles(fault: Exception) -> Trouble | None:
    """A known fault as a Trouble, None for what nobody expected."""
    import psycopg
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    match fault:
        case Trouble():
            return fault
        case env.SettingsError():
            return Trouble("the settings are wrong: " + "; ".join(fault.faults), 2)
        case postgres.PostgresError() | KeyTrouble():
            return Trouble(str(fault))
        case errors.Invalid():
            return Trouble("; ".join(f"{'.'.join(map(str, f.loc))}: {f.detail}" for f in fault.errors), 2)
        case errors.RingroundError():
            return Trouble(str(fault))
        case psycopg.OperationalError() | OperationalError():
            said = str(fault).strip().splitlines()[0]
            return Trouble(f"the database cannot be used ({said}): does it run, is RINGROUND_DATABASE_URL right?")
        case ImproperlyConfigured():
            return Trouble(f"the program is not set up: {fault}", 2)
        case PermissionError() | FileNotFoundError() | IsADirectoryError():
            return Trouble(f"{fault.filename}: {fault.strerror}")
        case OSError() if fault.errno == 28:
            return Trouble("the disk is full: make room and do it again")
    return None


def settings() -> env.Settings:
    """The checked settings; every fault is told at once."""
    return env.load()


@contextmanager
def database(*, migrated: bool = True) -> Iterator[env.Settings]:
    """The database for one command: the one that serves now, else one started for as long as the command runs."""
    current = settings()
    with postgres.available(current) as url:
        postgres.settle(current.data, url)
        if migrated:
            django()
            require_migrated()
        yield current


def django() -> None:
    """Make Django and the rooms usable. Models may be imported after this."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    import django as framework

    framework.setup()


def require_migrated() -> None:
    """Refuse to work on tables of another version of the product."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    require_version(connection)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Trouble("the database is not of this version: run `ringround migrate`")


def require_version(connection: Any) -> None:
    """Refuse servers older than PostgreSQL 15."""
    connection.ensure_connection()
    if connection.pg_version < OLDEST_SERVER:
        raise Trouble(
            f"the database server is PostgreSQL {connection.pg_version // 10000}, and must be 15 or later: upgrade it, "
            "or unset RINGROUND_DATABASE_URL to use the embedded one"
        )


def show(value: Any, *, as_json: bool, text: str) -> None:
    """One answer: for people, or one line of JSON for programs."""
    click.echo(json.dumps(value, default=str, ensure_ascii=False) if as_json else text)


json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
