"""Whatever an exchange says in whatever order, a call stays one that can be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel.errors import Conflict
from ringround.telephony.rules.call import Effect, Facts, Outcome, Signal, State, hang_up, step

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
signals = st.lists(
    st.tuples(st.sampled_from([*Signal, "hang_up"]), st.integers(-5, 120), st.sampled_from(Outcome)), max_size=25
)


@given(signals)
def test_a_call_is_always_whole(story: list[tuple[Signal | str, int, Outcome]]) -> None:
    call, told = Facts(started_at=NOW), []
    moment = NOW
    for signal, seconds, outcome in story:
        moment += timedelta(seconds=seconds)
        if isinstance(signal, Signal):
            try:
                call, effects = step(call, signal, now=moment, outcome=outcome if signal is Signal.END else None)
            except Conflict:
                continue
            told += effects
        else:
            call = hang_up(call, now=moment)
        assert (call.state is State.ENDED) == (call.outcome is not None) == (call.ended_at is not None)
        assert all(at >= call.started_at for at in (call.ringing_at, call.answered_at, call.ended_at) if at)
    assert told.count(Effect.TELL_STARTED) <= 1
    assert told.count(Effect.TELL_ENDED) <= 1
