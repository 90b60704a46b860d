"""Running an import: one process at a time, from wherever the last one left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext

from ringround.contacts.actions.import_contacts import ContactsRun
from ringround.contacts.actions.import_outcome import Gone, Progress, fail, import_fail
from ringround.contacts.actions.import_revert import RevertRun
from ringround.contacts.actions.register_import import RegisterRun
from ringround.contacts.actions.suppression_import import SuppressionsRun
from ringround.contacts.files import bad, store
from ringround.contacts.files.source import forget
from ringround.contacts.models import Import
from ringround.contacts.rules.revert import REVERT_FAILED
from ringround.infra import clock

MOST_TRIES = 5


def import_run(*, import_id: UUID, progress: Progress = lambda row: None, processes: int | None = None) -> bool:
    """Bring an import to its end; False when it is being run elsewhere or is over. Safe to call at any time.

    `progress` is called after each batch; `processes` is how many parse (None: as many as there are processors).
    """
    with _only_one(import_id) as mine:
        if not mine:
            return False
        row = _take_up(import_id)
        if row is None:
            return False
        try:
            with translation.override(row.options.get("language") or "en"):
                if row.revert is not None:
                    RevertRun(row, progress).go()
                elif row.kind == Import.Kind.SUPPRESSIONS:
                    kind = RegisterRun if row.options.get("by") == "name_address" else SuppressionsRun
                    kind(row, progress).go()
                else:
                    ContactsRun(row, progress, processes).go()
        except Gone:
            return False
        except bad.BadFile as fault:
            with translation.override(row.options.get("language") or "en"):
                import_fail(row.id, fault.code, str(fault.detail), fault.line)
        if row.path:  # an old file has been cleared away
            forget(store.place(row.path))
        return True


@contextmanager
def _only_one(import_id: UUID) -> Iterator[bool]:
    """Hold this import: the lock is the connection's, so it falls with the process that has it."""
    key = int.from_bytes(blake2b(import_id.bytes, digest_size=8, person=b"rr-import").digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            _let_go(key)


def _let_go(key: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except DatabaseError:
        # The connection is broken, and the lock gone with it; what broke it is already on its way up.
        connection.close()


def _take_up(import_id: UUID) -> Import | None:
    with transaction.atomic():
        row = Import.objects.select_for_update().filter(id=import_id).first()
        if row is None or row.state not in (Import.State.QUEUED, Import.State.RUNNING):
            return None
        if row.tries >= MOST_TRIES:
            with translation.override(row.options.get("language") or "en"):
                if row.revert is not None:
                    fail(row, REVERT_FAILED, gettext("What was taken back so far stays so. You can try it again."))
                else:
                    why = gettext("The import could not be brought to its end. What was taken so far stays.")
                    fail(row, "internal", why)
            return None
        row.state, row.started_at = Import.State.RUNNING, row.started_at or clock.now()
        row.tries += 1
        if row.dry_run:
            # Its tables went with the connection that had them.
            row.at_byte = row.at_line = row.at_row = row.rejected_bytes = 0
            row.counts = {}
        row.save()
        return row
