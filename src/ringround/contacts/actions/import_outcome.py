"""How an import ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.contacts import events
from ringround.contacts.models import Import
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.orgs.actor import system

Progress = Callable[[Import], None]


class Gone(Exception):
    """Somebody else has taken this import on, or it has been taken away."""


def finish(row: Import) -> None:
    """Mark an import as done and tell it, in the caller's transaction."""
    row.state, row.finished_at = Import.State.DONE, clock.now()
    record = events.of(
        row,
        events.IMPORT_DONE,
        {
            "list": str(row.list_id) if row.list_id else None,
            "counts": dict(row.counts),
            "dry_run": row.dry_run,
            "new": row.counts.get("new", 0),
            "campaigns": [str(one) for one in row.campaign_ids],
        },
    )
    row.save()
    log.record_all([record])
    _audit(row, "contacts.import.done", counts=dict(row.counts), dry_run=row.dry_run)


def import_fail(import_id: UUID, code: str, detail: str, line: int | None = None) -> None:
    """Refuse an import's file, or give up on it."""
    with transaction.atomic():
        row = Import.objects.select_for_update().get(id=import_id)
        if row.state in (Import.State.QUEUED, Import.State.RUNNING):
            fail(row, code, detail, line)


def fail(row: Import, code: str, detail: str, line: int | None = None) -> None:
    """The same of a row that is locked."""
    row.state, row.finished_at = Import.State.FAILED, clock.now()
    row.code, row.detail, row.line = code, detail, line
    data = {"list": str(row.list_id) if row.list_id else None, "code": code, "line": line}
    record = events.of(row, events.IMPORT_FAILED, data)
    row.save()
    log.record_all([record])
    _audit(row, "contacts.import.failed", code=code)


def _audit(row: Import, action: str, **data: Any) -> None:
    audit.write(
        actor=system(row.organisation),
        action=action,
        org_id=row.organisation_id,
        subject_type="import",
        subject_id=row.id,
        data=data,
    )
