"""The lead as rules see it, and the one table of its statuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from ringround.kernel.errors import Conflict


class Status(StrEnum):
    NEW = "new"  # added, reset
    AUTOMATIC_REDIAL = "automatic_redial"  # not reached and attempts left; callable after its quarantine
    COMMON_REDIAL = "common_redial"  # a callback for any agent of the campaign
    PRIVATE_REDIAL = "private_redial"  # a callback for its owner; becomes common when not taken in time
    SUCCESS = "success"  # engaged
    NOT_INTERESTED = "not_interested"
    UNQUALIFIED = "unqualified"
    INVALID = "invalid"
    EXHAUSTED = "exhausted"  # the most attempts without contact


OPEN: frozenset[str] = frozenset({"new", "automatic_redial", "common_redial", "private_redial"})
CLOSED: frozenset[str] = frozenset(status.value for status in Status) - OPEN
REDIALS: frozenset[str] = frozenset({"common_redial", "private_redial"})
# A call that nobody ends keeps its lead with the agent at most this long.
LONGEST_CALL = timedelta(hours=4)


class Change(StrEnum):
    """What can be done to a lead's status; the same for a hand, the API, a journey and time."""

    DISPOSE = "dispose"  # a disposition sets any status
    SET = "set"  # so does a supervisor, by hand or API
    BOOK = "book"  # a callback is agreed on, moved, or given to another
    CANCEL = "cancel"  # a callback is off: due now
    RESET = "reset"  # back to new
    EXHAUST = "exhaust"  # attempts used up
    LOSE_NUMBERS = "lose_numbers"  # no number is left that may be tried
    RELEASE_PRIVATE = "release_private"  # a private redial not taken in time, or its owner left
    BRING_BACK = "bring_back"  # called, and the agent has not said what came of it: it waits for them


_ANY = frozenset(status.value for status in Status)

# (from, change) -> the statuses it may lead to. A closed lead is opened again only by reset, by a supervisor, or by the
# disposition of who holds it.
TABLE: dict[tuple[str, Change], frozenset[str]] = {
    **{(status, change): _ANY for change in (Change.DISPOSE, Change.SET) for status in _ANY},
    **{(status, Change.BOOK): REDIALS for status in OPEN},
    **{(status, Change.CANCEL): frozenset({"automatic_redial"}) for status in REDIALS},
    **{(status, Change.RESET): frozenset({"new"}) for status in _ANY},
    **{(status, Change.EXHAUST): frozenset({"exhausted"}) for status in OPEN},
    **{(status, Change.LOSE_NUMBERS): frozenset({"exhausted", "invalid"}) for status in OPEN - REDIALS},
    ("private_redial", Change.RELEASE_PRIVATE): frozenset({"common_redial"}),
    **{(status, Change.BRING_BACK): frozenset({"private_redial"}) for status in OPEN},
}


def allowed(status: str, change: Change, to: str) -> bool:
    """Whether the table lets `change` take a lead from `status` to `to`."""
    return to in TABLE.get((status, change), frozenset())


@dataclass(slots=True, kw_only=True)
class LeadFacts:
    """A lead's row: what rules decide on. All times aware UTC."""

    id: UUID
    campaign_id: UUID
    merchant_id: UUID
    contact_id: UUID
    status: str = "new"
    active: bool = True
    attempts: int = 0
    priority: int = 50
    urgent_at: datetime | None = None
    position: int = 0
    assigned_to_id: UUID | None = None
    owner_id: UUID | None = None
    next_contact_at: datetime | None = None
    no_callback_at: datetime | None = None
    snoozed_until: datetime | None = None
    expires_at: datetime | None = None
    expired: bool = False
    last_contacted_by_id: UUID | None = None
    last_contacted_at: datetime | None = None
    result: dict[str, Any] = field(default_factory=dict)
    engaged: bool = False
    created_at: datetime
    reserved_by_id: UUID | None = None
    reserved_until: datetime | None = None
    reserved_at: datetime | None = None
    handout_rule: str = ""
    call_id: UUID | None = None
    # The last call, of which its agent has not said what came of it before the lease ran out.
    unsaid_call_id: UUID | None = None
    suppressed: bool = False
    deactivated: bool = False
    numbers: list[str] = field(default_factory=list)
    order_text: str | None = None
    # The booked callback's time while nobody has been told that it is due.
    callback_due_at: datetime | None = None
    event_no: int = 0
    external_lead_id: str | None = None
    zone_id: int = 0

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def become(self, change: Change, to: str) -> None:
        """The one way to another status; Conflict `wrong_state` where the table has none."""
        if not allowed(self.status, change, to):
            raise Conflict("wrong_state", f"{self.status} -> {to}", [at for at, by in TABLE if by is change])
        self.status = to

    @property
    def due_at(self) -> datetime | None:
        """The earliest time that next contact and snooze allow; None: any time."""
        times = [at for at in (self.next_contact_at, self.snoozed_until) if at is not None]
        return max(times) if times else None
