"""Texts, e-mail addresses, web addresses and phone numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import urlsplit

from ringround.kernel import phones
from ringround.kernel.columns.base import Context, fault, number_text
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.phones import Phone
from ringround.kernel.text import clean

MAX_TEXT = 500
MAX_LONG_TEXT = 20_000
MAX_EXTERNAL_ID = 200
MAX_URL = 2_000
MAX_EMAIL = 254


def read_text(raw: object, c: Context) -> str | Fault | None:
    return _bounded(raw, c, MAX_TEXT, lines=False)


def read_long_text(raw: object, c: Context) -> str | Fault | None:
    return _bounded(raw, c, MAX_LONG_TEXT, lines=True)


def read_external_id(raw: object, c: Context) -> str | Fault | None:
    return _bounded(raw, c, MAX_EXTERNAL_ID, lines=False)


def _bounded(raw: object, c: Context, limit: int, *, lines: bool) -> str | Fault | None:
    if not isinstance(raw, str):
        # Numbers are welcome as text (a member number from JSON or a spreadsheet); true is not.
        if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
            return fault(c, "wrong_type", N_("This is not a text."))
        raw = number_text(raw)
    text = clean(raw, lines=lines)
    if len(text) > limit:
        return Fault(
            c.loc,
            "too_long",
            N_("At most %(limit)s characters.", limit=limit),
            {"limit": limit},
        )
    return text or None


def read_phone(raw: object, c: Context) -> Phone | Fault | None:
    phone = phones.parse(raw, c.region)
    if phone is None:
        return fault(c, "not_a_phone", N_("This is not a phone number."))
    return phone


_EMAIL = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_])"
)


def read_email(raw: object, c: Context) -> str | Fault | None:
    if isinstance(raw, str):
        text = clean(raw, MAX_EMAIL + 10)
        if text[:7].lower() == "mailto:":
            text = text[7:]
        if len(text) <= MAX_EMAIL and (found := _EMAIL.fullmatch(text)):
            local = text[: found.start(1) - 1]
            if len(local) <= 64:
                return f"{local}@{found[1].lower()}"
    return fault(c, "not_an_email", N_("This is not an e-mail address."))


_BARE_SITE = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}(?::\d+)?(?:[/?#].*)?")


def read_url(raw: object, c: Context) -> str | Fault | None:
    if isinstance(raw, str):
        text = clean(raw, MAX_URL + 1)
        if _BARE_SITE.fullmatch(text):
            text = "https://" + text
        if len(text) <= MAX_URL and _is_web_url(text):
            return text
    return fault(c, "not_a_url", N_("This is not a web address (http or https)."))


def _is_web_url(text: str) -> bool:
    if any(ch.isspace() or ch in '\\"<>`{}|^' for ch in text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    # A name before @ makes a link look like another site's.
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and (port is None or port > 0)
    )
