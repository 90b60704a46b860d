"""`ringround restore FILE`."""

from __future__ import annotations

import os
import subprocess
from importlib import metadata
from pathlib import Path

import click

from ringround.cli_commands._runtime import Trouble, database, settings
from ringround.cli_commands._supervisor import python
from ringround.infra import postgres
from ringround.infra.postgres import backup

# A database in which none of these has a row holds nothing that anyone would miss.
WORTH_KEEPING = ("orgs_organisation", "orgs_user", "contacts_contact", "campaigns_campaign")


@click.command(short_help="Put a backup in the place of what is there.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace a database that is not empty.")
def command(file: Path, force: bool) -> None:
    """Put the backup FILE in the place of the database and the uploads. Stop `ringround serve` first.

    All of it is read and checked beside what is there; only then the two are exchanged. Put the keys back yourself.
    """
    current = settings()
    manifest = backup.read_manifest(file)
    ours = metadata.version("ringround")
    if _number(manifest.version) > _number(ours):
        raise Trouble(f"{file} is of Ringround {manifest.version} and this is {ours}: install that version or later")
    if not current.database_url and postgres.embedded(current).owned_elsewhere():
        raise Trouble("Ringround runs on this data folder: stop `ringround serve`, then restore")
    with database(migrated=False) as current, postgres.available(current) as url:
        backup.restore(file, url=url, data=current.data, force=force, tables=WORTH_KEEPING, migrate=_migrate)
    click.echo(
        f"Restored {file}, made {manifest.made_at} by Ringround {manifest.version}. The keys were not in it: "
        f"see that the right ones are in {current.data / 'keys'} or where your settings name them."
    )


def _migrate(url: str) -> None:
    environment = {**os.environ, "RINGROUND_DATABASE_URL": url}
    done = subprocess.run(python("-m", "ringround.cli", "migrate", "--quiet"), env=environment, check=False)
    if done.returncode:
        raise Trouble("the backup could not be brought to this version (the reason is above); nothing was changed")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
