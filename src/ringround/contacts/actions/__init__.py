"""Writing contacts: one function, one transaction."""

from ringround.contacts.actions.contacts import contact_change, contact_change_for_lead, contact_create, contact_delete
from ringround.contacts.actions.lists import (
    contact_list_archive,
    contact_list_change,
    contact_list_create,
    contact_list_restore,
)

__all__ = [
    "contact_change",
    "contact_change_for_lead",
    "contact_create",
    "contact_delete",
    "contact_list_archive",
    "contact_list_change",
    "contact_list_create",
    "contact_list_restore",
]
