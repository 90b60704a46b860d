"""Events of this room: ids, states and counts, never a name or a number. Sets of contacts come in events of at most
2,000 ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from ringround.contacts.models import Contact, ContactList, Import, Register, Suppression
from ringround.infra import events
from ringround.infra.event_types import declare

MOST_IDS = 2_000
_LIST = {"list": "the contact list's id"}
_IDS = {"contacts": "the contacts' ids, at most 2,000"}
_COUNTS = {"counts": "rows, new, updated, duplicate, suppressed, rejected"}

LIST_CREATED = declare("contacts.list.created", "A contact list was made.", subject="contact_list")
LIST_CHANGED = declare(
    "contacts.list.changed",
    "A contact list's name, region or columns changed.",
    subject="contact_list",
    data={"fields": "the names of what changed"},
)
LIST_ARCHIVED = declare("contacts.list.archived", "A contact list was put away.", subject="contact_list")
CONTACTS_ADDED = declare(
    "contacts.list.contacts_added",
    "Contacts came onto a list.",
    subject="contact_list",
    data={
        **_LIST,
        **_IDS,
        "import": "the import's id, or null when made singly",
        "campaigns": "ids of campaigns that are to get them besides those that follow the list",
    },
)
CONTACTS_CHANGED = declare(
    "contacts.list.contacts_changed",
    "An import changed contacts of a list, or its columns were given another meaning.",
    subject="contact_list",
    data={**_LIST, **_IDS, "import": "the import's id, or null when it was the columns"},
)
CONTACT_CHANGED = declare(
    "contacts.contact.changed",
    "A contact's data or numbers changed.",
    subject="contact",
    data={
        **_LIST,
        "contacts": "the contact's id, as a list of one",
        "columns": "the names of the columns that changed",
    },
)
CONTACTS_REMOVED = declare(
    "contacts.list.contacts_removed",
    "Contacts that an import had made are gone, since it was taken back.",
    subject="contact_list",
    data={**_LIST, **_IDS, "import": "the import's id"},
)
CONTACT_ERASED = declare(
    "contacts.contact.erased",
    "A person was erased: what is known of them goes, the bare counts stay.",
    subject="contact",
    data={**_LIST, "contacts": "the contact's id, as a list of one"},
)
IMPORT_DONE = declare(
    "contacts.import.done",
    "An import has come to its end.",
    subject="import",
    data={
        **_LIST,
        **_COUNTS,
        "dry_run": "whether it only tried",
        "new": "how many contacts it made",
        "campaigns": "ids of the campaigns it was for",
    },
)
IMPORT_FAILED = declare(
    "contacts.import.failed",
    "An import's file was refused whole, or it could not be brought to its end.",
    subject="import",
    data={**_LIST, "code": "why", "line": "the physical line of the file, where there is one"},
)
IMPORT_REVERTED = declare(
    "contacts.import.reverted",
    "An import was taken back.",
    subject="import",
    data={
        **_LIST,
        "gone": "how many contacts it had made and are gone",
        "restored": "how many contacts it had changed and are as they were",
        "kept": "how many stay, because they have been worked or changed since",
    },
)
SUPPRESSION_CHANGED = declare(
    "contacts.suppression.changed",
    "What must not be contacted has changed for these contacts. The subject is the suppression, or the import or "
    "register of many.",
    subject="suppression",
    data={**_IDS, "campaign": "the campaign's id where it is for one, else null"},
)
REGISTER_REPLACED = declare(
    "contacts.register.replaced",
    "An issue of a register by name and address has taken the place of the one before.",
    subject="register",
    data={
        "import": "the import's id",
        "entries": "who stands in it",
        "exact": "contacts that it bars by itself",
        "near": "contacts that may be meant, to be looked at",
    },
)
REGISTER_REMOVED = declare(
    "contacts.register.removed", "A register by name and address was taken away, and what it barred is lifted.",
    subject="register",
)  # fmt: skip
HITS_DECIDED = declare(
    "contacts.register.hits_decided",
    "Somebody has said of hits in a register whether they are the contacts.",
    subject="register",
    data={**_IDS, "state": "accepted, refused or open"},
)


def chunks(ids: Sequence[UUID | str]) -> Iterable[list[str]]:
    """Ids as the data of events takes them."""
    for start in range(0, len(ids), MOST_IDS):
        yield [str(one) for one in ids[start : start + MOST_IDS]]


def of(
    subject: ContactList | Contact | Import | Suppression | Register,
    type: str,
    data: Mapping[str, Any],
    *,
    called: str = "",
    cause: Mapping[str, Any] | None = None,
) -> events.Record:
    """An event of a row that is locked: its number is drawn from the row, which the caller saves. `cause`: what an
    upper room did it for."""
    subject.event_no += 1
    return events.Record(
        org_id=subject.organisation_id,
        type=type,
        subject_type=called or _SUBJECTS[subject.__class__],
        subject_id=subject.id,
        subject_no=subject.event_no,
        data=data,
        cause=cause,
    )


_SUBJECTS: dict[type, str] = {
    ContactList: "contact_list",
    Contact: "contact",
    Import: "import",
    Suppression: "suppression",
    Register: "register",
}
