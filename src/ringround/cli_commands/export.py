"""`ringround export --list NAME`, `--campaign NAME` or `--all`."""

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


@click.command(short_help="Export a contact list, a campaign's leads, or all there is.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True), default="-")
@click.option("--list", "list_name", help="The contact list, by name or id.")
@click.option("--campaign", "campaign_name", help="The campaign whose leads are wanted, with results; by name or id.")
@click.option("--all", "everything", is_flag=True, help="All that the organisation has, as a ZIP archive of CSV files.")
@click.option("--xlsx", is_flag=True, help="With --all: workbooks in place of CSV files.")
@_people.org_option
def command(
    file: Path, list_name: str | None, campaign_name: str | None, everything: bool, xlsx: bool, org: str | None
) -> None:
    """Write the contacts of a list, or the leads of a campaign with results, as CSV to FILE or standard output; or all
    that a merchant has as an archive to FILE.

    Cells that a spreadsheet would take for a formula are made harmless; national ids are left out.
    """
    if (list_name is not None) + (campaign_name is not None) + everything != 1:
        raise Trouble("say what to export: --list NAME, --campaign NAME or --all", 2)
    if everything and str(file) == "-":
        raise Trouble("an archive needs a FILE to be written to", 2)
    if xlsx and not everything:
        raise Trouble("--xlsx goes with --all", 2)
    with database():
        actor = _people.operator(org)
        if everything:
            rows_written = _all(actor, file, "xlsx" if xlsx else "csv")
            click.echo(f"Wrote {file}: {rows_written} rows.", err=True)
            return
        rows = _contacts(actor, list_name) if list_name is not None else _leads(actor, str(campaign_name))
        if str(file) == "-":
            csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
            return
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)
    click.echo(f"Wrote {file}.", err=True)


def _all(actor: Actor, file: Path, kind: str) -> int:
    from ringround.infra import audit, clock, files
    from ringround.reports import archive

    audit.write(
        actor=actor, action="reports.client.exported", org_id=actor.org_id, subject_type="organisation",
        subject_id=actor.org_id, data={"format": kind},
    )  # fmt: skip
    with files.create(file) as out:
        return archive.write(out, actor=actor, kind=kind, now=clock.now(), step=lambda done: None)


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
