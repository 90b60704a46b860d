"""Making, changing and putting away contact lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.contacts import events
from ringround.contacts.actions._common import clean_name, clean_region, list_of
from ringround.contacts.actions.know_again import know_again_queue
from ringround.contacts.models import Contact, ContactList, Import
from ringround.contacts.rules import columns as rules
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.messages import N_
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def contact_list_create(*, actor: Actor, name: object, columns: object = (), region: object = None) -> ContactList:
    """Make a list with its columns. `columns` as in the API; `region` is by default the organisation's."""
    permissions.require(actor, "contacts.lists.change")
    title = clean_name(name)
    where = clean_region(region) if region not in (None, "") else actor.organisation.region
    declared = rules.read(columns)
    with transaction.atomic():
        made = ContactList(
            organisation=actor.organisation,
            name=title,
            region=where,
            columns=[column.to_json() for column in declared],
            created_at=clock.now(),
        )
        record = events.of(made, events.LIST_CREATED, {})
        _save(made, insert=True)
        log.record_all([record])
        _audit(actor, "contacts.list.created", made, columns=len(declared))
    return made


def contact_list_change(*, actor: Actor, list_id: UUID | str, **changes: Any) -> ContactList:
    """Change `name`, `region` or `columns`. Columns that hold data stay, and keep their type.

    Contacts are read again in the background where columns have another meaning.
    """
    with transaction.atomic():
        found = list_of(actor, list_id, lock=True)
        permissions.require(actor, "contacts.lists.change")
        if found.archived_at is not None:
            raise Conflict("archived", N_("The list has been put away."))
        before, again = (found.name, found.region, found.columns), False
        if "name" in changes:
            found.name = clean_name(changes["name"])
        if "region" in changes:
            found.region = clean_region(changes["region"])
        if "columns" in changes:
            declared = rules.read(changes["columns"])
            in_use = Contact.objects.filter(list=found).exists()
            rules.check_change(rules.load(found.columns), declared, in_use=in_use)
            again = in_use and rules.meanings(rules.load(found.columns)) != rules.meanings(declared)
            found.columns = [column.to_json() for column in declared]
        if (found.region, found.columns) != before[1:]:
            _refuse_while_importing(found)
        after = (found.name, found.region, found.columns)
        fields = [
            name for name, old, new in zip(("name", "region", "columns"), before, after, strict=True) if old != new
        ]
        if not fields:
            return found
        record = events.of(found, events.LIST_CHANGED, {"fields": fields})
        _save(found)
        log.record_all([record])
        _audit(actor, "contacts.list.changed", found, fields=fields)
        if again:
            know_again_queue(found.id)
    return found


def contact_list_archive(*, actor: Actor, list_id: UUID | str) -> ContactList:
    """Put a list away: hidden, kept, and its leads go on. Repeating it changes nothing."""
    with transaction.atomic():
        found = list_of(actor, list_id, lock=True)
        permissions.require(actor, "contacts.lists.change")
        if found.archived_at is None:
            found.archived_at = clock.now()
            record = events.of(found, events.LIST_ARCHIVED, {})
            _save(found)
            log.record_all([record])
            _audit(actor, "contacts.list.archived", found)
    return found


def contact_list_restore(*, actor: Actor, list_id: UUID | str) -> ContactList:
    """Take a list out again."""
    with transaction.atomic():
        found = list_of(actor, list_id, lock=True)
        permissions.require(actor, "contacts.lists.change")
        if found.archived_at is not None:
            found.archived_at = None
            record = events.of(found, events.LIST_CHANGED, {"fields": ["archived"]})
            _save(found)
            log.record_all([record])
            _audit(actor, "contacts.list.restored", found)
    return found


def _refuse_while_importing(found: ContactList) -> None:
    """An import reads its rows by the columns it began with."""
    open_ = Import.objects.filter(list=found, dry_run=False, state__in=[Import.State.QUEUED, Import.State.RUNNING])
    if open_.exists():
        raise Conflict("import_open", N_("A file is being imported into the list. Change its columns when it is done."))


def _save(row: ContactList, *, insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=insert)
    except IntegrityError as fault:
        if "contact_list_name_once" not in str(fault):
            raise
        raise Invalid.one("name", "taken", N_("Another list has this name.")) from None


def _audit(actor: Actor, action: str, row: ContactList, **data: Any) -> None:
    audit.write(
        actor=actor,
        action=action,
        org_id=row.organisation_id,
        subject_type="contact_list",
        subject_id=row.id,
        data=data,
    )
