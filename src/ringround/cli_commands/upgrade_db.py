"""`ringround upgrade-db`."""

from __future__ import annotations

import click

from ringround.cli_commands._runtime import Trouble, settings
from ringround.infra.postgres import programs
from ringround.infra.postgres.upgrade import upgrade


@click.command(short_help="Bring the embedded database to a newer PostgreSQL.")
def command() -> None:
    """Bring the embedded data of an older PostgreSQL to the programs that are installed now. Stop `serve` first.

    The old data is kept beside the new; remove it when you are content.
    """
    current = settings()
    if current.database_url:
        raise Trouble("RINGROUND_DATABASE_URL names a server of your own: upgrade it with its own tools")
    kept = upgrade(current.data, programs.find(current.postgres_bin))
    if kept is None:
        click.echo("Nothing to do: the data is of the version of the programs, or there is none yet.")
    else:
        click.echo(f"The data is upgraded. The old data is in {kept}; remove it when you are content.")
