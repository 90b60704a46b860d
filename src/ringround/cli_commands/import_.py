"""`ringround import FILE --list NAME`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import Trouble, database, json_option, show

PIECE = 1 << 20


@click.command(short_help="Import a CSV, TSV or XLSX file of contacts into a list.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "list_name", required=True, help="The contact list, by name or id.")
@click.option("--campaign", "campaign", help="A campaign, by name or id, that is to get the contacts.")
@click.option("--dry-run", is_flag=True, help="Count what would happen, and change nothing.")
@click.option(
    "--match", "match", multiple=True, type=click.Choice(["phone", "external_id", "email"]),
    help="What makes a row one about a contact of the list; may be repeated. Without: phone.",
)  # fmt: skip
@click.option("--on-match", type=click.Choice(["update", "skip", "allow"]), default="update", show_default=True)
@click.option("--sheet", help="Of a workbook: the sheet, by name. Without: the first that is not hidden.")
@click.option(
    "--rejected", type=click.Path(dir_okay=False, path_type=Path), help="Write the rejected rows to this file."
)
@_people.org_option
@json_option
def command(
    file: Path,
    list_name: str,
    campaign: str | None,
    dry_run: bool,
    match: tuple[str, ...],
    on_match: str,
    sheet: str | None,
    rejected: Path | None,
    org: str | None,
    as_json: bool,
) -> None:
    """Import FILE into a contact list, here and now.

    A bad file is refused whole, and says why and on which line. When this command is killed, the running product goes
    on with the import where it was left.
    """
    with database():
        from ringround.contacts import actions, queries

        actor = _people.operator(org)
        found = queries.contact_list_find(actor=actor, name=list_name)
        if found is None:
            known, _more = queries.contact_list_list(actor=actor, size=10)
            names = ", ".join(one.name for one in known) or "none"
            raise Trouble(f"there is no contact list {list_name}: there are {names}", 2)
        options: dict[str, Any] = {"dry_run": dry_run, "match": list(match) or ["phone"], "on_match": on_match}
        if sheet is not None:
            options["sheet"] = sheet
        if campaign is not None:
            options["campaign"] = _campaign(actor, campaign)
        row = actions.import_start(
            actor=actor, list_id=found.id, file=_pieces(file), file_name=file.name, options=options, queue=False
        )
        # On the error stream, so that the answer can be read by a program; drawn only at a terminal.
        with click.progressbar(length=max(1, row.size), label=file.name, file=sys.stderr) as bar:
            actions.import_run(import_id=row.id, progress=lambda now: bar.update(max(0, now.at_byte - bar.pos)))
        state = queries.import_get(actor=actor, import_id=row.id)
        if state.state == "failed":
            raise Trouble(f"{file.name} was refused ({state.code}): {state.detail}")
        if rejected is not None and (state.counts["rejected"] or state.counts["left_out"]):
            with rejected.open("wb") as out:
                out.writelines(queries.rejected_file(actor=actor, import_id=row.id))
        counts = ", ".join(f"{number} {name}" for name, number in state.counts.items())
        said = f"{'Would be' if dry_run else 'Done'}: {counts}."
        show(queries.import_json(state), as_json=as_json, text=said)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def _campaign(actor: Any, wanted: str) -> str:
    from ringround.contacts import ports

    known = ports.campaigns(actor)
    found = [str(one) for one, name in known if wanted in (str(one), name)]
    if len(found) != 1:
        names = ", ".join(name for _one, name in known[:10]) or "none"
        raise Trouble(f"there is no campaign {wanted}: there are {names}", 2)
    return found[0]
