"""Ids and tokens. Ids sort by the time they were made, which keeps index inserts at one end; that
order is a convenience and never the order of events."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid

import uuid_utils
from uuid_utils.compat import uuid7

# The canonical form only: uuid.UUID() would also take braces, "urn:uuid:" and stray hyphens, and
# then one object would have many addresses.
_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def new_id() -> uuid.UUID:
    """A fresh UUIDv7."""
    return uuid7()


def new_id_text() -> str:
    """The same as text, for whoever writes thousands: without an object that is only written out."""
    return str(uuid_utils.uuid7())


def parse_id(text: object) -> uuid.UUID | None:
    """The id written as `text` (or already an id), or None: a bad id is simply not found."""
    if isinstance(text, uuid.UUID):
        return text
    if isinstance(text, str) and _CANONICAL.fullmatch(text):
        return uuid.UUID(text)
    return None


def new_token(prefix: str) -> str:
    """A secret of 256 random bits, `<prefix>_<43 url-safe characters>`; shown once, stored hashed.

    The prefix lets a leaked token be recognised by scanners and by its owner.
    """
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> str:
    """What is stored of a token: SHA-256 in hex. Plain, not slow: the token is random, not chosen."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
