"""Moments, spans and figures in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from ringround.infra import clock
from ringround.ui import format as form
from ringround.ui.tags import times

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _copenhagen() -> Iterator[None]:
    with clock.frozen(NOW), timezone.override("Europe/Copenhagen"), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW, "10:00"),
        (NOW - timedelta(days=1), "yesterday 10:00"),
        (NOW + timedelta(days=1), "tomorrow 10:00"),
        (NOW - timedelta(days=20), "10 Feb 10:00"),
        (NOW - timedelta(days=200), "14 Aug 2025 11:00"),
    ],
)
def test_a_moment_says_no_more_than_is_needed(moment: datetime, said: str) -> None:
    assert form.moment_text(form.in_zone(moment, None), NOW) == said


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(seconds=-3), "now"),
        (timedelta(minutes=-3), "3 min ago"),
        (timedelta(hours=2), "in 2 h"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(days=-30), "31 Jan 10:00"),
    ],
)
def test_a_relative_moment_turns_into_a_date_after_a_week(away: timedelta, said: str) -> None:
    assert form.relative_text(form.in_zone(NOW + away, None), NOW) == said


def test_danish_dates_and_spans_are_danish() -> None:
    with translation.override("da"):
        assert form.moment_text(form.in_zone(NOW - timedelta(days=20), None), NOW) == "10. feb 10:00"
        assert form.relative_text(NOW - timedelta(minutes=3), NOW) == "for 3 min. siden"
        assert form.number_text(12345.5, 1) == "12.345,5"


@pytest.mark.parametrize(
    ("seconds", "words", "clocked"),
    [(0, "0 s", "0:00"), (75, "1 min 15 s", "1:15"), (3600, "1 h 00 min", "1:00:00"), (3849, "1 h 04 min", "1:04:09")],
)
def test_a_duration_is_read_in_words_or_as_a_clock(seconds: int, words: str, clocked: str) -> None:
    assert (form.duration_text(seconds), form.duration_text(seconds, "clock")) == (words, clocked)


def test_the_leads_own_time_is_shown_only_where_its_clock_differs() -> None:
    assert "in" not in times.when_in(NOW, "Europe/Berlin").split(">", 1)[1]
    assert "(04:00 in New York)" in times.when_in(NOW, "America/New_York")


def test_the_leads_own_day_is_shown_when_it_is_another() -> None:
    assert "tomorrow 01:00 in Auckland" in times.when_in(NOW + timedelta(hours=3), "Pacific/Auckland")


def test_an_unknown_zone_is_the_viewers() -> None:
    assert form.in_zone(NOW, "Nowhere/Town").hour == 10


def test_nothing_to_divide_by_is_a_dash() -> None:
    assert form.percent_text(None) == "–"
    assert form.percent_text(0.385, 1) == "38.5 %"
    assert form.percent_text(2 / 3, 1) == "66.7 %"
    assert form.percent_text(0.125) == "13 %"


def test_money_has_decimals_only_where_there_are_some() -> None:
    assert form.money_text(125_000, "DKK") == "DKK 1,250"
    assert form.money_text(9_950, "DKK") == "DKK 99.50"
    assert form.money_text(500, "ISK") == "ISK 500"
    assert form.money_text(None, "DKK") == "–"


def test_money_is_written_as_in_danish() -> None:
    with translation.override("da"):
        assert form.money_text(125_000, "DKK") == "1.250 kr."
        assert form.money_text(9_950, "EUR") == "99,50 EUR"


def test_a_running_timer_starts_with_what_the_server_knows() -> None:
    assert ">12:04<" in times.since(NOW - timedelta(minutes=12, seconds=4))
    assert ">0:00<" in times.until(NOW - timedelta(minutes=1))
