"""Whether a message would go now: what the courier will ask, asked ahead, for whoever writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Outlook:
    """`reason` is empty where it would go at once. With `at` it waits until then; without, it would not go at all."""

    reason: str = ""
    at: datetime | None = None


def outlook(
    *, org_id: UUID, campaign_id: UUID | None, contact_id: UUID | None, channel: str, to: str | None, now: datetime
) -> Outlook:
    """For a room that has found the contact visible."""
    if not to:
        return Outlook("no_address")
    return Outlook()
