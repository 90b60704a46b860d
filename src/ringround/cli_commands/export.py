"""`ringround export --list NAME`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import Trouble, database


@click.command(short_help="Export a contact list as CSV.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True), default="-")
@click.option("--list", "list_name", required=True, help="The contact list, by name or id.")
@_people.org_option
def command(file: Path, list_name: str, org: str | None) -> None:
    """Write the contacts of a list as CSV to FILE, or to standard output.

    Cells that a spreadsheet would take for a formula are made harmless; national ids are left out.
    """
    with database():
        from ringround.contacts import queries

        actor = _people.operator(org)
        found = queries.contact_list_find(actor=actor, name=list_name)
        if found is None:
            raise Trouble(f"there is no contact list {list_name}", 2)
        rows = queries.contacts_export(actor=actor, list_id=found.id)
        if str(file) == "-":
            csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
            return
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)
    click.echo(f"Wrote {file}.", err=True)
