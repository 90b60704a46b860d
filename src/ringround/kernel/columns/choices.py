"""Yes and no, one of several, some of several."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from ringround.kernel.columns.base import Context, fault, number_text
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.text import clean

_TRUE = frozenset(
    [
        "true",
        "yes",
        "ja",
        "j",
        "y",
        "t",
        "1",
        "sand",
        "x",
        "on",
        "til",
        "+",
        "✓",
        "✔",
        "☑",
        "sandt",
    ]
)
_FALSE = frozenset(
    [
        "false",
        "no",
        "nej",
        "n",
        "f",
        "0",
        "falsk",
        "off",
        "fra",
        "-",
        "✗",
        "✘",
        "☐",
        "falskt",
    ]
)


def read_bool(raw: object, c: Context) -> bool | Fault | None:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float | Decimal) and raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str):
        word = clean(raw).casefold()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    return fault(c, "not_a_bool", N_("Answer yes or no."))


def read_choice(raw: object, c: Context) -> str | Fault | None:
    if not isinstance(raw, str):
        if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
            return fault(c, "wrong_type", N_("Choose one of the options."))
        raw = number_text(raw)
    found = _option(clean(raw), c.options)
    return found if found is not None else _not_an_option(c)


def read_multi_choice(raw: object, c: Context) -> tuple[str, ...] | Fault | None:
    if isinstance(raw, str):
        whole = _option(clean(raw), c.options)
        # An option may itself hold a comma: the whole, then other separators, come first.
        parts = [raw] if whole is not None else _split(raw)
    elif isinstance(raw, list | tuple):
        if not all(isinstance(part, str) for part in raw):
            return fault(c, "wrong_type", N_("Choose among the options."))
        parts = list(raw)
    else:
        return fault(c, "wrong_type", N_("Choose among the options."))
    chosen: set[str] = set()
    for part in parts:
        if text := clean(part):
            if (found := _option(text, c.options)) is None:
                return _not_an_option(c)
            chosen.add(found)
    # In the order of the options: the same answer is then always the same value.
    return tuple(option for option in c.options if option in chosen) or None


def _split(text: str) -> list[str]:
    marked = re.split(r"[;|\n]", text)
    return marked if len(marked) > 1 else text.split(",")


def _option(text: str, options: Iterable[str]) -> str | None:
    folded = text.casefold()
    loose = None
    for option in options:
        if option == text:
            return option
        if loose is None and option.casefold() == folded:
            loose = option
    return loose


def _not_an_option(c: Context) -> Fault:
    return Fault(
        c.loc,
        "not_an_option",
        N_("This is not one of the options."),
        {"options": list(c.options)},
    )
