"""What the room of sessions reads of a lead beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns.models import Attempt
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.orgs.actor import Actor


def calls_without_session(*, actor: Actor, lead_id: UUID, most: int = 200) -> list[dict[str, Any]]:
    """A lead's attempts that were no session, newest first: when, by whom, and what came of each."""
    found = Attempt.objects.filter(lead=lead_id, campaign__in=visible_campaigns(actor), disposition__isnull=False)
    rows = found.select_related("user", "disposition").order_by("-at", "-id")[:most]
    return [_call(row.id, row.at, row) for row in rows]


def _call(id: UUID, at: datetime, row: Attempt) -> dict[str, Any]:
    return {
        "id": id,
        "at": at,
        "call": row.call_id,
        "user": {"id": row.user.id, "name": row.user.name} if row.user is not None else None,
        "disposition": row.disposition.name if row.disposition is not None else None,
        "outcome": row.outcome,
    }
