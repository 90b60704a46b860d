"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.contacts.models import ContactList

WORDS = {
    "contacts.list.created": _("Contact list made"),
    "contacts.list.changed": _("Contact list changed"),
    "contacts.list.archived": _("Contact list archived"),
    "contacts.list.restored": _("Contact list restored"),
    "contacts.contact.created": _("Contact made"),
    "contacts.contact.changed": _("Contact changed"),
    "contacts.contact.deleted": _("Contact deleted"),
    "contacts.import.started": _("Import started"),
    "contacts.import.done": _("Import finished"),
    "contacts.import.failed": _("Import failed"),
    "contacts.import.reverted": _("Import reverted"),
    "contacts.suppression.added": _("Suppression added"),
    "contacts.suppression.removed": _("Suppression removed"),
}


def _lists(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(ContactList.objects.filter(id__in=ids).values_list("id", "name"))


# A contact has no name here: it is personal.
NAMES = {"contact_list": _lists}
