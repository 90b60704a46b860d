"""Contact lists, contacts, imports and suppression over HTTP."""

from __future__ import annotations

from ringround.contacts.api.contacts import contacts
from ringround.contacts.api.imports import imports
from ringround.contacts.api.lists import lists
from ringround.contacts.api.suppressions import suppressions

ROUTERS = [
    ("/contact-lists", lists),
    ("/contacts", contacts),
    ("/imports", imports),
    ("/suppressions", suppressions),
]
