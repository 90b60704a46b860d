"""What came of a call that has ended: by the cause that the exchange tells (Q.850), never by its words.

A carrier says 404 and 603 with the same word, "no answer"; their causes are 1 and 21.
"""

from __future__ import annotations

from typing import Final

from ringround.telephony.rules.call import Facts, Outcome, State

# ITU-T Q.850. Whatever is not here is the network's: the call failed, and the person was not tried.
BY_CAUSE: Final = {
    1: Outcome.INVALID_NUMBER,  # unallocated number (404)
    16: Outcome.NO_ANSWER,  # normal clearing, before anybody answered
    17: Outcome.BUSY,  # user busy (486)
    18: Outcome.NO_ANSWER,  # no user responding (408)
    19: Outcome.NO_ANSWER,  # rings, and no answer (our own time-out)
    20: Outcome.NO_ANSWER,  # subscriber absent: the telephone is off
    21: Outcome.BUSY,  # call rejected (603): somebody is there, and will not now
    22: Outcome.INVALID_NUMBER,  # number changed (410)
    28: Outcome.INVALID_NUMBER,  # invalid number format (484)
    31: Outcome.NO_ANSWER,  # normal, unspecified (480)
}


def outcome(call: Facts, *, cause: int | None, machine: bool = False, ours: bool = False) -> Outcome:
    """What came of a call that ends now; `cause` None where nobody can say (the exchange was gone).

    `machine`: the detection has found one. `ours`: we have ended it. Nobody answered: by the cause; hung up by us
    before that, it was cancelled. A person answered and no agent came: abandoned. In the middle of the detection it was
    nobody whom anybody could have talked with.
    """
    match call.state:
        case State.CONNECTED:
            return Outcome.ANSWERED
        case _ if machine:
            return Outcome.MACHINE
        case State.ANSWERED | State.WAITING:
            return Outcome.ABANDONED
        case State.DETECTING:
            return Outcome.NO_ANSWER
        case State.CREATED | State.DIALLING | State.RINGING:
            if cause is None:
                return Outcome.FAILED
            # Our own time-out has a cause of its own.
            if ours and cause == 16:
                return Outcome.CANCELLED
            return BY_CAUSE.get(cause, Outcome.FAILED)
        case State.ENDED:
            raise ValueError("what came of a call that is over is known")


def counts(found: Outcome) -> bool:
    """Whether the person was tried: a fault of the network, and a call that we gave up, are no attempt on anybody."""
    return found not in (Outcome.FAILED, Outcome.CANCELLED)
