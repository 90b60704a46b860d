"""Numbers with a comma or a point."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from ringround.kernel.columns.base import Context, fault
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.text import clean

MAX_DIGITS = 15  # what a float, and so JSON, keeps exactly

_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?", re.ASCII)
_CURRENCY = re.compile(r"^(?:kr\.?|dkk|€|eur|\$)\s*|\s*(?:kr\.?|dkk|€|eur|,-|\.-)$", re.IGNORECASE)
_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII),
    ",": re.compile(r"\d{1,3}(?:,\d{3})+", re.ASCII),
}


def read_number(raw: object, c: Context) -> Decimal | Fault | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return fault(c, "wrong_type", N_("This is not a number."))
    text = raw if isinstance(raw, str) else str(raw)
    if isinstance(raw, str):
        text = clean(text)
        text = "".join(text.split()).replace("\u2212", "-").replace("'", "")
        text = _CURRENCY.sub("", text)
        sign = text[:1] if text[:1] in ("+", "-") else ""
        text = text[len(sign) :]
        text = ("-" if sign == "-" else "") + _separators(text, c.decimal)
        if not _PLAIN_NUMBER.fullmatch(text):
            return fault(c, "not_a_number", N_("This is not a number."))
    try:
        number = Decimal(text)
    except InvalidOperation:
        return fault(c, "not_a_number", N_("This is not a number."))
    if not number.is_finite() or len(number.as_tuple().digits) + max(0, int(number.as_tuple().exponent)) > MAX_DIGITS:
        return fault(c, "too_large", N_("A number has at most 15 digits."))
    return number


def _separators(text: str, decimal: str) -> str:
    """The number with a point for its decimals and nothing between thousands."""
    commas, points = text.count(","), text.count(".")
    if commas and points:
        # Both: the one that stands last is the decimal sign.
        mark, group = (",", ".") if text.rfind(",") > text.rfind(".") else (".", ",")
        whole, _, rest = text.rpartition(mark)
        if not _GROUPED[group].fullmatch(whole):
            return "?"
        return f"{whole.replace(group, '')}.{rest}"
    if not commas and not points:
        return text
    mark = "," if commas else "."
    if (mark != decimal or commas + points > 1) and _GROUPED[mark].fullmatch(text):
        return text.replace(mark, "")  # 1.234 and 1.234.567 where decimals have a comma
    return text.replace(mark, ".")
