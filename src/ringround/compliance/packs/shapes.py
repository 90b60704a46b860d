"""What a rule pack is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import day_start
from ringround.kernel.messages import Message
from ringround.kernel.windows import Hours

# What a contact may be to a merchant; `none` is said too, that nobody has to guess.
RELATIONS = ("donor", "member", "customer", "none")


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Calls only within these hours, on the wall where the lead is."""

    hours: Hours


@dataclass(frozen=True, slots=True)
class NoHolidays:
    """No calls on the public holidays of this country."""

    place: str


@dataclass(frozen=True, slots=True)
class MostCalls:
    """At most so many calls to a person within any `within` on end, whatever came of them and whoever called."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class RestAfterRefusal:
    """No call to a person for so long after they have said no in a call."""

    rest: timedelta


@dataclass(frozen=True, slots=True)
class PriorBasis:
    """Only who has consented beforehand (if `consent` counts), or is one of `relations`: for each the days for which
    one that has ended still counts."""

    consent: bool
    relations: Mapping[str, int] = field(default_factory=dict)


Effect = CallingHours | NoHolidays | MostCalls | RestAfterRefusal | PriorBasis


@dataclass(frozen=True, slots=True)
class Source:
    """The law or code with its paragraph, and where it was read."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a country. It holds on the days `[since, until]` there; None: as far back, or on, as is known."""

    key: str
    says: Message
    effect: Effect
    source: Source
    checked_on: date
    since: date | None = None
    until: date | None = None
    # What the text excepts and this rule does not, or how it was read; the stricter was taken.
    note: Message | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the pack does not hold, and why."""

    what: Message
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What one country asks of calls. `zone`: where its rules' days begin."""

    key: str
    name: Message
    about: Message
    zone: str
    rules: tuple[Rule, ...]
    left_out: tuple[LeftOut, ...]

    def holding(self, at: datetime) -> tuple[Rule, ...]:
        """The rules in force at this moment."""
        return tuple(rule for rule in self.rules if self.holds(rule, at))

    def holds(self, rule: Rule, at: datetime) -> bool:
        begins, ends = self.times(rule)
        return (begins is None or at >= begins) and (ends is None or at < ends)

    def times(self, rule: Rule) -> tuple[datetime | None, datetime | None]:
        """`[from, to)` of a rule."""
        return _times(rule.since, rule.until, self.zone)


@lru_cache(maxsize=256)
def _times(since: date | None, until: date | None, zone: str) -> tuple[datetime | None, datetime | None]:
    there = ZoneInfo(zone)
    begins = day_start(since, there).astimezone(UTC) if since else None
    ends = day_start(until + timedelta(days=1), there).astimezone(UTC) if until else None
    return begins, ends


def week(first: str, last: str, *, weekend: str) -> Hours:
    """Every day until `last`: from `first` on working days, from `weekend` on Saturdays and Sundays."""
    days = {day: [[first, last]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return Hours.parse({**days, "sat": [[weekend, last]], "sun": [[weekend, last]]})
