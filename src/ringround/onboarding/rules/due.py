"""When the charge run has what to make: over the dates of a schedule and the bank days of a rail, by the merchant's
today."""

from __future__ import annotations

from datetime import date, timedelta

from ringround.onboarding.rules import bankdays
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.schedule import MONTHS, following, on_or_after

__all__ = ["MONTHS", "collected_on", "earliest", "hand_in", "latest_due", "next_period", "period_after", "takes"]

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
