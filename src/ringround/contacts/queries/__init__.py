"""Reading contacts."""

from ringround.contacts.queries.facts import (
    ContactFacts,
    NumberFacts,
    contact_get_for_lead,
    contact_ids_of_list,
    contacts_for_leads,
    facts_json,
    suppressed_numbers,
)
from ringround.contacts.queries.search import contact_ids_matching

__all__ = [
    "ContactFacts",
    "NumberFacts",
    "contact_get_for_lead",
    "contact_ids_matching",
    "contact_ids_of_list",
    "contacts_for_leads",
    "facts_json",
    "suppressed_numbers",
]
