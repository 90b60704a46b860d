"""What a contact is to campaigns."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from ringround.campaigns.models import Lead


def contact_is_lead(*, contact_id: UUID) -> bool:
    """Whether a contact is or was placed on any campaign; unchecked: the caller has looked at who asks."""
    return Lead.objects.filter(contact=contact_id).exists()


def leads_by_contact(*, contact_ids: Collection[UUID]) -> list[UUID]:
    """The contact of each lead of these contacts; for a room that deletes them and has looked at who asks."""
    return list(Lead.objects.filter(contact__in=contact_ids).values_list("contact", flat=True))
