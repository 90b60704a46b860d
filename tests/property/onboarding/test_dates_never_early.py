"""No charge is early: not before its date, its notice, its cut-off or its promise; and always on a bank day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel.calendar import add_months, local_date
from ringround.onboarding.rules import bankdays, schedule
from ringround.onboarding.rules.bankdays import Notice

CPH = ZoneInfo("Europe/Copenhagen")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
days = st.dates(date(2024, 1, 1), date(2040, 1, 1))
anchors = st.integers(1, 31)
every = st.sampled_from(sorted(schedule.MONTHS))
notices = st.builds(
    Notice, place=st.sampled_from(["DK", "SE", "NO", "DE", "GB"]), min_lead_days=st.integers(0, 10),
    bank_days=st.booleans(), cut_off_day=st.none() | st.integers(1, 31), cut_off_hour=st.integers(0, 24),
    cut_off_bank_day=st.booleans(), accept_bank_days=st.integers(0, 10),
)  # fmt: skip


@given(moments, notices, st.none() | anchors, every, st.booleans(), st.booleans(), st.none() | days)
def test_a_first_charge_is_never_early(
    now: datetime, notice: Notice, day: int | None, often: str, one_off: bool, accepted: bool, promised: date | None
) -> None:
    kept = None
    if promised is not None:
        anchor = day or promised.day
        period = schedule.on_day(promised, anchor)
        kept = schedule.Promise(
            period_on=period, due_on=bankdays.due_on(period, notice), anchor_day=anchor, why=("cut_off",)
        )
    found = schedule.first_charge_promise(
        now, CPH, notice, start="next_possible" if day is None else "fixed_day", day=day, schedule=often,
        one_off=one_off, accepted=accepted, promised=kept,
    )  # fmt: skip
    today = local_date(now, CPH)
    assert bankdays.is_bank_day(found.due_on, notice.place)
    assert today <= found.period_on <= found.due_on
    assert kept is None or found.due_on >= kept.due_on
    assert bankdays.earliest(now, CPH, notice) <= found.due_on
    assert today <= bankdays.hand_over_by(found.due_on, notice)
    assert found.anchor_day == (day or found.anchor_day)
    assert schedule.on_day(found.period_on, found.anchor_day) == found.period_on
    assert not (one_off and found.period_on == today)
    assert found.why


@given(moments, notices, days, anchors, every)
def test_a_next_charge_is_on_the_schedule_and_can_be_handed_over(
    now: datetime, notice: Notice, first: date, anchor: int, often: str
) -> None:
    period = schedule.on_day(first, anchor)
    found = schedule.next_charge(now, CPH, notice, period=period, schedule=often, anchor_day=anchor)
    due = bankdays.due_on(found, notice)
    assert found >= period
    assert due >= bankdays.earliest(now, CPH, notice)
    assert ((found.year - period.year) * 12 + found.month - period.month) % schedule.MONTHS[often] == 0
    assert found.day == schedule.on_day(found, anchor).day
    # And none before it could.
    if found > period:
        before = bankdays.due_on(schedule.previous(found, often, anchor), notice)
        assert before < bankdays.earliest(now, CPH, notice)


@given(days, anchors, every, st.integers(1, 30))
def test_dates_keep_their_day_and_their_distance(first: date, anchor: int, often: str, count: int) -> None:
    period = schedule.on_day(first, anchor)
    found = schedule.dates(period, often, anchor, count)
    for before, after in pairwise(found):
        assert add_months(before.replace(day=1), schedule.MONTHS[often]) == after.replace(day=1)
        assert after == schedule.on_day(after, anchor)
        assert schedule.previous(after, often, anchor) == before
        assert schedule.on_or_after(before + timedelta(days=1), period, often, anchor) == after


@given(days, notices)
def test_a_charge_is_handed_over_before_it_is_too_late(day: date, notice: Notice) -> None:
    due = bankdays.due_on(day, notice)
    last = bankdays.hand_over_by(due, notice)
    assert bankdays.hand_over_on(due, notice) <= last <= due
    assert bankdays.after_lead(last, notice) <= due


@given(days, st.integers(-40, 40), st.sampled_from(["DK", "SE", "NO", "DE", "US"]))
def test_bank_days_go_there_and_back(day: date, count: int, place: str) -> None:
    start = bankdays.on_or_after(day, place)
    there = bankdays.add_bank_days(start, count, place)
    assert bankdays.is_bank_day(there, place)
    assert bankdays.add_bank_days(there, -count, place) == start
