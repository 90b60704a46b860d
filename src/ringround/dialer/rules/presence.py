"""Where an agent stands, as one table and one function.

What an agent asks for (join, pause, leave) are commands. What work does to them is read off the facts: `settle` says
in which state somebody is who holds a lead or not, is in a call or not. So whatever order things happened in, and
wherever a process died, the next look puts it right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ringround.kernel.errors import Conflict
from ringround.kernel.transitions import Table


class State(StrEnum):
    OFFLINE = "offline"  # join -> ready; back: what the facts say
    READY = "ready"  # reserve -> reserved, preview -> previewing, pause -> paused
    RESERVED = "reserved"  # a lead is kept for them: dial -> dialling
    PREVIEWING = "previewing"  # they look at a contact: dial -> dialling
    DIALLING = "dialling"  # talk -> talking
    TALKING = "talking"  # wrap -> wrapping
    WRAPPING = "wrapping"  # after the call, and a moment after its disposition: free -> ready
    PAUSED = "paused"  # resume -> ready


class Move(StrEnum):
    JOIN = "join"
    RESERVE = "reserve"
    PREVIEW = "preview"
    DIAL = "dial"
    TALK = "talk"
    WRAP = "wrap"
    FREE = "free"
    PAUSE = "pause"
    RESUME = "resume"
    LOSE = "lose"
    COME_BACK = "come_back"
    LEAVE = "leave"


_S, _M = State, Move
_WITH_LEAD = (_S.RESERVED, _S.PREVIEWING, _S.WRAPPING)
_ONLINE = tuple(state for state in State if state is not _S.OFFLINE)

TABLE: Table[State, Move] = Table(
    moves={
        (_S.OFFLINE, _M.JOIN): _S.READY,
        (_S.READY, _M.RESERVE): _S.RESERVED,
        (_S.WRAPPING, _M.RESERVE): _S.RESERVED,
        (_S.READY, _M.PREVIEW): _S.PREVIEWING,
        # The next contact may be asked for before the wrap-up time is over.
        (_S.WRAPPING, _M.PREVIEW): _S.PREVIEWING,
        (_S.RESERVED, _M.DIAL): _S.DIALLING,
        (_S.PREVIEWING, _M.DIAL): _S.DIALLING,
        # Another number of the same contact.
        (_S.WRAPPING, _M.DIAL): _S.DIALLING,
        (_S.DIALLING, _M.TALK): _S.TALKING,
        (_S.DIALLING, _M.WRAP): _S.WRAPPING,
        (_S.TALKING, _M.WRAP): _S.WRAPPING,
        # The agent's own telephone was used without a word to us, and the contact is now dispositioned.
        (_S.RESERVED, _M.WRAP): _S.WRAPPING,
        (_S.PREVIEWING, _M.WRAP): _S.WRAPPING,
        (_S.RESERVED, _M.FREE): _S.READY,
        (_S.PREVIEWING, _M.FREE): _S.READY,
        (_S.DIALLING, _M.FREE): _S.READY,
        (_S.TALKING, _M.FREE): _S.READY,
        (_S.WRAPPING, _M.FREE): _S.READY,
        (_S.READY, _M.PAUSE): _S.PAUSED,
        (_S.RESERVED, _M.PAUSE): _S.PAUSED,
        (_S.PREVIEWING, _M.PAUSE): _S.PAUSED,
        (_S.WRAPPING, _M.PAUSE): _S.PAUSED,
        (_S.DIALLING, _M.PAUSE): _S.PAUSED,
        (_S.TALKING, _M.PAUSE): _S.PAUSED,
        (_S.PAUSED, _M.RESUME): _S.READY,
        # A telephone that does not tell when it is answered, or several things since somebody last looked: a call is a
        # call wherever its agent stood, on a break as well.
        **{(state, _M.DIAL): _S.DIALLING for state in (_S.READY, _S.PAUSED)},
        **{(state, _M.TALK): _S.TALKING for state in (_S.READY, _S.RESERVED, _S.PREVIEWING, _S.WRAPPING, _S.PAUSED)},
        **{(state, _M.LOSE): _S.OFFLINE for state in _ONLINE},
        # The connection is back: to where they stood, or where the facts say they are by now.
        (_S.OFFLINE, _M.COME_BACK): _S.READY,
        (_S.OFFLINE, _M.RESERVE): _S.RESERVED,
        (_S.OFFLINE, _M.PREVIEW): _S.PREVIEWING,
        (_S.OFFLINE, _M.DIAL): _S.DIALLING,
        (_S.OFFLINE, _M.TALK): _S.TALKING,
        (_S.OFFLINE, _M.WRAP): _S.WRAPPING,
        (_S.OFFLINE, _M.PAUSE): _S.PAUSED,
        **{(state, _M.LEAVE): _S.OFFLINE for state in _ONLINE},
    },
    initial=(_S.OFFLINE,),
).check(State, Move)


_STEPS = frozenset((at, to) for (at, _move), to in TABLE.moves.items())


def check_step(before: State, to: State) -> None:
    """Conflict `wrong_state` unless one move of the table leads there."""
    if (before, to) not in _STEPS:
        raise Conflict("wrong_state", f"{before} -> {to}", [at.value for at, after in _STEPS if after is to])


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the agent has in hand. `looks`: their campaign shows contacts by itself (preview) rather than on request."""

    holding: bool = False
    in_call: bool = False
    answers_known: bool = False  # the exchange tells when a call is answered; a plain telephone does not
    looks: bool = False
    wrap_until: datetime | None = None
    pause_wanted: bool = False


def settle(state: State, work: Work, now: datetime) -> State:
    """The state that fits the facts. Offline stays offline; a break holds until it is ended."""
    if state is State.OFFLINE:
        return state
    if work.in_call:
        if work.answers_known and state in (State.DIALLING, State.TALKING):
            return state
        return State.DIALLING if work.answers_known else State.TALKING
    if state is State.PAUSED:
        return state
    if work.holding:
        if state in (State.DIALLING, State.TALKING):
            return State.WRAPPING
        if state in _WITH_LEAD and not _between(state, work):
            return state
        return State.PREVIEWING if work.looks else State.RESERVED
    if state in (State.WRAPPING, State.TALKING, State.DIALLING, State.RESERVED, State.PREVIEWING) and _wraps(work, now):
        return State.WRAPPING
    return State.PAUSED if work.pause_wanted else State.READY


def _between(state: State, work: Work) -> bool:
    """Wrapping up the last contact while the next is already here."""
    return state is State.WRAPPING and work.wrap_until is not None


def _wraps(work: Work, now: datetime) -> bool:
    return work.wrap_until is not None and now < work.wrap_until and not work.pause_wanted


def pauses_at_once(state: State, work: Work) -> bool:
    """Whether a break begins now; else it begins when the contact in hand is done.

    Nobody is taken out of a call, nor from a contact that was called and awaits its disposition.
    """
    if work.in_call or state in (State.DIALLING, State.TALKING):
        return False
    return not (state is State.WRAPPING and work.holding)


def come_back(before: State, work: Work, now: datetime) -> State:
    """The state of an agent whose connection is back: a break goes on, else what the facts say."""
    if before is State.PAUSED and not work.in_call:
        return State.PAUSED
    if before in _WITH_LEAD and work.holding and not work.in_call:
        return before
    return settle(State.READY, work, now)
