"""`ringround migrate`: bring the database to this version of the product."""

from __future__ import annotations

import click

from ringround.cli_commands import _runtime


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
                call_command("migrate", interactive=False, verbosity=0)
                call_command("createcachetable", verbosity=0)
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_runtime.MIGRATE_LOCK])
        if not quiet:
            click.echo("The database is of this version.")
