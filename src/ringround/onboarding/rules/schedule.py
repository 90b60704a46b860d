"""When money is due: dates by the calendar, on bank days, never early.

A charge has two dates: its *period*, a date of the schedule that keeps the agreement's day (the 31st is 28 February,
then 31 March again), and the bank day on or after it that it is collected on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import add_months, local_date
from ringround.kernel.messages import N_, Message
from ringround.onboarding.rules import bankdays
from ringround.onboarding.rules.agreed import FIXED_DAY
from ringround.onboarding.rules.bankdays import Notice

# Months between two payments; a single one has none after it.
MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}

Why = Literal["next_possible", "lead_time", "cut_off", "fixed_day", "bank_day"]
WHY: dict[Why, Message] = {
    "next_possible": N_("It is the next possible day."),
    "lead_time": N_("The payment provider needs some days' notice."),
    "cut_off": N_("The payment provider's deadline for the month before has passed."),
    "fixed_day": N_("It is the day of the month that was agreed."),
    "bank_day": N_("It is moved to the next bank day."),
}


def on_day(month: date, day: int) -> date:
    """That day (1 to 31) of the month that the date is in, or its last where it is shorter."""
    first = month.replace(day=1)
    return min(first + timedelta(days=day - 1), add_months(first, 1) - timedelta(days=1))


def following(period: date, schedule: str, anchor_day: int, count: int = 1) -> date:
    """The schedule's date so many periods after one of its dates: 31 January, 28 February, 31 March."""
    return on_day(add_months(period.replace(day=1), MONTHS[schedule] * count), anchor_day)


def on_or_after(day: date, period: date, schedule: str, anchor_day: int) -> date:
    """The first of the schedule's dates, from `period` on, that is not before `day`."""
    if day <= period:
        return period
    step = MONTHS[schedule]
    apart = (day.year - period.year) * 12 + day.month - period.month
    found = following(period, schedule, anchor_day, max(0, apart // step))
    return found if found >= day else following(found, schedule, anchor_day)


def dates(period: date, schedule: str, anchor_day: int, count: int) -> tuple[date, ...]:
    """So many of the schedule's dates, from one of them on."""
    return tuple(following(period, schedule, anchor_day, n) for n in range(count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """When the first charge is collected, and why then. `why` names the reasons in the order they counted (`WHY`)."""

    period_on: date
    due_on: date
    anchor_day: int
    why: tuple[Why, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept with what it was given for; without its reasons."""
        return {
            "period_on": self.period_on.isoformat(), "due_on": self.due_on.isoformat(), "anchor_day": self.anchor_day,
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Promise | None:
        """As it was kept; None where nothing was promised."""
        if not kept:
            return None
        period, due = date.fromisoformat(kept["period_on"]), date.fromisoformat(kept["due_on"])
        return cls(period_on=period, due_on=due, anchor_day=kept["anchor_day"])


def first_charge_promise(
    now: datetime,
    zone: ZoneInfo,
    notice: Notice,
    *,
    start: str,
    day: int | None = None,
    schedule: str = "single",
    one_off: bool = False,
    accepted: bool = False,
    promised: Promise | None = None,
) -> Promise:
    """The first charge of what is accepted now, as it is shown to the agent and kept when it is accepted.

    1. The rail takes its time to say yes, unless it has (`accepted`). 2. Its notice counts from there. 3. A month whose
    cut-off has passed is over. 4. With a one-off at the start the schedule begins one period later, so that nobody pays
    twice at once. 5. The agreed day of the month, where one is. 6. The bank day on or after that. 7. Never
    before what was `promised`, which is kept then: a rail that says yes sooner takes nobody's money sooner.
    """
    today = local_date(now, zone)
    begins = today if accepted else bankdays.add_bank_days(today, notice.accept_bank_days, notice.place)
    led = bankdays.after_lead(begins, notice)
    why: list[Why] = ["lead_time"] if led > today else []
    period = max(led, bankdays.earliest(now, zone, notice))
    # What the wait for the yes lays behind a cut-off cannot be handed in either.
    while (last := bankdays.cut_off_of(period, notice)) is not None and begins > last:
        period = add_months(period.replace(day=1), 1)
    if period > led:
        why = ["cut_off"]
    anchor = period.day
    fixed = start == FIXED_DAY and day is not None
    if one_off and schedule in MONTHS and not fixed:
        period = following(period, schedule, anchor)
    if fixed and day is not None:
        # After the day of the one-off, which may not be taken with the acceptance.
        anchor, least = day, bankdays.due_on(period, notice) + timedelta(days=1) if one_off else period
        period = on_day(least, day)
        if period < least:
            period = on_day(add_months(least.replace(day=1), 1), day)
        why.append("fixed_day")
    if promised is not None and promised.period_on >= period:
        return promised
    due = bankdays.due_on(period, notice)
    if due > period:
        why.append("bank_day")
    return Promise(period_on=period, due_on=due, anchor_day=anchor, why=tuple(why) or ("next_possible",))


def next_charge(now: datetime, zone: ZoneInfo, notice: Notice, *, period: date, schedule: str, anchor_day: int) -> date:
    """The first of the schedule's dates from `period` on that can still be handed over. What is missed is not collected
    later on top: a pause or an outage costs a payment, not the donor's trust."""
    first = bankdays.earliest(now, zone, notice)
    # A date may be past the notice while the bank day after it is not: banks are never closed for longer.
    found = on_or_after(first - timedelta(days=10), period, schedule, anchor_day)
    while bankdays.due_on(found, notice) < first:
        found = following(found, schedule, anchor_day)
    return found


def previous(period: date, schedule: str, anchor_day: int) -> date:
    """The schedule's date before one of its dates."""
    return following(period, schedule, anchor_day, -1)


def after_skip(next_due: date, schedule: str, anchor_day: int, count: int) -> date:
    """The date that is due when so many are passed over from `next_due` on."""
    return following(next_due, schedule, anchor_day, count)
