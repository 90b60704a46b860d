"""Lists, contacts, numbers, suppression, registers, imports."""

from __future__ import annotations

from ringround.contacts.models.consents import Consent, Relation
from ringround.contacts.models.contacts import Contact, ContactChange, ContactNumber

# Migrations name it by this path.
from ringround.contacts.models.defaults import _none as _none
from ringround.contacts.models.imports import Import, ImportKept, ImportTold
from ringround.contacts.models.lists import ContactList
from ringround.contacts.models.registers import Register, RegisterEntry, RegisterHit
from ringround.contacts.models.suppression import Suppression

__all__ = [
    "Consent",
    "Contact",
    "ContactChange",
    "ContactList",
    "ContactNumber",
    "Import",
    "ImportKept",
    "ImportTold",
    "Register",
    "RegisterEntry",
    "RegisterHit",
    "Relation",
    "Suppression",
]
