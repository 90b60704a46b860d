"""How tests of the room's screens sign in and fill in forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from ringround.onboarding.forms.builder import Builder
    from ringround.orgs.actor import Actor


def come(actor: Actor, language: str = "en") -> Client:
    """A browser in which they are signed in."""
    client = Client()
    assert actor.user is not None
    actor.user.language = language
    actor.user.save()
    client.force_login(actor.user)
    return client


def posted(builder: Builder) -> dict[str, Any]:
    """What a browser posts of the workflow's form as it is drawn."""
    found: dict[str, Any] = {
        "next": str(builder.names.next),
        "role": [one.role for one in builder.fields],
        "product": builder.names.products,
        "metadata": builder.names.metadata,
    }
    for form in builder.parts:
        for field in form:
            value = field.value()
            if value is not None and value is not False and value != "":
                found[field.html_name] = value if isinstance(value, list) else "on" if value is True else str(value)
    return found
