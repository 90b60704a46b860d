"""When money of a subscription is taken next, as people are told it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.onboarding.rules.bankdays import Notice, is_bank_day
from ringround.onboarding.rules.due import periods_before
from ringround.onboarding.rules.subscription import (
    Standing,
    State,
    Waiting,
    act,
    next_changed,
    next_payment,
)

CARD = Notice()
MOBILE = Notice(min_lead_days=2, most_lead_days=6)
# By the month: handed over until the eighteenth of the month before, and days for the yes.
DEBIT = Notice(min_lead_days=1, bank_days=True, cut_off_day=18, accept_bank_days=3)
TODAY = date(2026, 11, 23)
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)


def standing(**more: Any) -> Standing:
    facts: dict[str, Any] = {
        "state": State.ACTIVE, "amount": 10000, "schedule": "monthly", "anchor_day": 1, "expires_on": None,
        "hold": None, "held_until": None, "next_due_on": DECEMBER, "version": 1, **more,
    }  # fmt: skip
    return Standing(**facts)


def held(until: str | None) -> Standing:
    params = {"kind": "until", "until": until} if until else {"kind": "indefinite"}
    done = act(standing(), "pause", params, today=TODAY, notice=CARD)
    assert isinstance(done, Standing)
    return done


def test_it_is_the_bank_day_of_the_next_period() -> None:
    assert next_payment(standing(next_due_on=JANUARY), today=TODAY, notice=CARD) == date(2027, 1, 4)


def test_what_has_been_made_already_comes_first() -> None:
    made = Waiting(DECEMBER, one_off=False, on=DECEMBER)
    assert next_payment(standing(next_due_on=JANUARY), [made], today=TODAY, notice=MOBILE) == DECEMBER


def test_what_was_to_be_collected_by_now_is_none_that_comes() -> None:
    made = Waiting(date(2026, 11, 2), one_off=False, on=date(2026, 11, 2))
    assert next_payment(standing(), [made], today=TODAY, notice=CARD) == DECEMBER


def test_what_is_tried_anew_comes_before_the_next() -> None:
    failed = Waiting(date(2026, 11, 1), one_off=False, on=date(2026, 11, 25), again=True)
    assert next_payment(standing(), [failed], today=TODAY, notice=CARD) == date(2026, 11, 25)


def test_what_would_be_tried_anew_with_the_next_is_not() -> None:
    failed = Waiting(date(2026, 11, 1), one_off=False, on=date(2026, 12, 2), again=True)
    assert next_payment(standing(next_due_on=JANUARY), [failed], today=TODAY, notice=CARD) == date(2027, 1, 4)


@pytest.mark.parametrize("state", [State.PENDING, State.INACTIVE, State.EXPIRED])
def test_what_is_over_has_none(state: State) -> None:
    assert next_payment(standing(state=state), today=TODAY, notice=CARD) is None


@pytest.mark.parametrize(("until", "day"), [(None, None), ("2027-01-15", date(2027, 2, 1))])
def test_after_a_hold_it_is_known_where_the_hold_has_a_date(until: str | None, day: date | None) -> None:
    assert next_payment(held(until), today=TODAY, notice=CARD) == day


def test_beyond_the_last_day_there_is_none() -> None:
    assert next_payment(standing(expires_on=date(2026, 11, 30)), today=TODAY, notice=CARD) is None
    made = Waiting(DECEMBER, one_off=False, on=DECEMBER)
    last = standing(next_due_on=JANUARY, expires_on=date(2026, 12, 31))
    assert next_payment(last, [made], today=TODAY, notice=MOBILE) == DECEMBER


# --- while the method is changed ------------------------------------------------------------------


def changed(now: Standing, *waiting: Waiting, before: Notice, after: Notice, by: date = TODAY) -> date | None:
    return next_changed(now, waiting, today=TODAY, by=by, before=before, after=after)


def test_what_the_old_rail_has_is_collected_by_one_of_the_two() -> None:
    made = Waiting(DECEMBER, one_off=False, on=DECEMBER)
    assert changed(standing(next_due_on=JANUARY), made, before=MOBILE, after=CARD) == DECEMBER


def test_what_has_failed_is_tried_by_the_new_one_at_once() -> None:
    failed = Waiting(date(2026, 11, 1), one_off=False, on=date(2026, 11, 28), again=True)
    assert changed(standing(), failed, before=CARD, after=CARD) == TODAY


def test_a_month_that_the_new_rail_does_not_take_any_more_is_passed_over() -> None:
    assert changed(standing(), before=CARD, after=DEBIT) == date(2027, 1, 4)


def test_what_the_old_rail_collects_before_the_new_one_must_have_said_yes_is_told() -> None:
    assert changed(standing(), before=CARD, after=DEBIT, by=DECEMBER) == DECEMBER


@pytest.mark.parametrize("until", [None, "2027-01-15"])
def test_on_hold_the_new_rails_day_after_it_is_told(until: str | None) -> None:
    told = changed(held(until), before=CARD, after=DEBIT)
    assert told == (date(2027, 3, 1) if until else None)


def test_what_comes_before_the_day_that_was_told_is_passed_over() -> None:
    assert periods_before(DECEMBER, "monthly", 1, least=DECEMBER, notice=DEBIT) == ()
    assert periods_before(DECEMBER, "monthly", 1, least=date(2027, 1, 4), notice=DEBIT) == (DECEMBER,)
    assert periods_before(DECEMBER, "monthly", 1, least=date(2027, 1, 5), notice=DEBIT) == (DECEMBER, JANUARY)


NOTICES = st.sampled_from([CARD, MOBILE, DEBIT])
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(today=DAYS, due=DAYS, before=NOTICES, after=NOTICES, yes=st.integers(0, 9))
def test_what_was_told_of_a_change_is_a_bank_day_and_the_old_rail_takes_nothing_before_it(
    today: date, due: date, before: Notice, after: Notice, yes: int
) -> None:
    now = standing(next_due_on=due, anchor_day=due.day)
    by = today + timedelta(days=yes)
    told = next_changed(now, (), today=today, by=by, before=before, after=after)
    assert told is not None
    assert told >= today
    assert is_bank_day(told, "DK")
    old = next_payment(now, today=today, notice=before, until=by)
    assert old is None or told <= old
