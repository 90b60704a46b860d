"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.contacts.models import ContactList, Import, Register

WORDS = {
    "contacts.list.created": _("Contact list made"),
    "contacts.list.changed": _("Contact list changed"),
    "contacts.list.archived": _("Contact list put away"),
    "contacts.list.restored": _("Contact list taken out again"),
    "contacts.contact.created": _("Contact made"),
    "contacts.contact.changed": _("Contact changed"),
    "contacts.contact.relation_changed": _("Relation of a contact changed"),
    "contacts.contact.consent_given": _("Consent recorded"),
    "contacts.contact.consent_withdrawn": _("Consent withdrawn"),
    "contacts.contact.erased": _("Contact erased"),
    "contacts.import.revert_asked": _("Taking an import back asked for"),
    "contacts.import.reverted": _("Import taken back"),
    "contacts.import.started": _("Import started"),
    "contacts.import.done": _("Import done"),
    "contacts.import.failed": _("Import refused"),
    "contacts.suppression.added": _("Suppression added"),
    "contacts.suppression.removed": _("Suppression removed"),
    "contacts.suppression.lapsed": _("Suppression lapsed"),
    "contacts.register.replaced": _("Register: new issue"),
    "contacts.register.removed": _("Register taken away"),
    "contacts.register.hit_accepted": _("Hit in a register: is the contact"),
    "contacts.register.hit_refused": _("Hit in a register: somebody else"),
    "contacts.register.hit_open": _("Hit in a register: to be looked at again"),
}


def _lists(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(ContactList.objects.filter(id__in=ids).values_list("id", "name"))


def _imports(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Import.objects.filter(id__in=ids).values_list("id", "file_name"))


def _registers(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Register.objects.filter(id__in=ids).values_list("id", "source"))


# A contact or a suppression has no name here: whose it is, is personal.
NAMES = {"contact_list": _lists, "import": _imports, "register": _registers}
