"""`ringround export --list NAME` or `--campaign NAME`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import Trouble, database

if TYPE_CHECKING:
    from ringround.orgs.actor import Actor


@click.command(short_help="Export a contact list, or a campaign's leads, as CSV.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True), default="-")
@click.option("--list", "list_name", help="The contact list, by name or id.")
@click.option("--campaign", "campaign_name", help="The campaign whose leads are wanted, with results; by name or id.")
@_people.org_option
def command(file: Path, list_name: str | None, campaign_name: str | None, org: str | None) -> None:
    """Write the contacts of a list, or the leads of a campaign with results, as CSV to FILE or standard output.

    Cells that a spreadsheet would take for a formula are made harmless; national ids are left out.
    """
    if (list_name is None) == (campaign_name is None):
        raise Trouble("say what to export: --list NAME or --campaign NAME", 2)
    with database():
        actor = _people.operator(org)
        rows = _contacts(actor, list_name) if list_name is not None else _leads(actor, str(campaign_name))
        if str(file) == "-":
            csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
            return
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)
    click.echo(f"Wrote {file}.", err=True)


def _contacts(actor: Actor, name: str) -> Iterator[list[str]]:
    from ringround.contacts import queries

    found = queries.contact_list_find(actor=actor, name=name)
    if found is None:
        raise Trouble(f"there is no contact list {name}", 2)
    return queries.contacts_export(actor=actor, list_id=found.id)


def _leads(actor: Actor, name: str) -> Iterator[list[str]]:
    from ringround.campaigns import actions, queries

    seen = list(queries.visible_campaigns(actor))
    found = next((one for one in seen if name in (str(one.id), one.name)), None)
    if found is None:
        names = ", ".join(one.name for one in seen[:10]) or "none"
        raise Trouble(f"there is no campaign {name}: there are {names}", 2)
    return actions.leads_export(actor=actor, filter=queries.LeadFilter(campaign=(found.id,)))
