"""Where an agent stands, read off what they have in hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringround.dialer.rules.presence import State, Work, come_back, pauses_at_once, settle

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=10)
S = State


@pytest.mark.parametrize(
    ("state", "work", "after"),
    [
        (S.READY, Work(), S.READY),
        (S.READY, Work(holding=True), S.RESERVED),
        (S.READY, Work(holding=True, looks=True), S.PREVIEWING),
        (S.RESERVED, Work(holding=True, in_call=True), S.TALKING),
        (S.PREVIEWING, Work(holding=True, in_call=True, answers_known=True), S.DIALLING),
        (S.TALKING, Work(holding=True), S.WRAPPING),
        (S.WRAPPING, Work(holding=True), S.WRAPPING),
        (S.WRAPPING, Work(), S.READY),
        (S.TALKING, Work(wrap_until=SOON), S.WRAPPING),
        (S.WRAPPING, Work(wrap_until=NOW), S.READY),
        (S.WRAPPING, Work(wrap_until=SOON, holding=True, looks=True), S.PREVIEWING),
        (S.WRAPPING, Work(pause_wanted=True, wrap_until=SOON), S.PAUSED),
        (S.PREVIEWING, Work(), S.READY),
        (S.PAUSED, Work(holding=True), S.PAUSED),
        (S.PAUSED, Work(), S.PAUSED),
        (S.OFFLINE, Work(holding=True, in_call=True), S.OFFLINE),
    ],
)
def test_the_state_fits_the_work(state: State, work: Work, after: State) -> None:
    assert settle(state, work, NOW) is after


@pytest.mark.parametrize(
    ("state", "work", "at_once"),
    [
        (S.READY, Work(), True),
        (S.PREVIEWING, Work(holding=True), True),
        (S.WRAPPING, Work(), True),
        (S.WRAPPING, Work(holding=True), False),
        (S.TALKING, Work(holding=True, in_call=True), False),
    ],
)
def test_nobody_is_taken_out_of_a_call(state: State, work: Work, at_once: bool) -> None:
    assert pauses_at_once(state, work) is at_once


@pytest.mark.parametrize(
    ("before", "work", "after"),
    [
        (S.READY, Work(), S.READY),
        (S.PAUSED, Work(), S.PAUSED),
        (S.PREVIEWING, Work(holding=True, looks=True), S.PREVIEWING),
        (S.PREVIEWING, Work(), S.READY),
        (S.WRAPPING, Work(holding=True), S.WRAPPING),
        (S.TALKING, Work(holding=True, in_call=True), S.TALKING),
        (S.TALKING, Work(holding=True, looks=True), S.PREVIEWING),
    ],
)
def test_whoever_comes_back_goes_on_where_they_were(before: State, work: Work, after: State) -> None:
    assert come_back(before, work, NOW) is after
