"""Pure decisions about webhooks: when to try again, when to give up, which events are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

MINUTE, HOUR = 60, 3600
# After the first try, the second … Together 36 hours: over a night and a morning.
PAUSES_S = (5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR, 12 * HOUR)
# So many failures in a row are the target's fault, not one event's: then the whole webhook waits, and not a thousand
# events each for itself.
PATIENT_FAILURES = 5
LONGEST_WEBHOOK_PAUSE_S = 15 * MINUTE
# A webhook that has only failed for so long is switched off.
OFF_AFTER = timedelta(days=3)
# How long the secret before still signs after a rotation.
OLD_SECRET_LIVES = timedelta(hours=24)
GONE = 410
# How much of what a courier can have under way is one webhook's at most, and one organisation's.
EACH = 4
EACH_ORG = 8


def retry_at(*, now: datetime, tries: int) -> datetime | None:
    """When a delivery that has failed `tries` times is tried again; None: given up."""
    return now + timedelta(seconds=PAUSES_S[tries - 1]) if tries <= len(PAUSES_S) else None


def webhook_pause(*, failures: int) -> timedelta:
    """How long a webhook rests after so many failures in a row."""
    if failures < PATIENT_FAILURES:
        return timedelta(0)
    return timedelta(seconds=min(10 * 2 ** min(failures - PATIENT_FAILURES, 10), LONGEST_WEBHOOK_PAUSE_S))


def off_reason(*, now: datetime, failing_since: datetime, status: int | None) -> str | None:
    """Why a webhook that has just failed is switched off, or None: `gone` (the target says so) or `failing`."""
    if status == GONE:
        return "gone"
    return "failing" if now - failing_since >= OFF_AFTER else None


def wants(types: Sequence[str], type: str) -> bool:
    """Whether a webhook wants this type of event; no types means all."""
    return not types or any(type.startswith(one[:-1]) if one.endswith(".*") else type == one for one in types)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A webhook with `ready` deliveries to send, or some `under_way`."""

    id: UUID
    org_id: UUID
    failing: bool
    ready: int
    under_way: int


def share_out(waiting: Sequence[Waiting], *, free: int, turns: Mapping[UUID, int]) -> dict[UUID, int]:
    """How many deliveries each webhook may send now. `turns` says of organisations and webhooks when they were last
    served: a greater number is later, none is never.

    1. Each free place goes to the organisation with the least under way; among equals to the one served longest ago.
       Within it, to the webhook by the same rule.
    2. None has more than its share: an organisation `EACH_ORG`, a webhook `EACH`, one that has just failed a single
       place, so that a dead target costs one connection and not all of them.

    A target that answers after 14 seconds keeps its own events waiting. With 16 places and 20 organisations of such
    targets, each has one place, and the four that have none come next, however much the others have in their queues.
    """
    busy: dict[UUID, int] = {}
    for one in waiting:
        busy[one.org_id] = busy.get(one.org_id, 0) + one.under_way
    given: dict[UUID, int] = {}
    served: dict[UUID, int] = {}
    for turn in range(free):
        open_ones = [
            one
            for one in waiting
            if given.get(one.id, 0) < one.ready
            and one.under_way + given.get(one.id, 0) < (1 if one.failing else EACH)
            and busy[one.org_id] < EACH_ORG
        ]
        if not open_ones:
            break
        chosen = min(
            open_ones,
            key=lambda one: (
                busy[one.org_id],
                served.get(one.org_id, -1),
                turns.get(one.org_id, -1),
                one.under_way + given.get(one.id, 0),
                turns.get(one.id, -1),
                one.id,
            ),
        )
        given[chosen.id] = given.get(chosen.id, 0) + 1
        busy[chosen.org_id] += 1
        served[chosen.org_id] = turn
    return given
