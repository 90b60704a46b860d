"""`ringround client add|list`."""

from __future__ import annotations

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import database, json_option, show


@click.group(short_help="An agency's clients that never sign in: add, list.")
def command() -> None:
    """Merchants that an agency manages."""


@command.command()
@click.argument("name")
@_people.org_option
@json_option
def add(name: str, org: str | None, as_json: bool) -> None:
    """Make a client of the agency --org; its owners and managers then act for it."""
    with database():
        from ringround.orgs import actions

        actor = _people.operator(org)
        made = actions.client_create(actor=actor, name=name)
    answer = {"id": str(made.id), "name": made.name, "agency": actor.organisation.name}
    show(answer, as_json=as_json, text=f"{made.name} is a client of {actor.organisation.name}: {made.id}")


@command.command(name="list")
@_people.org_option
@json_option
def list_(org: str | None, as_json: bool) -> None:
    """List the clients of an agency."""
    with database():
        from ringround.orgs import queries

        found = queries.client_list(actor=_people.operator(org), size=10_000)
    rows = [{"id": str(one.id), "name": one.name, "state": one.state} for one in found]
    lines = [f"{row['id']} {row['state']:<8} {row['name']}" for row in rows]
    show(rows, as_json=as_json, text="\n".join(lines) or "No clients.")
