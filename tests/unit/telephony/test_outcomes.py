"""What came of a call, by its cause and by how far it had come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringround.telephony.rules.call import Facts, Outcome, State
from ringround.telephony.rules.outcome import counts, outcome

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def call(state: State) -> Facts:
    return Facts(state=state, started_at=AT)


@pytest.mark.parametrize(
    ("cause", "came_of_it"),
    [
        (17, Outcome.BUSY),
        (18, Outcome.NO_ANSWER),
        (19, Outcome.NO_ANSWER),
        (1, Outcome.INVALID_NUMBER),
        (28, Outcome.INVALID_NUMBER),
        (22, Outcome.INVALID_NUMBER),
        (20, Outcome.NO_ANSWER),
        (31, Outcome.NO_ANSWER),
        (21, Outcome.BUSY),
        (34, Outcome.FAILED),
        (38, Outcome.FAILED),
        (41, Outcome.FAILED),
        (42, Outcome.FAILED),
        (3, Outcome.FAILED),
        (27, Outcome.FAILED),
        (999, Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
@pytest.mark.parametrize("state", [State.CREATED, State.DIALLING, State.RINGING])
def test_a_call_that_nobody_answered_is_what_its_cause_says(
    state: State, cause: int | None, came_of_it: Outcome
) -> None:
    assert outcome(call(state), cause=cause) is came_of_it


def test_one_that_we_gave_up_is_cancelled_and_one_that_rang_its_time_is_not() -> None:
    assert outcome(call(State.RINGING), cause=16, ours=True) is Outcome.CANCELLED
    assert outcome(call(State.RINGING), cause=19, ours=True) is Outcome.NO_ANSWER
    assert outcome(call(State.RINGING), cause=16) is Outcome.NO_ANSWER


@pytest.mark.parametrize("cause", [16, 34, None])
def test_one_that_an_agent_had_was_answered_however_it_ended(cause: int | None) -> None:
    assert outcome(call(State.CONNECTED), cause=cause) is Outcome.ANSWERED


@pytest.mark.parametrize("state", [State.ANSWERED, State.WAITING])
def test_a_person_whom_no_agent_came_to_is_abandoned_and_a_machine_is_not(state: State) -> None:
    assert outcome(call(state), cause=16) is Outcome.ABANDONED
    assert outcome(call(state), cause=16, machine=True) is Outcome.MACHINE


def test_who_hangs_up_while_it_is_found_out_who_answered_was_not_abandoned() -> None:
    assert outcome(call(State.DETECTING), cause=16) is Outcome.NO_ANSWER


def test_the_outcome_of_a_call_that_is_over_is_not_asked_again() -> None:
    with pytest.raises(ValueError, match="is known"):
        outcome(call(State.ENDED), cause=16)


@pytest.mark.parametrize("found", list(Outcome))
def test_the_network_and_we_ourselves_are_no_attempt_on_a_person(found: Outcome) -> None:
    assert counts(found) is (found not in (Outcome.FAILED, Outcome.CANCELLED))
