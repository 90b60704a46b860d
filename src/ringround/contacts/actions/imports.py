"""Taking a file in: stored, looked at, and put into the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ringround.contacts.actions._common import list_of
from ringround.contacts.actions.import_contacts import how_read
from ringround.contacts.actions.import_options import OPTIONS, read_options, reading
from ringround.contacts.actions.lists import contact_list_change, contact_list_create
from ringround.contacts.actions.register_columns import refuse_issue
from ringround.contacts.files import bad, store
from ringround.contacts.files.sniff import sniff
from ringround.contacts.models import ContactList, Import
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.mapping import place
from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.orgs import actions as orgs
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

TASK = "contacts.import_run"
MAX_FILE_NAME = 200


def import_start(
    *,
    actor: Actor,
    list_id: UUID | str,
    file: Iterable[bytes],
    file_name: str,
    options: Mapping[str, Any] | None = None,
    queue: bool = True,
) -> Import:
    """Take a file for a list and queue its import; a bad file is refused by the import, not here.

    `options` as in the API. `queue` False leaves the running to the caller (the command line).
    """
    found = list_of(actor, list_id)
    permissions.require(actor, "contacts.imports.run")
    _refuse_archived(found)
    read = read_options(actor, options or {})
    import_id, path, size = keep_file(actor, file)
    try:
        _check_mapping(path, found, read)
        with transaction.atomic():
            return insert_import(
                actor, import_id, path, size, file_name, queue, list=found, options=read, dry_run=read["dry_run"]
            )
    except BaseException:
        store.drop(path)
        raise


def import_draft(*, actor: Actor, file: Iterable[bytes], file_name: str, list_id: UUID | str | None = None) -> Import:
    """Take a file whose columns are to be looked at first; Invalid with the file's code when its beginning is bad."""
    found = list_of(actor, list_id) if list_id is not None else None
    permissions.require(actor, "contacts.imports.run")
    if found is not None:
        _refuse_archived(found)
    import_id, path, size = keep_file(actor, file)
    try:
        region = found.region if found is not None else actor.organisation.region
        try:
            told = how_read({}, found.mapping) if found is not None else {}
            sniffed = sniff(store.place(path), region=region, told=told)
        except bad.BadFile as fault:
            raise Invalid.one("file", fault.code, fault.detail, line=fault.line) from None
        with transaction.atomic():
            return insert_import(
                actor,
                import_id,
                path,
                size,
                file_name,
                False,
                list=found,
                options=read_options(actor, {}),
                detected=sniffed.to_json(),
                state=Import.State.DRAFT,
            )
    except BaseException:
        store.drop(path)
        raise


def import_redraft(
    *, actor: Actor, import_id: UUID | str, header: bool | None, delimiter: str | None, sheet: str | None = None
) -> Import:
    """Read a draft's file another way: with or without a header, by another delimiter, another sheet."""
    with transaction.atomic():
        row = _draft(actor, import_id)
        read = {**row.options, **reading(header, delimiter, sheet), "mapping": {}}
        region = row.list.region if row.list is not None else actor.organisation.region
        try:
            sniff(store.place(row.path), region=region, told=read)
        except bad.BadFile as fault:
            # Not kept: nobody could come back from a reading that shows nothing.
            field = "sheet" if fault.code == "no_such_sheet" else "delimiter"
            raise Invalid.one(field, fault.code, fault.detail, line=fault.line) from None
        row.options = read
        row.save(update_fields=["options"])
        return row


def import_confirm(
    *,
    actor: Actor,
    import_id: UUID | str,
    options: Mapping[str, Any],
    new_list: Mapping[str, Any] | None = None,
) -> Import:
    """Queue a draft. With `new_list` (`name`, `columns`) its list is made, or changed while it is still empty."""
    with transaction.atomic():
        row = _draft(actor, import_id)
        permissions.require(actor, "contacts.imports.run")
        _refuse_register(row)
        if new_list is not None and row.list is None:
            row.list = contact_list_create(actor=actor, name=new_list.get("name"), columns=new_list.get("columns", ()))
        elif new_list is not None and row.list is not None and row.list.contact_count == 0:
            row.list = contact_list_change(
                actor=actor, list_id=row.list.id, name=new_list.get("name"), columns=new_list.get("columns", ())
            )
        if row.list is None:
            raise Invalid.one("list", "required", N_("Choose a list."))
        _refuse_archived(row.list)
        read = read_options(actor, {**_reading_of(row.options), **options})
        _check_mapping(row.path, row.list, read)
        # Whose columns are still to be chosen: a list that came of this file and is empty.
        fresh = new_list is not None
        row.options, row.dry_run = {**read, **({"new_list": True} if fresh else {})}, read["dry_run"]
        row.campaign_ids = _campaigns(read)
        row.state, row.created_at = Import.State.QUEUED, clock.now()
        row.save()
        _started(actor, row)
        import_queue(row.id)
        return row


def import_again(*, actor: Actor, import_id: UUID | str, options: Mapping[str, Any], draft: bool = False) -> Import:
    """Import the file of an import that is over once more, with other options: after a dry run, in earnest.

    `draft`: stop at the columns once more.
    """
    before = _own(actor, import_id)
    register = before.kind == Import.Kind.SUPPRESSIONS
    permissions.require(actor, "contacts.suppressions.change" if register else "contacts.imports.run")
    if draft:
        _refuse_register(before)
    if before.state not in (Import.State.DONE, Import.State.FAILED):
        raise Conflict("wrong_state", N_("The import is still under way."), ("done", "failed"))
    source = store.place(before.path)
    if not source.is_file():
        raise Conflict("file_missing", N_("The uploaded file is no longer there. Upload it again."))
    if before.list is not None:
        _refuse_archived(before.list)
    read = read_options(actor, {**_public(before.options), **options})
    import_id = new_id()
    path = store.of(actor.org_id, import_id, store.FILE)
    # The same bytes under another name: either import may be cleared away without the other.
    store.private(store.place(path).parent)
    store.place(path).hardlink_to(source)
    read = {**read, **{name: before.options[name] for name in _REGISTER if name in before.options}}
    try:
        with transaction.atomic():
            if register:
                refuse_issue(actor.org_id, read)
            return insert_import(
                actor,
                import_id,
                path,
                before.size,
                before.file_name,
                not draft,
                kind=before.kind,
                list=before.list,
                options=read,
                dry_run=read["dry_run"],
                state=Import.State.DRAFT if draft else Import.State.QUEUED,
            )
    except BaseException:
        store.drop(path)
        raise


def import_discard(*, actor: Actor, import_id: UUID | str) -> None:
    """Throw a draft away with its file."""
    with transaction.atomic():
        row = _draft(actor, import_id)
        permissions.require(actor, "contacts.imports.run")
        path = row.path
        row.delete()
        transaction.on_commit(lambda: store.drop(path))


_REGISTER = ("channel", "campaign", "source", "date", "new_list", "by")


def import_queue(import_id: UUID) -> None:
    """Ask a worker to run an import; once is enough, however often one asks.

    The import's own lock (`import_run`) keeps a second worker out, not the job's: that would outlive a killed worker.
    """
    try:
        with transaction.atomic():
            app.configure_task(TASK, queue="imports", queueing_lock=f"import:{import_id}").defer(
                import_id=str(import_id)
            )
    except AlreadyEnqueued:
        pass


def _reading_of(options: Mapping[str, Any]) -> dict[str, Any]:
    return reading(options.get("header"), options.get("delimiter"), options.get("sheet"))


def _public(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in OPTIONS}


def _campaigns(options: Mapping[str, Any]) -> list[UUID]:
    campaign_id = parse_id(options.get("campaign"))
    return [campaign_id] if campaign_id is not None else []


def _check_mapping(path: str, found: ContactList, options: Mapping[str, Any]) -> None:
    """Invalid where the mapping names what neither file nor list has; a bad file is left to the import."""
    if not options["mapping"]:
        return
    try:
        sniffed = sniff(store.place(path), region=found.region, told=how_read(options, found.mapping))
    except bad.BadFile:
        return
    try:
        place(sniffed.headers, sniffed.guesses, rules.load(found.columns), options["mapping"], found.mapping)
    except Invalid as wrong:
        raise Invalid(fault.under("options") for fault in wrong.errors) from None


def keep_file(actor: Actor, file: Iterable[bytes]) -> tuple[UUID, str, int]:
    """Store an upload: the id of its import, where it lies, how large it is."""
    import_id = new_id()
    path = store.of(actor.org_id, import_id, store.FILE)
    return import_id, path, store.save(path, file)


def insert_import(
    actor: Actor, import_id: UUID, path: str, size: int, file_name: str, queue: bool, **values: Any
) -> Import:
    orgs.still_acting(actor=actor)
    options = values.get("options", {})
    row = Import(
        id=import_id,
        organisation=actor.organisation,
        path=path,
        size=size,
        rejected_path=store.of(actor.org_id, import_id, store.REJECTED),
        file_name=clean(PurePath(file_name.replace("\\", "/")).name, MAX_FILE_NAME) or "file",
        campaign_ids=_campaigns(options) if values.get("kind") != Import.Kind.SUPPRESSIONS else [],
        created_by_id=actor.user_id,
        created_at=clock.now(),
        **values,
    )
    row.save(force_insert=True)
    if row.state == Import.State.QUEUED:
        _started(actor, row)
    if queue:
        import_queue(row.id)
    return row


def _started(actor: Actor, row: Import) -> None:
    audit.write(
        actor=actor,
        action="contacts.import.started",
        org_id=row.organisation_id,
        subject_type="import",
        subject_id=row.id,
        data={"list": str(row.list_id) if row.list_id else None, "dry_run": row.dry_run, "kind": row.kind},
    )


def _own(actor: Actor, import_id: UUID | str) -> Import:
    wanted = parse_id(import_id)
    row = Import.objects.select_related("list").filter(organisation=actor.org_id, id=wanted).first() if wanted else None
    if row is None:
        raise NotFound("import")
    return row


def _draft(actor: Actor, import_id: UUID | str) -> Import:
    known = _own(actor, import_id)
    row = Import.objects.select_for_update(of=("self",)).select_related("list").get(id=known.id)
    if row.state != Import.State.DRAFT:
        raise Conflict("wrong_state", N_("The import has been started already."), ("draft",))
    return row


def _refuse_register(row: Import) -> None:
    if row.kind != Import.Kind.CONTACTS:
        detail = N_("What the columns of a register are is said when it is uploaded. Upload the file again.")
        raise Conflict("wrong_kind", detail)


def _refuse_archived(found: ContactList) -> None:
    if found.archived_at is not None:
        raise Conflict("archived", N_("The list has been put away."))
