"""Ids and tokens. Ids sort by the time they were made, which keeps index inserts at one end; that
order is a convenience and never the order of events."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import uuid
from datetime import datetime

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


def least_id(at: datetime) -> uuid.UUID:
    """The least id that could have been made at a moment: ids below it are older."""
    ms = int(at.timestamp() * 1000)
    return uuid.UUID(f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7000-8000-000000000000")


class IdRow:
    """UUIDv7s as text, each greater than the one before, and than all of rows begun earlier in this process.

    A row is begun by whoever decides the order, and drawn from in any process: so what several make at once is ordered
    as it was told to be, not by who was first. Not for several threads at once.
    """

    __slots__ = ("_ms", "_next", "_random")

    _last_ms = 0

    def __init__(self, ms: int) -> None:
        self._ms, self._next, self._random = f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7", 0, ""

    @classmethod
    def begin(cls) -> IdRow:
        """A new row."""
        # A millisecond is one row's alone; where they are begun faster than that, they run a little ahead of the clock.
        cls._last_ms = max(time.time_ns() // 1_000_000, cls._last_ms + 1)
        return cls(cls._last_ms)

    def text(self) -> str:
        """The next id: 26 bits that count in place of the first random ones, and 48 random bits."""
        number = self._next
        self._next = number + 1
        at = number % _IDS_AT_ONCE
        if not at:
            if number >> 26:
                raise OverflowError("a row of ids is at its end")
            self._random = secrets.token_hex(6 * _IDS_AT_ONCE)
        return f"{self._ms}{number >> 14:03x}-{0x8000 | number & 0x3FFF:04x}-{self._random[12 * at : 12 * at + 12]}"


_IDS_AT_ONCE = 512


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
