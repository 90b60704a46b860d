"""Clearing away uploaded files: they hold people's data, and are needed only for a while."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from ringround.contacts.files import store
from ringround.contacts.files.source import forget
from ringround.contacts.models import Import
from ringround.infra import clock
from ringround.kernel.ids import parse_id

DRAFT_DAYS = 7
FILE_DAYS = 30
REJECTED_DAYS = 90


def uploads_clear() -> int:
    """Remove drafts nobody confirmed, files and rejected rows of imports long over, and files without an import; how
    many.

    Real time: how long a file lies on a disk is no business of the virtual clock. What is cleared is forgotten by its
    import, so that each is looked at once.
    """
    now = clock.real_now()
    return _drafts(now) + _files(now) + _strays(now)


def _drafts(now: datetime) -> int:
    gone = 0
    old = Import.objects.filter(state=Import.State.DRAFT, created_at__lt=now - timedelta(days=DRAFT_DAYS))
    for import_id in old.values_list("id", flat=True):
        with transaction.atomic():
            # Whoever confirms it at this moment has it.
            row = _held(import_id)
            if row is None or row.state != Import.State.DRAFT:
                continue
            path = row.path
            row.delete()
        store.drop(path)
        gone += 1
    return gone


def _files(now: datetime) -> int:
    gone = 0
    for field, days in (("path", FILE_DAYS), ("rejected_path", REJECTED_DAYS)):
        old = Import.objects.filter(finished_at__lt=now - timedelta(days=days)).exclude(**{field: ""})
        for import_id in old.values_list("id", flat=True):
            with transaction.atomic():
                row = _held(import_id)
                if row is None:
                    continue
                file = store.place(getattr(row, field))
                if file.is_file():
                    file.unlink()
                    gone += 1
                if field == "path":
                    forget(file)
                with suppress(OSError):
                    file.parent.rmdir()  # where nothing else lies in it
                setattr(row, field, "")
                row.save(update_fields=[field])
    return gone


def _strays(now: datetime) -> int:
    """Folders without an import. An upload that is under way has no row yet; a day is long enough for any."""
    if not store.folder().is_dir():
        return 0
    fresh = (now - timedelta(days=1)).timestamp()
    folders = {folder: parse_id(folder.name) for folder in store.folder().glob("*/*")}
    known = set(Import.objects.filter(id__in=[one for one in folders.values() if one]).values_list("id", flat=True))
    gone = 0
    for folder, import_id in folders.items():
        with suppress(FileNotFoundError):  # gone meanwhile
            if import_id not in known and folder.stat().st_mtime <= fresh:
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
    return gone


def _held(import_id: UUID) -> Import | None:
    return Import.objects.select_for_update(skip_locked=True, of=("self",)).filter(id=import_id).first()
