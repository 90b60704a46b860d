"""A backup: one tar file with the database, the uploads and a manifest. Never the keys.

manifest.json     what it is, of which version, and the hash of everything else; always first
database.dump     PostgreSQL's custom format
uploads/…         files that people uploaded
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ringround.infra import files
from ringround.infra.postgres import dump, restoring
from ringround.infra.postgres.errors import PostgresError
from ringround.infra.postgres.programs import Programs

FORMAT = 1
UPLOADS = "uploads"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself."""

    format: int
    version: str
    made_at: str
    server_major: int
    files: dict[str, str]


def write(
    file: Path, *, url: str, data: Path, version: str, force: bool = False, programs: Programs | None = None
) -> Manifest:
    """Write a backup of the database at `url` and the uploads in `data` to `file`; whole or not at all. One that is
    there is replaced by `force` alone: it may be the only copy of what the database has lost since."""
    if file.is_dir():
        raise PostgresError(f"{file} is a folder: name the file to write")
    if file.exists() and not force:
        raise PostgresError(f"{file} is there already: name another file, or add --force to replace it")
    programs = dump.client_programs(url, programs)
    with tempfile.TemporaryDirectory(prefix=".ringround-backup-", dir=file.absolute().parent) as folder:
        work = Path(folder)
        dumped = work / "database.dump"
        dump.dump(url, dumped, programs)
        # After the database: a file that the database names is older than it, so it is there; newer ones do no harm.
        members = {"database.dump": dumped}
        uploads = data / UPLOADS
        for path in sorted(uploads.rglob("*")) if uploads.is_dir() else ():
            if path.is_file() and not path.is_symlink():
                members[f"{UPLOADS}/{path.relative_to(uploads)}"] = path
        manifest = Manifest(
            format=FORMAT,
            version=version,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            server_major=dump.server_major(url),
            files=dict.fromkeys(members, hashlib.sha256().hexdigest()),
        )
        draft = work / "backup.tar"
        # It holds everything about everybody: for its maker's eyes alone.
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw:
            # The manifest is first and its hashes are known last: its place is kept, and filled at the end.
            place = len(_text(manifest))
            with tarfile.open(fileobj=raw, mode="w") as archive:
                archive.addfile(_entry("manifest.json", place), io.BytesIO(b" " * place))
                digests = {name: _add(archive, name, path) for name, path in members.items()}
            manifest = replace(manifest, files={name: digest for name, digest in digests.items() if digest})
            raw.seek(tarfile.BLOCKSIZE)
            raw.write(_text(manifest).ljust(place))
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(file)
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What the backup says about itself; PostgresError when it is none."""
    try:
        with tarfile.open(file, "r:") as archive:
            entry = archive.next()
            content = archive.extractfile(entry) if entry is not None and entry.name == "manifest.json" else None
            manifest = Manifest(**json.loads(content.read())) if content else None
    except (tarfile.TarError, ValueError, TypeError):
        manifest = None
    if manifest is None:
        raise PostgresError(f"{file} is not a backup made by `ringround backup`")
    if manifest.format != FORMAT:
        raise PostgresError(f"{file} was made by a later version of Ringround ({manifest.version}): install that one")
    return manifest


def restore(
    file: Path,
    *,
    url: str,
    data: Path,
    force: bool,
    tables: tuple[str, ...],
    migrate: Callable[[str], None],
    programs: Programs | None = None,
) -> Manifest:
    """Put the backup in the place of the database at `url` and the uploads in `data`.

    Nothing changes until all of it has been read, checked and brought to this version beside what is there:
    1. write the journal; 2. unpack and check every hash; 3. load into a new database and `migrate(its address)`;
    4. swap the databases, in one transaction: the one moment that decides; 5. swap the uploads; 6. remove the old and
    the journal. Cut off before 4 it never was, cut off later it is finished by the next start (`restoring.settle`).
    Without `force` a database with rows in one of `tables` is refused.
    """
    manifest = read_manifest(file)
    if not force and not dump.is_empty(url, tables):
        raise PostgresError(
            "the database is not empty, and restoring replaces all that is in it: make a backup of it, then add --force"
        )
    programs = dump.client_programs(url, programs)
    data.mkdir(parents=True, exist_ok=True)
    with restoring.begin(data, url) as journal:
        _unpack(file, manifest, journal.work)
        # On the disk before the swap says that it is there.
        os.sync()
        fresh_url = dump.create(url, journal.fresh)
        dump.load(fresh_url, journal.work / "database.dump", programs)
        migrate(fresh_url)
        dump.swap(url, journal.fresh, journal.old)
    return manifest


def _unpack(file: Path, manifest: Manifest, folder: Path) -> None:
    files.folder(folder / UPLOADS, within=folder)
    try:
        _unpack_all(file, manifest, folder)
    except tarfile.TarError:
        # Its end is missing: a copy that was cut off, or a disk that was full.
        raise PostgresError(f"{file} is not whole: it was cut off on its way; copy it again or use another") from None
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise PostgresError(f"{file} is damaged: {name} is missing or not what was put in; use another backup")


def _unpack_all(file: Path, manifest: Manifest, folder: Path) -> None:
    with tarfile.open(file, "r:") as archive:
        for entry in archive:
            if entry.name == "manifest.json":
                continue
            # Only what the manifest names, and only inside the folder: a backup from elsewhere is not trusted.
            target = (folder / entry.name).resolve()
            source = archive.extractfile(entry) if entry.isreg() and entry.name in manifest.files else None
            if source is None or not target.is_relative_to(folder.resolve()):
                raise PostgresError(f"{file} holds something that does not belong in a backup: {entry.name}")
            files.folder(target.parent, within=folder)
            with files.create(target) as out:
                shutil.copyfileobj(source, out)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(manifest: Manifest) -> bytes:
    return json.dumps(asdict(manifest), indent=1).encode()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


class _Hashed:
    """The first `size` bytes of a file and their hash. The product runs meanwhile: what is written behind them is not
    for this backup, and what is cut off before them is filled up, since the archive has said how many come."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = os.fstat(file.fileno()).st_size
        self.digest = hashlib.sha256()
        self._file = file

    def read(self, count: int) -> bytes:
        found = self._file.read(count).ljust(count, b"\0")
        self.digest.update(found)
        return found


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str | None:
    """Put a file into the archive; the hash of what was put there, None when it has gone meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        hashed = _Hashed(file)
        archive.addfile(_entry(name, hashed.size), hashed)  # type: ignore[arg-type]
        return hashed.digest.hexdigest()
