"""A message as it is written down, before it is a row: made by the thousand, and so no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """The columns of `models.Message` that its writer decides; `status` is `queued`, or `skipped` with its `reason`."""

    id: UUID
    organisation_id: UUID
    agency_id: UUID | None
    channel: str
    key: str
    contact_id: UUID | None
    lead_id: UUID | None
    campaign_id: UUID | None
    to: str
    sender: str
    template_id: UUID | None
    language: str
    subject: str
    text: str
    html: str
    parts: int
    nth: int
    status: str
    reason: str
    detail: str
    quiet: Mapping[str, str] | None
    by_id: UUID | None
    cause: Mapping[str, Any] | None
    next_at: datetime
    event_no: int = 1
