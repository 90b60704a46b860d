"""What becomes of a message: its states, retries, the throttle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """Each state of a message that goes out, by how much is known of it; `RANK` is the order."""

    QUEUED = "queued"  # -> any: written down, waits for its time, its turn or its next try
    SKIPPED = "skipped"  # not sent, for a reason of ours
    SENT = "sent"  # the provider has it
    FAILED = "failed"  # given up by us, by the provider or by the network
    DELIVERED = "delivered"  # it arrived
    BOUNCED = "bounced"  # it came back; also some time after a server on the way said that it had arrived
    RECEIVED = "received"  # one that came in; nothing leads here or away


# Receipts come late, twice and in any order. Each says something of the one truth, and what says most wins: so a state
# only ever rises in this order, and the order in which receipts come does not matter.
RANK = {
    Status.QUEUED: 0,
    Status.SKIPPED: 1,
    Status.SENT: 2,
    Status.FAILED: 3,
    Status.DELIVERED: 4,
    Status.BOUNCED: 5,
}


def after(status: Status, said: Status) -> Status:
    """The state of a message of which this is said."""
    if status is Status.RECEIVED or said is Status.RECEIVED:
        return status
    return said if RANK[said] > RANK[status] else status


def of_parts(said: Iterable[Status], total: int) -> Status | None:
    """The state of a message of so many parts, of those of them that are known; None: nothing to be said yet. It has
    arrived when all have, and has failed when one has: nobody can read it."""
    known = list(said)
    if any(one in (Status.FAILED, Status.BOUNCED) for one in known):
        return Status.FAILED
    if len(known) < total:
        return None
    return Status.DELIVERED if all(one is Status.DELIVERED for one in known) else Status.SENT


# --- tries ----------------------------------------------------------------------------------------

# How long after each failed try the next one comes; after the last there is none.
BACK_OFF = (timedelta(seconds=60), timedelta(seconds=600))
MOST_TRIES = len(BACK_OFF) + 1
# How often a message may be handed over of which nobody knows whether it was taken the time before.
MOST_DOUBTS = 1


def next_try(tries: int, now: datetime) -> datetime | None:
    """When to try again after so many tries; None: given up."""
    return now + BACK_OFF[tries - 1] if 0 < tries <= len(BACK_OFF) else None


# For so long a message waits for transports that are down; after that its words may be out of their time.
MOST_HELD = timedelta(hours=24)


def next_after_outage(held_since: datetime, now: datetime) -> datetime | None:
    """When to look again whether a transport has come back, which is no try of the message's; None: given up."""
    return now + BACK_OFF[0] if now - held_since < MOST_HELD else None


def may_hand_over(*, doubts: int, idempotent: bool) -> bool:
    """Whether a message may go to the provider although it may have it already.

    A provider that knows the key again drops the second one, so there it is asked as often as it takes. With others one
    repetition is risked: better twice than never, but not thrice.
    """
    return idempotent or doubts <= MOST_DOUBTS


def rest_after(failures: int) -> timedelta:
    """How long a transport is left alone after failing so many times in a row: 0, 5, 10, 20 … 300 s."""
    return timedelta(seconds=min(300, 5 * 2 ** (failures - 2))) if failures > 1 else timedelta(0)


# --- throttle -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bucket:
    """Messages that may go at once, at a moment; kept in the transport's row, for all workers."""

    tokens: float
    at: datetime


def refill(bucket: Bucket, *, per_s: float, now: datetime) -> Bucket:
    """The bucket now. It holds a second's worth, at least one."""
    most = max(1.0, per_s)
    passed = max(0.0, (now - bucket.at).total_seconds())
    return Bucket(min(most, bucket.tokens + passed * per_s), now)


def take(bucket: Bucket, count: int) -> Bucket:
    """The bucket after so many have gone."""
    return Bucket(bucket.tokens - count, bucket.at)
