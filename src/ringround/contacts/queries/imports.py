"""Imports: their state, their preview, their rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.contacts import ports
from ringround.contacts.files import bad, rejected, store
from ringround.contacts.files.parse import LEFT_OUT
from ringround.contacts.files.sniff import Sniffed, sniff
from ringround.contacts.models import Contact, ContactChange, ContactList, Import, ImportKept
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.columns import Column
from ringround.contacts.rules.mapping import Places, place, propose
from ringround.contacts.rules.revert import can_revert
from ringround.kernel import cursors
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

COUNTS = ("rows", "new", "updated", "duplicate", "suppressed", "near", "left_out", "rejected")
REVERTED = ("gone", "restored", "kept")
# More than anybody reads; how many there are stands in `reverted`.
MOST_KEPT = 500
# Of how many contacts it is looked at whether they were worked, before an import is taken back.
MOST_ASKED = 20_000
# Who may run an import and look at its rejected rows, by its kind.
RUN = {"contacts": "contacts.imports.run", "suppressions": "contacts.suppressions.change"}


@dataclass(frozen=True, slots=True)
class ImportState:
    """An import as its page shows it."""

    id: UUID
    kind: str
    list_id: UUID | None
    list_name: str
    state: str
    dry_run: bool
    file_name: str
    size: int
    options: dict[str, Any]
    detected: dict[str, Any]
    code: str
    detail: str
    line: int | None
    counts: dict[str, int]
    done_bytes: int
    has_file: bool
    has_rejected: bool  # the rejected rows are kept for a while only
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    # What taking it back has come to: gone, restored, kept; None where nobody has asked for it.
    revert: dict[str, int] | None
    can_revert: bool

    @property
    def share(self) -> int:
        """How far it is, in percent."""
        size = self.options.get("plan", {}).get("bytes") or self.size
        return min(100, self.done_bytes * 100 // size) if size else 0

    @property
    def share_text(self) -> str:
        return f"{self.share} %"

    @property
    def id_text(self) -> str:
        return str(self.id)

    @property
    def open(self) -> bool:
        return self.state in ("queued", "running")


def _row(one: Import) -> ImportState:
    return ImportState(
        id=one.id,
        kind=one.kind,
        list_id=one.list_id,
        list_name=one.list.name if one.list is not None else "",
        state=one.state,
        dry_run=one.dry_run,
        file_name=one.file_name,
        size=one.size,
        options=one.options,
        detected=one.detected,
        code=one.code,
        detail=one.detail,
        line=one.line,
        counts={name: int(one.counts.get(name, 0)) for name in COUNTS},
        done_bytes=one.at_byte,
        has_file=bool(one.path) and store.place(one.path).is_file(),
        has_rejected=bool(one.rejected_path),
        created_at=one.created_at,
        started_at=one.started_at,
        finished_at=one.finished_at,
        revert={name: int(one.revert[name]) for name in REVERTED} if one.revert is not None else None,
        can_revert=one.kind == Import.Kind.CONTACTS and not one.dry_run and can_revert(one.state, one.counts),
    )


def find(actor: Actor, import_id: UUID | str) -> Import:
    """The organisation's own import; NotFound, then Forbidden."""
    wanted = parse_id(import_id)
    found = (
        Import.objects.select_related("list").filter(organisation=actor.org_id, id=wanted).first() if wanted else None
    )
    if found is None:
        raise NotFound("import")
    permissions.require(actor, "contacts.imports.read")
    return found


def import_get(*, actor: Actor, import_id: UUID | str) -> ImportState:
    """An import's state and counts."""
    return _row(find(actor, import_id))


def import_list(
    *,
    actor: Actor,
    list_id: UUID | str | None = None,
    kind: str | None = None,
    size: int = 50,
    after: str = "",
) -> tuple[list[ImportState], str | None]:
    """Imports of the organisation or of one list, newest first; drafts nobody confirmed are left out."""
    permissions.require(actor, "contacts.imports.read")
    found = Import.objects.select_related("list").filter(organisation=actor.org_id).exclude(state=Import.State.DRAFT)
    if list_id is not None:
        found = found.filter(list=parse_id(list_id))
    if kind is not None:
        found = found.filter(kind=kind)
    if after:
        (before,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=before) if before else found
    rows = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return [_row(one) for one in rows[:size]], following


def import_json(one: ImportState, *, kept: bool = False) -> dict[str, Any]:
    """An import as the API shows it; `kept`: with the contacts that stayed, which is a look-up for each import."""
    return {
        "id": str(one.id),
        "kind": one.kind,
        "list": str(one.list_id) if one.list_id else None,
        "state": one.state,
        "dry_run": one.dry_run,
        "file_name": one.file_name,
        "code": one.code or None,
        "detail": one.detail or None,
        "line": one.line,
        "counts": one.counts,
        "progress": one.share if one.open else 100,
        "rejected_url": f"/api/v1/imports/{one.id}/rejected" if one.state != "draft" and one.has_rejected else None,
        "detected": one.detected,
        "created_at": one.created_at,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "reverted": one.revert,
        "kept": [{"contact": str(row.contact_id), "reason": row.reason} for row in import_kept(one.id)]
        if kept and one.revert is not None
        else [],
    }


def import_kept(import_id: UUID, *, size: int = MOST_KEPT) -> list[ImportKept]:
    """The contacts that stayed when an import was taken back; the caller has found the import."""
    return list(ImportKept.objects.filter(imported=import_id).order_by("id")[:size])


@dataclass(frozen=True, slots=True)
class RevertPreview:
    """What taking an import back would do. `worked` is None where there are too many to be asked of each."""

    state: ImportState
    made: int
    changed: int
    worked: int | None


def import_revert_preview(*, actor: Actor, import_id: UUID | str) -> RevertPreview:
    """How many contacts of an import would go, be as they were, and stay since they were worked."""
    row = find(actor, import_id)
    permissions.require(actor, "contacts.imports.run")
    made = Contact.objects.filter(list=row.list_id, import_id=row.id, erased_at__isnull=True)
    theirs = ContactChange.objects.filter(import_id=row.id, via="import")
    changed = theirs.exclude(contact__import_id=row.id).order_by().values("contact").distinct()
    counts = made.count(), changed.count()
    worked = None
    if sum(counts) <= MOST_ASKED:
        ids = [*made.values_list("id", flat=True), *changed.values_list("contact", flat=True)]
        worked = len(ports.worked(ids, row.started_at or row.created_at))
    return RevertPreview(_row(row), *counts, worked)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file looks like and where its columns would go."""

    state: ImportState
    sniffed: Sniffed
    columns: tuple[Column, ...]
    places: Places
    # Columns as a new list would get them; those of a list that is there already are `columns`.
    proposed: tuple[Column, ...]


def import_preview(*, actor: Actor, import_id: UUID | str) -> Preview:
    """A draft's first rows and mapping; raises Invalid with the file's code when it is bad."""
    one = find(actor, import_id)
    target: ContactList | None = one.list
    region = target.region if target is not None else actor.organisation.region
    try:
        known = {**(target.mapping if target is not None else {}), **(one.options.get("mapping") or {})}
        sniffed = sniff(store.place(one.path), region=region, told={**one.options, "mapping": known})
    except bad.BadFile as fault:
        raise Invalid.one("file", fault.code, fault.detail, line=fault.line) from None
    except FileNotFoundError:
        raise NotFound("import") from None
    proposed = propose(sniffed.headers, sniffed.guesses)
    columns = rules.load(target.columns) if target is not None else ()
    try:
        places = place(
            sniffed.headers, sniffed.guesses, columns, one.options.get("mapping"), target.mapping if target else {}
        )
    except Invalid:
        # The list changed since: what was chosen then names what is no longer there.
        places = place(sniffed.headers, sniffed.guesses, columns, None, target.mapping if target else {})
    return Preview(_row(one), sniffed, columns, places, proposed)


def rejected_file(
    *, actor: Actor, import_id: UUID | str, left_out: bool | None = None, excel: bool = False
) -> Iterator[bytes]:
    """The file of rejected rows, as far as it is committed: people's data, for those who may bring such a file.

    `left_out`: only the rows that were taken without a cell, or only those that were not taken; None: both.
    """
    one = find(actor, import_id)
    permissions.require(actor, RUN[one.kind])
    path = store.place(one.rejected_path) if one.rejected_path else None
    if path is None or not path.is_file():
        raise NotFound("rejected_rows")
    code = rejected.HEAD.index("code")
    rows = (
        row
        for n, row in enumerate(rejected.read(path, one.rejected_bytes))
        if n == 0 or left_out is None or (row[code] == LEFT_OUT) is left_out
    )
    return rejected.as_csv(rows, excel=excel)
