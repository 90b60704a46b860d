"""Reading what an action left behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ringround.infra.models import AuditPending, EventOut


def audited(org_id: UUID, action: str) -> list[dict[str, Any]]:
    """The data of the audit rows of this action, in order."""
    rows = AuditPending.objects.filter(org_id=org_id, action=action).order_by("id")
    return [{"subject": row.subject_id, "actor": row.actor_id, **row.data} for row in rows]


def events(type: str) -> list[EventOut]:
    """The events of this type, in order."""
    return list(EventOut.objects.filter(type=type).order_by("id"))
