"""What `ringround doctor` looks at in this room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator

from ringround.infra.doctor import Finding, readable
from ringround.orgs.models import Organisation


def sign_up(settings: Any) -> Iterable[Finding]:
    """Whether strangers may sign up: a matter of taste before the first organisation, worth a word after it."""
    if settings.signup != "open":
        yield Finding("sign-up", "ok", "closed: people come in by invitation")
        return
    public = settings.public_url is not None and Organisation.objects.exists()
    advice = "If this is for your own organisations alone, set RINGROUND_SIGNUP=invite." if public else ""
    yield Finding("sign-up", "ok", "open: whoever reaches the page may sign up an organisation", advice)


def second_factors(settings: Any) -> Iterable[Finding]:
    """Without their key nobody who has one can sign in."""
    kept = Authenticator.objects.order_by("id").values_list("data", flat=True)
    names = ("secret", "seed")
    return readable(settings, "second factors", (data[name] for data in kept for name in names if data.get(name)))


CHECKS = (sign_up, second_factors)
