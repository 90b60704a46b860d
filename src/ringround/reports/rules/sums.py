"""Sums of agents' time and of tries, and the ratios of the field.

- **work** is the time signed in without the breaks.
- **occupancy** is the share of the work that goes to contacts: looking at one, dialling, talking, wrapping up.
- **contact rate** is contacts of attempts; **conversion** is engaged of contacts.
- **per hour** is for each hour of work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# The states of presence, by the column they are counted in.
PARTS = {
    "ready": "ready_s",
    "reserved": "preview_s",
    "previewing": "preview_s",
    "dialling": "dial_s",
    "talking": "talk_s",
    "wrapping": "wrap_s",
    "paused": "pause_s",
}
COLUMNS = ("ready_s", "preview_s", "dial_s", "talk_s", "wrap_s", "pause_s")
BUSY = ("preview_s", "dial_s", "talk_s", "wrap_s")


def ratio(part: float, whole: float) -> float | None:
    """`part` of `whole`; None where there is nothing to divide by."""
    return part / whole if whole else None


@dataclass(slots=True)
class Hours:
    """Whole seconds in each state, and of the breaks by reason."""

    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    pauses: dict[str, int] = field(default_factory=dict)

    def add(self, state: str, reason: str, seconds: int) -> None:
        column = PARTS[state]
        self.parts[column] += seconds
        if column == "pause_s":
            self.pauses[reason] = self.pauses.get(reason, 0) + seconds

    def row(self) -> dict[str, Any]:
        """The columns of a report. Signed in is the sum of what is shown beside it, so that a row adds up."""
        signed_in = sum(self.parts.values())
        work = signed_in - self.parts["pause_s"]
        return {
            "signed_in_s": signed_in,
            "work_s": work,
            **self.parts,
            "pauses": dict(sorted(self.pauses.items())),
            "occupancy": ratio(sum(self.parts[name] for name in BUSY), work),
        }


@dataclass(slots=True)
class Attained:
    """Sessions by how they stand; of those that succeeded, by what was agreed."""

    statuses: dict[str, int] = field(default_factory=dict)
    recurring: int = 0
    single: int = 0

    def add(self, status: str, payment_type: str, n: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + n
        if status == "Complete" and payment_type == "single":
            self.single += n
        elif status == "Complete":
            self.recurring += n

    def row(self) -> dict[str, Any]:
        """The columns of a report; what waits is no part of the success."""
        of = self.statuses.get
        pending = of("New", 0) + of("Processing", 0)
        ended = {name.lower(): of(name, 0) for name in ("Complete", "Rejected", "Failed", "Expired")}
        found = {"sessions": pending + sum(ended.values()), "pending": pending, **ended}
        found |= {"recurring": self.recurring, "single": self.single}
        return {**found, "success": ratio(ended["complete"], sum(ended.values()))}


ATTAINED = ("sessions", "pending", "complete", "rejected", "failed", "expired", "recurring", "single")


@dataclass(slots=True)
class Tally:
    """Tries and what came of them."""

    attempts: int = 0
    contacts: int = 0
    engaged: int = 0
    calls: int = 0

    def add(self, *, attempts: int = 0, contacts: int = 0, engaged: int = 0, calls: int = 0) -> None:
        self.attempts += attempts
        self.contacts += contacts
        self.engaged += engaged
        self.calls += calls

    def __iter__(self) -> Iterator[int]:
        return iter((self.attempts, self.contacts, self.engaged, self.calls))

    def row(self) -> dict[str, Any]:
        return {
            "attempts": self.attempts,
            "contacts": self.contacts,
            "engaged": self.engaged,
            "contact_rate": ratio(self.contacts, self.attempts),
            "conversion": ratio(self.engaged, self.contacts),
        }

    def rates(self, work_s: int) -> dict[str, Any]:
        """What was reached for each hour of work."""
        hours = work_s / 3600
        return {
            "calls_per_hour": ratio(self.calls, hours),
            "contacts_per_hour": ratio(self.contacts, hours),
            "engaged_per_hour": ratio(self.engaged, hours),
        }
