"""`ringround migrate`: bring the database to this version of the product."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click

from ringround.cli_commands import _runtime

# A change of a table waits for all who use it, and whoever comes meanwhile waits behind it: so it waits for so long and
# no longer, and lets them pass before it asks again. For so many times, which is ten minutes.
LOCK_MS, TRIES, REST_S = 2_000, 120, 3.0


@click.command(short_help="Bring the database to this version.")
@click.option("--check", is_flag=True, help="Change nothing; the exit code is 1 when there is something to do.")
@click.option("--quiet", is_flag=True, help="Say nothing when all is well.")
def command(check: bool, quiet: bool) -> None:
    """Bring the database to this version of the product. Safe to repeat, and to run on several machines at once."""
    with _runtime.database(migrated=False):
        _runtime.django()
        from django.core.management import call_command
        from django.db import connection

        _runtime.require_version(connection)
        if check:
            _runtime.require_migrated()
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_runtime.MIGRATE_LOCK])
                patiently(connection, lambda: call_command("migrate", interactive=False, verbosity=0))
                call_command("createcachetable", verbosity=0)
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_runtime.MIGRATE_LOCK])
        if not quiet:
            click.echo("The database is of this version.")


def patiently(connection: Any, work: Callable[[], object], rest: Callable[[float], object] = time.sleep) -> None:
    """Migrate beside running processes: a migration that does not get its lock soon, or would wait in a circle with an
    agent's click, is taken back and made again."""
    from django.db import OperationalError
    from psycopg.errors import DeadlockDetected, LockNotAvailable

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(LOCK_MS)])
        for left in reversed(range(TRIES)):
            try:
                work()
                break
            except OperationalError as fault:
                if not isinstance(fault.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
                if not left:
                    raise _runtime.Trouble(
                        "somebody holds what is to be changed, and does not let go; run `ringround migrate` again"
                    ) from None
            rest(REST_S)
        cursor.execute("RESET lock_timeout")
