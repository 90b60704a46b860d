"""Bank days by country, and what a rail's notice and monthly cut-off make of them.

Sources: DK the list of Danmarks Nationalbank (banklukkedage 2026, 2027); SE bankfria dagar (public holidays, Midsummer
Eve, Christmas Eve, New Year's Eve); NO the settlement days of Norges Bank (NBO, public holidays and Christmas Eve);
countries of the euro the closing days of TARGET. Elsewhere the public holidays of the country.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import add_months, local_date
from ringround.kernel.public_holidays import is_holiday

DAY = timedelta(days=1)
_SATURDAY = 5
_EURO = frozenset(
    {"AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT",
     "SI", "SK"}
)  # fmt: skip
# (month, day) that banks are closed beside the public holidays.
_MORE = {
    "DK": frozenset({(6, 5), (12, 24), (12, 31)}),
    "SE": frozenset({(12, 24), (12, 31)}),
    "NO": frozenset({(12, 24)}),
}
_TARGET = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})


def is_bank_day(day: date, place: str) -> bool:
    """Whether banks of the country (`DK`) settle on that day."""
    return day.weekday() < _SATURDAY and not _is_closed(day, place.upper())


def on_or_after(day: date, place: str) -> date:
    """The day itself, or the first bank day after it."""
    while not is_bank_day(day, place):
        day += DAY
    return day


def on_or_before(day: date, place: str) -> date:
    """The day itself, or the last bank day before it."""
    while not is_bank_day(day, place):
        day -= DAY
    return day


def add_bank_days(day: date, count: int, place: str) -> date:
    """The bank day so many bank days later, or earlier when negative; 0 is the day itself, bank day or not."""
    step = DAY if count > 0 else -DAY
    for _ in range(abs(count)):
        day += step
        while not is_bank_day(day, place):
            day += step
    return day


@lru_cache(maxsize=4096)
def _is_closed(day: date, place: str) -> bool:
    since_easter = (day - easter(day.year)).days
    if place in _EURO:
        return (day.month, day.day) in _TARGET or since_easter in (-2, 1)
    if (day.month, day.day) in _MORE.get(place, frozenset()):
        return True
    if place == "DK" and since_easter == 40:  # the Friday after Ascension Day
        return True
    if place == "SE" and day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4:  # Midsummer Eve
        return True
    return is_holiday(place, day)


@lru_cache(maxsize=512)
def easter(year: int) -> date:
    """Easter Sunday of the western churches (Meeus, Jones and Butcher)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap, rest = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * rest + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


# --- what a rail asks for ---------------------------------------------------------------------


class _CutOff(Protocol):
    @property
    def day(self) -> int: ...
    @property
    def hour(self) -> int: ...
    @property
    def zone(self) -> str: ...
    @property
    def bank_days(self) -> bool: ...


class _Capable(Protocol):
    @property
    def min_lead_days(self) -> int: ...
    @property
    def most_lead_days(self) -> int | None: ...
    @property
    def bank_days(self) -> bool: ...
    @property
    def cut_off(self) -> _CutOff | None: ...
    @property
    def accept_bank_days(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How long before its date a rail wants a charge. `place`: whose bank days.

    - `min_lead_days`, `most_lead_days`: handed over so many days before (bank days where `bank_days`, else any);
    - `cut_off_day`: and by the end (or `cut_off_hour` in `cut_off_zone`) of that day of the month before, a bank day or
      the one before it; None: there is none;
    - `accept_bank_days`: so long the rail takes at the most to say yes to the mandate.
    """

    place: str = "DK"
    min_lead_days: int = 0
    most_lead_days: int | None = None
    bank_days: bool = False
    cut_off_day: int | None = None
    cut_off_hour: int = 24
    cut_off_zone: str = "Europe/Copenhagen"
    cut_off_bank_day: bool = True
    accept_bank_days: int = 0

    @classmethod
    def of(cls, rail: _Capable, place: str) -> Notice:
        """From a rail's capabilities (`gateways.port.Capabilities`)."""
        cut = rail.cut_off
        usual = cls(
            place=place, min_lead_days=rail.min_lead_days, most_lead_days=rail.most_lead_days, bank_days=rail.bank_days,
            accept_bank_days=rail.accept_bank_days,
        )  # fmt: skip
        if cut is None:
            return usual
        return cls(
            place=place, min_lead_days=rail.min_lead_days, most_lead_days=rail.most_lead_days, bank_days=rail.bank_days,
            accept_bank_days=rail.accept_bank_days, cut_off_day=cut.day, cut_off_hour=cut.hour, cut_off_zone=cut.zone,
            cut_off_bank_day=cut.bank_days,
        )  # fmt: skip


def cut_off_of(month: date, notice: Notice) -> date | None:
    """The last day on which charges due in that month (any day of it) are handed over; None: there is no cut-off."""
    if notice.cut_off_day is None:
        return None
    day = _day_of(add_months(month.replace(day=1), -1), notice.cut_off_day)
    return on_or_before(day, notice.place) if notice.cut_off_bank_day else day


def after_lead(day: date, notice: Notice) -> date:
    """The first date that a charge handed over on that day may be due by the rail's notice alone."""
    if notice.bank_days and notice.min_lead_days:
        # What comes while the banks are closed is taken when they open.
        return add_bank_days(on_or_after(day, notice.place), notice.min_lead_days, notice.place)
    return day + timedelta(days=notice.min_lead_days)


def earliest(now: datetime, zone: ZoneInfo, notice: Notice) -> date:
    """The first date that a charge handed over now may be due, by notice and cut-off; it may be no bank day.

    1. The notice counts from today on the merchant's wall. 2. While the cut-off of that date's month has passed, it is
    the first of the month after.
    """
    found = after_lead(local_date(now, zone), notice)
    while _is_cut_off(now, found, notice):
        found = add_months(found.replace(day=1), 1)
    return found


def due_on(period: date, notice: Notice) -> date:
    """The bank day on which the charge of a date is collected: never before it."""
    return on_or_after(period, notice.place)


# So much earlier than it must be a charge is handed over, that a rail may be down over a week-end.
_MARGIN = timedelta(days=3)


def hand_over_by(due: date, notice: Notice) -> date:
    """The last day on which a charge may be handed over to be collected on `due`."""
    if notice.bank_days:
        last = add_bank_days(due, -notice.min_lead_days, notice.place)
    else:
        last = due - timedelta(days=notice.min_lead_days)
    cut_off = cut_off_of(due, notice)
    return last if cut_off is None else min(last, cut_off)


def hand_over_on(due: date, notice: Notice) -> date:
    """The day from which the charge run hands it over: some days in advance where the rail keeps it until its date, on
    the date itself where handing over is collecting (a card), never before the rail takes it."""
    last = hand_over_by(due, notice)
    if last == due:
        return due
    first = last - _MARGIN
    if notice.most_lead_days is not None:
        first = max(first, due - timedelta(days=notice.most_lead_days))
    return min(first, last)


def _is_cut_off(now: datetime, due: date, notice: Notice) -> bool:
    last = cut_off_of(due, notice)
    if last is None:
        return False
    local = now.astimezone(ZoneInfo(notice.cut_off_zone))
    return local.date() > last or (local.date() == last and local.hour >= notice.cut_off_hour)


def _day_of(month: date, day: int) -> date:
    """That day of the month, or its last."""
    return min(month.replace(day=1) + timedelta(days=day - 1), add_months(month.replace(day=1), 1) - DAY)
