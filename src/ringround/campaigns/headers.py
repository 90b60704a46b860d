"""What an external site is sent in headers, its sign-in above all: names in the clear, values encrypted each by itself
and never shown again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings

from ringround.campaigns.models import ExternalSite
from ringround.infra import secrets


def names_of(site: ExternalSite) -> list[str]:
    """The headers that it has, by their names."""
    return list(_read(site.headers))


def changed(stored: str, said: Mapping[str, str | None]) -> str:
    """What is stored when these are written, or taken away (None); upper and lower case are the same."""
    kept = _read(stored)
    cipher = secrets.cipher(settings.RINGROUND) if any(said.values()) else None
    for name, value in said.items():
        for there in [one for one in kept if one.casefold() == name.casefold()]:
            del kept[there]
        if value is not None and cipher is not None:
            kept[name] = cipher.encrypt(value)
    return json.dumps(kept) if kept else ""


def opened(stored: str) -> dict[str, str]:
    """With their values; KeyTrouble where no key of ours made them."""
    kept = _read(stored)
    cipher = secrets.cipher(settings.RINGROUND) if kept else None
    return {name: cipher.decrypt(token) for name, token in kept.items()} if cipher is not None else {}


def tokens_of(stored: str) -> list[str]:
    """The encrypted values, for who looks whether the keys are there."""
    return list(_read(stored).values())


def _read(stored: str) -> dict[str, str]:
    return dict(json.loads(stored)) if stored else {}
