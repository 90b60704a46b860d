"""Erasing a person: what is known of them goes, the bare counts stay.

A contact to which nothing has happened goes as a whole. Of one that was worked the row stays, empty, so that what
campaigns counted still adds up; upper rooms empty what they hold by the event `contacts.contact.erased`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction

from ringround.contacts import events, ports
from ringround.contacts.actions._common import list_of, lock_marks
from ringround.contacts.actions.suppressions import SAID, bar
from ringround.contacts.files import store
from ringround.contacts.models import (
    Consent,
    Contact,
    ContactChange,
    ContactNumber,
    Import,
    ImportKept,
    RegisterHit,
    Relation,
    Suppression,
)
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

_OPEN = (Import.State.QUEUED, Import.State.RUNNING)

# The source of what is barred instead of an erased contact; `texts.SOURCES` has the words.
BY_ERASING = "Person erased"


def contact_erase(*, actor: Actor, contact_id: UUID | str, suppress: bool = False) -> None:
    """Erase a person for good. `suppress`: their numbers and address are kept on the suppression list and nowhere else.

    Who must not be contacted stays so, whatever is asked for. What was uploaded for the list goes with them. 409
    `import_running` while a file goes into the list: it could bring them back; `not_ended` with what is to end first.
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
        # In the order of all: the list, the marks, the imports, the contact with its key, so that no lead is made of it
        # meanwhile.
        found = list_of(actor, known, lock=True)
        if Import.objects.filter(list=found, state__in=_OPEN).exists():
            raise Conflict(
                "import_running", N_("A file is being imported into the list. Try again when it is done."), ("done",)
            )
        lock_marks(actor.org_id, shared=False)
        _files(actor, found.id)
        contact = Contact.objects.select_for_update(of=("self",)).filter(id=wanted, erased_at__isnull=True).first()
        if contact is None:
            raise NotFound("contact")
        if (first := ports.held(contact.id)) is not None:
            raise Conflict("not_ended", first)
        numbers = list(ContactNumber.objects.filter(contact=contact))
        _bar(actor, contact, numbers, wanted=suppress)
        ContactChange.objects.filter(contact=contact).delete()
        Consent.objects.filter(contact=contact).delete()
        Relation.objects.filter(contact=contact).delete()
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


def _bar(actor: Actor, contact: Contact, numbers: Sequence[ContactNumber], *, wanted: bool) -> None:
    """Keep what bars the person by number and address, as long as it did, since the contact it stood for is no more."""
    theirs = Suppression.objects.filter(organisation=actor.org_id, kind=Suppression.Kind.CONTACT, value=str(contact.id))
    # What a register says by itself is the register's to say: it finds them again if a file brings them. What a person
    # has said of it would be asked anew.
    live = theirs.filter(SAID, lapsed=False).exclude(expires_at__lte=clock.now())
    bars = [(one.channel, one.campaign_id, one.expires_at) for one in live.order_by("id")]
    if wanted:
        bars.append(("any", None, None))
    for channel, campaign_id, expires_at in bars:
        values = [("phone", one) for one in sorted({one.e164 for one in numbers if one.e164})]
        values = values if channel in ("any", "phone", "sms") else []
        # A column of texts may say that there is none.
        if channel in ("any", "email") and is_email(contact.email):
            values.append(("email", contact.email))
        for kind, value in values:
            if not _is_barred(actor, kind, value, channel, campaign_id):
                bar(
                    actor=actor, kind=kind, value=value, channel=channel, campaign_id=campaign_id,
                    expires_at=expires_at, source=BY_ERASING,
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
    contact.place_key = None
    RegisterHit.objects.filter(contact=contact).delete()
    contact.erased_at = contact.updated_at = clock.now()
    contact.save()
    for one in numbers:
        one.e164, one.written, one.type, one.valid = None, "", "", False
    ContactNumber.objects.bulk_update(numbers, ["e164", "written", "type", "valid"])


def _files(actor: Actor, list_id: UUID) -> None:
    """The files of the list go, with their rejected rows and what nobody has confirmed: any may hold the person, and
    they serve only to import again. Looking through them for one person would take as long as they are large, while
    nobody could write to the list.
    """
    rows = Import.objects.select_for_update(of=("self",)).filter(organisation=actor.org_id, list=list_id)
    for row in rows.exclude(path="", rejected_path="").order_by("id"):
        transaction.on_commit(partial(store.drop, row.path or row.rejected_path))
        if row.state == Import.State.DRAFT:
            row.delete()
            continue
        row.path = row.rejected_path = ""
        row.rejected_bytes = 0
        row.save(update_fields=["path", "rejected_path", "rejected_bytes"])
