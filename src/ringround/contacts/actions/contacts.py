"""Making, changing and deleting contacts one at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.contacts import events
from ringround.contacts.actions._common import list_of, lock_marks, mark, zone_of
from ringround.contacts.actions.rematch import rematch
from ringround.contacts.models import Contact, ContactChange, ContactList, ContactNumber
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.person import Number, Person
from ringround.contacts.rules.rows import Values, read_values
from ringround.infra import audit, clock, sql
from ringround.infra import events as log
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def contact_create(
    *, actor: Actor, list_id: UUID | str, fields: Mapping[str, object], campaign_ids: tuple[UUID, ...] = ()
) -> Contact:
    """Put one contact on a list. `fields` by column name, phone columns among them."""
    try:
        (made,) = contacts_create(actor=actor, list_id=list_id, rows=[fields], campaign_ids=campaign_ids)
    except Invalid as wrong:
        raise Invalid([Fault(f.loc[1:], f.code, f.detail, f.extra) for f in wrong.errors]) from wrong
    return Contact.objects.get(id=made)


@transaction.atomic
def contacts_create(
    *, actor: Actor, list_id: UUID | str, rows: Sequence[Mapping[str, object]], campaign_ids: tuple[UUID, ...] = ()
) -> list[UUID]:
    """Put contacts on a list, all or none; their ids in the order of `rows`. A fault's place begins with its row's."""
    permissions.require(actor, "contacts.contacts.change")
    # The list's lock orders this against a running import, which looks for matches under the same lock.
    found = list_of(actor, list_id, lock=True)
    if found.archived_at is not None:
        raise Conflict("archived", N_("The list has been put away."))
    columns = rules.load(found.columns)
    lock_marks(actor.org_id, shared=True)
    made: list[Contact] = []
    numbers: list[ContactNumber] = []
    faults: list[Fault] = []
    for index, fields in enumerate(rows):
        one, its, wrong = _read(actor, found, columns, fields)
        faults += [fault.under(index) for fault in wrong]
        made.append(one)
        numbers += its
    faults += _twice(found, columns, made)
    if faults:
        raise Invalid(faults)
    try:
        with transaction.atomic():
            Contact.objects.bulk_create(made)
    except IntegrityError as fault:
        # Somebody gave another contact this external id since we looked, or it is a bug.
        raise (Invalid(late) if (late := _twice(found, columns, made)) else fault) from None
    ContactNumber.objects.bulk_create(numbers)
    mark(
        org_id=actor.org_id,
        now=clock.now(),
        numbers=[number.e164 for number in numbers if number.e164],
        contacts=[one.id for one in made],
    )
    rematch(org_id=actor.org_id, contacts=[one.id for one in made], now=clock.now())
    campaigns = [str(one) for one in campaign_ids]
    log.record_all(
        events.of(
            found,
            events.CONTACTS_ADDED,
            {
                "list": str(found.id),
                "contacts": [str(one.id) for one in made[start : start + events.MOST_IDS]],
                "campaigns": campaigns,
                "import": None,
            },
        )
        for start in range(0, len(made), events.MOST_IDS)
    )
    found.contact_count += len(made)
    found.save(update_fields=["event_no", "contact_count"])
    audit.write_all(
        actor=actor, action="contacts.contact.created", org_id=actor.org_id, subject_type="contact",
        subject_ids=[one.id for one in made], data={"list": str(found.id)},
    )  # fmt: skip
    return [one.id for one in made]


def contact_change(
    *, actor: Actor, contact_id: UUID | str, fields: Mapping[str, object], cause: Mapping[str, Any] | None = None
) -> Contact:
    """Change the columns given; None or "" empties one. `cause`: what an upper room does it for."""
    with transaction.atomic():
        lock_marks(actor.org_id, shared=True)
        contact = _find(actor, contact_id)
        permissions.require(actor, "contacts.contacts.change")
        return _change(actor, contact, fields, editable_only=False, cause=cause)


def contact_change_for_lead(*, actor: Actor, contact_id: UUID, fields: Mapping[str, object]) -> Contact:
    """Change columns that agents may edit, on a contact of whatever organisation.

    Only for a room that has found a lead of the contact to be the actor's to work.
    """
    with transaction.atomic():
        for org_id in Contact.objects.filter(id=contact_id).values_list("organisation", flat=True):
            lock_marks(org_id, shared=True)
        contact = (
            Contact.objects.select_for_update(of=("self",), no_key=True)
            .select_related("list", "organisation")
            .filter(id=contact_id, erased_at__isnull=True)
            .first()
        )
        if contact is None:
            raise NotFound("contact")
        return _change(actor, contact, fields, editable_only=True)


def contacts_keep(*, contact_ids: Collection[UUID]) -> list[UUID]:
    """Those of them that are there and not erased; none of these is deleted before the caller's transaction ends."""
    return [row["id"] for row in sql.rows("contacts", "contacts_keep", ids=list(contact_ids))]


def _read(
    actor: Actor, found: ContactList, columns: tuple[rules.Column, ...], fields: Mapping[str, object]
) -> tuple[Contact, list[ContactNumber], list[Fault]]:
    """A new contact of these values with its numbers, not saved, and what is wrong with it."""
    values, faults = read_values(columns, fields, region=found.region, zone=zone_of(actor), whole=True)
    now = clock.now()
    made = Contact(organisation=actor.organisation, list=found, created_at=now, updated_at=now)
    made.fields = {name: value for name, value in values.fields.items() if value is not None}
    numbers = [number for number in values.numbers.values() if number is not None]
    if not faults and not made.fields and not numbers:
        faults = [Fault(("fields",), "empty", N_("Fill in at least one field."))]
    made.external_id = values.external_id
    _know(made, Person(columns), numbers)
    return made, [_row(made, number) for number in numbers], list(faults)


def _twice(found: ContactList, columns: tuple[rules.Column, ...], made: Sequence[Contact]) -> list[Fault]:
    """External ids that another contact of the list has already, or another of these."""
    wanted = [one.external_id for one in made if one.external_id is not None]
    if not wanted:
        return []
    seen = set(Contact.objects.filter(list=found, external_id__in=wanted).values_list("external_id", flat=True))
    faults = []
    for index, one in enumerate(made):
        if one.external_id in seen:
            faults.append(_external_taken(columns).under(index))
        elif one.external_id is not None:
            seen.add(one.external_id)
    return faults


def contact_locked(actor: Actor, contact_id: UUID | str) -> Contact:
    """The actor's own contact, locked; NotFound."""
    return _find(actor, contact_id)


def _find(actor: Actor, contact_id: UUID | str, *, key: bool = False) -> Contact:
    wanted = parse_id(contact_id)
    found = (
        Contact.objects.select_for_update(of=("self",), no_key=not key)
        .select_related("list", "organisation")
        .filter(id=wanted, organisation=actor.org_id, erased_at__isnull=True)
        .first()
        if wanted is not None
        else None
    )
    if found is None:
        raise NotFound("contact")
    return found


def _change(
    actor: Actor, contact: Contact, given: Mapping[str, object], *, editable_only: bool,
    cause: Mapping[str, Any] | None = None,
) -> Contact:  # fmt: skip
    columns = rules.load(contact.list.columns)
    if editable_only:
        allowed = {one.name for one in columns if one.editable and one.for_agents and one.type != "external_id"}
        refused = [name for name in given if name not in allowed]
        if refused:
            raise Invalid(
                Fault(("fields", name), "not_editable", N_("Agents may not change this column.")) for name in refused
            )
    zone = find_zone(contact.organisation.timezone)
    values, faults = read_values(columns, given, region=contact.list.region, zone=zone, whole=False)
    if faults:
        raise Invalid(faults)
    before = {row.label: row for row in ContactNumber.objects.filter(contact=contact)}
    changed = _apply(contact, values, before)
    if not changed:
        return contact
    numbers = _numbers_after(before, values)
    # A change by hand is not a row of a file: the same row may bring its own value again.
    contact.row_digests, contact.changed_by_import_id = [], None
    contact.updated_at = clock.now()
    _know(contact, Person(columns), numbers)
    record = events.of(
        contact,
        events.CONTACT_CHANGED,
        {"list": str(contact.list_id), "contacts": [str(contact.id)], "columns": sorted(changed)},
        cause=cause,
    )
    _update(contact, columns)
    ContactChange.objects.create(
        contact=contact, at=contact.updated_at, via=_via(actor, editable_only), user_id=actor.user_id, changes=changed
    )
    for label, number in values.numbers.items():
        if label in changed:
            _save_number(contact, before.get(label), number)
    _mark_again(contact, numbers)
    log.record_all([record])
    _audit(actor, "contacts.contact.changed", contact, columns=sorted(changed))
    return Contact.objects.get(id=contact.id)


def _via(actor: Actor, editable_only: bool) -> ContactChange.Via:
    if editable_only:
        return ContactChange.Via.AGENT
    return ContactChange.Via.PERSON if actor.via == "session" else ContactChange.Via.API


def _apply(contact: Contact, values: Values, numbers: Mapping[str, ContactNumber]) -> dict[str, list[Any]]:
    """Put the values on the contact; what each column that changed said before, and says now."""
    changed: dict[str, list[Any]] = {}
    for name, value in values.fields.items():
        if (before := contact.fields.get(name)) != value:
            changed[name] = [before, value]
        if value is None:
            contact.fields.pop(name, None)
        else:
            contact.fields[name] = value
    if values.external_given:
        contact.external_id = values.external_id
    for label, number in values.numbers.items():
        old = numbers.get(label)
        if (was := old.written if old else None) != (written := number.written if number else None):
            changed[label] = [was, written]
    return changed


def _numbers_after(before: Mapping[str, ContactNumber], values: Values) -> list[Number]:
    kept = [
        Number(row.position, row.label, row.e164, row.written, row.type, row.valid)
        for row in before.values()
        if row.label not in values.numbers
    ]
    given = [number for number in values.numbers.values() if number is not None]
    return sorted([*kept, *given], key=lambda number: number.position)


def _save_number(contact: Contact, row: ContactNumber | None, number: Number | None) -> None:
    if number is None:
        if row is not None:
            row.delete()
    elif row is None:
        _row(contact, number).save(force_insert=True)
    else:
        # The row and its id stay: leads name the number they were called on.
        row.e164, row.written, row.type, row.valid = number.e164, number.written, number.type, number.valid
        row.save(update_fields=["e164", "written", "type", "valid"])


def _row(contact: Contact, number: Number) -> ContactNumber:
    return ContactNumber(
        id=new_id(),
        contact=contact,
        organisation_id=contact.organisation_id,
        position=number.position,
        label=number.label,
        e164=number.e164,
        written=number.written,
        type=number.type,
        valid=number.valid,
    )


def _know(contact: Contact, person: Person, numbers: list[Number]) -> None:
    known = person.know(contact.fields, contact.external_id, numbers)
    contact.name, contact.sort_name, contact.search = known.name, known.sort_name, known.search
    contact.email, contact.timezone, contact.country = known.email, known.timezone, known.country
    contact.place_key = known.place_key


def _mark_again(contact: Contact, numbers: list[Number]) -> None:
    mark(
        org_id=contact.organisation_id,
        now=clock.now(),
        numbers=[number.e164 for number in numbers if number.e164],
        contacts=[contact.id],
    )
    rematch(org_id=contact.organisation_id, contacts=[contact.id], now=clock.now())


def _update(contact: Contact, columns: tuple[rules.Column, ...]) -> None:
    try:
        with transaction.atomic():
            # Not `suppressed`: that is the marks' own to write.
            contact.save(
                update_fields=[
                    "external_id", "fields", "name", "sort_name", "search", "email", "timezone", "country",
                    "place_key", "row_digests", "changed_by_import_id", "updated_at", "event_no",
                ]
            )  # fmt: skip
    except IntegrityError as fault:
        raise _taken(fault, columns) from None


def _taken(fault: IntegrityError, columns: tuple[rules.Column, ...]) -> Exception:
    if "contact_external_once" not in str(fault):
        return fault
    return Invalid([_external_taken(columns)])


def _external_taken(columns: tuple[rules.Column, ...]) -> Fault:
    column = rules.external(columns)
    assert column is not None
    return Fault(("fields", column.name), "external_id_taken", N_("Another contact of the list has this external id."))


def _audit(actor: Actor, action: str, contact: Contact, **data: Any) -> None:
    audit.write(
        actor=actor,
        action=action,
        org_id=contact.organisation_id,
        subject_type="contact",
        subject_id=contact.id,
        data=data,
    )
