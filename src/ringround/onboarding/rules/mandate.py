"""A mandate's life: the payer's permission to collect, by what its gateway says of it."""

from __future__ import annotations

from enum import StrEnum

from ringround.kernel.transitions import Table


class State(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REJECTED = "rejected"
    EXPIRED = "expired"
    FAILED = "failed"
    STOPPED = "stopped"


class Command(StrEnum):
    ACTIVATE = "activate"
    REJECT = "reject"
    EXPIRE = "expire"
    FAIL = "fail"
    STOP = "stop"
    REINSTATE = "reinstate"  # some rails bring back what was stopped


TABLE: Table[State, Command] = Table(
    {
        (State.PENDING, Command.ACTIVATE): State.ACTIVE,
        (State.PENDING, Command.REJECT): State.REJECTED,
        (State.PENDING, Command.EXPIRE): State.EXPIRED,
        (State.PENDING, Command.FAIL): State.FAILED,
        (State.PENDING, Command.STOP): State.STOPPED,
        (State.ACTIVE, Command.STOP): State.STOPPED,
        # A card that is withdrawn, an account that is closed.
        (State.ACTIVE, Command.FAIL): State.FAILED,
        (State.ACTIVE, Command.EXPIRE): State.EXPIRED,
        (State.STOPPED, Command.REINSTATE): State.ACTIVE,
        (State.FAILED, Command.REINSTATE): State.ACTIVE,
        (State.EXPIRED, Command.REINSTATE): State.ACTIVE,
    },
    initial=(State.PENDING, State.ACTIVE),
).check(State, Command)

# Nothing can be collected by these.
ENDED = (State.REJECTED, State.EXPIRED, State.FAILED, State.STOPPED)

_SAID = {
    "mandate.active": Command.ACTIVATE,
    "mandate.rejected": Command.REJECT,
    "mandate.expired": Command.EXPIRE,
    "mandate.failed": Command.FAIL,
    "mandate.stopped": Command.STOP,
    "mandate.reinstated": Command.REINSTATE,
}


def after(state: str, kind: str) -> State | None:
    """The state after a gateway's word; None where it changes nothing. Total: words come twice and in any order."""
    command = _SAID.get(kind)
    if command is None or not TABLE.can(State(state), command):
        return None
    return TABLE.step(State(state), command)
