"""A session's life as one table, what the gateway's words mean for it, and what it is called.

The diagram in docs/states.md is drawn from the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.kernel.messages import N_, Message
from ringround.kernel.transitions import Table


class Status(StrEnum):
    """The values are those of the API, capital letter and all."""

    NEW = "New"  # submitted; begin -> Processing; refuse -> Failed; reject -> Rejected; expire -> Expired
    PROCESSING = "Processing"  # at the gateway; accept -> Complete; reject; fail; expire
    COMPLETE = "Complete"  # final
    REJECTED = "Rejected"  # final: the donor, the agent or the gateway said no
    FAILED = "Failed"  # final: the gateway, or the act, did not go through
    EXPIRED = "Expired"  # accept_late -> Complete; else final


class Command(StrEnum):
    SEND_LINK = "send_link"
    OPEN_LINK = "open_link"
    BEGIN = "begin"  # the gateway has begun, or a local act is under way
    REFUSE = "refuse"  # the gateway will not begin, for good
    REJECT = "reject"
    ACCEPT = "accept"
    FAIL = "fail"
    EXPIRE = "expire"
    ACCEPT_LATE = "accept_late"


class Phase(StrEnum):
    """Where a session stands within its status."""

    SUBMITTED = "submitted"
    LINK_SENT = "link_sent"
    LINK_OPENED = "link_opened"
    AT_GATEWAY = "at_gateway"
    DONE = "done"


class Intention(StrEnum):
    SIGNUP = "signup"
    UPGRADE = "upgrade"


class Action(StrEnum):
    SIGN_UP = "sign_up"
    CHANGE_AMOUNT = "change_amount"
    CHANGE_FREQUENCY = "change_frequency"
    CHANGE_PAYMENT_METHOD = "change_payment_method"
    PAUSE = "pause"
    RESTART = "restart"
    CANCEL = "cancel"
    SET_EXPIRY = "set_expiry"


class PaymentType(StrEnum):
    RECURRING = "recurring"
    SINGLE = "single"


TABLE: Table[Status, Command] = Table(
    {
        (Status.NEW, Command.SEND_LINK): Status.NEW,
        (Status.NEW, Command.OPEN_LINK): Status.NEW,
        (Status.NEW, Command.BEGIN): Status.PROCESSING,
        (Status.NEW, Command.REFUSE): Status.FAILED,
        (Status.NEW, Command.REJECT): Status.REJECTED,
        (Status.PROCESSING, Command.REJECT): Status.REJECTED,
        (Status.PROCESSING, Command.ACCEPT): Status.COMPLETE,
        (Status.PROCESSING, Command.FAIL): Status.FAILED,
        (Status.NEW, Command.EXPIRE): Status.EXPIRED,
        (Status.PROCESSING, Command.EXPIRE): Status.EXPIRED,
        (Status.EXPIRED, Command.ACCEPT_LATE): Status.COMPLETE,
    },
    initial=(Status.NEW,),
).check(Status, Command)

LIVE = (Status.NEW, Status.PROCESSING)  # the lead waits for these
ENDED = tuple(status for status in Status if status not in LIVE)

_REFUSED: dict[Command, Message] = {
    Command.SEND_LINK: N_("A link can only be sent while the session is new."),
    Command.OPEN_LINK: N_("This session has gone on, and the link is no longer of use."),
    Command.BEGIN: N_("Only a new session can begin at the gateway."),
    Command.REFUSE: N_("Only a new session can be refused by the gateway."),
    Command.REJECT: N_("The session has ended."),
    Command.ACCEPT: N_("Only a session that is being processed can be completed."),
    Command.FAIL: N_("Only a session that is being processed can fail."),
    Command.EXPIRE: N_("The session has ended."),
    Command.ACCEPT_LATE: N_("Only an expired session can be accepted late."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A session's status, phase, and whether its acceptance came after it had expired."""

    status: Status
    phase: Phase
    late: bool = False


SUBMITTED = Standing(Status.NEW, Phase.SUBMITTED)

_PHASE = {Command.SEND_LINK: Phase.LINK_SENT, Command.OPEN_LINK: Phase.LINK_OPENED, Command.BEGIN: Phase.AT_GATEWAY}


def step(standing: Standing, command: Command) -> Standing:
    """The session after the command; Conflict `wrong_state` with the statuses from which it is legal."""
    status = TABLE.step(standing.status, command, _REFUSED[command])
    return Standing(status, _PHASE.get(command, Phase.DONE), command is Command.ACCEPT_LATE)


# --- the gateway's word -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a verified word of the gateway does: commands in their order; none: it is stored as ignored.

    `stop_mandate`: what was accepted has no session that could take it, and is cancelled at the gateway.
    `alert`: people are told, since it came after an end.
    """

    commands: tuple[Command, ...] = ()
    reason: str = ""
    stop_mandate: bool = False
    alert: bool = False


Word = Literal["begun", "accepted", "rejected", "failed", "expired"]

# What each kind of gateway event says to a session that waits for a mandate, and to one that waits for one payment.
_OF_MANDATE: dict[str, Word] = {
    "mandate.pending": "begun",
    "mandate.active": "accepted",
    "mandate.rejected": "rejected",
    "mandate.expired": "expired",
    # Before it was ever active: Vipps answers STOPPED where the donor has said no.
    "mandate.stopped": "rejected",
    "mandate.failed": "failed",
}
_OF_PAYMENT: dict[str, Word] = {
    "charge.pending": "begun",
    # The donor has said yes, and the rail has it: a direct debit is taken days later, long after the link has expired.
    "charge.scheduled": "accepted",
    "charge.submitted": "accepted",
    "charge.reserved": "accepted",
    "charge.charged": "accepted",
    "charge.chargeback": "accepted",
    "charge.rejected": "rejected",
    "charge.cancelled": "rejected",
    "charge.expired": "expired",
    "charge.failed": "failed",
}
_REASON: dict[Word, str] = {
    "begun": "",
    "accepted": "",
    "rejected": "gateway_rejected",
    "failed": "gateway_failed",
    "expired": "gateway_expired",
}


def word_of(kind: str, payment_type: str) -> Word | None:
    """What a gateway's event (`mandate.active`) says to a session; None: nothing."""
    return (_OF_PAYMENT if payment_type == PaymentType.SINGLE else _OF_MANDATE).get(kind)


def word_of_state(state: str, payment_type: str) -> Word | None:
    """What a mandate or a single payment says to a session by how it stands (`active`, `charged`), when asked for."""
    return word_of(("charge." if payment_type == PaymentType.SINGLE else "mandate.") + state, payment_type)


def heard(status: str, word: Word, *, erased: bool = False) -> Heard:
    """What a session in this status does about the word. Total: what changes nothing has no commands. `erased`: it is
    not known any more whose it was.

    Words come twice and in any order. An acceptance that overtakes the beginning (or the answer to it) proves that the
    gateway has begun, so the session goes through Processing to Complete.
    """
    now = Status(status)
    reason = _REASON[word]
    if word == "begun":
        return Heard(commands=(Command.BEGIN,)) if now is Status.NEW else Heard()
    if word == "accepted":
        if now is Status.EXPIRED and not erased:
            return Heard(commands=(Command.ACCEPT_LATE,), reason="late", alert=True)
        if now in (Status.REJECTED, Status.FAILED, Status.EXPIRED):
            # The donor's no stands, whatever the rail says afterwards, and nobody is collected from who is not known.
            return Heard(stop_mandate=True, alert=True)
        begin = (Command.BEGIN,) if now is Status.NEW else ()
        return Heard(commands=(*begin, Command.ACCEPT)) if now in LIVE else Heard()
    if now not in LIVE:
        return Heard()
    if word == "rejected":
        return Heard(commands=(Command.REJECT,), reason=reason)
    if word == "expired":
        return Heard(commands=(Command.EXPIRE,), reason=reason)
    if now is Status.NEW:
        return Heard(commands=(Command.REFUSE,), reason="cannot_begin")
    return Heard(commands=(Command.FAIL,), reason=reason)


def time_up(status: str, *, begun: bool, answer: Word | Literal["nothing"] | None) -> Heard:
    """What becomes of a session whose time is up.

    `begun`: the gateway has been asked to begin (also where its answer was lost). `answer` is what the gateway says
    when it is asked then; None: it could not be reached, and it is asked again later, for an unasked end might throw
    away what the donor has just accepted.
    """
    if Status(status) not in LIVE:
        return Heard()
    if not begun:
        return Heard(commands=(Command.EXPIRE,), reason="link_expired")
    if answer is None:
        return Heard()
    return heard(status, "expired" if answer == "nothing" or answer == "begun" else answer)


def cancel_said(status: str, answer: str) -> Heard:
    """What the gateway's answer to a cancelling (`cancelled`, `already_active`, `already_final`) makes of a session
    that was to be declined. The caller gives the reason.

    Too late is too late: who has accepted has an agreement. What was final before ends by the gateway's own word.
    """
    if Status(status) not in LIVE:
        return Heard()
    if answer == "already_active":
        return heard(status, "accepted")
    return Heard(commands=(Command.REJECT,)) if answer == "cancelled" else Heard()


# --- whether it may begin ---------------------------------------------------------------------

RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """What is asked before a session is made. Ids are None or "" where they are missing; times aware UTC."""

    intention: str  # of the campaign's workflow
    action: str
    campaign_state: str
    starts_at: datetime | None
    ends_at: datetime | None
    lead: object = None
    external_lead_id: str | None = None
    subscription: object = None
    # On /onboard the caller's own id is what gathers sessions; in our own console the lead serves.
    needs_external_id: bool = False


def check_submit(asked: Submitting, now: datetime) -> None:
    """Refuse a session that may not begin: Conflict `campaign_not_running`, `campaign_not_in_period`; Invalid."""
    faults = submit_faults(asked)
    if faults:
        raise Invalid(faults)
    if asked.campaign_state != RUNNING:
        raise Conflict("campaign_not_running", N_("The campaign is not running."), [RUNNING])
    if (asked.starts_at and now < asked.starts_at) or (asked.ends_at and asked.ends_at <= now):
        raise Conflict("campaign_not_in_period", N_("The campaign's period has not begun, or has passed."), [RUNNING])


def submit_faults(asked: Submitting) -> list[Fault]:
    """What is wrong with the ids and the action."""
    faults = []
    try:
        action = Action(asked.action)
    except ValueError:
        options = [action.value for action in Action]
        return [Fault(("action",), "not_an_option", N_("There is no such action."), {"options": options})]
    if intention_of(action) != asked.intention:
        faults.append(Fault(("action",), "wrong_intention", N_("The campaign's workflow is not for this action.")))
    if action is Action.SIGN_UP:
        if asked.subscription:
            detail = N_("A sign-up makes a new agreement and names none.")
            faults.append(Fault(("subscription",), "not_for_sign_up", detail))
        if not asked.external_lead_id and (asked.needs_external_id or not asked.lead):
            detail = N_("A sign-up needs the lead or its external id.")
            faults.append(Fault(("external_lead_id",), "required", detail))
    elif not asked.subscription:
        faults.append(Fault(("subscription",), "required", N_("An upgrade needs the subscription.")))
    return faults


# --- what it is and what it is called ---------------------------------------------------------

# Done by us at once; the others need the donor's yes on a rail.
LINKED = frozenset({Action.SIGN_UP, Action.CHANGE_PAYMENT_METHOD})
LOCAL = frozenset(Action) - LINKED


def intention_of(action: str) -> Intention:
    return Intention.SIGNUP if Action(action) is Action.SIGN_UP else Intention.UPGRADE


def is_local(action: str) -> bool:
    """Whether the act is done at once, without a link."""
    return Action(action) in LOCAL


def may_submit_payment(action: str, *, needs_device: bool) -> bool:
    """Whether the session can be completed on the caller's screen: the rail asks nothing of the donor's own device."""
    return Action(action) in LINKED and not needs_device


def service_type(action: str, payment_type: str) -> str:
    """`SignUpRecurring`, `SignUpSingle`, `UpgradeRecurring` or `UpgradeSingle`."""
    first = "SignUp" if intention_of(action) is Intention.SIGNUP else "Upgrade"
    return first + ("Single" if PaymentType(payment_type) is PaymentType.SINGLE else "Recurring")


TITLES: Mapping[str, Message] = {
    "sign_up_recurring": N_("Session to set up a recurring agreement"),
    "sign_up_single": N_("Session for a single donation"),
    "change_payment_method": N_("Session to change payment method"),
    "change_amount": N_("Session to change amount"),
    "change_frequency": N_("Session to change frequency"),
    "pause": N_("Session to put the agreement on hold"),
    "restart": N_("Session to restart the agreement"),
    "cancel": N_("Session to end the agreement"),
    "set_expiry": N_("Session to set an end date"),
}


def title_key(action: str, payment_type: str) -> str:
    """The key in TITLES of a session's heading."""
    act = Action(action)
    return f"sign_up_{PaymentType(payment_type).value}" if act is Action.SIGN_UP else act.value


# Why a session ended as it did: codes of the API, and a sentence for people.
REASONS: Mapping[str, Message] = {
    "donor_declined": N_("The donor declined."),
    "agent_declined": N_("The agent noted that the donor declined."),
    "cancelled": N_("The agent cancelled the session."),
    "gateway_rejected": N_("The donor did not give the permission at the payment provider."),
    "gateway_failed": N_("The payment provider could not complete it."),
    "gateway_expired": N_("The time for giving the permission at the payment provider ran out."),
    "cannot_begin": N_("The payment provider would not begin."),
    "link_expired": N_("The link was not used in time."),
    "not_applicable": N_("The agreement is not in a state in which this can be done."),
    "refused_by_rail": N_("The payment provider refused the change."),
    "closed": N_("The work for the organisation is over."),
    "erased": N_("The person was erased."),
    "late": N_("The permission came after the session had expired."),
    "unlinked": N_("The payment account that the session needs is closed."),
}
