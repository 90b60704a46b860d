"""Reading: what the rooms above and this room's faces may ask of contacts."""

from ringround.contacts.queries.contacts import (
    ContactRow,
    Details,
    contact_details,
    contact_get,
    contact_json,
    contacts_export,
    contacts_search,
)
from ringround.contacts.queries.facts import (
    ContactFacts,
    NumberFacts,
    contact_get_for_lead,
    contact_ids_of_list,
    contacts_for_leads,
    facts_json,
    suppressed_numbers,
)
from ringround.contacts.queries.imports import (
    ImportState,
    Preview,
    import_get,
    import_json,
    import_list,
    import_preview,
    rejected_file,
)
from ringround.contacts.queries.lists import (
    columns_for_leads,
    columns_of,
    contact_list_find,
    contact_list_get,
    contact_list_json,
    contact_list_list,
    contact_list_names,
)
from ringround.contacts.queries.search import contact_ids_matching
from ringround.contacts.queries.suppressions import (
    suppression_check,
    suppression_get,
    suppression_json,
    suppression_list,
    suppressions_of_contact,
)

__all__ = [
    "ContactFacts",
    "ContactRow",
    "Details",
    "ImportState",
    "NumberFacts",
    "Preview",
    "columns_for_leads",
    "columns_of",
    "contact_details",
    "contact_get",
    "contact_get_for_lead",
    "contact_ids_matching",
    "contact_ids_of_list",
    "contact_json",
    "contact_list_find",
    "contact_list_get",
    "contact_list_json",
    "contact_list_list",
    "contact_list_names",
    "contacts_export",
    "contacts_for_leads",
    "contacts_search",
    "facts_json",
    "import_get",
    "import_json",
    "import_list",
    "import_preview",
    "rejected_file",
    "suppressed_numbers",
    "suppression_check",
    "suppression_get",
    "suppression_json",
    "suppression_list",
    "suppressions_of_contact",
]
