"""Numbers of a workbook as people saw them: dates are numbers there, and so is a telephone number."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|_.|\*.', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s()/+-]")
# The built-in formats that are dates, dates with a time, times (ECMA-376 part 1, 18.8.30; 27-36 and 50-58 by locale).
_DATES = frozenset([14, 15, 16, 17, *range(27, 32), 34, 35, 36, *range(50, 59)])
_MOMENTS, _TIMES, _ELAPSEDS = frozenset([22]), frozenset([18, 19, 20, 21, 32, 33, 45, 47]), frozenset([46])


class Format(NamedTuple):
    """How a cell's number is written: `kind` is plain, date, time or elapsed; `zeros`: with as many digits at least."""

    kind: str = "plain"
    zeros: int = 0


PLAIN = Format()


def format_of(number: int, code: str) -> Format:
    """The format of this number in the styles; `code` where the workbook declares it itself."""
    if not code:
        if number in _DATES or number in _MOMENTS:
            return Format("date")
        return Format("time") if number in _TIMES else Format("elapsed") if number in _ELAPSEDS else PLAIN
    if code.lower() == "general":
        return PLAIN
    first = code.split(";", 1)[0]
    # `"Nr. "000000`, `00\ 00\ 00\ 00` and `000000-0000` say how many digits there are.
    digits = _BETWEEN.sub("", _QUOTED.sub("", first))
    if digits and not digits.strip("0"):
        return Format("plain", len(digits))
    if _ELAPSED.search(first):
        return Format("elapsed")
    letters = set(_QUOTED.sub("", first).lower().replace("general", "").replace("am/pm", "h"))
    if letters & set("yd") or ("m" in letters and not letters & set("hs0#?")):
        return Format("date")
    return Format("time") if letters & set("hs") and not letters & set("0#?") - {"0"} else PLAIN


def number_text(raw: str, format: Format, *, decimal: str, year_1904: bool) -> str:
    """A cell's number as text; what is no number stays as it is."""
    if format.kind == "plain" and raw.isascii() and raw.isdigit() and len(raw) <= 15:
        return raw.zfill(format.zeros)
    try:
        number = float(raw)
    except ValueError:
        return raw
    if number != number or number in (float("inf"), float("-inf")):
        return ""
    if format.kind != "plain" and (text := _moment(number, format.kind, year_1904)):
        return text
    if number.is_integer():
        # However it is shown: 4.52E+09 is a telephone number that a spreadsheet took for a quantity.
        text = f"{int(number):d}"
        return text.zfill(format.zeros) if number >= 0 else text
    # Fifteen digits are what a spreadsheet knows: 12.300000000000001 is 12.3.
    return f"{Decimal(f'{number:.15g}'):f}".replace(".", decimal)


# Further than any calendar here; what lies beyond need not even be a whole number of seconds.
_LAST_DAY = 10_000_000


def _moment(serial: float, kind: str, year_1904: bool) -> str:
    """A serial day as date, time or both; "" outside of what a spreadsheet can show."""
    if abs(serial) > _LAST_DAY:
        return ""
    seconds = round(serial * 86_400)
    if seconds < 0:
        return ""
    if kind == "elapsed":
        return _clock(seconds)
    if kind == "time" and seconds < 86_400:
        return _clock(seconds)
    if seconds < 86_400 and not year_1904:
        return _clock(seconds)
    epoch = datetime(1904, 1, 1) if year_1904 else datetime(1899, 12, 30)
    if not year_1904 and seconds < 60 * 86_400:
        epoch = datetime(1899, 12, 31)  # a spreadsheet believes in 29 February 1900
    try:
        at = epoch + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    day = f"{at:%Y-%m-%d}" if at.year >= 1000 else ""
    return day if seconds % 86_400 == 0 or not day else f"{day} {_clock(seconds % 86_400)}"


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text
