"""How long: `{"n": 3, "unit": "months"}`. Days, weeks, months and years go by the calendar of a zone, the rest by the
clock: 30 November 10:00 and 3 months is 28 February 10:00, and a day is 23 hours where the clocks go forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import add_days_local, add_months_local

UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")
# Ten years: what is longer is a slip of the hand, and the end of `datetime` is far.
LONGEST = {
    "seconds": 315_360_000, "minutes": 5_256_000, "hours": 87_600, "days": 3_650, "weeks": 520, "months": 120,
    "years": 10,
}  # fmt: skip
_CLOCK = {"seconds": timedelta(seconds=1), "minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "years": 12}
# The shortest that each can be: a month may be February, a day the one that loses an hour.
_LEAST = {
    **_CLOCK, "days": timedelta(hours=23), "weeks": timedelta(hours=167), "months": timedelta(hours=671),
    "years": timedelta(hours=8759),
}  # fmt: skip
# The longest: a month of 31 days, a day or the last day of a month that gains an hour.
_MOST = {
    **_CLOCK, "days": timedelta(hours=25), "weeks": timedelta(hours=169), "months": timedelta(hours=745),
    "years": timedelta(hours=8785),
}  # fmt: skip
# Arithmetic near the ends of datetime would raise; times of business are far from both.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Duration:
    n: int
    unit: str

    @classmethod
    def read(cls, raw: object) -> Duration | None:
        """From JSON; None for anything that is no duration. Never raises."""
        if not isinstance(raw, Mapping) or set(raw) != {"n", "unit"}:
            return None
        n, unit = raw["n"], raw["unit"]
        if type(n) is not int or not isinstance(unit, str) or unit not in UNITS or not 0 <= n <= LONGEST[unit]:
            return None
        return cls(n, unit)

    def to_json(self) -> dict[str, object]:
        return {"n": self.n, "unit": self.unit}

    @property
    def at_least(self) -> timedelta:
        """What passes at the very least."""
        return self.n * _LEAST[self.unit]

    @property
    def at_most(self) -> timedelta:
        """What passes at the very most."""
        return self.n * _MOST[self.unit]

    def after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The UTC instant this long after `at`."""
        return self._moved(at, self.n, zone)

    def before(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The UTC instant this long before `at`."""
        return self._moved(at, -self.n, zone)

    def _moved(self, at: datetime, n: int, zone: ZoneInfo) -> datetime:
        at = min(max(at, FIRST), LAST)
        if self.unit in _CLOCK:
            return at.astimezone(UTC) + n * _CLOCK[self.unit]
        if self.unit in _DAYS:
            return add_days_local(at, n * _DAYS[self.unit], zone)
        return add_months_local(at, n * _MONTHS[self.unit], zone)
