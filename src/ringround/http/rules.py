"""Pure decisions about webhooks: when to try again, when to give up, which events are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ringround.kernel import shares
from ringround.kernel.shares import Waiting as Waiting

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


def share_out(waiting: Sequence[Waiting], *, free: int, turns: Mapping[UUID, int]) -> dict[UUID, int]:
    """How many deliveries each webhook may send now: `kernel.shares`, with the shares of webhooks."""
    return shares.share_out(waiting, free=free, turns=turns, each=EACH, each_org=EACH_ORG)
