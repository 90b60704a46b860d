"""Taking an import back: what it made goes, what it changed is again as it was; what has been worked since stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.contacts import events, ports
from ringround.contacts.actions._common import lock_marks, mark
from ringround.contacts.actions.import_outcome import Gone, Progress
from ringround.contacts.actions.imports import import_queue
from ringround.contacts.actions.rematch import rematch
from ringround.contacts.actions.suppressions import SAID
from ringround.contacts.models import (
    Consent,
    Contact,
    ContactChange,
    ContactList,
    ContactNumber,
    Import,
    ImportKept,
    ImportTold,
    Relation,
    Suppression,
)
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.person import Number, Person
from ringround.contacts.rules.revert import can_revert, restored
from ringround.contacts.rules.rows import read_number
from ringround.infra import audit, clock, sql
from ringround.infra import events as log
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_
from ringround.orgs import permissions
from ringround.orgs.actor import Actor, system

BATCH = 1_000
CHANGED, MADE, OVER = "changed", "made", "over"
_NOBODY = UUID(int=0)


def import_revert(*, actor: Actor, import_id: UUID | str, queue: bool = True) -> Import:
    """Begin to take an import back, in the background. Asked again while it is under way, it changes nothing.

    409 `wrong_state` unless it is done, or failed after something of it was taken; `nothing_to_revert` of a try.
    """
    wanted = parse_id(import_id)
    known = Import.objects.filter(organisation=actor.org_id, id=wanted).first() if wanted is not None else None
    if known is None:
        raise NotFound("import")
    permissions.require(actor, "contacts.imports.run")
    with transaction.atomic():
        row = Import.objects.select_for_update().get(id=known.id)
        if row.revert is not None and row.state == Import.State.RUNNING:
            return row
        if row.kind != Import.Kind.CONTACTS or row.dry_run:
            raise Conflict("nothing_to_revert", N_("A try and a register have made no contacts."))
        if not can_revert(row.state, row.counts):
            raise Conflict("wrong_state", N_("Only an import that is done can be taken back."), ("done",))
        # Of a taking back that was given up the figures stay: what it did is done.
        before = row.revert or {}
        row.revert = {
            "by": str(actor.user_id) if actor.user_id else None,
            "stage": CHANGED,
            "after": "",
            **{name: before.get(name, 0) for name in ("gone", "restored", "kept")},
        }
        row.state, row.tries, row.code, row.detail = Import.State.RUNNING, 0, "", ""
        row.save(update_fields=["revert", "state", "tries", "code", "detail"])
        audit.write(
            actor=actor,
            action="contacts.import.revert_asked",
            org_id=row.organisation_id,
            subject_type="import",
            subject_id=row.id,
            data={"list": str(row.list_id)},
        )
        if queue:
            import_queue(row.id)
        return row


class RevertRun:
    """One process' turn at taking an import back: batch by batch, each one transaction with its place."""

    def __init__(self, row: Import, progress: Progress) -> None:
        assert row.list is not None
        self._row, self._progress = row, progress
        self._list_id = row.list.id
        self._columns = rules.load(row.list.columns)
        self._region = row.list.region
        self._since = row.started_at or row.created_at

    def go(self) -> None:
        # What it changed first: of a contact that it both made and changed nothing is to be restored.
        while self._place["stage"] == CHANGED:
            self._step(self._changed)
        while self._place["stage"] == MADE:
            self._step(self._made)
        with transaction.atomic():
            row = self._locked()
            row.state = Import.State.REVERTED
            figures = {name: self._place[name] for name in ("gone", "restored", "kept")}
            record = events.of(row, events.IMPORT_REVERTED, {"list": str(row.list_id), **figures})
            row.save(update_fields=["state", "event_no"])
            ImportTold.objects.filter(imported=row).delete()
            log.record_all([record])
            audit.write(
                actor=system(row.organisation),
                action="contacts.import.reverted",
                org_id=row.organisation_id,
                subject_type="import",
                subject_id=row.id,
                data=figures,
            )
        self._progress(row)

    @property
    def _place(self) -> dict[str, Any]:
        place: dict[str, Any] = self._row.revert or {}
        return place

    def _locked(self) -> Import:
        row = Import.objects.select_for_update(of=("self",)).select_related("organisation").get(id=self._row.id)
        if row.state != Import.State.RUNNING or row.revert != self._row.revert:
            raise Gone
        return row

    def _step(self, batch: Callable[[ContactList, dict[str, Any]], UUID | None]) -> None:
        """One batch of a stage: lock list, marks, import; do it; keep the place, and go on when a stage is over."""
        with transaction.atomic():
            found = ContactList.objects.select_for_update(no_key=True).get(id=self._list_id)
            lock_marks(self._row.organisation_id, shared=True)
            row = self._locked()
            place = dict(self._place)
            last = batch(found, place)
            place["after"] = str(last) if last is not None else ""
            if last is None:
                place["stage"] = MADE if place["stage"] == CHANGED else OVER
            row.revert, row.tries = place, 0
            row.save(update_fields=["revert", "tries"])
            found.save(update_fields=["event_no", "contact_count"])
        self._row.revert = place
        self._progress(self._row)

    # --- what it changed ---

    def _changed(self, found: ContactList, place: dict[str, Any]) -> UUID | None:
        """Contacts it changed and did not make get back what they said, column by column, where nobody has said
        anything else since."""
        after = UUID(place["after"]) if place["after"] else _NOBODY
        ids = list(
            ContactChange.objects.filter(import_id=self._row.id, via="import", contact__gt=after)
            .order_by("contact")
            .values_list("contact", flat=True)
            .distinct()[:BATCH]
        )
        if not ids:
            return None
        contacts = list(
            Contact.objects.select_for_update(no_key=True)
            .filter(id__in=ids, erased_at__isnull=True)
            .exclude(import_id=self._row.id)
            .order_by("id")
        )
        worked = ports.worked([one.id for one in contacts], self._since)
        changes: dict[UUID, list[ContactChange]] = {}
        for change in ContactChange.objects.filter(contact__in=contacts).order_by("id"):
            changes.setdefault(change.contact_id, []).append(change)
        gone = _reverted({one.import_id for some in changes.values() for one in some if one.import_id})
        numbers: dict[UUID, dict[str, ContactNumber]] = {}
        for number in ContactNumber.objects.filter(contact__in=contacts):
            numbers.setdefault(number.contact_id, {})[number.label] = number
        done = []
        for contact in contacts:
            if contact.id in worked:
                place["kept"] += self._keep(contact.id, ImportKept.Reason.WORKED)
                continue
            theirs = numbers.get(contact.id, {})
            said = {**contact.fields, **{label: one.written for label, one in theirs.items()}}
            history = [(str(one.import_id or ""), one.via, one.changes) for one in changes.get(contact.id, [])]
            back, left = restored(history, str(self._row.id), said, gone)
            if left:
                place["kept"] += self._keep(contact.id, ImportKept.Reason.CHANGED)
            if back:
                self._restore(contact, theirs, said, back)
                done.append(contact.id)
        place["restored"] += len(done)
        log.record_all(
            events.of(
                found,
                events.CONTACTS_CHANGED,
                {"list": str(found.id), "contacts": some, "import": str(self._row.id)},
            )
            for some in events.chunks(done)
        )
        return ids[-1]

    def _restore(
        self, contact: Contact, numbers: dict[str, ContactNumber], said: Mapping[str, Any], back: Mapping[str, Any]
    ) -> None:
        phones = [one.name for one in self._columns if one.type == "phone"]
        external = rules.external(self._columns)
        changes = {name: [said.get(name), value] for name, value in back.items()}
        for name, value in back.items():
            if name in numbers or name in phones:
                continue
            if value is None:
                contact.fields.pop(name, None)
            else:
                contact.fields[name] = value
            if external is not None and name == external.name:
                if value is not None and Contact.objects.filter(list=contact.list_id, external_id=value).exists():
                    # Somebody else has it by now: it stays theirs.
                    contact.fields.pop(name, None)
                    value = None
                contact.external_id = value
        for label in [name for name in back if name in numbers or name in phones]:
            old = numbers.pop(label, None)
            if back[label] is None:
                if old is not None:
                    old.delete()
                continue
            at = phones.index(label) if label in phones else (old.position if old else 0)
            read = read_number(str(back[label]), self._region, at, label)
            row = old or ContactNumber(
                id=new_id(), contact=contact, organisation_id=contact.organisation_id, position=at, label=label
            )
            row.e164, row.written, row.type, row.valid = read.e164, read.written, read.type, read.valid
            row.save()
            numbers[label] = row
        its = sorted(numbers.values(), key=lambda one: one.position)
        known = Person(self._columns).know(
            contact.fields,
            contact.external_id,
            [Number(one.position, one.label, one.e164, one.written, one.type, one.valid) for one in its],
        )
        contact.name, contact.sort_name, contact.search = known.name, known.sort_name, known.search
        contact.email, contact.timezone, contact.country = known.email, known.timezone, known.country
        contact.place_key = known.place_key
        # No row of a file has told what it says now.
        contact.row_digests, contact.changed_by_import_id = [], None
        contact.updated_at = clock.now()
        contact.save(
            update_fields=[
                "external_id", "fields", "name", "sort_name", "search", "email", "timezone", "country", "place_key",
                "row_digests", "changed_by_import_id", "updated_at",
            ]
        )  # fmt: skip
        by = self._place["by"]
        ContactChange.objects.create(
            contact=contact,
            at=contact.updated_at,
            via=ContactChange.Via.REVERT,
            user_id=UUID(by) if by else None,
            import_id=self._row.id,
            changes=changes,
        )
        mark(
            org_id=contact.organisation_id,
            now=clock.now(),
            numbers=[one.e164 for one in its if one.e164],
            contacts=[contact.id],
        )
        rematch(org_id=contact.organisation_id, contacts=[contact.id], now=clock.now())

    # --- what it made ---

    def _made(self, found: ContactList, place: dict[str, Any]) -> UUID | None:
        """Contacts it made go, with the leads that nobody has worked; who was worked or changed since stays."""
        after = UUID(place["after"]) if place["after"] else _NOBODY
        # By the list's index: ids rise with time, so what this import made lies together.
        ids = list(
            Contact.objects.filter(list=found, import_id=self._row.id, erased_at__isnull=True, id__gt=after)
            .order_by("id")
            .values_list("id", flat=True)[:BATCH]
        )
        if not ids:
            return None
        contacts = list(Contact.objects.filter(id__in=ids).order_by("id"))
        history = ContactChange.objects.filter(contact__in=contacts).exclude(import_id=self._row.id)
        since = list(history.exclude(via="revert").values_list("contact", "import_id"))
        # What an import changed that was itself taken back is no reason to stay.
        gone = _reverted({import_id for _contact, import_id in since if import_id is not None})
        changed = {contact for contact, import_id in since if str(import_id) not in gone} | _barred(ids)
        going: list[UUID] = []
        reasons: dict[UUID, ImportKept.Reason] = {}
        registered = self._registered(ids)
        for one in contacts:
            if one.id in changed:
                reasons[one.id] = ImportKept.Reason.CHANGED
            elif one.id in registered:
                reasons[one.id] = ImportKept.Reason.REGISTERED
            else:
                going.append(one.id)
        for worked in ports.retract(going, self._since):
            reasons[worked] = ImportKept.Reason.WORKED
        # Of those that stay for another reason it is told too that they were worked: it is what people look for.
        for worked in ports.worked([one for one in reasons if reasons[one] != ImportKept.Reason.WORKED], self._since):
            reasons[worked] = ImportKept.Reason.WORKED
        going = [one for one in going if one not in reasons]
        # Leads come before contacts in the order of locks. With their keys: who makes a lead of one of them meanwhile
        # waits, and then finds it gone; one that was made since we looked goes too.
        list(Contact.objects.select_for_update().filter(id__in=going).order_by("id").values_list("id"))
        for worked in ports.retract(going, self._since):
            reasons[worked] = ImportKept.Reason.WORKED
        edited = ContactChange.objects.filter(contact__in=going).exclude(import_id=self._row.id).exclude(via="revert")
        for contact_id, import_id in edited.values_list("contact", "import_id"):
            if str(import_id) not in gone:
                reasons.setdefault(contact_id, ImportKept.Reason.CHANGED)
        # No file brings a consent or a relation: somebody has said it, and a consent is a proof.
        for said in (Consent, Relation):
            for contact_id in said.objects.filter(contact__in=going).values_list("contact", flat=True):
                reasons.setdefault(contact_id, ImportKept.Reason.CHANGED)
        going = [one for one in going if one not in reasons]
        for contact_id, reason in sorted(reasons.items()):
            place["kept"] += self._keep(contact_id, reason)
        Contact.objects.filter(id__in=going).delete()
        found.contact_count -= len(going)
        place["gone"] += len(going)
        log.record_all(
            events.of(
                found,
                events.CONTACTS_REMOVED,
                {"list": str(found.id), "contacts": some, "import": str(self._row.id)},
            )
            for some in events.chunks(going)
        )
        return ids[-1]

    def _registered(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of them (ascending) that another import has told of, and still stands by."""
        rows = sql.rows("contacts", "import_told_by_others", ids=list(ids), low=ids[0], high=ids[-1],
                        list=self._list_id, **{"import": self._row.id})  # fmt: skip
        return {row["id"] for row in rows}

    def _keep(self, contact_id: UUID, reason: ImportKept.Reason) -> int:
        """Note that a contact stays; 1 where it was not noted before."""
        _kept, fresh = ImportKept.objects.get_or_create(
            imported=self._row, contact_id=contact_id, defaults={"reason": reason}
        )
        return int(fresh)


def _reverted(ids: Collection[UUID]) -> set[str]:
    """Those of these imports that have been taken back."""
    found = Import.objects.filter(id__in=ids, state=Import.State.REVERTED).values_list("id", flat=True)
    return {str(one) for one in found}


def _barred(ids: Collection[UUID]) -> set[UUID]:
    """Those whom somebody has barred by themselves, or said to be in a register: without the contact nothing would bar
    them any more. An exact hit is found again by itself."""
    bars = Suppression.objects.filter(
        SAID, kind=Suppression.Kind.CONTACT, value__in=[str(one) for one in ids], lapsed=False
    )
    return {UUID(value) for value in bars.values_list("value", flat=True)}
