"""Every state an agent is put in is one that the table leads to, and looking twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.dialer.rules.presence import TABLE, Move, State, Work, check_step, come_back, pauses_at_once, settle
from ringround.kernel.errors import Conflict

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
works = st.builds(
    Work,
    holding=st.booleans(),
    in_call=st.booleans(),
    answers_known=st.booleans(),
    looks=st.booleans(),
    pause_wanted=st.booleans(),
    wrap_until=st.none() | st.integers(-20, 20).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)
# By work alone nobody joins, leaves, is lost or ends a break.
BY_WORK = (Move.RESERVE, Move.PREVIEW, Move.DIAL, Move.TALK, Move.WRAP, Move.FREE, Move.PAUSE)
BACK = (Move.COME_BACK, *BY_WORK)


def steps(state: State, moves: tuple[Move, ...] = tuple(Move)) -> set[State]:
    """Where one step of the table leads, and where one stands."""
    return {state} | {to for (at, move), to in TABLE.moves.items() if at is state and move in moves}


@given(st.sampled_from(State), works)
def test_work_leads_in_one_step_only_where_the_table_does(state: State, work: Work) -> None:
    assert settle(state, work, NOW) in steps(state, () if state is State.OFFLINE else BY_WORK)


@given(st.sampled_from([one for one in State if one is not State.OFFLINE]), works)
def test_one_step_leads_back_from_a_lost_connection(before: State, work: Work) -> None:
    assert come_back(before, work, NOW) in steps(State.OFFLINE, BACK)


@given(st.sampled_from([one for one in State if one not in (State.OFFLINE, State.PAUSED)]), works)
def test_a_break_that_begins_at_once_is_one_step(state: State, work: Work) -> None:
    if pauses_at_once(state, work):
        assert State.PAUSED in steps(state, BY_WORK)


@given(st.sampled_from(State), st.sampled_from(State))
def test_what_the_table_does_not_say_is_refused(before: State, to: State) -> None:
    if before is to:
        return
    if to in steps(before):
        check_step(before, to)
    else:
        with pytest.raises(Conflict):
            check_step(before, to)


@given(st.sampled_from(State), works)
def test_looking_twice_changes_nothing(state: State, work: Work) -> None:
    once = settle(state, work, NOW)
    # Once it has settled the marks that led there are gone (the action clears them).
    after = Work(
        holding=work.holding,
        in_call=work.in_call,
        answers_known=work.answers_known,
        looks=work.looks,
        wrap_until=work.wrap_until if once is State.WRAPPING and not work.holding else None,
        pause_wanted=work.pause_wanted and once is not State.PAUSED,
    )
    assert settle(once, after, NOW) is once


@given(st.sampled_from([one for one in State if one is not State.OFFLINE]), works)
def test_whoever_is_in_a_call_is_seen_in_a_call(state: State, work: Work) -> None:
    if work.in_call:
        assert settle(state, work, NOW) in (State.DIALLING, State.TALKING)


@given(works)
def test_nobody_is_ready_with_a_lead_in_hand(work: Work) -> None:
    if work.holding:
        for state in State:
            assert settle(state, work, NOW) is not State.READY
