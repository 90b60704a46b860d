"""A call's table: what leads where, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringround.kernel.errors import Conflict
from ringround.telephony.rules.call import TABLE, Effect, Facts, Outcome, Signal, State, hang_up, step

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=20)


def at(state: State) -> Facts:
    return Facts(state=state, started_at=NOW)


def test_dialling_asks_the_exchange_and_tells_the_house() -> None:
    call, effects = step(at(State.CREATED), Signal.DIAL, now=NOW)
    assert (call.state, effects) == (State.DIALLING, (Effect.DIAL, Effect.TELL_STARTED))


def test_each_fact_has_its_time() -> None:
    call, _ = step(at(State.DIALLING), Signal.RING, now=NOW + timedelta(seconds=2))
    call, _ = step(call, Signal.ANSWER, now=NOW + timedelta(seconds=9))
    call, _ = step(call, Signal.CONNECT, now=NOW + timedelta(seconds=10))
    call, _ = step(call, Signal.END, now=NOW + timedelta(seconds=70), outcome=Outcome.ANSWERED)
    seconds = [
        (moment - NOW).total_seconds()
        for moment in (call.ringing_at, call.answered_at, call.connected_at, call.ended_at)
        if moment
    ]
    assert seconds == [2, 9, 10, 70]


@pytest.mark.parametrize("state", [one for one in State if one is not State.ENDED])
def test_a_call_can_end_from_wherever_it_is(state: State) -> None:
    call, effects = step(at(state), Signal.END, now=LATER, outcome=Outcome.FAILED)
    assert (call.state, call.outcome, effects) == (State.ENDED, Outcome.FAILED, (Effect.TELL_ENDED,))


@pytest.mark.parametrize("late", [Signal.RING, Signal.ANSWER, Signal.END])
def test_what_an_exchange_reports_late_changes_nothing(late: Signal) -> None:
    ended, _ = step(at(State.DIALLING), Signal.END, now=LATER, outcome=Outcome.BUSY)
    outcome = Outcome.ANSWERED if late is Signal.END else None
    assert step(ended, late, now=LATER + timedelta(seconds=1), outcome=outcome) == (ended, ())


def test_a_command_that_comes_late_is_refused_with_the_states_it_is_for() -> None:
    with pytest.raises(Conflict) as refused:
        step(at(State.ENDED), Signal.CONNECT, now=LATER)
    assert refused.value.allowed == ("answered", "detecting", "waiting")


@pytest.mark.parametrize(("signal", "outcome"), [(Signal.END, None), (Signal.RING, Outcome.BUSY)])
def test_an_outcome_belongs_to_the_end_and_only_there(signal: Signal, outcome: Outcome | None) -> None:
    with pytest.raises(ValueError, match="outcome"):
        step(at(State.DIALLING), signal, now=LATER, outcome=outcome)


def test_a_clock_that_was_set_back_ends_no_call_before_it_began() -> None:
    call, _ = step(at(State.DIALLING), Signal.END, now=NOW - timedelta(hours=1), outcome=Outcome.NO_ANSWER)
    assert call.ended_at == NOW


def test_a_call_was_over_when_the_telephone_was_put_down() -> None:
    call = hang_up(at(State.DIALLING), now=LATER)
    call, _ = step(call, Signal.END, now=LATER + timedelta(minutes=2), outcome=Outcome.ANSWERED)
    assert call.ended_at == LATER


def test_putting_the_telephone_down_twice_counts_once() -> None:
    once = hang_up(at(State.DIALLING), now=LATER)
    assert hang_up(once, now=LATER + timedelta(seconds=9)) == once


def test_only_the_end_is_final() -> None:
    assert TABLE.final == (State.ENDED,)
