"""A call's states as one table: a signal comes in, the call after it and the effects go out.

Nothing is done here. What an exchange has to do, and what the house is told, is data that the action carries out after
the call is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ringround.kernel.errors import Conflict
from ringround.kernel.messages import N_
from ringround.kernel.transitions import Table


class State(StrEnum):
    CREATED = "created"  # dial -> dialling
    DIALLING = "dialling"  # ring -> ringing, answer -> answered
    RINGING = "ringing"  # answer -> answered
    ANSWERED = "answered"  # detect -> detecting, wait -> waiting, connect -> connected
    DETECTING = "detecting"  # wait -> waiting, connect -> connected
    WAITING = "waiting"  # connect -> connected
    CONNECTED = "connected"
    ENDED = "ended"  # from any by end


class Signal(StrEnum):
    """What happens to a call: ordered by us (dial, detect, wait, connect) or reported (ring, answer, end)."""

    DIAL = "dial"
    RING = "ring"
    ANSWER = "answer"
    DETECT = "detect"
    WAIT = "wait"
    CONNECT = "connect"
    END = "end"


class Outcome(StrEnum):
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    INVALID_NUMBER = "invalid_number"
    FAILED = "failed"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


class Effect(StrEnum):
    """What follows from a transition. `dial`, `detect` and `connect` are for the exchange, `tell_*` are events."""

    DIAL = "dial"
    DETECT = "detect"
    CONNECT = "connect"
    TELL_STARTED = "tell_started"
    TELL_ANSWERED = "tell_answered"
    TELL_ENDED = "tell_ended"


TABLE: Table[State, Signal] = Table(
    moves={
        (State.CREATED, Signal.DIAL): State.DIALLING,
        (State.CREATED, Signal.END): State.ENDED,
        (State.DIALLING, Signal.RING): State.RINGING,
        # Some carriers never say that it rings.
        (State.DIALLING, Signal.ANSWER): State.ANSWERED,
        (State.DIALLING, Signal.END): State.ENDED,
        (State.RINGING, Signal.ANSWER): State.ANSWERED,
        (State.RINGING, Signal.END): State.ENDED,
        (State.ANSWERED, Signal.DETECT): State.DETECTING,
        (State.ANSWERED, Signal.WAIT): State.WAITING,
        (State.ANSWERED, Signal.CONNECT): State.CONNECTED,
        (State.ANSWERED, Signal.END): State.ENDED,
        (State.DETECTING, Signal.WAIT): State.WAITING,
        (State.DETECTING, Signal.CONNECT): State.CONNECTED,
        (State.DETECTING, Signal.END): State.ENDED,
        (State.WAITING, Signal.CONNECT): State.CONNECTED,
        (State.WAITING, Signal.END): State.ENDED,
        (State.CONNECTED, Signal.END): State.ENDED,
    },
    initial=(State.CREATED,),
).check(State, Signal)

# Reports of an exchange that come late or twice (after a reconnect it tells all it knows) change nothing.
_REPORTS = frozenset({Signal.RING, Signal.ANSWER, Signal.END})
_EFFECTS: dict[Signal, tuple[Effect, ...]] = {
    Signal.DIAL: (Effect.DIAL, Effect.TELL_STARTED),
    Signal.RING: (),
    Signal.ANSWER: (Effect.TELL_ANSWERED,),
    Signal.DETECT: (Effect.DETECT,),
    Signal.WAIT: (),
    Signal.CONNECT: (Effect.CONNECT,),
    Signal.END: (Effect.TELL_ENDED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A call as far as it is known; each fact with its time, aware UTC."""

    state: State = State.CREATED
    outcome: Outcome | None = None
    started_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    hung_up_at: datetime | None = None
    ended_at: datetime | None = None


def step(
    call: Facts, signal: Signal, *, now: datetime, outcome: Outcome | None = None
) -> tuple[Facts, tuple[Effect, ...]]:
    """The call after the signal, and what follows.

    `outcome` is given with `end` and only then. A command that is not legal raises Conflict `wrong_state`; a report
    that is not changes nothing.
    """
    if (signal is Signal.END) != (outcome is not None):
        raise ValueError("an outcome belongs to the end of a call, and every end has one")
    if not TABLE.can(call.state, signal):
        if signal in _REPORTS:
            return call, ()
        raise Conflict("wrong_state", N_("The call has moved on."), TABLE.allowed(signal))
    # A clock that was set back must not give a call that ends before it began.
    at = max(now, call.started_at)
    after = replace(call, state=TABLE.step(call.state, signal))
    match signal:
        case Signal.RING:
            after = replace(after, ringing_at=at)
        case Signal.ANSWER:
            after = replace(after, answered_at=at)
        case Signal.CONNECT:
            after = replace(after, connected_at=at)
        case Signal.END:
            # Where the agent says afterwards what happened, the call was over when the telephone was put down.
            after = replace(after, ended_at=call.hung_up_at or at, outcome=outcome)
        case Signal.DIAL | Signal.DETECT | Signal.WAIT:
            pass
    return after, _EFFECTS[signal]


def restate(call: Facts, outcome: Outcome) -> Facts:
    """The outcome of a call that is over, when who was in it says afterwards what came of it; its times stay."""
    if call.state is not State.ENDED:
        raise ValueError("a call that is not over ends with its outcome")
    return replace(call, outcome=outcome)


def hang_up(call: Facts, *, now: datetime) -> Facts:
    """The agent's telephone is put down; the outcome comes later. Told twice, the first counts."""
    if call.state is State.ENDED or call.hung_up_at is not None:
        return call
    return replace(call, hung_up_at=max(now, call.started_at))
