"""Calling windows: hours by weekday, read on the wall clock of a zone, closed on public holidays.

Every instant is aware. A window is half open: 09:00-20:00 is closed at 20:00 sharp. `holidays` is a
country (`DK`) or a subdivision of one (`DE-BY`), or None for no holidays.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_
from ringround.kernel.public_holidays import is_holiday

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_FULL = 24 * 60
# A weekday that is a holiday eight years running does not exist; past this there is no opening.
HORIZON = timedelta(days=400)
# Outside these years nothing is open: arithmetic near the ends of datetime would raise, and no
# calendar of holidays reaches there.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

Range = tuple[int, int]  # minutes of the day on the wall, [start, end), end at most 1440
_WHOLE: tuple[Range, ...] = ((0, _FULL),)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a week: for each day from Monday its ranges in order."""

    days: tuple[tuple[Range, ...], ...]

    @classmethod
    def parse(cls, raw: object, *, loc: Loc = ("hours",)) -> Hours:
        """From `{"mon": [["09:00", "20:00"]], …}`; a day left out is closed. Raises Invalid."""
        if isinstance(raw, Hours):
            return raw
        if not isinstance(raw, Mapping):
            raise Invalid([Fault(loc, "bad_hours", N_("Hours are an object of weekdays."))])
        faults: list[Fault] = []
        days: list[tuple[Range, ...]] = [()] * 7
        for name, ranges in raw.items():
            if name not in DAYS:
                faults.append(
                    Fault(
                        (*loc, str(name)),
                        "unknown_day",
                        N_("Name the days mon to sun."),
                    )
                )
                continue
            days[DAYS.index(name)] = _parse_day(ranges, (*loc, name), faults)
        if faults:
            raise Invalid(faults)
        return cls(tuple(days))

    @classmethod
    def always(cls) -> Hours:
        """Every day, 00:00-24:00."""
        return cls((((0, _FULL),),) * 7)

    def to_json(self) -> dict[str, list[list[str]]]:
        """The form that parse() reads; every day named."""
        return {
            name: [[_written(start), _written(end)] for start, end in ranges]
            for name, ranges in zip(DAYS, self.days, strict=True)
        }

    @property
    def is_empty(self) -> bool:
        """Closed all week."""
        return not any(self.days)

    def __and__(self, other: Hours) -> Hours:
        """What both allow: a campaign's hours within a rule pack's."""
        return Hours(
            tuple(
                tuple((max(a, c), min(b, d)) for a, b in mine for c, d in theirs if max(a, c) < min(b, d))
                for mine, theirs in zip(self.days, other.days, strict=True)
            )
        )


DEFAULT_HOURS = Hours(
    ((((9 * 60, 20 * 60),),) * 5) + (((10 * 60, 16 * 60),), ()),
)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours read in one place. A lead whose number may be in two zones has two, and needs both.

    Those of a law hold on the days `[since, until]` there; on other days it is open.
    """

    hours: Hours
    zone: ZoneInfo
    holidays: str | None = None
    since: date | None = None
    until: date | None = None
    name: str = ""  # whose hours these are, where a sentence is to say it

    @property
    def is_empty(self) -> bool:
        """Never open."""
        return self.hours.is_empty and self.since is None and self.until is None

    def ranges(self, day: date) -> tuple[Range, ...]:
        """When it is open on a day there."""
        if (self.since is not None and day < self.since) or (self.until is not None and day > self.until):
            return _WHOLE
        ranges = self.hours.days[day.weekday()]
        return () if ranges and self.holidays and is_holiday(self.holidays, day) else ranges

    def is_open(self, at: datetime) -> bool:
        """Whether the wall clock there is within the hours, and the day no holiday."""
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            return False
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.ranges(local.date()))


# --- one window -----------------------------------------------------------------------------


def is_open(hours: Hours, zone: ZoneInfo, at: datetime, holidays: str | None = None) -> bool:
    """Whether the wall clock in `zone` at `at` is within the hours and the day is no holiday."""
    return Window(hours, zone, holidays).is_open(at)


def next_open(
    hours: Hours,
    zone: ZoneInfo,
    at: datetime,
    holidays: str | None = None,
    *,
    until: datetime | None = None,
) -> datetime | None:
    """The first open instant at or after `at`, in UTC; None if there is none before `until`."""
    return _next(Window(hours, zone, holidays), at, until)


def _next(window: Window, at: datetime, until: datetime | None) -> datetime | None:
    """As `next_open`.

    Works in pieces of constant UTC offset, within which the wall clock runs straight:
    1. a piece is at most 24 h, cut where the clocks change;
    2. in it, each range of each local day it touches is a stretch of wall time;
    3. the first stretch that begins (or has begun) inside the piece is the answer.
    So the skipped hour of spring and the repeated one of autumn need no case of their own.
    """
    if window.is_empty or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    at = at.astimezone(UTC)
    until = at + HORIZON if until is None else until.astimezone(UTC)
    while at < until:
        offset, end = _piece(at, min(at + _DAY, until), window.zone)
        wall, wall_end = _wall(at, offset), _wall(end, offset)
        day = wall.date()
        while day <= wall_end.date():
            for start, stop in window.ranges(day):
                midnight = datetime(day.year, day.month, day.day)
                opens = max(wall, midnight + start * MINUTE)
                if opens < wall_end and opens < midnight + stop * MINUTE:
                    return (opens - offset).replace(tzinfo=UTC)
            day += _DAY
        at = end
    return None


def prev_open(
    hours: Hours,
    zone: ZoneInfo,
    at: datetime,
    holidays: str | None = None,
    *,
    since: datetime | None = None,
) -> datetime | None:
    """The last open whole minute at or before `at`, in UTC (a window to 20:00 gives 19:59).

    `at` itself when it is open; None if there is none from `since` on.
    """
    return _prev(Window(hours, zone, holidays), at, since)


def _prev(window: Window, at: datetime, since: datetime | None) -> datetime | None:
    """As `prev_open`."""
    if window.is_open(at):
        return at.astimezone(UTC)
    if window.is_empty or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    at = at.astimezone(UTC)
    since = at - HORIZON if since is None else since.astimezone(UTC)
    while at > since:
        begin = max(at - _DAY, since)
        offset, end = _piece(begin, at, window.zone)
        while end < at:  # the clocks change in between: take the later piece first
            begin = end
            offset, end = _piece(begin, at, window.zone)
        wall, wall_end = _wall(begin, offset), _wall(at, offset)
        day = wall_end.date()
        while day >= wall.date():
            midnight = datetime(day.year, day.month, day.day)
            for start, stop in reversed(window.ranges(day)):
                closes = min(wall_end, midnight + stop * MINUTE)
                last = _last_minute_before(closes)
                if last >= wall and last >= midnight + start * MINUTE:
                    return (last - offset).replace(tzinfo=UTC)
            day -= _DAY
        at = begin
    return None


def nearest_allowed(
    hours: Hours,
    zone: ZoneInfo,
    at: datetime,
    holidays: str | None = None,
    *,
    not_before: datetime | None = None,
) -> datetime | None:
    """The open instant nearest to `at`, before or after, none earlier than `not_before`."""
    return nearest_all_open([Window(hours, zone, holidays)], at, not_before=not_before)


# --- several windows at once ----------------------------------------------------------------


def all_open(windows: Sequence[Window], at: datetime) -> bool:
    """Whether every window is open at `at`."""
    return all(w.is_open(at) for w in windows)


def next_all_open(windows: Sequence[Window], at: datetime, *, until: datetime | None = None) -> datetime | None:
    """The first instant at or after `at` at which every window is open; None if there is none.

    Each window pushes the candidate on to its own next opening, which skips only closed time;
    when none pushes any more, all are open and nothing earlier was.
    """
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    until = at + HORIZON if until is None else until
    found: datetime = at.astimezone(UTC)
    settled = False
    while not settled:
        settled = True
        for w in windows:
            opens = _next(w, found, until)
            if opens is None:
                return None
            if opens != found:
                found, settled = opens, False
    return found if found < until else None


def prev_all_open(windows: Sequence[Window], at: datetime, *, since: datetime | None = None) -> datetime | None:
    """The last instant at or before `at` (a whole minute unless `at`) with every window open."""
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    since = at - HORIZON if since is None else since
    found: datetime = at.astimezone(UTC)
    settled = False
    while not settled:
        settled = True
        for w in windows:
            opens = _prev(w, found, since)
            if opens is None:
                return None
            if opens != found:
                found, settled = opens, False
    return found if found >= since else None


def nearest_all_open(windows: Sequence[Window], at: datetime, *, not_before: datetime | None = None) -> datetime | None:
    """The instant nearest to `at` at which every window is open; the later one on a tie."""
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    if not_before is not None and at < not_before:
        return next_all_open(windows, not_before)
    after = next_all_open(windows, at)
    if after is not None and after <= at:
        return after
    # Looking back no further than the answer ahead lies keeps a Sunday question cheap.
    since = at - HORIZON if after is None else at - (after - at)
    if not_before is not None:
        since = max(since, not_before)
    before = prev_all_open(windows, at, since=since) if since < at else None
    if before is None or (after is not None and after - at <= at - before):
        return after
    return before


# --- inside ---------------------------------------------------------------------------------


def _piece(at: datetime, end: datetime, zone: ZoneInfo) -> tuple[timedelta, datetime]:
    """UTC offset at `at`, and the end of the stretch that has it: `end` or a clock change before."""
    offset = _offset(at, zone)
    if _offset(end - timedelta(microseconds=1), zone) == offset:
        # Two changes within 24 h that cancel out have never been law anywhere.
        return offset, end
    # Clocks change at whole seconds, so bisecting whole seconds finds the change exactly.
    low = 0
    high = int((end - at).total_seconds()) + 1
    base = at.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(base + timedelta(seconds=middle), zone) == offset:
            low = middle
        else:
            high = middle
    return offset, base + timedelta(seconds=high)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _wall(at: datetime, offset: timedelta) -> datetime:
    return at.replace(tzinfo=None) + offset


def _last_minute_before(wall: datetime) -> datetime:
    whole = wall.replace(second=0, microsecond=0)
    return whole - MINUTE if whole == wall else whole


def _parse_day(raw: Any, loc: Loc, faults: list[Fault]) -> tuple[Range, ...]:
    if not isinstance(raw, (list, tuple)):
        faults.append(Fault(loc, "bad_hours", N_("A day is a list of [start, end].")))
        return ()
    found: list[tuple[Range, int]] = []
    for index, pair in enumerate(raw):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            faults.append(Fault((*loc, index), "bad_hours", N_("Give a start and an end.")))
            continue
        start, end = _minutes(pair[0]), _minutes(pair[1])
        if start is None or end is None or start == _FULL:
            faults.append(
                Fault(
                    (*loc, index),
                    "bad_time",
                    N_("Write times as HH:MM, from 00:00 to 24:00."),
                )
            )
        elif end <= start:
            faults.append(
                Fault(
                    (*loc, index),
                    "end_before_start",
                    N_("The end must come after the start."),
                )
            )
        else:
            found.append(((start, end), index))
    found.sort()
    for (before, _), (after, index) in itertools.pairwise(found):
        if after[0] < before[1]:
            faults.append(Fault((*loc, index), "overlap", N_("These hours overlap.")))
    return tuple(pair for pair, _ in found)


def _minutes(raw: object) -> int | None:
    if not isinstance(raw, str):
        return None
    if raw == "24:00":
        return _FULL
    match = _TIME.fullmatch(raw)
    return int(match[1]) * 60 + int(match[2]) if match else None


def _written(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
