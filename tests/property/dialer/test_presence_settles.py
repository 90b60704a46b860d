"""Every state an agent is put in is one that the table leads to, and looking twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ringround.dialer.rules.presence import TABLE, Move, State, Work, settle

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


def reachable(state: State) -> set[State]:
    """Where some steps of the table lead: several things may have happened since somebody looked."""
    found = {state}
    while more := {to for (at, move), to in TABLE.moves.items() if at in found and move in BY_WORK and to not in found}:
        found |= more
    return found


@given(st.sampled_from([one for one in State if one is not State.PAUSED]), works)
def test_work_leads_only_where_the_table_does(state: State, work: Work) -> None:
    assert settle(state, work, NOW) in reachable(state)


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
