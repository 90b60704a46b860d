"""Whose a message is that came in, where a room above knows better."""

from __future__ import annotations

from uuid import UUID

from ringround.infra.unit import action
from ringround.messaging.models import Message


@action
def message_belongs(*, message_id: UUID, contact_id: UUID, lead_id: UUID, campaign_id: UUID, agency_id: UUID) -> bool:
    """Give a message that nobody's was to a lead; whether it was nobody's still. Twice is no fault."""
    found = Message.objects.filter(id=message_id, direction="in", lead_id__isnull=True)
    return bool(found.update(contact=contact_id, lead_id=lead_id, campaign_id=campaign_id, agency=agency_id))
