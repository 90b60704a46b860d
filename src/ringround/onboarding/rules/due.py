"""When the charge run has what to make: over the dates of a schedule and the bank days of a rail, by the merchant's
today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ringround.onboarding.rules import bankdays
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.schedule import MONTHS, following, on_or_after

__all__ = [
    "MONTHS", "Due", "collected_on", "due_by", "earliest", "fits", "hand_in", "latest_due", "next_period",
    "payment_after", "period_after", "periods_before", "soonest", "takes",
]  # fmt: skip

_DAY = timedelta(days=1)
# No rail wants a charge longer ahead than this.
_LONGEST = 120


def period_after(period: date, schedule: str, anchor: int) -> date:
    """The period after this one."""
    return following(period, schedule, anchor)


def collected_on(period: date, notice: Notice) -> date:
    """The day on which a period is collected."""
    return bankdays.due_on(period, notice)


def hand_in(period: date, notice: Notice) -> date:
    """The day from which on the charge run makes the charge of a period."""
    return bankdays.hand_over_on(collected_on(period, notice), notice)


def takes(period: date, notice: Notice, *, today: date) -> bool:
    """Whether the rail still takes the charge of a period."""
    return bankdays.hand_over_by(collected_on(period, notice), notice) >= today


def earliest(today: date, notice: Notice) -> date:
    """The first date that a charge may be for which is handed over from today on."""
    day = today
    for _ in range(_LONGEST):
        if takes(day, notice, today=today):
            return day
        day += _DAY
    return day


def next_period(basis: date, schedule: str, anchor: int, *, today: date, floor: date, notice: Notice) -> date:
    """The first of a schedule's periods from `basis` on that is not before `floor` nor today, and that the rail still
    takes."""
    found = on_or_after(max(floor, today), basis, schedule, anchor)
    while not takes(found, notice, today=today):
        found = following(found, schedule, anchor)
    return found


def latest_due(period: date, schedule: str, anchor: int, *, today: date) -> date:
    """The period to collect where this one is due: after an outage the latest alone, for what was missed is not
    collected on top."""
    while (later := following(period, schedule, anchor)) <= today:
        period = later
    return period


def soonest(period: date, notice: Notice, *, today: date) -> date:
    """The day on which a period is collected that is handed over today: its own, or the first that the rail takes."""
    return collected_on(max(period, earliest(today, notice)), notice)


def periods_before(period: date, schedule: str, anchor: int, *, least: date, notice: Notice) -> tuple[date, ...]:
    """The periods from this one on that would be collected before a day."""
    found = []
    while collected_on(period, notice) < least:
        found.append(period)
        period = period_after(period, schedule, anchor)
    return tuple(found)


def payment_after(
    period: date, schedule: str, anchor: int, *, one_off: bool, others: Iterable[date | None]
) -> date | None:
    """The period of the payment after one: the next of its rhythm, where it is of one, or of `others` that are to be
    made, or were: a new rhythm counts from there."""
    after = [] if one_off else [period_after(period, schedule, anchor)]
    after += [one for one in others if one is not None and one > period]
    return min(after, default=None)


def fits(due_on: date, notice: Notice, *, following: date | None, last: date | None) -> bool:
    """Whether a charge may be collected on that day: before the day of the payment after it, for what was missed is not
    collected on top, and not after the subscription's last day."""
    before = following is None or due_on < collected_on(following, notice)
    return before and (last is None or due_on <= last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the charge run makes of a subscription that is due: the charge of `period`, collected `due_on`; those before
    it are `passed` over. Where not `now`, it is not handed over yet. Then `following` is looked at on `look_on`, and
    collected `following_on`."""

    period: date
    due_on: date
    now: bool
    following: date
    following_on: date
    look_on: date
    passed: tuple[date, ...] = ()


def due_by(period: date, schedule: str, anchor: int, *, today: date, notice: Notice) -> Due:
    """Of a subscription whose next period this is. A period that the rail would take no sooner than the one after it is
    passed over: two payments are never collected on one day."""
    found = first = latest_due(period, schedule, anchor, today=today)
    while not fits(
        due_on := soonest(found, notice, today=today), notice, following=period_after(found, schedule, anchor),
        last=None,
    ):  # fmt: skip
        found = period_after(found, schedule, anchor)
    passed = []
    while period < found:
        passed.append(period)
        period = period_after(period, schedule, anchor)
    now = found == first or hand_in(found, notice) <= today
    following = period_after(found, schedule, anchor) if now else found
    return Due(
        period=found, due_on=due_on, now=now, following=following, following_on=collected_on(following, notice),
        look_on=hand_in(following, notice), passed=tuple(passed),
    )  # fmt: skip
