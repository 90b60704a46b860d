"""`ringround backup FILE`."""

from __future__ import annotations

from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import click

from ringround.cli_commands._runtime import database, json_option, show
from ringround.infra import postgres
from ringround.infra.postgres import backup


@click.command(short_help="Copy everything but the keys into one file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is there already.")
@json_option
def command(file: Path, force: bool, as_json: bool) -> None:
    """Copy the database and the uploads into FILE, while the product runs. A FILE that is there is left as it is.

    The keys (folder keys/ of the data folder, or wherever your settings name them) are not in it: keep them apart.
    """
    with database() as settings, postgres.available(settings) as url:
        made = backup.write(file, url=url, data=settings.data, version=metadata.version("ringround"), force=force)
    size = file.stat().st_size
    text = (
        f"Wrote {file} ({size / 1_000_000:.1f} MB, {len(made.files) - 1} uploads).\n"
        "The keys are NOT in it. Without them stored passwords and signed links cannot be read again: "
        f"keep a copy of {settings.data / 'keys'}, or of the files your settings name, somewhere else."
    )
    show({**asdict(made), "file": str(file), "bytes": size, "keys_included": False}, as_json=as_json, text=text)
