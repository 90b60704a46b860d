"""What a contact is to campaigns."""

from __future__ import annotations

from uuid import UUID

from ringround.campaigns.models import Lead


def contact_is_lead(*, contact_id: UUID) -> bool:
    """Whether a contact is or was placed on any campaign; unchecked: the caller has looked at who asks."""
    return Lead.objects.filter(contact=contact_id).exists()
