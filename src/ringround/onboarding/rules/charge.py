"""A charge's life: one collection, by what was done about it and what its gateway says.

Money that was taken is a fact: whatever was thought before, a charge that the gateway has collected is charged.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from ringround.kernel.transitions import Table


class State(StrEnum):
    SCHEDULED = "scheduled"  # ours alone so far
    SUBMITTED = "submitted"  # the gateway has it
    CHARGED = "charged"
    FAILED = "failed"  # may be tried anew by the plan
    REJECTED = "rejected"  # will not be tried anew
    CANCELLED = "cancelled"


class Command(StrEnum):
    SUBMIT = "submit"
    COLLECT = "collect"
    FAIL = "fail"
    REJECT = "reject"
    CANCEL = "cancel"
    TAKE_BACK = "take_back"  # the payer's bank has fetched it back


_OPEN = (State.SCHEDULED, State.SUBMITTED)
_NOT_CHARGED = (*_OPEN, State.FAILED, State.REJECTED, State.CANCELLED)

TABLE: Table[State, Command] = Table(
    {
        (State.SCHEDULED, Command.SUBMIT): State.SUBMITTED,
        **{(state, Command.COLLECT): State.CHARGED for state in _NOT_CHARGED},
        **{(state, Command.FAIL): State.FAILED for state in _OPEN},
        **{(state, Command.REJECT): State.REJECTED for state in _OPEN},
        **{(state, Command.CANCEL): State.CANCELLED for state in _OPEN},
        (State.CHARGED, Command.TAKE_BACK): State.FAILED,
    },
    initial=(State.SCHEDULED, State.SUBMITTED, State.CHARGED),
).check(State, Command)

_SAID = {
    "charge.scheduled": Command.SUBMIT,
    "charge.submitted": Command.SUBMIT,
    "charge.reserved": Command.SUBMIT,
    "charge.charged": Command.COLLECT,
    "charge.failed": Command.FAIL,
    "charge.rejected": Command.REJECT,
    "charge.expired": Command.CANCEL,
    "charge.cancelled": Command.CANCEL,
    "charge.chargeback": Command.TAKE_BACK,
}

# Why one that was collected is looked at: another try of its period was, too.
TWICE = "collected_twice"
# Days after it was collected on which a rail is asked how a charge stands by now, and on the day after its window: that
# its money went back may have been told us in vain.
LOOKS = (14, 42)
# Days after a failure on which it is tried anew.
RETRY_AFTER = (3, 5, 7)
# Trying again does not help, or is not allowed.
FINAL_REASONS = frozenset(
    {
        "account_closed", "no_such_account", "mandate_stopped", "cancelled_by_debtor", "cancelled_by_merchant",
        "cancelled_by_gateway", "debtor_declined", "fraud_suspected", "chargeback", "no_such",
    }
)  # fmt: skip


def after(state: str, kind: str) -> State | None:
    """The state after a gateway's word; None where it changes nothing. Total: words come twice and in any order."""
    command = _SAID.get(kind)
    if command is None or not TABLE.can(State(state), command):
        return None
    return TABLE.step(State(state), command)


def retry_on(*, failures: int, reason: str, day: date) -> date | None:
    """When a charge is tried anew that has failed for the n-th time on `day`; None: not any more."""
    if reason in FINAL_REASONS or not 1 <= failures <= len(RETRY_AFTER):
        return None
    return day + timedelta(days=RETRY_AFTER[failures - 1])


def first_look(day: date) -> date:
    """When it is first asked about what was collected on `day`."""
    return day + timedelta(days=LOOKS[0])


def next_look(*, collected_on: date, window: int, today: date) -> date | None:
    """When it is next asked about, after today; None: not any more. `window`: for so many days its money may go back
    without us."""
    days = (*(one for one in LOOKS if one <= window), window + 1) if window else ()
    return next((on for one in days if (on := collected_on + timedelta(days=one)) > today), None)


def refundable(*, state: str, amount: int, refunded: int, ordered: int) -> int:
    """How much of a charge may still be given back, in minor units; `ordered`: what is under way."""
    return max(0, amount - refunded - ordered) if state == State.CHARGED else 0
