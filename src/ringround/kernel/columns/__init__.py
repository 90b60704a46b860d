"""Typed values of contact lists and forms: what people write, to a value, to JSON and to text.

`parse()` runs once per cell of an import, so each type is one function and does little on the
usual form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ringround.kernel.columns.base import Context, number_text
from ringround.kernel.columns.choices import read_bool, read_choice, read_multi_choice
from ringround.kernel.columns.dates import read_date, read_datetime
from ringround.kernel.columns.numbers import MAX_DIGITS, read_number
from ringround.kernel.columns.texts import (
    MAX_EMAIL,
    MAX_EXTERNAL_ID,
    MAX_LONG_TEXT,
    MAX_TEXT,
    MAX_URL,
    read_email,
    read_external_id,
    read_long_text,
    read_phone,
    read_text,
    read_url,
)
from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import N_
from ringround.kernel.phones import Phone

__all__ = [
    "FORM_TYPES", "MAX_DIGITS", "MAX_EMAIL", "MAX_EXTERNAL_ID", "MAX_LONG_TEXT", "MAX_TEXT",
    "MAX_URL", "TYPES", "Value", "is_email", "parse", "to_json", "to_text",
]  # fmt: skip

TYPES = (
    "text", "long_text", "number", "date", "datetime", "choice", "multi_choice", "bool",
    "phone", "email", "url", "external_id",
)  # fmt: skip
# What a campaign's form may ask for.
FORM_TYPES = (
    "text", "long_text", "number", "date", "datetime", "choice", "multi_choice", "bool",
    "email", "phone",
)  # fmt: skip


Value = str | Decimal | date | datetime | bool | tuple[str, ...] | Phone


def parse(
    type: str,
    raw: object,
    *,
    options: Sequence[str] = (),
    zone: ZoneInfo | None = None,
    region: str | None = None,
    decimal: str = ",",
    loc: Loc = (),
) -> Value | Fault | None:
    """The value of a cell or a JSON value: None when empty, a Fault at `loc` when it is none.

    `options` are those of a choice; `zone` is where a time without one was read (default UTC);
    `region` is where a phone number was written; `decimal` settles `1.234`, which is 1234 where
    the decimal sign is a comma. A phone gives a Phone, valid or not: read `.valid`.
    """
    if raw is None:
        return None
    if isinstance(raw, str):
        if not raw or raw.isspace():
            return None
    elif isinstance(raw, float) and raw - raw != 0:  # nan and the infinities
        return Fault(loc, "wrong_type", N_("This is not a usable value."))
    return _PARSERS[type](raw, Context(options, zone, region, decimal, loc))


def to_json(value: Value | None) -> Any:
    """A value as it is stored and served: ISO dates, UTC times, numbers as numbers, E.164."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
        case Phone():
            return value.e164
        case _:
            return value


def to_text(value: Any, *, zone: ZoneInfo | None = None, decimal: str = ",") -> str:
    """A value, or its JSON form, as one cell of an export that parse() reads back."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Phone():
            return value.e164
        case int() | float() | Decimal():
            return number_text(value, decimal)
        case datetime():
            local = value.astimezone(zone or UTC)
            return local.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case tuple() | list():
            return "; ".join(str(item) for item in value)
        case _:
            return str(value)


def is_email(text: str) -> bool:
    """Whether a text has the form of an e-mail address."""
    return not isinstance(parse("email", text), Fault | None)


_PARSERS: dict[str, Callable[[object, Context], Value | Fault | None]] = {
    "text": read_text,
    "long_text": read_long_text,
    "number": read_number,
    "date": read_date,
    "datetime": read_datetime,
    "choice": read_choice,
    "multi_choice": read_multi_choice,
    "bool": read_bool,
    "phone": read_phone,
    "email": read_email,
    "url": read_url,
    "external_id": read_external_id,
}
