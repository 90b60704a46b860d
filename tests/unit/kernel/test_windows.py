from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringround.kernel import public_holidays
from ringround.kernel.errors import Invalid
from ringround.kernel.windows import (
    DEFAULT_HOURS,
    Hours,
    Window,
    all_open,
    is_open,
    nearest_all_open,
    nearest_allowed,
    next_all_open,
    next_open,
    prev_open,
)

CPH = ZoneInfo("Europe/Copenhagen")
NY = ZoneInfo("America/New_York")


def cph(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CPH, fold=fold)


@pytest.mark.parametrize(
    ("raw", "loc", "code"),
    [
        ([], ("hours",), "bad_hours"),
        ("mon", ("hours",), "bad_hours"),
        ({"man": []}, ("hours", "man"), "unknown_day"),
        ({"mon": "09:00"}, ("hours", "mon"), "bad_hours"),
        ({"mon": [["09:00"]]}, ("hours", "mon", 0), "bad_hours"),
        ({"mon": [["9:00", "20:00"]]}, ("hours", "mon", 0), "bad_time"),
        ({"mon": [["09:00", "24:01"]]}, ("hours", "mon", 0), "bad_time"),
        ({"mon": [["24:00", "24:00"]]}, ("hours", "mon", 0), "bad_time"),
        ({"mon": [[9, 20]]}, ("hours", "mon", 0), "bad_time"),
        ({"mon": [["20:00", "09:00"]]}, ("hours", "mon", 0), "end_before_start"),
        ({"mon": [["09:00", "09:00"]]}, ("hours", "mon", 0), "end_before_start"),
        ({"mon": [["09:00", "12:00"], ["11:00", "14:00"]]}, ("hours", "mon", 1), "overlap"),
        ({"mon": [["11:00", "14:00"], ["09:00", "12:00"]]}, ("hours", "mon", 0), "overlap"),
    ],
)
def test_wrong_hours_are_refused_where_they_are_wrong(raw: Any, loc: tuple[str | int, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Hours.parse(raw)
    assert [(fault.loc, fault.code) for fault in refused.value.errors] == [(loc, code)]


def test_every_fault_in_hours_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        Hours.parse({"mon": [["x", "y"]], "xyz": [], "tue": [["10:00", "09:00"]]})
    assert len(refused.value.errors) == 3


def test_hours_are_written_as_they_are_read() -> None:
    raw = {"mon": [["13:00", "24:00"], ["00:00", "12:30"]]}
    written = Hours.parse(raw).to_json()
    assert written["mon"] == [["00:00", "12:30"], ["13:00", "24:00"]]
    assert written["sun"] == []
    assert Hours.parse(written).to_json() == written


def test_the_default_hours_are_those_of_the_design() -> None:
    written = DEFAULT_HOURS.to_json()
    assert written["mon"] == written["fri"] == [["09:00", "20:00"]]
    assert written["sat"] == [["10:00", "16:00"]]
    assert written["sun"] == []


def test_hours_within_hours_are_what_both_allow() -> None:
    mine = Hours.parse({"mon": [["09:00", "20:00"]], "tue": [["09:00", "10:00"]]})
    pack = Hours.parse({"mon": [["10:00", "13:00"], ["14:00", "22:00"]], "tue": [["10:00", "12:00"]]})
    assert (mine & pack).to_json()["mon"] == [["10:00", "13:00"], ["14:00", "20:00"]]
    assert (mine & pack).to_json()["tue"] == []


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00:00", True),
        ("2026-11-23T19:59:59", True),
        ("2026-11-23T20:00:00", False),
        ("2026-11-28T10:00:00", True),
        ("2026-11-28T16:00:00", False),
        ("2026-11-29T12:00:00", False),
    ],
)
def test_a_window_opens_at_its_start_and_is_closed_at_its_end(at: str, is_it: bool) -> None:
    assert is_open(DEFAULT_HOURS, CPH, cph(at)) is is_it


def test_a_whole_day_is_open_at_its_last_second() -> None:
    always = Hours.always()
    assert is_open(always, CPH, cph("2026-11-29T23:59:59"))
    assert is_open(always, CPH, cph("2026-11-29T00:00:00"))


def test_hours_are_read_on_the_wall_of_their_zone() -> None:
    noon_utc = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert is_open(DEFAULT_HOURS, CPH, noon_utc)
    assert not is_open(DEFAULT_HOURS, NY, noon_utc)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-23T07:00", "2026-11-23T09:00"),
        ("2026-11-23T09:30", "2026-11-23T09:30"),
        ("2026-11-23T20:00", "2026-11-24T09:00"),
        ("2026-11-27T21:00", "2026-11-28T10:00"),
        ("2026-11-28T17:00", "2026-11-30T09:00"),
    ],
)
def test_the_next_opening_is_found(at: str, opens: str) -> None:
    assert next_open(DEFAULT_HOURS, CPH, cph(at)) == cph(opens)


def test_public_holidays_are_closed() -> None:
    christmas = cph("2026-12-25T12:00")  # a Friday, and the Saturday is one too
    assert not is_open(DEFAULT_HOURS, CPH, christmas, "DK")
    assert is_open(DEFAULT_HOURS, CPH, christmas, None)
    assert next_open(DEFAULT_HOURS, CPH, christmas, "DK") == cph("2026-12-28T09:00")


def test_nothing_opens_in_a_week_of_no_hours() -> None:
    closed = Hours.parse({})
    at = cph("2026-11-23T12:00")
    assert closed.is_empty
    assert next_open(closed, CPH, at) is None
    assert prev_open(closed, CPH, at) is None
    assert nearest_allowed(closed, CPH, at) is None


def test_no_opening_is_found_past_the_limit() -> None:
    sunday = cph("2026-11-29T12:00")
    assert next_open(DEFAULT_HOURS, CPH, sunday, until=cph("2026-11-30T09:00")) is None
    assert next_open(DEFAULT_HOURS, CPH, sunday, until=cph("2026-11-30T09:01")) is not None


def test_in_the_skipped_hour_of_spring_a_window_begins_when_the_clock_goes_on() -> None:
    # 2026-03-29: 02:00 becomes 03:00.
    night = Hours.parse({"sun": [["02:30", "04:00"]]})
    opens = next_open(night, CPH, cph("2026-03-29T00:00"))
    assert opens == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert opens is not None
    assert opens.astimezone(CPH).hour == 3


def test_a_window_that_lies_in_the_skipped_hour_is_left_out_that_day() -> None:
    night = Hours.parse({"sun": [["02:10", "02:50"]]})
    assert next_open(night, CPH, cph("2026-03-29T00:00")) == cph("2026-04-05T02:10")


def test_in_the_repeated_hour_of_autumn_a_window_opens_twice() -> None:
    # 2026-10-25: 03:00 becomes 02:00.
    night = Hours.parse({"sun": [["02:00", "02:30"]]})
    first = next_open(night, CPH, cph("2026-10-25T00:00"))
    assert first == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    again = next_open(night, CPH, cph("2026-10-25T02:40"))
    assert again == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_a_clock_that_falls_back_into_an_open_window_opens_it_at_once() -> None:
    night = Hours.parse({"sun": [["01:00", "02:30"]]})
    opens = next_open(night, CPH, cph("2026-10-25T02:40"))
    assert opens == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_a_zone_that_skips_midnight_opens_when_its_day_begins() -> None:
    havana = ZoneInfo("America/Havana")  # 2026-03-08: 00:00 becomes 01:00
    hours = Hours.parse({"sun": [["00:00", "03:00"]]})
    opens = next_open(hours, havana, datetime(2026, 3, 8, 4, 0, tzinfo=UTC))
    assert opens == datetime(2026, 3, 8, 5, 0, tzinfo=UTC)


def test_the_last_open_minute_before_is_found() -> None:
    assert prev_open(DEFAULT_HOURS, CPH, cph("2026-11-23T22:00")) == cph("2026-11-23T19:59")
    assert prev_open(DEFAULT_HOURS, CPH, cph("2026-11-29T12:00")) == cph("2026-11-28T15:59")
    assert prev_open(DEFAULT_HOURS, CPH, cph("2026-11-23T10:00")) == cph("2026-11-23T10:00")


def test_the_nearest_allowed_time_is_before_or_after() -> None:
    assert nearest_allowed(DEFAULT_HOURS, CPH, cph("2026-11-23T20:30")) == cph("2026-11-23T19:59")
    assert nearest_allowed(DEFAULT_HOURS, CPH, cph("2026-11-24T08:30")) == cph("2026-11-24T09:00")
    assert nearest_allowed(DEFAULT_HOURS, CPH, cph("2026-11-24T12:34")) == cph("2026-11-24T12:34")


def test_the_nearest_allowed_time_is_never_in_the_past() -> None:
    at, now = cph("2026-11-23T20:30"), cph("2026-11-23T20:10")
    assert nearest_allowed(DEFAULT_HOURS, CPH, at, not_before=now) == cph("2026-11-24T09:00")
    yesterday = cph("2026-11-22T12:00")
    assert nearest_allowed(DEFAULT_HOURS, CPH, yesterday, not_before=now) == cph("2026-11-24T09:00")


def test_with_two_zones_both_must_be_open() -> None:
    both = [Window(DEFAULT_HOURS, CPH), Window(DEFAULT_HOURS, NY)]
    at = cph("2026-11-23T10:00")
    assert not all_open(both, at)
    opens = next_all_open(both, at)
    assert opens == datetime(2026, 11, 23, 9, tzinfo=NY)
    assert opens is not None
    assert all_open(both, opens)


def test_zones_whose_hours_never_meet_have_no_opening() -> None:
    short = Hours.parse({"mon": [["09:00", "10:00"]]})
    both = [Window(short, CPH), Window(short, NY)]
    at = cph("2026-11-23T10:00")
    assert next_all_open(both, at) is None
    assert nearest_all_open(both, at) is None


@pytest.mark.parametrize("at", [datetime.max, datetime.min, datetime(1800, 1, 1)])
def test_impossible_years_are_closed_and_not_an_error(at: datetime) -> None:
    at = at.replace(tzinfo=UTC)
    assert not is_open(Hours.always(), CPH, at)
    assert next_open(Hours.always(), CPH, at) is None
    assert prev_open(Hours.always(), CPH, at) is None
    assert nearest_allowed(Hours.always(), CPH, at) is None


def test_danish_holidays_follow_the_law() -> None:
    assert public_holidays.is_holiday("DK", date(2026, 4, 3))  # Good Friday
    assert public_holidays.is_holiday("DK", date(2023, 5, 5))  # Great Prayer Day, the last one
    assert not public_holidays.is_holiday("DK", date(2024, 4, 26))  # and none since
    assert public_holidays.is_holiday("dk", date(2026, 12, 25))


def test_a_state_has_its_own_holidays() -> None:
    assert public_holidays.is_holiday("DE-BY", date(2026, 1, 6))
    assert not public_holidays.is_holiday("DE", date(2026, 1, 6))


def test_an_unknown_place_has_no_holidays() -> None:
    assert not public_holidays.is_holiday("XX", date(2026, 12, 25))
    assert not public_holidays.is_holiday("DE-XX", date(2026, 12, 25))
    assert not public_holidays.is_holiday("", date(2026, 12, 25))
    assert not public_holidays.knows_holidays("XX")
    assert public_holidays.knows_holidays("DE-BY")


def test_countries_with_holidays_are_listed() -> None:
    countries = public_holidays.holiday_countries()
    assert {"DK", "SE", "NO", "DE"} <= set(countries)
    assert list(countries) == sorted(countries)


def test_looking_a_year_ahead_ends() -> None:
    christmas_only = Hours.parse({"fri": [["09:00", "10:00"]]})
    found = next_open(christmas_only, CPH, cph("2026-12-25T00:00"), "DK")
    assert found == cph("2027-01-08T09:00")  # New Year's Day is a Friday too
    assert found is not None
    assert found - cph("2026-12-25T00:00") > timedelta(days=13)
