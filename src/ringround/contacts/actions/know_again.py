"""What is kept beside the columns of a list's contacts, worked out again where the columns mean something else now:
whom registers find, and by what people and leads are found."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ringround.contacts import events
from ringround.contacts.actions._common import lock_marks, mark
from ringround.contacts.actions.rematch import rematch
from ringround.contacts.models import Contact, ContactList, ContactNumber
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.person import Known, Number, Person
from ringround.infra import clock, jobs
from ringround.infra import events as log

TASK = "contacts.contacts_know_again"
BATCH = 500


def know_again_queue(list_id: UUID) -> None:
    """Ask a worker for it, in the transaction that changes the list. One that waits already will see the change, since
    it takes the list's lock."""
    try:
        with transaction.atomic():
            app.configure_task(TASK, queue="imports", queueing_lock=f"know:{list_id}").defer(list_id=str(list_id))
    except AlreadyEnqueued:
        pass


def contacts_know_again(*, list_id: UUID) -> None:
    """Read all contacts of a list by the columns as they are now, batch by batch. Safe to run again."""
    after: UUID | None = None
    while (after := _some(list_id, after)) is not None:
        jobs.look_up()


@transaction.atomic
def _some(list_id: UUID, after: UUID | None) -> UUID | None:
    """The next contacts; the last one's id, None where there are no more."""
    found = ContactList.objects.select_for_update(no_key=True).filter(id=list_id).first()
    if found is None:
        return None
    lock_marks(found.organisation_id, shared=True)
    rows = Contact.objects.select_for_update(no_key=True).filter(list=found, erased_at__isnull=True)
    rows = rows.filter(id__gt=after) if after is not None else rows
    contacts = list(rows.order_by("id")[:BATCH])
    if not contacts:
        return None
    ids, now = [one.id for one in contacts], clock.now()
    numbers: dict[UUID, list[Number]] = {}
    for row in ContactNumber.objects.filter(contact__in=ids).order_by("position"):
        number = Number(row.position, row.label, row.e164, row.written, row.type, row.valid)
        numbers.setdefault(row.contact_id, []).append(number)
    person = Person(rules.load(found.columns))
    changed = []
    for one in contacts:
        known = person.know(one.fields, one.external_id, numbers.get(one.id, ()))
        if known != tuple(getattr(one, name) for name in Known._fields):
            for name, value in zip(Known._fields, known, strict=True):
                setattr(one, name, value)
            changed.append(one)
    Contact.objects.bulk_update(changed, Known._fields, batch_size=500)
    mark(org_id=found.organisation_id, now=now, contacts=[one.id for one in changed])
    # Also whose key is what it was: the rest of the address may be another.
    barred = rematch(org_id=found.organisation_id, contacts=ids, now=now)
    log.record_all(
        events.of(found, events.CONTACTS_CHANGED, {"list": str(found.id), "contacts": some, "import": None})
        for some in events.chunks(sorted({*barred, *(one.id for one in changed)}))
    )
    found.save(update_fields=["event_no"])
    return ids[-1]
