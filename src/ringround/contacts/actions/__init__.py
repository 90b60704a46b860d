"""Writing: lists, contacts, imports, suppression. Each function is one transaction, an import many."""

from ringround.contacts.actions.consents import consent_add, consent_withdraw, relation_set
from ringround.contacts.actions.contacts import (
    contact_change,
    contact_change_for_lead,
    contact_create,
    contacts_create,
    contacts_keep,
)
from ringround.contacts.actions.erase import contact_erase
from ringround.contacts.actions.forget import (
    contacts_forget,
    contacts_lock,
    imports_open,
    lists_forget,
    suppressions_forget,
)
from ringround.contacts.actions.import_options import options_from_text
from ringround.contacts.actions.import_revert import import_revert
from ringround.contacts.actions.import_run import import_run
from ringround.contacts.actions.imports import (
    import_again,
    import_confirm,
    import_discard,
    import_draft,
    import_queue,
    import_redraft,
    import_start,
)
from ringround.contacts.actions.know_again import contacts_know_again
from ringround.contacts.actions.lists import (
    contact_list_archive,
    contact_list_change,
    contact_list_create,
    contact_list_restore,
)
from ringround.contacts.actions.registers import hit_decide, hits_decide, register_remove
from ringround.contacts.actions.suppression_start import suppression_import_start
from ringround.contacts.actions.suppressions import suppression_add, suppression_remove, suppressions_lapse

__all__ = [
    "consent_add",
    "consent_withdraw",
    "contact_change",
    "contact_change_for_lead",
    "contact_create",
    "contact_erase",
    "contact_list_archive",
    "contact_list_change",
    "contact_list_create",
    "contact_list_restore",
    "contacts_create",
    "contacts_forget",
    "contacts_keep",
    "contacts_know_again",
    "contacts_lock",
    "hit_decide",
    "hits_decide",
    "import_again",
    "import_confirm",
    "import_discard",
    "import_draft",
    "import_queue",
    "import_redraft",
    "import_revert",
    "import_run",
    "import_start",
    "imports_open",
    "lists_forget",
    "options_from_text",
    "register_remove",
    "relation_set",
    "suppression_add",
    "suppression_import_start",
    "suppression_remove",
    "suppressions_forget",
    "suppressions_lapse",
]
