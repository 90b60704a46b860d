"""Windows and calendars, against a reading of the wall clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from ringround.kernel.calendar import add_days_local, add_months, day_bounds, from_local
from ringround.kernel.windows import (
    DAYS,
    Hours,
    Window,
    all_open,
    is_open,
    nearest_allowed,
    next_all_open,
    next_open,
    prev_all_open,
    prev_open,
)

MINUTE = timedelta(minutes=1)
# Half-hour and quarter-hour zones, changes at midnight, of half an hour, and none.
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Copenhagen", "America/New_York", "America/Havana", "America/Sao_Paulo", "Asia/Kathmandu",
        "Australia/Lord_Howe", "Africa/Casablanca", "Atlantic/Azores", "Asia/Beirut", "Pacific/Apia", "UTC",
    )
]  # fmt: skip
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC), allow_imaginary=False)


@st.composite
def changes(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone and an instant, more often than not near a change of its clocks."""
    zone, at = draw(zones), draw(instants)
    if draw(st.booleans()):
        step = timedelta(days=1)
        for _ in range(370):
            if (at + step).astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset():
                break
            at += step
        at += draw(st.timedeltas(timedelta(hours=-6), timedelta(hours=30)))
    return zone, at


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    week = {}
    for day in DAYS:
        cuts = sorted(draw(st.lists(st.integers(0, 96), unique=True, max_size=6)))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        week[day] = [[f"{a // 4:02d}:{a % 4 * 15:02d}", f"{b // 4:02d}:{b % 4 * 15:02d}"] for a, b in pairs]
    return Hours.parse(week)


def whole(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@given(changes(), hours(), st.sampled_from([None, "DK", "US"]))
def test_the_next_opening_is_open_and_no_minute_before_it_is(
    place: tuple[ZoneInfo, datetime], week: Hours, holidays: str | None
) -> None:
    zone, at = place
    found = next_open(week, zone, at, holidays, until=at + timedelta(days=3))
    end = found if found is not None else at + timedelta(days=3)
    if found is not None:
        assert found >= at
        assert is_open(week, zone, found, holidays)
        assert found == at or found == whole(found)
    minute = at
    while minute < end:
        assert not is_open(week, zone, minute, holidays)
        minute = whole(minute) + MINUTE


@given(changes(), hours(), st.sampled_from([None, "DK"]))
def test_the_last_opening_is_open_and_no_minute_after_it_is(
    place: tuple[ZoneInfo, datetime], week: Hours, holidays: str | None
) -> None:
    zone, at = place
    since = at - timedelta(days=3)
    found = prev_open(week, zone, at, holidays, since=since)
    if found is not None:
        assert since <= found <= at
        assert is_open(week, zone, found, holidays)
    minute = at
    while minute > (found or since):
        assert not is_open(week, zone, minute, holidays)
        minute = minute - MINUTE if minute == whole(minute) else whole(minute)
    assert found is None or found in (at, whole(found))


@given(changes(), hours(), st.integers(0, 5000))
def test_the_nearest_allowed_time_is_allowed_and_none_is_nearer(
    place: tuple[ZoneInfo, datetime], week: Hours, ago: int
) -> None:
    zone, at = place
    now = at - ago * MINUTE
    found = nearest_allowed(week, zone, at, not_before=now)
    assert (found is None) == (next_open(week, zone, now) is None)
    if found is None:
        return
    assert found >= now
    assert is_open(week, zone, found)
    after, before = next_open(week, zone, at), prev_open(week, zone, at, since=now)
    best = min(abs(other - at) for other in (after, before) if other is not None)
    assert abs(found - at) == best


@given(changes(), zones, hours(), hours())
def test_of_several_windows_the_first_common_opening_is_found(
    place: tuple[ZoneInfo, datetime], other: ZoneInfo, mine: Hours, theirs: Hours
) -> None:
    zone, at = place
    windows = [Window(mine, zone), Window(theirs, other)]
    end = at + timedelta(days=2)
    found = next_all_open(windows, at, until=end)
    assert found is None or all_open(windows, found)
    minute = at
    while minute < (found or end):
        assert not all_open(windows, minute)
        minute = whole(minute) + MINUTE
    back = prev_all_open(windows, end, since=at)
    assert (back is None) == (found is None) or abs((back or found or at) - at) < MINUTE
    assert back is None or all_open(windows, back)


@given(hours())
def test_hours_come_back_from_what_they_are_written_as(week: Hours) -> None:
    assert Hours.parse(week.to_json()) == week


@given(hours(), hours(), changes())
def test_hours_within_hours_are_open_when_both_are(
    mine: Hours, theirs: Hours, place: tuple[ZoneInfo, datetime]
) -> None:
    zone, at = place
    both = is_open(mine, zone, at) and is_open(theirs, zone, at)
    assert is_open(mine & theirs, zone, at) == both


@given(changes(), st.integers(-400, 400))
def test_days_later_keep_the_time_on_the_wall_unless_it_is_skipped(place: tuple[ZoneInfo, datetime], days: int) -> None:
    zone, at = place
    local = at.astimezone(zone)
    moved = add_days_local(at, days, zone).astimezone(zone)
    wanted = local.replace(tzinfo=None) + timedelta(days=days)
    if moved.replace(tzinfo=None) != wanted:
        # A skipped time lands after the gap: later on the wall, by at most the gap (Apia: a day).
        assert timedelta() < moved.replace(tzinfo=None) - wanted <= timedelta(days=1)
        assert from_local(wanted, zone).astimezone(zone) == moved


@given(changes())
def test_no_days_later_is_now(place: tuple[ZoneInfo, datetime]) -> None:
    zone, at = place
    assert add_days_local(at, 0, zone) == at


@given(st.dates(date(2008, 1, 2), date(2030, 1, 1)), zones)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: ZoneInfo) -> None:
    start, end = day_bounds(day, zone)
    assert start <= end
    assert day_bounds(day - timedelta(days=1), zone)[1] == start
    assume(start < end)  # 30 December 2011 did not take place in Apia
    assert start.astimezone(zone).date() == day
    assert (start - timedelta(microseconds=1)).astimezone(zone).date() < day


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-500, 500))
def test_months_go_there_and_nearly_back(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    back = add_months(later, -months)
    assert (back.year, back.month) == (day.year, day.month)
