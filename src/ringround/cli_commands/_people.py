"""How the operator names an organisation, a person and a password on the command line."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING
from uuid import UUID

import click

from ringround.cli_commands._runtime import Trouble

if TYPE_CHECKING:
    from ringround.orgs.actor import Actor
    from ringround.orgs.queries.people import Person

org_option = click.option("--org", "org", help="The organisation, by name or id; not needed while there is only one.")


def operator(org: str | None) -> Actor:
    """The product itself acting for the organisation that is meant."""
    from ringround.orgs import actor
    from ringround.orgs.models import Organisation

    every = list(Organisation.objects.order_by("name", "id"))
    if org is None:
        found = every
    else:
        found = [one for one in every if str(one.id) == org.lower() or one.name.casefold() == org.casefold()]
    if len(found) == 1:
        return actor.system(found[0])
    if not every:
        raise Trouble("there is no organisation yet: sign up in the browser, or add an owner with --new merchant", 2)
    names = ", ".join(f"{one.name} ({one.id})" for one in (found or every)[:10])
    raise Trouble(f"say which organisation with --org: {names}", 2)


def person(org: Actor, who: str) -> Person:
    """The member that is meant, by e-mail address, id or external id."""
    from ringround.orgs.queries.people import member_find

    states = ("active", "invited", "inactive")
    found = member_find(organisation_ids=[org.org_id], ref=who, states=states)
    if found is None:
        raise Trouble(f"{who} is not a user of {org.organisation.name}: see `ringround user list`")
    return found


def as_id(value: str) -> UUID:
    """An id as given on the command line."""
    try:
        return UUID(value)
    except ValueError:
        raise Trouble(f"{value} is not an id", 2) from None


def new_password(*, from_stdin: bool) -> tuple[str, bool]:
    """A password, and whether it was made here and has to be told: read, asked for at a terminal, or made."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True)), False
    return secrets.token_urlsafe(12), True


password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
