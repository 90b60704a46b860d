"""`ringround token create|list|revoke`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import Trouble, database, json_option, show


@click.group(short_help="API tokens: create, list, revoke.")
def command() -> None:
    """Tokens with which programs use the API as a user."""


@command.command()
@click.argument("name")
@click.option("--user", "who", required=True, help="Whom the token acts as: e-mail address or id.")
@click.option("--scope", "scopes", multiple=True, help="A room or a permission; may be repeated. Without: everything.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it lives. Without: until it is revoked.")
@_people.org_option
@json_option
def create(name: str, who: str, scopes: tuple[str, ...], days: int | None, org: str | None, as_json: bool) -> None:
    """Make a token called NAME and show it once."""
    with database():
        from ringround.orgs import actions
        from ringround.orgs.queries.acting import actor_for_member

        operator = _people.operator(org)
        found = _people.person(operator, who)
        actor = actor_for_member(organisation_id=operator.org_id, user_id=found.id)
        if actor is None:
            raise Trouble(f"{found.email} is not active, and a token acts as an active user: add the user again first")
        made, raw = actions.token_create(actor=actor, name=name, scopes=scopes or ("*",), days=days)
    answer = {
        "id": str(made.id),
        "name": made.name,
        "token": raw,
        "expires_at": made.expires_at and made.expires_at.isoformat(),
    }
    show(answer, as_json=as_json, text=raw)


@command.command(name="list")
@_people.org_option
@json_option
def list_(org: str | None, as_json: bool) -> None:
    """List the tokens of an organisation."""
    with database():
        from ringround.orgs.queries.tokens import token_list

        tokens = token_list(actor=_people.operator(org))
    lines = [f"{one.id}  {one.state:<8} {one.who:<28} {','.join(one.scopes):<20} {one.name}" for one in tokens]
    show([asdict(one) for one in tokens], as_json=as_json, text="\n".join(lines) or "No tokens.")


@command.command()
@click.argument("token_id")
@_people.org_option
def revoke(token_id: str, org: str | None) -> None:
    """End a token at once, by the id that `list` shows."""
    with database():
        from ringround.orgs import actions

        found = actions.token_revoke(actor=_people.operator(org), token_id=_people.as_id(token_id))
    click.echo(f"The token {found.name} is revoked.")
