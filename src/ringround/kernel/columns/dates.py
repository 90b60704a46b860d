"""Dates and times as Danes, programs and spreadsheets write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from ringround.kernel.calendar import from_local
from ringround.kernel.columns.base import Context, fault
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.text import clean

_FIRST_YEAR, _LAST_YEAR = 1850, 2200

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_COMPACT_DATE = re.compile(r"((?:18|19|20|21)\d\d)(\d\d)(\d\d)", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ]{1,2}(\d{1,2})[-/. ]{1,2}(\d{4})", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[-/. ]{1,2}\d{1,2}[-/. ]{1,2}\d{2}", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})\.? ?([a-zæøå]{3,9})\.? ?,? ?(\d{4})", re.IGNORECASE)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january", "feb februar february", "mar marts march", "apr april",
            "maj may", "jun juni june", "jul juli july", "aug august",
            "sep sept september", "okt oct oktober october", "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_CLOCK = re.compile(
    r"(?:[T ]|,? +|,? *kl\.? *)(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?$",
    re.ASCII | re.IGNORECASE,
)
_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)", re.ASCII | re.IGNORECASE)


def read_date(raw: object, c: Context) -> date | Fault | None:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if not isinstance(raw, str):
        return fault(c, "wrong_type", N_("This is not a date."))
    text = clean(raw)
    clock = _CLOCK.search(text)
    if clock and {
        clock[1].lstrip("0"),
        clock[2].lstrip("0"),
        (clock[3] or "").lstrip("0"),
    } == {""}:
        text = text[: clock.start()]  # midnight, which spreadsheets add to every date
    return _day(text, c)


def read_datetime(raw: object, c: Context) -> datetime | Fault | None:
    if isinstance(raw, datetime):
        return raw.astimezone(UTC) if raw.tzinfo else _zoned(raw, c)
    if isinstance(raw, date):
        return _zoned(datetime.combine(raw, time()), c)
    if not isinstance(raw, str):
        return fault(c, "wrong_type", N_("This is not a date and time."))
    text = clean(raw)
    if _WITH_ZONE.fullmatch(text):
        try:
            at = datetime.fromisoformat(text.upper())
        except ValueError:
            return fault(c, "not_a_datetime", N_("This is not a date and time."))
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            return _out_of_range(c)
        return at.astimezone(UTC)
    clock = _CLOCK.search(text)
    day = _day(text[: clock.start()] if clock else text, c)
    if isinstance(day, Fault):
        return day if day.code != "not_a_date" else _not_a_datetime(c)
    if clock is None:
        return _zoned(datetime.combine(day, time()), c)
    try:
        hour = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
    except ValueError:
        return _not_a_datetime(c)
    return _zoned(datetime.combine(day, hour), c)


def _day(text: str, c: Context) -> date | Fault:
    text = text.strip()
    if found := _ISO_DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif _SHORT_YEAR.fullmatch(text):
        # 31-12-30 is somebody's birth or a deadline: nothing here can know, so it is asked for.
        return fault(c, "two_digit_year", N_("Write the year with four digits."))
    elif (found := _NAMED.fullmatch(text)) and found[2].lower() in _MONTHS:
        day, month, year = int(found[1]), _MONTHS[found[2].lower()], int(found[3])
    else:
        return fault(c, "not_a_date", N_("This is not a date. Write it as 31-12-2026."))
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return _out_of_range(c)
    try:
        return date(year, month, day)
    except ValueError:
        return fault(c, "not_a_date", N_("This is not a date. Write it as 31-12-2026."))


def _zoned(local: datetime, c: Context) -> datetime:
    return from_local(local, c.zone) if c.zone else local.replace(tzinfo=UTC)


def _not_a_datetime(c: Context) -> Fault:
    return fault(
        c,
        "not_a_datetime",
        N_("This is not a date and time. Write it as 31-12-2026 14:30."),
    )


def _out_of_range(c: Context) -> Fault:
    return fault(c, "out_of_range", N_("The year is out of range."))
