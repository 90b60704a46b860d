"""Clearing away uploaded files: they hold people's data, and are needed only for a while."""

from __future__ import annotations

import shutil
from datetime import timedelta

from ringround.contacts.files import store
from ringround.contacts.models import Import
from ringround.infra import clock
from ringround.kernel.ids import parse_id

DRAFT_DAYS = 7
FILE_DAYS = 30


def uploads_clear() -> int:
    """Remove drafts nobody confirmed, files of imports long over, and files without an import; how many.

    Real time: how long a file lies on a disk is no business of the virtual clock. The rejected rows stay as long as
    the import is listed.
    """
    now = clock.real_now()
    gone = 0
    for row in Import.objects.filter(state=Import.State.DRAFT, created_at__lt=now - timedelta(days=DRAFT_DAYS)):
        store.drop(row.path)
        row.delete()
        gone += 1
    old = Import.objects.filter(finished_at__lt=now - timedelta(days=FILE_DAYS)).exclude(path="")
    for path in old.values_list("path", flat=True):
        file = store.place(path)
        if file.is_file():
            file.unlink()
            gone += 1
    for folder in store.folder().glob("*/*") if store.folder().is_dir() else ():
        import_id = parse_id(folder.name)
        # An upload that is under way has no row yet; a day is long enough for any.
        fresh = folder.stat().st_mtime > (now - timedelta(days=1)).timestamp()
        if not fresh and (import_id is None or not Import.objects.filter(id=import_id).exists()):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone
