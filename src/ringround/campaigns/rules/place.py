"""Where a lead stands in the order, and when time alone will move it.

The claim reads five queues, one after the other, and in each takes the first by `(rank, rank_text, position, id)`.
A lead that waits only for a time which its rank already tells (a callback, a quarantine) stands in its queue at once:
the claim asks `rank <= now`. One that waits for anything else is in no queue, and `turn_at` says when to look again.

Worked example: an automatic redial with next contact 14:00 stands in RETRY with rank 14:00 and no turn. Snoozed until
15:00 as well, it stands nowhere and turns at 15:00; then it enters RETRY with rank 14:00, before one due 14:30.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from uuid import UUID

from ringround.campaigns.rules.lead import REDIALS, LeadFacts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Queue(IntEnum):
    """The parts of the order, in order."""

    MY_CALLBACK = 1
    COMMON_CALLBACK = 2
    URGENT = 3
    RETRY = 4
    NEW = 5


# The name each part has in the hand-out log and the API.
RULE = {
    Queue.MY_CALLBACK: "my_callback",
    Queue.COMMON_CALLBACK: "common_callback",
    Queue.URGENT: "urgent",
    Queue.RETRY: "retry",
    Queue.NEW: "new",
}
# Whom a lead may go to, when it may go to anybody. A value and not None, so that the claim's index keeps its order.
ANYBODY = UUID(int=0)
# Queues whose rank is the time from which a lead may be taken.
BY_TIME = frozenset({Queue.MY_CALLBACK, Queue.COMMON_CALLBACK, Queue.RETRY})


@dataclass(frozen=True, slots=True)
class Order:
    """What of a campaign decides a lead's place."""

    lead_order: str = "position"
    seed: int = 0
    max_attempts: int = 5
    release_private_after_h: int | None = 24


@dataclass(frozen=True, slots=True)
class Packs:
    """What the rule packs of the campaign say of a lead: whether they bar it and until when (None: not by waiting), and
    when they change by themselves."""

    shut: bool = False
    until: datetime | None = None
    changes_at: datetime | None = None


NO_PACKS = Packs()


@dataclass(frozen=True, slots=True)
class Placement:
    queue: int | None
    for_agent: UUID
    rank: int
    rank_text: str | None
    turn_at: datetime | None


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly (a float would not be)."""
    return (at - _EPOCH) // _MICROSECOND


def place(lead: LeadFacts, order: Order, now: datetime, packs: Packs = NO_PACKS) -> Placement:
    """The lead's place as of `now`.

    1. What is held stands nowhere until its lease ends; expiry waits with it ("after the call").
    2. What is closed stands nowhere and time does not change it.
    3. Time's own changes of an open lead: expiry, a callback falling due, a private redial released.
    4. What a gate other than time bars stands nowhere; what a rule pack bars neither, until it does not.
    5. Its queue by status; there it waits by rank, or outside until it is due.
    """
    if lead.reserved_until is not None:
        return _nowhere(lead.reserved_until)
    if not lead.open:
        return _nowhere(None)
    times = (expiry_turn(lead), lead.callback_due_at, release_turn(lead, order), packs.changes_at)
    turns = [at for at in times if at is not None]
    if not callable_but_for_time(lead, order, now):
        return _nowhere(_first(turns))
    if packs.shut:
        return _nowhere(_first([*turns, packs.until] if packs.until is not None else turns))
    queue = queue_of(lead)
    due = lead.due_at
    if queue in BY_TIME:
        rank_at = lead.next_contact_at or lead.snoozed_until or lead.created_at
        if due is not None and due > now and due > rank_at:
            return _nowhere(_first([*turns, due]))
        rank, rank_text = micros(rank_at), None
    else:
        if due is not None and due > now:
            return _nowhere(_first([*turns, due]))
        if queue is Queue.URGENT:
            assert lead.urgent_at is not None
            rank, rank_text = -micros(lead.urgent_at), None
        else:
            rank, rank_text = new_rank(lead, order)
    for_agent = lead.owner_id if queue is Queue.MY_CALLBACK else lead.assigned_to_id
    return Placement(int(queue), for_agent or ANYBODY, rank, rank_text, _first(turns))


def queue_of(lead: LeadFacts) -> Queue:
    """Callbacks first, then what is urgent, then by status."""
    if lead.status == "private_redial":
        return Queue.MY_CALLBACK
    if lead.status == "common_redial":
        return Queue.COMMON_CALLBACK
    if lead.urgent_at is not None:
        return Queue.URGENT
    return Queue.RETRY if lead.status == "automatic_redial" else Queue.NEW


def callable_but_for_time(lead: LeadFacts, order: Order, now: datetime) -> bool:
    """All gates kept as columns that only a change, not waiting, opens. A private redial needs its owner."""
    return (
        lead.active
        and not lead.suppressed
        and not lead.deactivated
        and bool(lead.numbers)
        and attempts_left(lead, order)
        and not has_expired(lead, now)
        and (lead.status != "private_redial" or lead.owner_id is not None)
    )


def attempts_left(lead: LeadFacts, order: Order) -> bool:
    """Whether the lead may be tried once more. A callback that was promised is kept, however many tries it took."""
    return lead.attempts < order.max_attempts or lead.status in REDIALS


def has_expired(lead: LeadFacts, now: datetime) -> bool:
    return lead.expires_at is not None and lead.expires_at <= now


def expiry_turn(lead: LeadFacts) -> datetime | None:
    """When the expiry is to be noticed and told, once."""
    return None if lead.expired else lead.expires_at


def release_turn(lead: LeadFacts, order: Order) -> datetime | None:
    """When a private redial that its owner has not taken becomes common."""
    at = lead.next_contact_at or lead.snoozed_until
    if lead.status != "private_redial" or at is None or order.release_private_after_h is None:
        return None
    return at + timedelta(hours=order.release_private_after_h)


def new_rank(lead: LeadFacts, order: Order) -> tuple[int, str | None]:
    """The rank of a new lead by the campaign's lead order; ties by position, then id, are the index's."""
    match order.lead_order.partition(":")[0]:
        case "priority":
            return -lead.priority, None
        case "newest":
            return -micros(lead.created_at), None
        case "oldest":
            return micros(lead.created_at), None
        case "random":
            digest = hashlib.blake2b(lead.id.bytes, digest_size=8, key=str(order.seed).encode()).digest()
            return int.from_bytes(digest, "big") >> 1, None
        case "attempts":
            return lead.attempts, None
        case "last_contact":
            return (micros(lead.last_contacted_at) if lead.last_contacted_at else 0), None
        case "column":
            return 0, lead.order_text or ""
        case _:
            return 0, None


def _first(times: list[datetime]) -> datetime | None:
    return min(times) if times else None


def _nowhere(turn_at: datetime | None) -> Placement:
    return Placement(None, ANYBODY, 0, None, turn_at)
