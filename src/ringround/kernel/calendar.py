"""Calendar arithmetic in a time zone: "the same time tomorrow" on days that have 23 or 25 hours."""

from __future__ import annotations

import calendar as _calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, or None; never raises, whatever a file or a caller says."""
    # Only Area/City and plain names: other keys would let a caller probe for files.
    if not name or not all(ch.isascii() and (ch.isalnum() or ch in "/_+-") for ch in name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def from_local(local: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """The UTC instant of a naive wall-clock time.

    A time that the clock skips (spring) is moved on by the gap: 02:30 becomes 03:30. One that comes
    twice (autumn) is the first, unless `fold` is 1.
    """
    first = local.replace(tzinfo=zone, fold=0)
    if fold:
        second = local.replace(tzinfo=zone, fold=1)
        # In a gap, too, the two folds differ, and there the second would move backwards.
        if (second.utcoffset() or timedelta()) < (first.utcoffset() or timedelta()):
            first = second
    return first.astimezone(UTC)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The date on the wall in `zone` at an aware instant."""
    return at.astimezone(zone).date()


def add_days_local(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """UTC instant `days` later (or earlier) at the same time on the wall in `zone`."""
    local = at.astimezone(zone)
    moved = local.replace(tzinfo=None) + timedelta(days=days)
    return from_local(moved.replace(fold=0), zone, fold=local.fold)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day: 31 January + 1 is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = _calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def add_months_local(at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """UTC instant `months` later at the same time on the wall in `zone`, day clamped to the month."""
    local = at.astimezone(zone)
    moved = datetime.combine(add_months(local.date(), months), local.time().replace(fold=0))
    return from_local(moved, zone, fold=local.fold)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which `day` begins in `zone`, also where midnight is skipped."""
    return from_local(datetime.combine(day, time()), zone)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """`[start, end)` of a local day in UTC: 23, 24 or 25 hours."""
    return day_start(day, zone), day_start(day + timedelta(days=1), zone)
