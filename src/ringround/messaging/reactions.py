"""What this room does about events of the rooms below, and which screens its own concern."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.contacts import events as contacts
from ringround.infra.events import Event
from ringround.infra.relay.screens import Touch
from ringround.messaging import actions


def contact_erased(event: Event) -> None:
    """What was written to a contact that is erased goes too."""
    actions.messages_erase(contact_ids=[UUID(one) for one in event.data["contacts"]], now=event.at)


def handed_over(event: Event) -> None:
    """A managed merchant has an owner of its own: how its messages go out is theirs to say."""
    actions.transports_switch_off(org_id=event.org_id)


REACTIONS = {contacts.CONTACT_ERASED: contact_erased, "orgs.organisation.handed_over": handed_over}


def topics(event: Event) -> Iterable[Touch]:
    """The organisation's messages, and each message."""
    if event.type.startswith("messaging.message."):
        yield Touch(event.org_id, f"messages:{event.org_id}", str(event.subject_id))
