"""When money is due: the agreement's day, first charges and why then, what comes after a pause."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringround.onboarding.rules import schedule
from ringround.onboarding.rules.bankdays import Notice

CPH = ZoneInfo("Europe/Copenhagen")
CARD = Notice()
MOBILE = Notice(min_lead_days=2)
DIRECT = Notice(cut_off_day=18, min_lead_days=5, bank_days=True, accept_bank_days=3)
# A Monday.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_the_31st_is_the_last_day_of_short_months_and_the_31st_again() -> None:
    assert schedule.dates(date(2026, 1, 31), "monthly", 31, 4) == (
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30),
    )  # fmt: skip
    assert schedule.following(date(2027, 11, 29), "quarterly", 29) == date(2028, 2, 29)


def test_the_29th_of_february_is_the_28th_in_other_years_and_the_29th_again() -> None:
    found = schedule.dates(date(2028, 2, 29), "yearly", 29, 5)
    assert [str(one) for one in found] == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]
    # Of who has signed on the 31st, too.
    assert schedule.dates(date(2027, 8, 31), "half_yearly", 31, 3)[1:] == (date(2028, 2, 29), date(2028, 8, 31))


@pytest.mark.parametrize(
    ("every", "then"),
    [
        ("monthly", date(2026, 4, 15)),
        ("quarterly", date(2026, 6, 15)),
        ("half_yearly", date(2026, 9, 15)),
        ("yearly", date(2027, 3, 15)),
    ],
)
def test_each_schedule_has_its_months(every: str, then: date) -> None:
    assert schedule.following(date(2026, 3, 15), every, 15) == then
    assert schedule.previous(then, every, 15) == date(2026, 3, 15)


def test_the_first_date_not_before_a_day_keeps_to_the_schedule() -> None:
    assert schedule.on_or_after(date(2026, 8, 1), date(2026, 1, 31), "quarterly", 31) == date(2026, 10, 31)
    assert schedule.on_or_after(date(2026, 7, 31), date(2026, 1, 31), "quarterly", 31) == date(2026, 7, 31)
    assert schedule.on_or_after(date(2025, 1, 1), date(2026, 1, 31), "monthly", 31) == date(2026, 1, 31)


def test_so_many_may_be_skipped() -> None:
    assert schedule.after_skip(date(2026, 1, 31), "monthly", 31, 2) == date(2026, 3, 31)


# --- the first charge -------------------------------------------------------------------------


def test_a_card_is_charged_at_once() -> None:
    found = schedule.first_charge_promise(NOW, CPH, CARD, start="next_possible", schedule="monthly")
    assert (found.period_on, found.due_on, found.anchor_day) == (date(2026, 3, 2), date(2026, 3, 2), 2)
    assert found.why == ("next_possible",)


def test_a_notice_is_kept_and_a_week_end_passed_over() -> None:
    friday = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
    found = schedule.first_charge_promise(friday, CPH, MOBILE, start="next_possible", schedule="monthly")
    assert (found.period_on, found.due_on) == (date(2026, 3, 8), date(2026, 3, 9))
    assert found.why == ("lead_time", "bank_day")


def test_a_cut_off_that_has_passed_is_the_month_after() -> None:
    late = datetime(2026, 3, 19, 9, 0, tzinfo=UTC)
    found = schedule.first_charge_promise(late, CPH, DIRECT, start="next_possible", schedule="monthly")
    # 1 May is a bank day in Denmark.
    assert (found.due_on, found.anchor_day, found.why) == (date(2026, 5, 1), 1, ("cut_off",))


def test_a_mandate_that_may_come_after_the_cut_off_misses_it() -> None:
    # Three bank days from Monday 16 March: the rail may say yes on the 19th, a day after the cut-off.
    monday = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
    found = schedule.first_charge_promise(monday, CPH, DIRECT, start="next_possible", schedule="monthly")
    assert found.due_on == date(2026, 5, 1)
    accepted = schedule.first_charge_promise(
        monday, CPH, DIRECT, start="next_possible", schedule="monthly", accepted=True
    )
    assert accepted.due_on == date(2026, 4, 1)
    kept = schedule.first_charge_promise(
        monday, CPH, DIRECT, start="next_possible", schedule="monthly", accepted=True, promised=found
    )
    assert kept == found


@pytest.mark.parametrize("one_off", [False, True])
@pytest.mark.parametrize("day", [None, 2, 31])
def test_a_yes_on_the_same_day_leaves_a_promise_as_it_was(day: int | None, one_off: bool) -> None:
    asked: dict[str, Any] = {
        "start": "fixed_day" if day else "next_possible", "day": day, "schedule": "monthly", "one_off": one_off,
    }  # fmt: skip
    for one in (CARD, MOBILE, DIRECT):
        found = schedule.first_charge_promise(NOW, CPH, one, **asked)
        kept = schedule.Promise.from_json(found.to_json())
        assert kept is not None
        again = schedule.first_charge_promise(NOW, CPH, one, accepted=True, promised=kept, **asked)
        assert (again.period_on, again.due_on, again.anchor_day) == (found.period_on, found.due_on, found.anchor_day)


def test_a_yes_that_comes_late_is_collected_later_than_promised() -> None:
    found = schedule.first_charge_promise(NOW, CPH, CARD, start="next_possible", schedule="monthly")
    late = NOW + timedelta(days=3)
    kept = schedule.first_charge_promise(
        late, CPH, CARD, start="next_possible", schedule="monthly", accepted=True, promised=found
    )
    assert kept.period_on == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("day", "period", "due"),
    [
        (2, date(2026, 3, 2), date(2026, 3, 2)),
        (1, date(2026, 4, 1), date(2026, 4, 1)),
        (31, date(2026, 3, 31), date(2026, 3, 31)),
        (14, date(2026, 3, 14), date(2026, 3, 16)),
    ],
)
def test_an_agreed_day_is_the_next_of_its_kind(day: int, period: date, due: date) -> None:
    found = schedule.first_charge_promise(NOW, CPH, CARD, start="fixed_day", day=day, schedule="monthly")
    assert (found.period_on, found.due_on, found.anchor_day) == (period, due, day)
    assert "fixed_day" in found.why


def test_with_a_one_off_at_the_start_nobody_pays_twice_at_once() -> None:
    found = schedule.first_charge_promise(NOW, CPH, CARD, start="next_possible", schedule="monthly", one_off=True)
    assert found.period_on == date(2026, 4, 2)
    same_day = schedule.first_charge_promise(NOW, CPH, CARD, start="fixed_day", day=2, schedule="monthly", one_off=True)
    assert same_day.period_on == date(2026, 4, 2)


def test_what_is_today_is_so_on_the_merchants_wall() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert schedule.first_charge_promise(late, CPH, CARD, start="next_possible").due_on == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        # The night of 29 March has 23 hours, that of 25 October 25.
        ("2026-03-28T22:59", "2026-03-28"), ("2026-03-28T23:00", "2026-03-29"),
        ("2026-03-29T21:59", "2026-03-29"), ("2026-03-29T22:00", "2026-03-30"),
        ("2026-10-24T21:59", "2026-10-24"), ("2026-10-24T22:00", "2026-10-25"),
        ("2026-10-25T22:59", "2026-10-25"), ("2026-10-25T23:00", "2026-10-26"),
    ],
)  # fmt: skip
def test_the_first_charge_is_of_the_day_on_the_wall_also_when_summer_time_begins_and_ends(now: str, day: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = schedule.first_charge_promise(at, CPH, CARD, start="next_possible", schedule="monthly")
    assert str(found.period_on) == day


@pytest.mark.parametrize(
    ("now", "missed"),
    [("2026-01-20T10:59", False), ("2026-01-20T11:00", True), ("2026-07-20T09:59", False), ("2026-07-20T10:00", True)],
)
def test_a_cut_off_at_noon_is_at_noon_in_summer_and_in_winter(now: str, missed: bool) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    noon = Notice(cut_off_day=20, cut_off_hour=12, bank_days=True)
    found = schedule.first_charge_promise(at, CPH, noon, start="next_possible", schedule="monthly")
    assert ((found.period_on.month - at.month) == 2) is missed


# --- after a pause ----------------------------------------------------------------------------


def test_what_was_missed_in_a_pause_is_not_collected_afterwards() -> None:
    found = schedule.next_charge(NOW, CPH, CARD, period=date(2025, 11, 15), schedule="monthly", anchor_day=15)
    assert found == date(2026, 3, 15)


def test_a_restart_keeps_the_rails_notice() -> None:
    found = schedule.next_charge(NOW, CPH, MOBILE, period=date(2026, 2, 3), schedule="monthly", anchor_day=3)
    assert found == date(2026, 4, 3)


def test_a_date_on_a_week_end_is_still_possible_when_its_bank_day_is() -> None:
    sunday = datetime(2026, 3, 15, 9, 0, tzinfo=UTC)
    found = schedule.next_charge(sunday, CPH, CARD, period=date(2026, 2, 14), schedule="monthly", anchor_day=14)
    assert found == date(2026, 3, 14)
