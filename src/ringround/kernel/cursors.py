"""Cursors for paging: where a list left off, opaque to callers, refused when it makes no sense.

Not secret and not signed: a cursor only says after which row to go on, and the query is bound to
the actor's organisation whatever it says.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ringround.kernel.errors import Invalid
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_

MAX_CURSOR = 2000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MAX_SEQ = 2**63 - 1  # PostgreSQL's bigint

_Plain = str | int | bool | None


def encode(values: Sequence[_Plain | datetime | UUID]) -> str:
    """A cursor of the values a list is ordered by, in that order."""
    plain = [str(v) if isinstance(v, UUID) else _iso(v) for v in values]
    raw = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    # surrogatepass: what came in broken from a caller must not break the way out.
    encoded = base64.urlsafe_b64encode(raw.encode("utf-8", "surrogatepass"))
    return encoded.decode("ascii").rstrip("=")


def decode(cursor: str, *types: type) -> tuple[Any, ...]:
    """The values of a cursor, one per type (str, int, bool, datetime, UUID); raises Invalid.

    `decode(c, datetime, UUID)` is what `encode([at, id])` made. None is taken for any type.
    """
    values = _load(cursor)
    if len(values) != len(types):
        raise _bad()
    return tuple(_typed(value, kind) for value, kind in zip(values, types, strict=True))


def encode_at(at: datetime, row_id: UUID) -> str:
    """After this row in a list ordered by time, then id."""
    return encode([at, row_id])


def decode_at(cursor: str) -> tuple[datetime, UUID]:
    """Time and id of encode_at(); raises Invalid `bad_cursor`."""
    at, row_id = decode(cursor, datetime, UUID)
    if at is None or row_id is None:
        raise _bad()
    return at, row_id


def encode_seq(seq: int) -> str:
    """After this number in a list in `seq` order."""
    return encode([seq])


def decode_seq(cursor: str) -> int:
    """The number of encode_seq(); raises Invalid `bad_cursor`."""
    (seq,) = decode(cursor, int)
    if seq is None or not 0 <= seq <= _MAX_SEQ:
        raise _bad()
    return int(seq)


def _load(cursor: str) -> list[Any]:
    if not cursor or len(cursor) > MAX_CURSOR:
        raise _bad()
    try:
        # urlsafe_b64decode skips what is no base64; altchars with validate does not.
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw.decode("utf-8"))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad() from error
    if not isinstance(values, list):
        raise _bad()
    return values


def _typed(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is datetime:
        try:
            at = datetime.fromisoformat(value)
        except (ValueError, TypeError) as error:
            raise _bad() from error
        if at.tzinfo is None or not 2 <= at.year <= 9998:
            raise _bad()
        return at.astimezone(UTC)
    if kind is UUID:
        found = parse_id(value)
        if found is None:
            raise _bad()
        return found
    if type(value) is not kind:
        raise _bad()
    # PostgreSQL takes no nul in a text, no lone surrogate, and no more than 64 bits in a bigint.
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise _bad()
    if isinstance(value, int) and abs(value) > _MAX_SEQ:
        raise _bad()
    return value


def _iso(value: _Plain | datetime | UUID) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _bad() -> Invalid:
    return Invalid.one(
        ("query", "after"),
        "bad_cursor",
        N_("This is not a cursor that this list gave out."),
    )
