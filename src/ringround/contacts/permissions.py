"""What the roles may do with contacts. Agents meet them through leads, which the campaigns room answers for."""

from __future__ import annotations

from ringround.orgs.permissions import MANAGER, READER, SUPERVISOR

PERMISSIONS = {
    "contacts.lists.read": READER,
    "contacts.lists.change": MANAGER,
    "contacts.contacts.read": READER,
    "contacts.contacts.change": SUPERVISOR,
    "contacts.contacts.delete": MANAGER,
    "contacts.imports.read": READER,
    "contacts.imports.run": MANAGER,
    "contacts.suppressions.read": READER,
    "contacts.suppressions.change": SUPERVISOR,
    "contacts.export": MANAGER,
}
