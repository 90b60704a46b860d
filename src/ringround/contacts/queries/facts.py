"""Contacts as the rooms above need them: they have found the lead visible, so no organisation is asked for here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from ringround.contacts.models import Contact
from ringround.infra import sql
from ringround.kernel import phones
from ringround.kernel.errors import NotFound
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """A number of a contact; `suppressed` for the organisation (a campaign's own list is asked at the hand-out)."""

    id: UUID
    label: str
    e164: str | None
    written: str
    type: str
    valid: bool
    suppressed: bool


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact. `fields` has every column but the phones, by name, as JSON values; `suppressed`: all of it."""

    id: UUID
    org_id: UUID
    list_id: UUID
    name: str
    external_id: str | None
    fields: dict[str, Any]
    email: str
    timezone: str
    country: str
    suppressed: bool
    numbers: tuple[NumberFacts, ...]
    # Columns that hold national ids: for those who may see contacts, never for who only calls them.
    national_ids: frozenset[str] = frozenset()
    # Columns that the list hides from agents, and so from their programs.
    hidden: frozenset[str] = frozenset()


def contacts_for_leads(ids: Iterable[UUID], *, org_id: UUID | None = None) -> list[ContactFacts]:
    """The contacts with these ids, in their order; without unknown ones, and with `org_id` without strange ones."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    found: dict[UUID, ContactFacts] = {}
    for row in sql.rows("contacts", "contact_facts", ids=wanted, org=org_id):
        found[row["id"]] = _facts(row)
    return [found[one] for one in wanted if one in found]


def _facts(row: dict[str, Any]) -> ContactFacts:
    fields, numbers = (json.loads(one) if isinstance(one, str) else one for one in (row["fields"], row["numbers"]))
    return ContactFacts(
        id=row["id"],
        org_id=row["organisation_id"],
        list_id=row["list_id"],
        name=row["name"],
        external_id=row["external_id"],
        fields=fields,
        email=row["email"],
        timezone=row["timezone"],
        country=row["country"],
        suppressed=row["suppressed"],
        numbers=tuple(NumberFacts(UUID(one[0]), *one[1:]) for one in numbers),
        national_ids=_names(row["national_ids"]),
        hidden=_names(row["hidden"]),
    )


@lru_cache
def _names(text: str) -> frozenset[str]:
    """Columns' names, which all contacts of a list have alike."""
    return frozenset(json.loads(text)) if text != "[]" else _NONE


def contact_to_call(
    *, org_id: UUID, campaign_id: UUID, contact_id: UUID, now: datetime
) -> Callable[[], tuple[ContactFacts, frozenset[str]]]:
    """A contact whose lead is in hand, and which of its numbers must not be called now (`suppressed_numbers`). Asked in
    one letter with what is asked next; the answer is what comes back, called."""
    asked = sql.soon("contacts", "contact_to_call", org=org_id, campaign=campaign_id, contact=contact_id, now=now)

    def found() -> tuple[ContactFacts, frozenset[str]]:
        row = asked.row()
        if row is None:
            raise NotFound("contact")
        return _facts(row), frozenset(row["barred"])

    return found


def contact_get_for_lead(contact_id: UUID) -> ContactFacts:
    """A contact of whatever organisation. Only for a room that has found a lead of it visible to the actor."""
    return contact_asked_for_lead(contact_id)()


def contact_asked_for_lead(contact_id: UUID) -> Callable[[], ContactFacts]:
    """As `contact_get_for_lead`, asked in one letter with what is asked or done next."""
    asked = sql.soon("contacts", "contact_fact", contact=contact_id)

    def found() -> ContactFacts:
        row = asked.row()
        if row is None:
            raise NotFound("contact")
        return _facts(row)

    return found


def contact_ids_of_list(list_id: UUID, *, after: UUID | None = None, size: int = 2_000) -> list[UUID]:
    """Ids of a list's contacts in the order they came, a page at a time. The caller has checked the list."""
    found = Contact.objects.filter(list=list_id, erased_at__isnull=True)
    if after is not None:
        found = found.filter(id__gt=after)
    return list(found.order_by("id").values_list("id", flat=True)[:size])


def contact_ids_with_number(*, org_id: UUID, number: str, most: int = 100) -> list[UUID]:
    """The organisation's contacts that have this number (E.164), for a room that looks whom a message is from."""
    found = Contact.objects.filter(numbers__organisation=org_id, numbers__e164=number, erased_at__isnull=True)
    return list(found.order_by("-id").values_list("id", flat=True).distinct()[:most])


def contacts_meant(*, org_id: UUID, phone: str = "", email: str = "", region: str = "DK") -> list[UUID]:
    """The organisation's contacts that an outside program means by a number, however it is written, or an address."""
    if phone:
        parsed = phones.parse(phone, region)
        return contact_ids_with_number(org_id=org_id, number=parsed.e164) if parsed is not None else []
    if not email.strip():
        return []
    found = Contact.objects.filter(organisation=org_id, email=email.strip().lower(), erased_at__isnull=True)
    return list(found.order_by("-id").values_list("id", flat=True)[:100])


def suppressed_numbers(
    *, org_id: UUID, campaign_id: UUID | None, contact_id: UUID, numbers: Sequence[str], now: datetime
) -> list[str]:
    """Which of the numbers must not be called now, the campaign's own list included; all when the contact must not."""
    row = sql.row(
        "contacts",
        "suppressed_numbers",
        org=org_id,
        campaign=campaign_id,
        contact=contact_id,
        numbers=list(numbers),
        now=now,
    )
    assert row is not None
    return list(row["numbers"])


def sees_national_ids(actor: Actor) -> bool:
    """Whether the actor's role sees what a national id says; on a console nobody does."""
    return permissions.allows(actor, "contacts.contacts.read")


def fields_json(contact: ContactFacts, *, national_ids: bool, hidden: bool = True) -> dict[str, Any]:
    """The fields of `facts_json` alone."""
    left_out = (frozenset() if national_ids else contact.national_ids) | (frozenset() if hidden else contact.hidden)
    fields = {name: value for name, value in contact.fields.items() if name not in left_out}
    return fields | {number.label: number.written for number in contact.numbers}


def facts_json(contact: ContactFacts, *, national_ids: bool, hidden: bool = True) -> dict[str, Any]:
    """A contact as the API shows it; `national_ids`: whether who asks sees them (`sees_national_ids`).

    `hidden` False leaves out the columns that the list hides from agents. Phone columns stand among the fields as they
    were written.
    """
    return {
        "id": str(contact.id),
        "list": str(contact.list_id),
        "external_id": contact.external_id,
        "name": contact.name,
        "fields": fields_json(contact, national_ids=national_ids, hidden=hidden),
        "numbers": [
            {
                "id": str(number.id),
                "label": number.label,
                "e164": number.e164,
                "written": number.written,
                "type": number.type,
                "valid": number.valid,
                "suppressed": number.suppressed or contact.suppressed,
            }
            for number in contact.numbers
        ],
        "suppressed": contact.suppressed,
        "timezone": contact.timezone or None,
        "country": contact.country or None,
    }
