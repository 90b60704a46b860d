"""`ringround user add|list|deactivate|password`."""

from __future__ import annotations

import click

from ringround.cli_commands import _people
from ringround.cli_commands._runtime import Trouble, database, json_option, show


@click.group(short_help="Users: add, list, deactivate, new password.")
def command() -> None:
    """Users of an organisation."""


@command.command()
@click.argument("email")
@click.option("--name", required=True, help="The user's own name.")
@click.option("--role", help="owner, manager, supervisor, senior_agent, junior_agent, quality or viewer.")
@click.option(
    "--new", type=click.Choice(["merchant", "agency"]), help="Make the organisation --org, owned by the user."
)
@_people.org_option
@_people.password_option
@json_option
def add(
    email: str, name: str, role: str | None, new: str | None, org: str | None, password_stdin: bool, as_json: bool
) -> None:
    """Add a user to an organisation, or a new organisation with its owner (--new).

    Without a terminal and without --password-stdin a password is made and shown once. Someone who has an account
    keeps their own password.
    """
    with database():
        from ringround.orgs import actions
        from ringround.orgs.models import User

        if new is not None and (org is None or role not in {None, "owner"}):
            raise Trouble("--new needs --org with the organisation's name, and makes its owner", 2)
        if new is None and role is None:
            raise Trouble("say which role with --role, for instance --role manager", 2)
        known = User.objects.filter(email=email.strip().lower()).exists()
        actor = None if new is not None else _people.operator(org)
        password, made = (None, False) if known else _people.new_password(from_stdin=password_stdin)
        if actor is None:
            assert new is not None
            assert org is not None
            owner = actions.organisation_create(kind=new, name=org, email=email, owner_name=name, password=password)
            user, organisation = owner.user, owner.organisation
            assert user is not None
        else:
            assert role is not None
            user = actions.user_create(actor=actor, email=email, name=name, role=role, password=password)
            organisation = actor.organisation
        answer = {"id": str(user.id), "email": user.email, "organisation": organisation.name, "role": role or "owner"}
        answer |= {"password": password or ""} if made else {}
        told = f"\nPassword, shown only now: {password}" if made else ""
        text = f"{user.email} is {answer['role']} of {organisation.name}.{told}"
    show(answer, as_json=as_json, text=text)


@command.command(name="list")
@_people.org_option
@json_option
def list_(org: str | None, as_json: bool) -> None:
    """List the users of an organisation."""
    with database():
        from ringround.orgs.queries.people import members

        actor = _people.operator(org)
        people = members(organisation_ids=[actor.org_id], states=("active", "invited", "inactive"))
    rows = [
        {"id": str(one.id), "email": one.email, "name": one.name, "role": one.role, "state": one.state, "mfa": one.mfa}
        for one in people
    ]
    lines = [f"{row['email']:<36} {row['role']:<14} {row['state']:<10} {row['name']}" for row in rows]
    show(rows, as_json=as_json, text="\n".join(lines) or "Nobody.")


@command.command()
@click.argument("who")
@_people.org_option
def deactivate(who: str, org: str | None) -> None:
    """End a user's membership at once: sessions and tokens with it."""
    with database():
        from ringround.orgs import actions

        actor = _people.operator(org)
        found = _people.person(actor, who)
        actions.user_deactivate(actor=actor, user_id=found.id)
    click.echo(f"{found.email} is no longer a user of {actor.organisation.name}.")


@command.command()
@click.argument("who")
@_people.org_option
@_people.password_option
@json_option
def password(who: str, org: str | None, password_stdin: bool, as_json: bool) -> None:
    """Give a user a new password and sign them out everywhere."""
    with database():
        from ringround.orgs.actions.passwords import user_password_set

        actor = _people.operator(org)
        found = _people.person(actor, who)
        fresh, made = _people.new_password(from_stdin=password_stdin)
        user_password_set(actor=actor, user_id=found.id, password=fresh)
    told = f"\nPassword, shown only now: {fresh}" if made else ""
    answer = {"email": found.email} | ({"password": fresh} if made else {})
    show(answer, as_json=as_json, text=f"{found.email} has a new password.{told}")
