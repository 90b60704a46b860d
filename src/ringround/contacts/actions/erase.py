"""Erasing a person: what is known of them goes, the bare counts stay.

A contact to which nothing has happened goes as a whole. Of one that was worked the row stays, empty, so that what
campaigns counted still adds up; upper rooms empty what they hold by the event `contacts.contact.erased`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from ringround.contacts import events, ports
from ringround.contacts.actions._common import list_of, lock_marks
from ringround.contacts.actions.suppressions import bar
from ringround.contacts.files import rejected, store
from ringround.contacts.files.source import forget
from ringround.contacts.models import Contact, ContactChange, ContactNumber, Import, ImportKept, Suppression
from ringround.infra import audit, clock, files
from ringround.infra import events as log
from ringround.kernel import phones
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

_OPEN = (Import.State.QUEUED, Import.State.RUNNING)


def contact_erase(*, actor: Actor, contact_id: UUID | str, suppress: bool = False) -> None:
    """Erase a person for good. `suppress`: their numbers and address are kept on the suppression list and nowhere else.

    Who must not be contacted stays so, whatever is asked for. 409 `import_running` while a file goes into the list:
    it could bring them back, and its rejected rows are being written.
    """
    wanted = parse_id(contact_id)
    known = (
        Contact.objects.filter(id=wanted, organisation=actor.org_id, erased_at__isnull=True)
        .values_list("list", flat=True)
        .first()
        if wanted is not None
        else None
    )
    if known is None or wanted is None:
        raise NotFound("contact")
    permissions.require(actor, "contacts.contacts.delete")
    with transaction.atomic():
        # In the order of all: the list, the marks, the contact with its key, so that no lead is made of it meanwhile.
        found = list_of(actor, known, lock=True)
        if Import.objects.filter(list=found, state__in=_OPEN).exists():
            raise Conflict(
                "import_running", N_("A file is being imported into the list. Try again when it is done."), ("done",)
            )
        lock_marks(actor.org_id, shared=False)
        contact = Contact.objects.select_for_update(of=("self",)).get(id=wanted)
        if contact.erased_at is not None:
            raise NotFound("contact")
        numbers = list(ContactNumber.objects.filter(contact=contact))
        traces = _Traces(
            numbers=frozenset(one.e164 for one in numbers if one.e164),
            texts=frozenset(
                text.casefold()
                for text in (contact.email, contact.external_id or "", *(one.written for one in numbers))
                if text
            ),
            names=frozenset([contact.name.casefold()] if contact.name else []),
            region=found.region,
        )
        _bar(actor, contact, numbers, wanted=suppress)
        ContactChange.objects.filter(contact=contact).delete()
        ImportKept.objects.filter(contact_id=contact.id).delete()
        record = events.of(contact, events.CONTACT_ERASED, {"list": str(found.id), "contacts": [str(contact.id)]})
        log.record_all([record])
        audit.write(
            actor=actor,
            action="contacts.contact.erased",
            org_id=actor.org_id,
            subject_type="contact",
            subject_id=contact.id,
            data={"list": str(found.id)},
        )
        if ports.has_history(contact.id):
            _empty(contact, numbers)
        else:
            contact.delete()
        found.contact_count -= 1
        found.save(update_fields=["contact_count"])
        _files(actor, found.id, traces)


def _bar(actor: Actor, contact: Contact, numbers: Sequence[ContactNumber], *, wanted: bool) -> None:
    """Keep what bars the person by number and address, as long as it did, since the contact it stood for is no more."""
    theirs = Suppression.objects.filter(organisation=actor.org_id, kind=Suppression.Kind.CONTACT, value=str(contact.id))
    live = theirs.filter(lapsed=False).exclude(expires_at__lte=clock.now())
    bars = [(one.channel, one.campaign_id, one.expires_at) for one in live.order_by("id")]
    if wanted:
        bars.append(("any", None, None))
    for channel, campaign_id, expires_at in bars:
        values = [("phone", one) for one in sorted({one.e164 for one in numbers if one.e164})]
        values = values if channel in ("any", "phone") else []
        # A column of texts may say that there is none.
        if channel in ("any", "email") and is_email(contact.email):
            values.append(("email", contact.email))
        for kind, value in values:
            if not _is_barred(actor, kind, value, channel, campaign_id):
                bar(
                    actor=actor, kind=kind, value=value, channel=channel, campaign_id=campaign_id,
                    expires_at=expires_at, source=gettext("Person erased"),
                )  # fmt: skip
    theirs.delete()


def _is_barred(actor: Actor, kind: str, value: str, channel: str, campaign_id: UUID | None) -> bool:
    """Whether it is for good already: then it keeps its source."""
    known = Suppression.objects.filter(organisation=actor.org_id, kind=kind, value=value, channel=channel)
    return known.filter(campaign_id=campaign_id, expires_at__isnull=True).exists()


def _empty(contact: Contact, numbers: Sequence[ContactNumber]) -> None:
    """The row and its numbers' rows stay, since leads and calls point at them; nothing is in them."""
    contact.fields, contact.external_id, contact.row_digests = {}, None, []
    contact.name = contact.sort_name = contact.search = contact.email = contact.timezone = contact.country = ""
    contact.erased_at = contact.updated_at = clock.now()
    contact.save()
    for one in numbers:
        one.e164, one.written, one.type, one.valid = None, "", "", False
    ContactNumber.objects.bulk_update(numbers, ["e164", "written", "type", "valid"])


class _Traces:
    """By what a person is known again in a file."""

    def __init__(self, *, numbers: frozenset[str], texts: frozenset[str], names: frozenset[str], region: str) -> None:
        self._numbers, self._texts, self._names, self._region = numbers, texts, names, region

    def in_row(self, cells: Sequence[str]) -> bool:
        """Whether a row is theirs: by a number however written, the address, the external id, or the whole name."""
        for cell in cells:
            text = cell.strip().removeprefix("'").casefold()
            if not text:
                continue
            if text in self._texts or text in self._names:
                return True
            if self._numbers and sum(ch.isdigit() for ch in text) >= 5:
                number = phones.parse(cell.strip().removeprefix("'"), self._region)
                if number is not None and number.e164 in self._numbers:
                    return True
        return False


def _files(actor: Actor, list_id: UUID, traces: _Traces) -> None:
    """The uploaded files of the list go: they may hold the person, and serve only to import again. Of the files of
    rejected rows go the rows that are theirs."""
    rows = Import.objects.select_for_update(of=("self",)).filter(
        organisation=actor.org_id, list=list_id, kind=Import.Kind.CONTACTS
    )
    for row in rows.order_by("id"):
        changed = []
        if row.path and row.state != Import.State.DRAFT:
            path = store.place(row.path)
            transaction.on_commit(partial(_remove, path))
            row.path = ""
            changed.append("path")
        if row.rejected_path and row.rejected_bytes:
            size = _without(row, traces)
            if size is not None:
                row.rejected_bytes = size
                changed.append("rejected_bytes")
        if changed:
            row.save(update_fields=changed)


def _remove(path: Path) -> None:
    forget(path)
    path.unlink(missing_ok=True)


def _without(row: Import, traces: _Traces) -> int | None:
    """Write the file of rejected rows again without the person's; its new size, None where none is theirs."""
    path = store.place(row.rejected_path)
    if not path.is_file():
        return None
    if not any(traces.in_row(cells[len(rejected.HEAD) :]) for cells in _rows(row)):
        return None
    fresh = path.with_name("rejected.erasing")
    with files.create(fresh) as out:
        for at, cells in enumerate(_rows(row)):
            if at == 0 or not traces.in_row(cells[len(rejected.HEAD) :]):
                out.write(rejected.line_of(cells))
        out.flush()
        size = out.tell()
    # Not undone if the transaction is: then the file is shorter than its import says, and says less.
    fresh.replace(path)
    return size


def _rows(row: Import) -> Iterator[list[str]]:
    return rejected.read(store.place(row.rejected_path), row.rejected_bytes)
