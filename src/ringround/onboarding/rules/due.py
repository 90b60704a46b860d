"""When an agreement is collected: the dates of its schedule, the bank day of each, and when the rail must have it.

A *period* is a date of the schedule and makes a charge the only one of its kind. It is collected on the period's date,
or the next bank day where the rail knows only those, and handed in so long before as the rail wants it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from ringround.kernel.public_holidays import is_holiday

MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
FIXED_DAY = "fixed_day"
_DAY = timedelta(days=1)
# No rail wants a charge longer ahead than this.
_LONGEST = 120
_ASCENSION_WEEKDAY = 3


class Notice(Protocol):
    """What of a rail's abilities is asked here: `gateways.port.Capabilities`."""

    @property
    def min_lead_days(self) -> int: ...
    @property
    def bank_days(self) -> bool: ...
    @property
    def cut_off(self) -> CutOff | None: ...


class CutOff(Protocol):
    """Hand-ins of a month end on this day of the month before."""

    @property
    def day(self) -> int: ...
    @property
    def bank_days(self) -> bool: ...


def months_on(day: date, months: int, anchor: int) -> date:
    """So many months later, on the anchor day, or the month's last where it is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))


def period_after(period: date, schedule: str, anchor: int) -> date:
    """The period after this one."""
    return months_on(period, MONTHS[schedule], anchor)


def periods(first: date, schedule: str, anchor: int) -> Iterator[date]:
    """The periods from this one on."""
    while True:
        yield first
        first = period_after(first, schedule, anchor)


@lru_cache(maxsize=4096)
def is_bank_day(day: date) -> bool:
    """Whether Danish banks settle on this day: no weekend, no public holiday, nor those that only banks keep."""
    if day.weekday() >= 5 or is_holiday("DK", day):
        return False
    if (day.month, day.day) in ((6, 5), (12, 24), (12, 31)):
        return False
    # The Friday after Ascension Day, a Thursday in spring that is a holiday and no Maundy Thursday.
    before = day - _DAY
    return not (
        day.weekday() == _ASCENSION_WEEKDAY + 1
        and is_holiday("DK", before)
        and not is_holiday("DK", day)
        and (before.month, before.day) not in ((12, 25), (12, 26), (1, 1), (6, 5))
    )


def bank_day_from(day: date) -> date:
    """This day, or the next bank day."""
    while not is_bank_day(day):
        day += _DAY
    return day


def bank_days_before(day: date, count: int) -> date:
    """So many bank days before."""
    while count:
        day -= _DAY
        count -= is_bank_day(day)
    return day


def collected_on(period: date, rail: Notice) -> date:
    """The day on which a period is collected."""
    return bank_day_from(period) if rail.bank_days else period


def handed_in_on(due: date, rail: Notice) -> date:
    """The last day on which the rail takes a charge that is due then."""
    day = bank_days_before(due, rail.min_lead_days) if rail.bank_days else due - timedelta(days=rail.min_lead_days)
    if rail.cut_off is not None:
        month = months_on(due.replace(day=1), -1, 1)
        last = month.replace(day=min(rail.cut_off.day, monthrange(month.year, month.month)[1]))
        while rail.cut_off.bank_days and not is_bank_day(last):
            last -= _DAY
        day = min(day, last)
    return day


def hand_in(period: date, rail: Notice) -> date:
    """The last day on which the rail takes the charge of a period."""
    return handed_in_on(collected_on(period, rail), rail)


def earliest(today: date, rail: Notice) -> date:
    """The first period whose charge the rail takes from today on."""
    day = today
    for _ in range(_LONGEST):
        if hand_in(day, rail) >= today:
            return day
        day += _DAY
    return day


def first_period(today: date, *, start: str, day: int | None, rail: Notice, not_before: date | None = None) -> date:
    """The first period of a new agreement: as soon as the rail can, or the next time the month has that day."""
    soonest = max(earliest(today, rail), not_before or today)
    if start != FIXED_DAY or day is None:
        return soonest
    found = months_on(soonest, 0, day)
    return found if found >= soonest else months_on(soonest, 1, day)


def next_period(basis: date, schedule: str, anchor: int, *, today: date, floor: date, rail: Notice) -> date:
    """The first of a schedule's periods from `basis` on that is not before `floor` and that the rail still takes."""
    for found in periods(basis, schedule, anchor):
        if found >= floor and hand_in(found, rail) >= today:
            return found
    raise AssertionError("periods never end")
