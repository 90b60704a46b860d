"""When a scheduled report is due, and which days it covers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import add_months, from_local, local_date

# A day that every month has.
LAST_MONTHDAY = 28


def next_time(*, every: str, at: time, weekday: int, monthday: int, after: datetime, zone: ZoneInfo) -> datetime:
    """The first due time after `after`, in UTC. A time that the clock skips in spring is moved on by the gap."""
    day = local_date(after, zone)
    if every == "weekly":
        day += timedelta(days=(weekday - day.weekday()) % 7)
    elif every == "monthly":
        day = day.replace(day=monthday)
    due = from_local(datetime.combine(day, at), zone)
    while due <= after:
        day = _following(every, day)
        due = from_local(datetime.combine(day, at), zone)
    return due


def _following(every: str, day: date) -> date:
    if every == "monthly":
        return add_months(day, 1)
    return day + timedelta(days=7 if every == "weekly" else 1)


def covers(*, every: str, day: date) -> tuple[date, date]:
    """First and last day of what is sent on `day`: the day before, the seven days before, or the month before."""
    if every == "monthly":
        last = day.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    last = day - timedelta(days=1)
    return last - timedelta(days=6 if every == "weekly" else 0), last
