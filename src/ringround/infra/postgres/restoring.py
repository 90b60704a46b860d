"""The journal of a restore: a database and a folder cannot be swapped at one moment, so one of them decides.

The swap of the databases, which is one transaction, decides. Before it the database that will be replaced has its name
still, after it it is called `old`; so whoever finds the journal knows by asking for `old`:

- `old` is there: the restore has happened. Swap the uploads if that was not done, drop `old`.
- `old` is not there: it has not, or all of it has been done. Drop what was loaded, leave the uploads as they are.

Either way the work folder and then the journal are removed last, so that this itself may be cut off and done again.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from ringround.infra import files
from ringround.infra.postgres import dump
from ringround.infra.postgres.errors import PostgresError

JOURNAL = "restore.journal"
UPLOADS = "uploads"


@dataclass(frozen=True, slots=True)
class Journal:
    """Names, chosen before anything is made. `database` says whose server it was."""

    database: str
    fresh: str
    old: str
    work: Path


@contextmanager
def begin(data: Path, url: str) -> Iterator[Journal]:
    """A restore into `data` and the database at `url`: what is done inside is prepared, then swapped by `dump.swap`.

    At the end, also after a fault, what the swap has decided is settled.
    """
    if settle(data, url):
        raise PostgresError("a restore into this data folder is under way: wait until it has ended")
    mark = secrets.token_hex(4)
    journal = Journal(
        database=_whose(url),
        fresh=f"ringround_restoring_{mark}",
        old=f"ringround_replaced_{mark}",
        work=data / f".ringround-restore-{mark}",
    )
    path = data / JOURNAL
    draft = path.with_name(f"{JOURNAL}.draft")
    with files.create(draft) as file:
        # Held for as long as we live: who else finds the journal knows that it is not left over.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(_plain(journal)).encode())
        file.flush()
        os.fsync(file.fileno())
        draft.rename(path)
        _sync(data)
        files.folder(journal.work, within=data)
        try:
            yield journal
        finally:
            _finish(data, url, journal)


def settle(data: Path, url: str) -> bool:
    """Finish or undo a restore that was cut off. True when one is under way just now, by another process."""
    try:
        file = (data / JOURNAL).open("rb")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        known = json.loads(file.read())
        journal = Journal(**{**known, "work": data / known["work"]})
        if journal.database != _whose(url):
            raise PostgresError(
                f"a restore of {journal.database} was cut off, and the settings name {_whose(url)}: start once with "
                f"the settings as they were, or remove {data / JOURNAL} if that database is gone for good"
            )
        _finish(data, url, journal)
    return False


def _finish(data: Path, url: str, journal: Journal) -> None:
    if dump.exists(url, journal.old):
        _swap_uploads(data, journal.work)
        dump.drop(url, journal.old)
    dump.drop(url, journal.fresh)
    shutil.rmtree(journal.work, ignore_errors=True)
    (data / JOURNAL).unlink(missing_ok=True)
    _sync(data)


def _swap_uploads(data: Path, work: Path) -> None:
    """Put the restored uploads in place, unless that has been done. Each step is told from the one before by what is
    there."""
    uploads, restored, replaced = data / UPLOADS, work / UPLOADS, work / "replaced"
    if not restored.exists():
        return
    if uploads.exists():
        # Where one was put aside already, this one was made since by somebody who did not wait.
        uploads.rename(replaced if not replaced.exists() else work / f"replaced-{secrets.token_hex(4)}")
    restored.rename(uploads)
    _sync(work)
    _sync(data)


def _whose(url: str) -> str:
    """Server and database, without a password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('dbname')} at {parts.get('host', '')}:{parts.get('port', '')}"


def _plain(journal: Journal) -> dict[str, str]:
    return {
        "database": journal.database,
        "fresh": journal.fresh,
        "old": journal.old,
        "work": journal.work.name,
    }


def _sync(folder: Path) -> None:
    """A rename is on the disk when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
