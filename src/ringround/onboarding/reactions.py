"""What this room does about events of the rooms below."""

from __future__ import annotations

from uuid import UUID

from ringround.contacts import events as contacts
from ringround.infra.events import Event
from ringround.onboarding.actions.forget import contacts_erase


def contact_erased(event: Event) -> None:
    """What was filled in about a contact that is erased goes too; accounting stays."""
    contacts_erase(contact_ids=[UUID(one) for one in event.data["contacts"]])


REACTIONS = {contacts.CONTACT_ERASED: contact_erased}
