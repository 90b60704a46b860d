"""A campaign's life as one table, and what stands in the way of its approval.

The diagram in docs/states.md is drawn from the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ringround.kernel.errors import Conflict, Fault, Forbidden
from ringround.kernel.messages import N_, Message
from ringround.kernel.transitions import Table


class State(StrEnum):
    UNAPPROVED = "unapproved"  # approve -> approved; archive -> archived
    APPROVED = "approved"  # start -> running; unapprove (a change that asks for it) -> unapproved; archive
    RUNNING = "running"  # pause -> paused; complete -> completed
    PAUSED = "paused"  # start -> running; complete -> completed; unapprove -> unapproved
    COMPLETED = "completed"  # reopen -> paused; archive -> archived
    ARCHIVED = "archived"  # stays: hidden, kept, reports still work


class Command(StrEnum):
    APPROVE = "approve"
    START = "start"
    PAUSE = "pause"
    COMPLETE = "complete"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    UNAPPROVE = "unapprove"  # never given by itself: it comes with a change of what was approved


TABLE: Table[State, Command] = Table(
    {
        (State.UNAPPROVED, Command.APPROVE): State.APPROVED,
        (State.APPROVED, Command.START): State.RUNNING,
        (State.PAUSED, Command.START): State.RUNNING,
        (State.RUNNING, Command.PAUSE): State.PAUSED,
        (State.RUNNING, Command.COMPLETE): State.COMPLETED,
        (State.PAUSED, Command.COMPLETE): State.COMPLETED,
        (State.COMPLETED, Command.REOPEN): State.PAUSED,
        (State.COMPLETED, Command.ARCHIVE): State.ARCHIVED,
        (State.UNAPPROVED, Command.ARCHIVE): State.ARCHIVED,
        (State.APPROVED, Command.ARCHIVE): State.ARCHIVED,
        (State.APPROVED, Command.UNAPPROVE): State.UNAPPROVED,
        (State.PAUSED, Command.UNAPPROVE): State.UNAPPROVED,
    },
    initial=(State.UNAPPROVED,),
).check(State, Command)

# What each command is called in the audit and the event feed.
DONE = {
    Command.APPROVE: "approved",
    Command.START: "started",
    Command.PAUSE: "paused",
    Command.COMPLETE: "completed",
    Command.REOPEN: "reopened",
    Command.ARCHIVE: "archived",
    Command.UNAPPROVE: "unapproved",
}

# Who may give each: a permission of this room. `approve` has a second guard, four eyes.
PERMISSION = {
    Command.APPROVE: "campaigns.approve",
    Command.START: "campaigns.start",
    Command.PAUSE: "campaigns.pause",
    Command.COMPLETE: "campaigns.complete",
    Command.REOPEN: "campaigns.reopen",
    Command.ARCHIVE: "campaigns.archive",
    Command.UNAPPROVE: "campaigns.change",
}

_REFUSED = {
    Command.APPROVE: N_("Only an unapproved campaign can be approved."),
    Command.START: N_("Only an approved or paused campaign can be started."),
    Command.PAUSE: N_("Only a running campaign can be paused."),
    Command.COMPLETE: N_("Only a running or paused campaign can be completed."),
    Command.REOPEN: N_("Only a completed campaign can be reopened."),
    Command.ARCHIVE: N_("A running or paused campaign must be completed before it is archived."),
    Command.UNAPPROVE: N_("Pause the campaign first: this change needs a new approval."),
}

# Parameters that are approved: a change of one sets an approved campaign back.
APPROVED_FIELDS = frozenset({"mode", "workflow", "script", "hours", "packs", "caller_ids", "agency", "external_site"})
# From these no approval is lost by such a change: there is none yet.
FREE = frozenset({State.UNAPPROVED})


def step(state: str, command: Command) -> State:
    """The state after the command; Conflict `wrong_state` with the states from which it is legal."""
    return TABLE.step(State(state), command, refusal(command, state))


def check_reopens(ends_at: datetime | None, now: datetime) -> None:
    """A campaign whose end has passed would be completed again at once: it is given a later end first."""
    if ends_at is not None and ends_at <= now:
        raise Conflict("end_passed", N_("The campaign's end has passed. Give it a later end first."))


def refusal(command: Command, state: str = "") -> Message:
    """Why the command is not possible now, in a sentence."""
    if command is Command.UNAPPROVE and state == State.COMPLETED:
        return N_("Reopen the campaign first: this change needs a new approval.")
    return _REFUSED[command]


def after_change(state: str, changed: frozenset[str] | set[str]) -> State:
    """Where a campaign stands after a change of these parameters.

    Nothing of an archived one changes. What was approved needs a new approval, and a running campaign must be paused
    first: nobody may call on terms that were not approved.
    """
    now = State(state)
    if now is State.ARCHIVED:
        raise Conflict(
            "wrong_state", N_("An archived campaign cannot be changed."), [s for s in State if s is not State.ARCHIVED]
        )
    if now in FREE or not changed & APPROVED_FIELDS:
        return now
    if not TABLE.can(now, Command.UNAPPROVE):
        allowed = [*FREE, *TABLE.allowed(Command.UNAPPROVE)]
        raise Conflict("wrong_state", refusal(Command.UNAPPROVE, now), allowed)
    return TABLE.step(now, Command.UNAPPROVE)


# --- approval ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What approval asks about."""

    mode: str
    agents: int
    lists: int
    leads: int
    dispositions: int  # beside the two locked ones
    open_hours: bool
    fed_by_others: bool
    # Capabilities the plan asks of the exchange, and those the exchange has.
    asks: frozenset[str] = frozenset()
    has: frozenset[str] = frozenset()


# The wizard's step on which each reason is mended.
STEP_OF = {"no_list": 1, "no_exchange": 1, "no_dispositions": 2, "no_agents": 3, "no_hours": 4}


def not_ready(plan: Readiness) -> list[Fault]:
    """Each reason why the campaign cannot be approved; none: it can."""
    faults = []
    if plan.agents == 0:
        faults.append(Fault(("agents",), "no_agents", N_("The campaign has no agents.")))
    if not (plan.lists or plan.leads or plan.fed_by_others or plan.mode in ("auto_callback", "street")):
        faults.append(Fault(("lists",), "no_list", N_("The campaign has neither a contact list nor leads.")))
    if plan.dispositions == 0:
        faults.append(Fault(("dispositions",), "no_dispositions", N_("The campaign has no dispositions of its own.")))
    if not plan.open_hours:
        faults.append(Fault(("hours",), "no_hours", N_("The campaign has no calling hours.")))
    if plan.asks - plan.has:
        faults.append(
            Fault(
                ("settings",), "no_exchange",
                N_("No exchange can do what it asks for: dial by itself, record or detect machines."),
                {"missing": sorted(plan.asks - plan.has)},
            )
        )  # fmt: skip
    return faults


def asked_of_exchange(settings: dict[str, object]) -> frozenset[str]:
    """What an exchange must be able to do for this campaign, beside giving agents a link to dial."""
    asks = set()
    if settings["preview_countdown_s"]:
        asks.add("originate")
    if settings["recording"]:
        asks.add("record")
    if settings["machine_detection"]:
        asks.add("detect_machines")
    return frozenset(asks)


def check_ready(plan: Readiness) -> None:
    """Refuse with `not_ready` and every reason."""
    faults = not_ready(plan)
    if faults:
        raise Conflict("not_ready", N_("The campaign is not ready to be approved."), errors=faults)


def check_four_eyes(*, asked: bool, approver: object, creator: object) -> None:
    """Where the organisation asks for four eyes, who made the campaign does not approve it."""
    if asked and creator is not None and approver == creator:
        raise Forbidden(
            "campaigns.approve",
            N_("Somebody else than its maker must approve the campaign."),
            code="four_eyes",
        )


# --- time and target --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a campaign has come, for the system's own completing."""

    running: bool  # only what runs reaches its target or its last lead; what is paused may be given more
    ends_at: datetime | None
    target: int | None
    engaged: int
    leads: int
    # A lead is left when it stands in the order, is held, or time will bring it there.
    leads_left: bool
    when_target: bool
    when_exhausted: bool


def completes(standing: Standing, now: datetime) -> str | None:
    """Why the system completes the campaign now: `end_time`, `target`, `exhausted`, or None."""
    if standing.ends_at is not None and standing.ends_at <= now:
        return "end_time"
    if not standing.running:
        return None
    if standing.when_target and standing.target and standing.engaged >= standing.target:
        return "target"
    if standing.when_exhausted and standing.leads and not standing.leads_left:
        return "exhausted"
    return None
