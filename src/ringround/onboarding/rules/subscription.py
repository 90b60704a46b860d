"""A subscription's life, and what each change of it needs and does. The version rises with what took effect alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.money import MAX_AMOUNT
from ringround.kernel.transitions import Table
from ringround.onboarding.rules.bankdays import Notice, add_bank_days
from ringround.onboarding.rules.due import (
    MONTHS,
    collected_on,
    due_by,
    fits,
    hand_in,
    next_period,
    payment_after,
    period_after,
    soonest,
)


class State(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    INACTIVE = "inactive"
    EXPIRED = "expired"


class Command(StrEnum):
    ACTIVATE = "activate"
    PAUSE = "pause"
    RESTART = "restart"
    CANCEL = "cancel"
    EXPIRE = "expire"
    CHANGE = "change"  # amount, frequency, payment method, end date


TABLE: Table[State, Command] = Table(
    {
        (State.PENDING, Command.ACTIVATE): State.ACTIVE,
        (State.PENDING, Command.CANCEL): State.INACTIVE,
        (State.ACTIVE, Command.PAUSE): State.ON_HOLD,
        (State.ACTIVE, Command.CHANGE): State.ACTIVE,
        (State.ACTIVE, Command.CANCEL): State.INACTIVE,
        (State.ACTIVE, Command.EXPIRE): State.EXPIRED,
        (State.ON_HOLD, Command.RESTART): State.ACTIVE,
        (State.ON_HOLD, Command.CHANGE): State.ON_HOLD,
        (State.ON_HOLD, Command.CANCEL): State.INACTIVE,
        (State.ON_HOLD, Command.EXPIRE): State.EXPIRED,
        # The mandate came back that had been stopped, and with it what was collected by it.
        (State.INACTIVE, Command.ACTIVATE): State.ACTIVE,
    },
    initial=(State.PENDING, State.ACTIVE),
).check(State, Command)

_COMMAND = {
    "change_amount": Command.CHANGE,
    "change_frequency": Command.CHANGE,
    "change_payment_method": Command.CHANGE,
    "set_expiry": Command.CHANGE,
    "pause": Command.PAUSE,
    "restart": Command.RESTART,
    "cancel": Command.CANCEL,
}
ENDED = (State.INACTIVE, State.EXPIRED)
MOST_SKIPPED = 24
LAST_YEAR = 2999


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A subscription as far as changes of it go. `next_due_on`: the next period that no charge stands for, also while
    it is on hold."""

    state: State
    amount: int
    schedule: str
    anchor_day: int
    expires_on: date | None
    hold: Mapping[str, Any] | None
    held_until: date | None
    next_due_on: date | None
    version: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The act does not apply: a code, and the states from which it would."""

    reason: str
    allowed: tuple[str, ...] = ()


def allowed(action: str) -> tuple[str, ...]:
    """The states in which the action applies."""
    return tuple(state.value for state in TABLE.allowed(_COMMAND[action]))


def faults_of(action: str, params: Mapping[str, Any], *, today: date) -> list[Fault]:
    """What is wrong with an action's parameters."""
    names = {
        "change_amount": {"amount"}, "change_frequency": {"schedule"}, "change_payment_method": {"method"},
        "pause": {"kind", "count", "until"}, "restart": set(), "cancel": {"reason"}, "set_expiry": {"date"},
    }[action]  # fmt: skip
    faults = [
        Fault(("params", str(name)[:100]), "unknown_field", N_("There is no such field."))
        for name in params
        if name not in names
    ]
    value: Any
    if action == "change_amount":
        value = params.get("amount")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_AMOUNT:
            faults.append(Fault(("params", "amount"), "out_of_range", N_("Give an amount in minor units.")))
    elif action == "change_frequency":
        value = params.get("schedule")
        if not isinstance(value, str) or value not in MONTHS:
            words = N_("Choose one of the options.")
            faults.append(Fault(("params", "schedule"), "not_an_option", words, {"options": list(MONTHS)}))
    elif action == "set_expiry":
        value = day_of(params.get("date"))
        if value is None or value < today:
            faults.append(Fault(("params", "date"), "out_of_range", N_("Give a date from today on.")))
    elif action == "pause":
        kind = params.get("kind", "indefinite")
        if kind not in ("indefinite", "skip", "until"):
            words = N_("Choose one of the options.")
            options = {"options": ["indefinite", "skip", "until"]}
            faults.append(Fault(("params", "kind"), "not_an_option", words, options))
        count = params.get("count")
        if kind == "skip" and (isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_SKIPPED):
            faults.append(Fault(("params", "count"), "out_of_range", N_("Give how many payments are skipped.")))
        value = day_of(params.get("until"))
        if kind == "until" and (value is None or value <= today):
            faults.append(Fault(("params", "until"), "out_of_range", N_("Give a date after today.")))
    return faults


def day_of(raw: object) -> date | None:
    """A date as the API writes it."""
    try:
        day = raw if isinstance(raw, date) else date.fromisoformat(str(raw))
    except ValueError:
        return None
    # Later there is no calendar to reckon in.
    return day if day.year <= LAST_YEAR else None


def act(
    standing: Standing,
    action: str,
    params: Mapping[str, Any],
    *,
    today: date,
    notice: Notice,
    freed: date | None = None,
) -> Standing | Refused:
    """The subscription after a change (never of its payment method, which is the mandate's); Refused where it does not
    apply. The parameters are right. Its version is one more. `freed`: the earliest period whose charge is called back
    for a pause, which is the first that is skipped."""
    if not TABLE.can(standing.state, _COMMAND[action]):
        return Refused("not_applicable", allowed(action))
    after = replace(
        standing, state=TABLE.step(standing.state, _COMMAND[action]), version=standing.version + 1
    )  # fmt: skip
    if action == "change_amount":
        return replace(after, amount=params["amount"])
    if action == "change_frequency":
        return replace(after, schedule=params["schedule"])
    if action == "set_expiry":
        return replace(after, expires_on=day_of(params["date"]))
    if action == "pause":
        return _paused(after, params, today, notice, freed)
    if action == "restart":
        return restarted(after, today=today, notice=notice)
    if action == "cancel":
        return replace(after, next_due_on=None, hold=None, held_until=None)
    return after


def restarted(after: Standing, *, today: date, notice: Notice) -> Standing:
    """On again: from the next of its own dates on, never at once and never what was skipped or collected."""
    floor = day_of((after.hold or {}).get("from")) or today
    # Whoever restarts by hand does not wait until the hold would have ended.
    if after.held_until is None or after.held_until > today:
        floor = today
    return replace(after, hold=None, held_until=None, next_due_on=_next(after, today, floor, notice))


def hold_over(standing: Standing, *, today: date, notice: Notice) -> Standing:
    """What a hold that ends by itself leaves; its date has come."""
    after = replace(standing, state=TABLE.step(standing.state, Command.RESTART), version=standing.version + 1)
    return restarted(after, today=today, notice=notice)


def hold_freed(standing: Standing, *, period: date, today: date, notice: Notice) -> Standing:
    """On hold, when a charge of a period has been called back that was at the rail: it is due again, and is the first
    that is skipped. Its version is as it was."""
    if standing.next_due_on is None or period >= standing.next_due_on or standing.hold is None:
        return standing
    return _paused(standing, standing.hold, today, notice, period)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A charge that is to be collected on a bank day; `again`: one that has failed, and is tried anew from it on."""

    period: date
    one_off: bool
    on: date
    again: bool = False


def next_payment(
    standing: Standing, waiting: Iterable[Waiting] = (), *, today: date, notice: Notice, until: date = date.max
) -> date | None:
    """The bank day on which money is taken next; None: on none that is known. After a hold it is that of the date on
    which it goes on. `until`: of what is to be handed over yet, by that day alone."""
    days: list[date] = []
    due_on = standing.next_due_on
    if standing.state is State.ON_HOLD and standing.held_until is not None and standing.held_until <= until:
        over = hold_over(standing, today=max(today, standing.held_until), notice=notice)
        days += [collected_on(over.next_due_on, notice)] if over.next_due_on is not None else []
    elif standing.state is State.ACTIVE:
        waiting = tuple(waiting)
        days += [one.on for one in waiting if not one.again]
        others = (due_on, *(one.period for one in waiting if not (one.again or one.one_off)))
        for one in waiting:
            if one.again and one.on <= until:
                day = soonest(one.period, notice, today=max(today, one.on))
                after = payment_after(
                    one.period, standing.schedule, standing.anchor_day, one_off=one.one_off, others=others
                )
                days += [day] if fits(day, notice, following=after, last=None) else []
        if due_on is not None:
            due = due_by(due_on, standing.schedule, standing.anchor_day, today=today, notice=notice)
            made = hand_in(due.period, notice) if due.now else due.look_on
            days += [due.due_on if due.now else due.following_on] if made <= until else []
    last = standing.expires_on or date.max
    return min((day for day in days if today <= day <= last), default=None)


def next_changed(
    standing: Standing, waiting: Iterable[Waiting], *, today: date, by: date, before: Notice, after: Notice
) -> date | None:
    """The same where the payment method is being changed: by the rail `before` until the other has said yes, on `by` at
    the latest, and then by the rail `after`, which tries anew at once what has failed."""
    waiting = tuple(waiting)
    yes = add_bank_days(today, after.accept_bank_days, after.place)
    moved = [replace(one, on=yes) if one.again else one for one in waiting]
    days = (
        next_payment(standing, waiting, today=today, notice=before, until=by),
        next_payment(standing, moved, today=yes, notice=after),
    )
    return min((day for day in days if day is not None), default=None)


def _paused(
    after: Standing, params: Mapping[str, Any], today: date, notice: Notice, freed: date | None
) -> Standing:  # fmt: skip
    kind = params.get("kind", "indefinite")
    if freed is not None and after.next_due_on is not None:
        after = replace(after, next_due_on=min(freed, after.next_due_on))
    basis = after.next_due_on
    if kind == "indefinite" or basis is None:
        return replace(after, hold={"kind": "indefinite"}, held_until=None)
    if kind == "skip":
        # What was called back could have been collected, however near its day is.
        found = freed or next_period(
            basis, after.schedule, after.anchor_day, today=today, floor=today, notice=notice
        )  # fmt: skip
        for _ in range(params["count"]):
            found = period_after(found, after.schedule, after.anchor_day)
        found = next_period(found, after.schedule, after.anchor_day, today=today, floor=today, notice=notice)
        hold = {"kind": "skip", "count": params["count"], "until": found.isoformat(), "from": found.isoformat()}
    else:
        until = day_of(params["until"])
        assert until is not None
        found = next_period(basis, after.schedule, after.anchor_day, today=today, floor=until, notice=notice)
        hold = {"kind": "until", "until": until.isoformat(), "from": found.isoformat()}
    # In time for the rail to have its first charge; at the earliest tomorrow.
    ends = max(min(hand_in(found, notice), found), today + timedelta(days=1))
    return replace(after, hold=hold, held_until=ends)


def _next(after: Standing, today: date, floor: date, notice: Notice) -> date | None:
    if after.next_due_on is None:
        return None
    return next_period(after.next_due_on, after.schedule, after.anchor_day, today=today, floor=floor, notice=notice)
