"""An entry in an address, a cookie or a hidden field: encrypted with our own keys, so that nobody reads or alters it.

Each is sealed for one purpose and opens for no other; where it has a time, that is real time.
"""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings

from ringround.infra import secrets
from ringround.infra.secrets import KeyTrouble
from ringround.onboarding.rules.entry import Entry

# What travels: an address that somebody else's system made, a national id on its way out of an address, a form.
LINK, NATIONAL_ID, FORM = "link", "national_id", "form"
LINK_TTL_S, NATIONAL_ID_TTL_S = 600, 900
# A longer one is none of ours, and no address is as long.
LONGEST = 12_000


def seal(purpose: str, what: dict[str, Any], *, of: str = "", ttl_s: int | None = None) -> str:
    """A token with this in it. `of`: whose it is, who alone may open it."""
    until = None if ttl_s is None else int(time.time()) + ttl_s
    return secrets.cipher(settings.RINGROUND).encrypt(json.dumps([purpose, of, until, what]))


def unseal(purpose: str, token: str, *, of: str = "") -> dict[str, Any] | None:
    """What is in it; None where it is not ours, for something else, somebody else's, or its time is over."""
    if not token or len(token) > LONGEST or not token.isascii():
        return None
    try:
        found = json.loads(secrets.cipher(settings.RINGROUND).decrypt(token))
    except (KeyTrouble, ValueError):
        return None
    if not isinstance(found, list) or len(found) != 4 or found[:2] != [purpose, of]:
        return None
    until, what = found[2:]
    if (until is not None and until < time.time()) or not isinstance(what, dict):
        return None
    return what


def entry_seal(entry: Entry, *, purpose: str, of: str = "", ttl_s: int | None = None) -> str:
    return seal(purpose, entry.to_json(), of=of, ttl_s=ttl_s)


def entry_unseal(token: str, *, purpose: str, of: str = "") -> Entry | None:
    found = unseal(purpose, token, of=of)
    return None if found is None else Entry.from_json(found)
