"""A report's period: local days of the organisation, or exact moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import day_bounds, day_start, local_date
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_

# A year and what leads up to it: enough to set one year beside another's last month.
MOST_DAYS = 400
USUAL_DAYS = 7
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Period:
    """`[since, until)` in UTC, and the zone whose days it is cut into."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def first(self) -> date:
        return local_date(self.since, self.zone)

    @property
    def last(self) -> date:
        """The last day that it reaches into."""
        return local_date(self.until - timedelta(microseconds=1), self.zone)

    def slices(self) -> Iterator[tuple[date, datetime, datetime]]:
        """Each local day with the part of it that lies in the period, oldest first: 23, 24 or 25 hours, or less."""
        day = self.first
        while day <= self.last:
            begin, end = day_bounds(day, self.zone)
            yield day, max(begin, self.since), min(end, self.until)
            day += timedelta(days=1)


def parse(since: str, until: str, *, zone: ZoneInfo, now: datetime) -> Period:
    """From `from` and `to`: days (`2026-03-29`; the last is part of it) or moments with an offset (the last is not).

    Empty ones give the last seven days, today among them. Invalid: bad_time, no_offset, out_of_range, wrong_order,
    period_too_long.
    """
    faults: list[Fault] = []
    today = local_date(now, zone)
    end = _moment(until, "to", zone, faults, whole_day=True) if until else day_bounds(today, zone)[1]
    begin = _moment(since, "from", zone, faults) if since else None
    if faults or end is None:
        raise Invalid(faults)
    if begin is None:
        last = local_date(end - timedelta(microseconds=1), zone)
        begin = day_start(max(FIRST, last - timedelta(days=USUAL_DAYS - 1)), zone)
    if begin >= end:
        raise Invalid.one(("query", "to"), "wrong_order", N_("The period ends before it begins."))
    found = Period(begin, end, zone)
    if (found.last - found.first).days >= MOST_DAYS:
        raise Invalid.one(("query", "to"), "period_too_long", N_("A report covers at most 400 days."), limit=MOST_DAYS)
    return found


def _moment(
    written: str, name: str, zone: ZoneInfo, faults: list[Fault], *, whole_day: bool = False
) -> datetime | None:
    where = ("query", name)
    try:
        if len(written) == 10:
            day = date.fromisoformat(written)
            if FIRST <= day <= LAST:
                return day_bounds(day, zone)[1 if whole_day else 0]
            faults.append(Fault(where, "out_of_range", N_("A day between 2000 and 2199.")))
            return None
        moment = datetime.fromisoformat(written)
    except ValueError:
        faults.append(Fault(where, "bad_time", N_("A day such as 2026-03-29, or a moment with its offset.")))
        return None
    if moment.tzinfo is None:
        faults.append(Fault(where, "no_offset", N_("A moment needs its offset from UTC.")))
        return None
    if not FIRST.year <= moment.year <= LAST.year:
        faults.append(Fault(where, "out_of_range", N_("A day between 2000 and 2199.")))
        return None
    return moment.astimezone(UTC)
