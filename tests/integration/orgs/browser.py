"""A visitor: Django's test client with the words of signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyotp
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from ringround.orgs.actor import Actor
from ringround.orgs.models import User

PASSWORD = "rigtig hest batteri"


def with_password(actor: Actor, password: str = PASSWORD) -> User:
    """The actor's user, who can now sign in."""
    assert actor.user is not None
    actor.user.set_password(password)
    actor.user.save()
    return actor.user


def with_authenticator(user: User) -> pyotp.TOTP:
    """The user's authenticator app."""
    secret = generate_totp_secret()
    # The adapter encrypts, so the secret is stored as the product stores it.
    TOTP.activate(user, secret)
    return pyotp.TOTP(secret)


@dataclass
class Browser:
    client: Client

    def get(self, name: str, /, *args: Any, **query: Any) -> HttpResponse:
        return self.client.get(reverse(name, args=args), query)  # type: ignore[return-value]

    def post(self, name: str, /, *args: Any, **data: Any) -> HttpResponse:
        return self.client.post(reverse(name, args=args), data)  # type: ignore[return-value]

    def sign_in(self, user: User, password: str = PASSWORD, **more: Any) -> HttpResponse:
        """By the form, with everything that belongs to it."""
        return self.post("account_login", login=user.email, password=password, **more)

    def come_in(self, actor: Actor) -> Browser:
        """As the actor, quickly: for tests of what lies behind the door."""
        assert actor.user is not None
        self.client.force_login(actor.user)
        return self

    @property
    def signed_in(self) -> bool:
        """Whether a page for signed-in people opens."""
        return self.get("orgs:profile").status_code == 200
