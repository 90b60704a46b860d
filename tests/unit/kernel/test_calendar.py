from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ringround.kernel.calendar import (
    add_days_local,
    add_months,
    add_months_local,
    day_bounds,
    day_start,
    find_zone,
    from_local,
    local_date,
)

CPH = ZoneInfo("Europe/Copenhagen")


def test_a_day_later_is_the_same_time_on_the_wall_over_both_clock_changes() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=CPH)
    assert add_days_local(spring, 1, CPH) - spring == timedelta(hours=23)
    autumn = datetime(2026, 10, 24, 12, tzinfo=CPH)
    assert add_days_local(autumn, 1, CPH) - autumn == timedelta(hours=25)


def test_a_time_that_is_skipped_moves_on_by_the_gap() -> None:
    before = datetime(2026, 3, 28, 2, 30, tzinfo=CPH)
    assert add_days_local(before, 1, CPH) == datetime(2026, 3, 29, 3, 30, tzinfo=CPH)


def test_a_time_that_comes_twice_is_the_first() -> None:
    before = datetime(2026, 10, 24, 2, 30, tzinfo=CPH)
    assert add_days_local(before, 1, CPH) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_no_days_later_is_the_same_instant_also_the_second_time_round() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 again
    assert add_days_local(second, 0, CPH) == second


def test_from_the_second_time_round_into_the_gap_moves_forward_too() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    gap = add_days_local(second, (date(2027, 3, 28) - date(2026, 10, 25)).days, CPH)
    assert gap == datetime(2027, 3, 28, 3, 30, tzinfo=CPH)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-05-05", 0, "2026-05-05"),
        ("2026-05-31", 25, "2028-06-30"),
    ],
)
def test_months_are_clamped_to_their_last_day(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_a_month_later_is_the_same_time_on_the_wall() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=CPH)
    assert add_months_local(at, 1, CPH) == datetime(2026, 4, 1, 9, tzinfo=CPH)


def test_days_have_23_24_or_25_hours() -> None:
    lengths = [
        (end - start) / timedelta(hours=1)
        for start, end in (
            day_bounds(date(2026, 3, 29), CPH),
            day_bounds(date(2026, 6, 1), CPH),
            day_bounds(date(2026, 10, 25), CPH),
        )
    ]
    assert lengths == [23, 24, 25]


def test_a_day_whose_midnight_is_skipped_begins_after_it() -> None:
    havana = ZoneInfo("America/Havana")
    assert day_start(date(2026, 3, 8), havana) == datetime(2026, 3, 8, 5, tzinfo=UTC)


def test_the_second_of_two_equal_times_can_be_asked_for() -> None:
    local = datetime(2026, 10, 25, 2, 30)
    assert from_local(local, CPH, fold=1) - from_local(local, CPH) == timedelta(hours=1)


def test_the_local_date_is_that_of_the_zone() -> None:
    assert local_date(datetime(2026, 6, 1, 23, tzinfo=UTC), CPH) == date(2026, 6, 2)


@pytest.mark.parametrize(
    "name", ["", "X/Y", "Europe", "../etc/passwd", "/etc/localtime", "Europe/Købh", "a\0b", "a" * 999]
)
def test_what_is_no_zone_is_none(name: str) -> None:
    assert find_zone(name) is None


def test_zones_are_found_by_name_old_names_too() -> None:
    assert find_zone("Europe/Copenhagen") is not None
    assert find_zone("America/Godthab") is not None
