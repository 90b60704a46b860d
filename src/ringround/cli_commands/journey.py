"""`ringround journey import|export|list`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import Trouble, database, json_option, show


@click.group(short_help="Journeys: import, export, list.")
def command() -> None:
    """Journeys as files: the same document as in the editor and the API."""


@command.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Its name here; else the document's.")
@click.option("--publish", is_flag=True, help="Let it loose at once.")
@_people.org_option
@json_option
def import_(file: Path, name: str | None, publish: bool, org: str | None, as_json: bool) -> int:
    """Read a journey from FILE. One of that name gets it as its draft, else it is made."""
    with database():
        from ringround.journeys import actions, queries
        from ringround.journeys.rules import lint

        actor = _people.operator(org)
        raw = lint.load(file.read_bytes())
        if isinstance(raw, lint.Checked):
            raise Trouble(f"{file}: {raw.errors[0].text}", 2)
        if not isinstance(raw, dict):
            raise Trouble(f"{file}: a journey is an object", 2)
        found = queries.checked(actor=actor, document=raw)
        lines = [
            f"{one.level}: {f'node {one.node}, ' if one.node else ''}{one.field} {one.text}" for one in found.flaws
        ]
        if found.errors:
            raise Trouble(f"{file} is wrong: {'; '.join(lines)}", 2)
        called = name or str(raw.get("name") or "")
        journey = next((one for one in _every(actor, archived=False) if one.name == called), None)
        if journey is None:
            journey = actions.journey_create(actor=actor, name=called, document=raw)
        else:
            journey = actions.draft_save(actor=actor, journey_id=journey.id, document={**raw, "name": called})
        version = _published(actor, journey.id) if publish else None
    answer: dict[str, Any] = {"id": str(journey.id), "name": journey.name, "version": version, "warnings": lines}
    told = f"published as version {version}" if version else "saved as a draft"
    show(answer, as_json=as_json, text="\n".join([*lines, f"{journey.name} is {told}: {journey.id}"]))
    return 0


@command.command()
@click.argument("name")
@click.option("--draft", is_flag=True, help="The draft, instead of what is published.")
@_people.org_option
def export(name: str, draft: bool, org: str | None) -> None:
    """Write the journey NAME (or its id) to standard output, as JSON."""
    with database():
        every = _every(_people.operator(org), archived=None)
        called = [one for one in every if name in (one.name, str(one.id))]
        # Of two with one name the one that is not put away.
        journey = min(called, key=lambda one: bool(one.state == "archived"), default=None)
        if journey is None:
            raise Trouble(f"there is no journey {name!r}: `ringround journey list` shows them")
        document = journey.draft if draft or journey.version is None else journey.version.document
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@command.command(name="list")
@_people.org_option
@json_option
def list_(org: str | None, as_json: bool) -> None:
    """List the journeys of an organisation."""
    with database():
        rows = [
            {
                "id": str(one.id), "name": one.name, "state": one.state,
                "version": one.version.number if one.version else None,
            }
            for one in _every(_people.operator(org), archived=False)
        ]  # fmt: skip
    lines = [f"{row['id']} {row['state']:<9} {row['name']}" for row in rows]
    show(rows, as_json=as_json, text="\n".join(lines) or "No journeys.")


def _every(actor: Any, *, archived: bool | None) -> Iterator[Any]:
    from ringround.journeys import queries

    after = None
    while True:
        rows, after = queries.journey_list(actor=actor, size=500, after=after, archived=archived)
        yield from rows
        if after is None:
            return


def _published(actor: Any, journey_id: Any) -> int:
    """The number of the version that it has now: a new one, unless it is published already as it stands."""
    from ringround.journeys import actions, queries
    from ringround.kernel.errors import Conflict

    try:
        return actions.journey_publish(actor=actor, journey_id=journey_id).number
    except Conflict as refused:
        if refused.code != "published_already":
            raise
        return queries.version_list(actor=actor, journey_id=journey_id)[0].number
