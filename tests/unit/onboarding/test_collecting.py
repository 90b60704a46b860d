"""When agreements are collected, and what changes of them do; on a virtual calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.onboarding.rules import charge, due, mandate, subscription
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.schedule import dates, first_charge_promise
from ringround.onboarding.rules.subscription import Refused, Standing, State

CARD = Notice()
MOBILE = Notice(min_lead_days=2)
DEBIT = Notice(min_lead_days=5, bank_days=True, cut_off_day=18)
RAILS = [CARD, MOBILE, DEBIT]


def first(today: date, notice: Notice, day: int | None) -> date:
    now = datetime(today.year, today.month, today.day, 11, tzinfo=UTC)
    zone = ZoneInfo("Europe/Copenhagen")
    start = "fixed_day" if day else "next_possible"
    return first_charge_promise(now, zone, notice, start=start, day=day, accepted=True).period_on


def test_the_charge_run_begins_in_time_for_the_rail() -> None:
    assert due.hand_in(date(2026, 12, 1), CARD) == date(2026, 12, 1)
    assert due.hand_in(date(2026, 12, 1), MOBILE) <= date(2026, 11, 29)
    assert due.hand_in(date(2026, 12, 1), DEBIT) <= date(2026, 11, 18)
    assert due.takes(date(2026, 12, 1), MOBILE, today=date(2026, 11, 29))
    assert not due.takes(date(2026, 12, 1), MOBILE, today=date(2026, 11, 30))


def test_after_an_outage_the_latest_period_alone_is_collected() -> None:
    today = date(2026, 11, 20)
    assert due.latest_due(date(2026, 8, 1), "monthly", 1, today=today) == date(2026, 11, 1)
    assert due.latest_due(date(2026, 12, 1), "monthly", 1, today=today) == date(2026, 12, 1)


def test_a_period_that_the_rail_takes_no_sooner_than_the_next_is_passed_over() -> None:
    """From card to direct debit after the cut-off: December would be collected with January."""
    found = due.due_by(date(2026, 12, 1), "monthly", 1, today=date(2026, 11, 23), notice=DEBIT)
    assert (found.now, found.following, found.following_on) == (False, date(2027, 1, 1), date(2027, 1, 4))
    assert found.passed == (date(2026, 12, 1),)
    assert found.look_on == due.hand_in(date(2027, 1, 1), DEBIT)
    then = due.due_by(date(2027, 1, 1), "monthly", 1, today=found.look_on, notice=DEBIT)
    assert (then.now, then.period, then.due_on, then.following) == (
        True, date(2027, 1, 1), date(2027, 1, 4), date(2027, 2, 1),
    )  # fmt: skip


def test_after_an_outage_all_that_were_missed_are_passed_over() -> None:
    found = due.due_by(date(2026, 8, 1), "monthly", 1, today=date(2026, 11, 20), notice=CARD)
    assert (found.now, found.period) == (True, date(2026, 11, 1))
    assert found.passed == (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))


def test_a_period_that_is_late_is_collected_late_where_the_next_is_later_still() -> None:
    found = due.due_by(date(2026, 12, 1), "quarterly", 1, today=date(2026, 11, 23), notice=DEBIT)
    assert (found.now, found.period, found.due_on) == (True, date(2026, 12, 1), date(2027, 1, 4))
    assert found.passed == ()


@pytest.mark.parametrize(
    ("day", "last", "may"),
    [
        (date(2027, 1, 29), None, True),
        (date(2027, 2, 1), None, False),  # 31 January is a Sunday
        (date(2027, 1, 29), date(2027, 1, 29), True),
        (date(2027, 1, 29), date(2027, 1, 28), False),
    ],
)
def test_a_charge_fits_before_the_next_and_by_the_last_day(day: date, last: date | None, may: bool) -> None:
    assert due.fits(day, CARD, following=date(2027, 1, 31), last=last) is may


days = st.dates(date(2024, 1, 1), date(2035, 12, 31))


@given(
    today=days, rail=st.sampled_from(RAILS), schedule=st.sampled_from(sorted(due.MONTHS)), anchor=st.integers(1, 31),
    gap=st.integers(1, 90), then=st.sampled_from(RAILS),
)  # fmt: skip
def test_two_payments_are_never_collected_on_one_day(
    today: date, rail: Notice, schedule: str, anchor: int, gap: int, then: Notice
) -> None:
    """However many days the charge run does not run, and when the rail is changed for another."""
    period, collected = first(today, rail, anchor), [today - timedelta(days=1)]
    for place in range(6):
        notice = rail if place < 3 else then
        for _ in range(20):
            if due.hand_in(period, notice) > today:
                break
            found = due.due_by(period, schedule, anchor, today=today, notice=notice)
            if found.now:
                assert found.due_on > collected[-1]
                collected.append(found.due_on)
            period = found.following
        today += timedelta(days=gap)


@given(
    today=days, rail=st.sampled_from(RAILS), schedule=st.sampled_from(sorted(due.MONTHS)),
    day=st.none() | st.integers(1, 31),
)  # fmt: skip
def test_a_one_off_at_the_start_is_collected_before_the_first_of_the_schedule(
    today: date, rail: Notice, schedule: str, day: int | None
) -> None:
    now = datetime(today.year, today.month, today.day, 11, tzinfo=UTC)
    begins = first_charge_promise(
        now, ZoneInfo("Europe/Copenhagen"), rail, start="fixed_day" if day else "next_possible", day=day,
        schedule=schedule, one_off=True, accepted=True,
    )  # fmt: skip
    assert due.soonest(today, rail, today=today) < begins.due_on


@given(today=days, rail=st.sampled_from(RAILS), schedule=st.sampled_from(sorted(due.MONTHS)), anchor=st.integers(1, 31))
def test_periods_never_come_closer_than_their_months(today: date, rail: Notice, schedule: str, anchor: int) -> None:
    begins = first(today, rail, anchor)
    later = due.next_period(begins, schedule, anchor, today=today, floor=begins + timedelta(days=1), notice=rail)
    months = (later.year - begins.year) * 12 + later.month - begins.month
    assert months % due.MONTHS[schedule] == 0
    assert months >= due.MONTHS[schedule]


# --- changes --------------------------------------------------------------------------------------

TODAY = date(2026, 11, 20)
ACTIVE = Standing(
    state=State.ACTIVE, amount=10000, schedule="monthly", anchor_day=1, expires_on=None, hold=None, held_until=None,
    next_due_on=date(2026, 12, 1), version=1,
)  # fmt: skip


def change(standing: Standing, action: str, today: date = TODAY, **params: Any) -> Standing:
    assert not subscription.faults_of(action, params, today=today)
    found = subscription.act(standing, action, params, today=today, notice=MOBILE)
    assert isinstance(found, Standing), found
    assert found.version == standing.version + 1
    return found


def test_a_skip_goes_on_with_the_period_after_those_skipped() -> None:
    held = change(ACTIVE, "pause", kind="skip", count=2)
    assert (held.state, held.held_until) == (State.ON_HOLD, date(2027, 1, 27))
    assert held.hold is not None
    assert held.hold["until"] == "2027-02-01"
    again = subscription.hold_over(held, today=date(2027, 1, 27), notice=MOBILE)
    assert (again.state, again.next_due_on, again.hold, again.version) == (State.ACTIVE, date(2027, 2, 1), None, 3)


def test_a_pause_until_a_date_collects_nothing_before_it() -> None:
    held = change(ACTIVE, "pause", kind="until", until="2027-03-15")
    assert held.held_until == date(2027, 3, 27)
    again = subscription.hold_over(held, today=date(2027, 3, 27), notice=MOBILE)
    assert again.next_due_on == date(2027, 4, 1)


def test_a_restart_keeps_to_the_schedule_and_never_collects_at_once() -> None:
    held = change(ACTIVE, "pause")
    assert held.held_until is None
    again = change(held, "restart", today=date(2027, 2, 10))
    assert again.next_due_on == date(2027, 3, 1)
    # What the rail cannot have in time any more is not collected late.
    assert change(held, "restart", today=date(2027, 2, 28)).next_due_on == date(2027, 4, 1)


@pytest.mark.parametrize("action", ["pause", "restart", "cancel", "change_amount", "change_frequency", "set_expiry"])
@pytest.mark.parametrize("state", list(State))
def test_what_does_not_apply_is_refused_with_the_states_in_which_it_would(state: State, action: str) -> None:
    params = {"change_amount": {"amount": 5}, "change_frequency": {"schedule": "yearly"},
              "set_expiry": {"date": "2027-01-01"}}.get(action, {})  # fmt: skip
    found = subscription.act(replace(ACTIVE, state=state), action, params, today=TODAY, notice=CARD)
    legal = state.value in subscription.allowed(action)
    assert isinstance(found, Standing) is legal
    if isinstance(found, Refused):
        assert found.reason == "not_applicable"
        assert state.value not in found.allowed


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("change_amount", {}, "out_of_range"),
        ("change_amount", {"amount": 0}, "out_of_range"),
        ("change_amount", {"amount": True}, "out_of_range"),
        ("change_amount", {"amount": "12"}, "out_of_range"),
        ("change_frequency", {"schedule": "single"}, "not_an_option"),
        ("set_expiry", {"date": "2026-11-19"}, "out_of_range"),
        ("change_frequency", {"schedule": ["monthly"]}, "not_an_option"),
        ("change_frequency", {"schedule": {}}, "not_an_option"),
        ("set_expiry", {"date": "soon"}, "out_of_range"),
        ("set_expiry", {"date": "9999-12-31"}, "out_of_range"),
        ("pause", {"kind": "until", "until": "9999-12-31"}, "out_of_range"),
        ("pause", {"kind": "a while"}, "not_an_option"),
        ("pause", {"kind": "skip"}, "out_of_range"),
        ("pause", {"kind": "until", "until": "2026-11-20"}, "out_of_range"),
        ("restart", {"x": 1}, "unknown_field"),
    ],
)
def test_wrong_parameters_are_named(action: str, params: dict[str, Any], code: str) -> None:
    assert [fault.code for fault in subscription.faults_of(action, params, today=TODAY)] == [code]


@given(
    today=days, rail=st.sampled_from(RAILS), anchor=st.integers(1, 31), schedule=st.sampled_from(sorted(due.MONTHS)),
    count=st.integers(1, 24), wait=st.integers(0, 900),
)  # fmt: skip
def test_whatever_the_pause_nothing_is_collected_early_or_twice(
    today: date, rail: Notice, anchor: int, schedule: str, count: int, wait: int
) -> None:
    begins = first(today, rail, anchor)
    before = replace(ACTIVE, schedule=schedule, anchor_day=anchor, next_due_on=begins)
    held = subscription.act(before, "pause", {"kind": "skip", "count": count}, today=today, notice=rail)
    assert isinstance(held, Standing)
    assert held.held_until is not None
    assert held.held_until > today
    over = subscription.hold_over(held, today=held.held_until, notice=rail)
    assert over.next_due_on is not None
    skipped = sum(day < over.next_due_on for day in dates(begins, schedule, anchor, count + 24))
    assert skipped >= count
    by_hand = subscription.act(held, "restart", {}, today=today + timedelta(days=wait), notice=rail)
    assert isinstance(by_hand, Standing)
    assert by_hand.next_due_on is not None
    assert by_hand.next_due_on >= today + timedelta(days=wait)
    assert due.takes(by_hand.next_due_on, rail, today=today + timedelta(days=wait))


# --- charges and mandates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        ("scheduled", "charge.charged", "charged"),
        ("cancelled", "charge.charged", "charged"),
        ("failed", "charge.charged", "charged"),
        ("charged", "charge.failed", None),
        ("charged", "charge.scheduled", None),
        ("charged", "charge.chargeback", "failed"),
        ("submitted", "charge.expired", "cancelled"),
        ("cancelled", "charge.failed", None),
        ("scheduled", "charge.reserved", "submitted"),
        ("charged", "charge.refunded", None),
    ],
)
def test_a_gateways_word_about_a_charge(before: str, kind: str, after: str | None) -> None:
    assert charge.after(before, kind) == after


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        ("pending", "mandate.active", "active"),
        ("active", "mandate.active", None),
        ("active", "mandate.stopped", "stopped"),
        ("stopped", "mandate.reinstated", "active"),
        ("rejected", "mandate.active", None),
        ("stopped", "mandate.stopped", None),
    ],
)
def test_a_gateways_word_about_a_mandate(before: str, kind: str, after: str | None) -> None:
    assert mandate.after(before, kind) == after


def test_a_declined_card_is_tried_anew_by_the_plan_and_a_closed_account_is_not() -> None:
    day = date(2026, 12, 1)
    assert [charge.retry_on(failures=n, reason="card_declined", day=day) for n in (1, 2, 3, 4)] == [
        date(2026, 12, 4), date(2026, 12, 6), date(2026, 12, 8), None,
    ]  # fmt: skip
    assert charge.retry_on(failures=1, reason="account_closed", day=day) is None


def test_no_more_is_given_back_than_was_taken() -> None:
    assert charge.refundable(state="charged", amount=100, refunded=30, ordered=20) == 50
    assert charge.refundable(state="submitted", amount=100, refunded=0, ordered=0) == 0
