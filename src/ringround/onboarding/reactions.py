"""What this room does about events of the rooms below, and which screens its own events concern."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.contacts import events as contacts
from ringround.infra.events import Event
from ringround.infra.relay.screens import Touch
from ringround.onboarding.actions.forget import contacts_erase


def contact_erased(event: Event) -> None:
    """What was filled in about a contact that is erased goes too; accounting stays."""
    contacts_erase(contact_ids=[UUID(one) for one in event.data["contacts"]])


REACTIONS = {contacts.CONTACT_ERASED: contact_erased}


def topics(event: Event) -> Iterable[Touch]:
    """A session's page, and the lists of both organisations."""
    if not event.type.startswith("onboarding.session."):
        return
    for org in {event.org_id, event.also_org_id} - {None}:
        assert org is not None
        yield Touch(org, f"session:{event.subject_id}", str(event.subject_id))
        yield Touch(org, f"sessions:{org}", str(event.subject_id))
