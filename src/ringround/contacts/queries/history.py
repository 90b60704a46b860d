"""Who changed which of a contact's columns, when, and what it said before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.contacts.models import ContactChange, Import
from ringround.contacts.queries.contacts import contact_get
from ringround.kernel import cursors
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True)
class Said:
    """What one column said before and after."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One change. `via`: person, api, agent, import, or revert (of the import)."""

    id: UUID
    at: datetime
    via: str
    by: UUID | None
    by_name: str
    import_id: UUID | None
    import_name: str
    changes: tuple[Said, ...]


def contact_history(
    *, actor: Actor, contact_id: UUID | str, size: int = 50, after: str = ""
) -> tuple[list[HistoryItem], str | None]:
    """A page of a contact's changes, newest first, and the cursor of the next. For those who may read contacts."""
    contact = contact_get(actor=actor, contact_id=contact_id)
    found = ContactChange.objects.filter(contact=contact.id)
    if after:
        (before,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=before) if before else found
    rows = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    rows = rows[:size]
    names = orgs.user_names(user_ids={one.user_id for one in rows})
    files = _files(actor, {one.import_id for one in rows if one.import_id})
    return [
        HistoryItem(
            one.id,
            one.at,
            one.via,
            one.user_id,
            names.get(one.user_id, "") if one.user_id else "",
            one.import_id,
            files.get(one.import_id, "") if one.import_id else "",
            tuple(Said(column, was, now) for column, (was, now) in sorted(one.changes.items())),
        )
        for one in rows
    ], following


def _files(actor: Actor, ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Import.objects.filter(organisation=actor.org_id, id__in=ids).values_list("id", "file_name"))


def history_json(one: HistoryItem) -> dict[str, Any]:
    """A change as the API shows it."""
    return {
        "id": str(one.id),
        "at": one.at,
        "via": one.via,
        "by": str(one.by) if one.by else None,
        "import": str(one.import_id) if one.import_id else None,
        "changes": [{"column": said.column, "before": said.before, "after": said.after} for said in one.changes],
    }


def columns_changed(*, import_id: UUID, contact_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Which columns of these contacts an import has changed, or its taking back; of whatever organisation."""
    found: dict[UUID, set[str]] = {}
    rows = ContactChange.objects.filter(import_id=import_id, contact__in=contact_ids)
    for contact_id, changes in rows.values_list("contact_id", "changes"):
        found.setdefault(contact_id, set()).update(changes)
    return {id: sorted(columns) for id, columns in found.items()}
