"""Contacts of an organisation: one, a page of them, all for an export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ringround.contacts.models import Contact
from ringround.contacts.queries.facts import ContactFacts, contacts_for_leads, facts_json
from ringround.contacts.queries.lists import columns_of, contact_list_get
from ringround.contacts.queries.search import by_phone, matching
from ringround.contacts.rules.columns import Column
from ringround.infra import sql
from ringround.kernel import cursors
from ringround.kernel.calendar import find_zone
from ringround.kernel.columns import to_text
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.text import csv_safe
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

ContactRow = ContactFacts
SORTS = ("newest", "name")


@dataclass(frozen=True, slots=True)
class Details:
    """A contact with what its page shows beside it."""

    contact: ContactFacts
    columns: tuple[Column, ...]
    list_name: str
    created_at: Any
    updated_at: Any
    import_id: UUID | None


def contact_get(*, actor: Actor, contact_id: UUID | str) -> ContactFacts:
    """The organisation's own contact; NotFound. Agencies see contacts through leads (`contact_get_for_lead`)."""
    wanted = parse_id(contact_id)
    found = contacts_for_leads([wanted], org_id=actor.org_id) if wanted else []
    # Of who was erased the row stays for the counts: it is nobody.
    if not found or Contact.objects.filter(id=found[0].id, erased_at__isnull=False).exists():
        raise NotFound("contact")
    permissions.require(actor, "contacts.contacts.read")
    return found[0]


def contact_details(*, actor: Actor, contact_id: UUID | str) -> Details:
    """A contact, its list's columns and dates, for its page."""
    contact = contact_get(actor=actor, contact_id=contact_id)
    row = Contact.objects.select_related("list").get(id=contact.id)
    return Details(contact, columns_of(row.list), row.list.name, row.created_at, row.updated_at, row.import_id)


def contact_json(contact: ContactFacts) -> dict[str, Any]:
    """A contact as the API shows it to those who may read contacts."""
    return facts_json(contact, national_ids=True)


def contacts_search(
    *,
    actor: Actor,
    list_id: UUID | str | None = None,
    q: str = "",
    phone: str = "",
    sort: str = "newest",
    size: int = 50,
    after: str = "",
) -> tuple[list[ContactFacts], str | None]:
    """A page of the organisation's contacts and the cursor of the next; newest first, or by name within a list.

    `q`: any part of name, number, external id or e-mail address. `phone`: whose number is this.
    """
    permissions.require(actor, "contacts.contacts.read")
    found = Contact.objects.filter(organisation=actor.org_id, erased_at__isnull=True)
    region, list_uuid = actor.organisation.region, None
    if list_id not in (None, ""):
        of = contact_list_get(actor=actor, list_id=list_id)
        region, list_uuid = of.region, of.id
        found = found.filter(list=of.id)
    found = matching(found, q, org_id=actor.org_id, list_id=list_uuid)
    if phone.strip():
        found = by_phone(found, phone, org_id=actor.org_id, region=region)
    if sort == "name" and list_uuid is not None:
        if after:
            key, before = cursors.decode(after, str, UUID)
            # A row comparison, so that one walk of the index gives the page.
            found = found.extra(where=["(sort_name, contacts_contact.id) > (%s, %s)"], params=[key, before])
        page = list(found.order_by("sort_name", "id").values_list("id", "sort_name")[: size + 1])
        following = cursors.encode([page[size - 1][1], page[size - 1][0]]) if len(page) > size else None
        ids = [one for one, _name in page[:size]]
    else:
        if after:
            (before,) = cursors.decode(after, UUID)
            found = found.filter(id__lt=before) if before else found
        ids = list(found.order_by("-id").values_list("id", flat=True)[: size + 1])
        following = cursors.encode([ids[size - 1]]) if len(ids) > size else None
        ids = ids[:size]
    return contacts_for_leads(ids), following


def contacts_export(*, actor: Actor, list_id: UUID | str) -> Iterator[list[str]]:
    """Header and rows of a list as cells of a CSV; formulas made harmless, national ids left out. A page at a time."""
    found = contact_list_get(actor=actor, list_id=list_id)
    permissions.require(actor, "contacts.export")
    columns = [column for column in columns_of(found) if column.role != "national_id"]
    yield [csv_safe(column.name) for column in columns] + ["suppressed"]
    zone = find_zone(actor.organisation.timezone)
    after = None
    while True:
        rows = sql.rows("contacts", "list_page", list=found.id, after=after, size=1_000)
        if not rows:
            return
        for contact in contacts_for_leads([row["id"] for row in rows]):
            numbers = {number.label: number for number in contact.numbers}
            cells = []
            for column in columns:
                if column.type == "phone":
                    number = numbers.get(column.name)
                    cells.append((number.e164 or number.written) if number else "")
                else:
                    cells.append(to_text(contact.fields.get(column.name), zone=zone))
            valid = [number for number in contact.numbers if number.e164]
            barred = contact.suppressed or (bool(valid) and all(number.suppressed for number in valid))
            yield [csv_safe(cell) for cell in cells] + ["true" if barred else "false"]
        after = rows[-1]["id"]
