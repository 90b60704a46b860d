"""Where uploaded files are: `uploads/<organisation>/<import>/` in the data folder."""

from __future__ import annotations

import codecs
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ringround.contacts.files import bad
from ringround.contacts.files.sniff import MAX_BYTES
from ringround.infra import files
from ringround.kernel.errors import TooLarge

FILE, REJECTED = "file", "rejected.csv"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def folder() -> Path:
    """All uploads."""
    return Path(settings.RINGROUND.data) / "uploads"


def place(relative: str) -> Path:
    """The file behind a stored path."""
    return Path(settings.RINGROUND.data) / relative


def of(org_id: UUID, import_id: UUID, name: str) -> str:
    """The stored path of an import's file."""
    return f"uploads/{org_id}/{import_id}/{name}"


def private(path: Path) -> Path:
    """Make a folder of uploads, for nobody else."""
    return files.folder(path, within=Path(settings.RINGROUND.data))


def save(relative: str, chunks: Iterable[bytes], *, limit: int = MAX_BYTES) -> int:
    """Write an upload as it comes; its size. Excel's “Unicode text” (UTF-16) is kept as UTF-8. Raises TooLarge."""
    path = place(relative)
    private(path.parent)
    size = 0
    try:
        with files.create(path) as file:
            for chunk in _as_utf8(_limited(chunks, limit)):
                file.write(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    return size


def _limited(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size >= limit:
            fault = bad.too_large(limit // 1024**3)
            raise TooLarge(fault.detail, limit=limit, code=fault.code)
        yield chunk


def _as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) >= 2:
            break
    if not first.startswith(_UTF16):
        yield first
        yield from chunks
        return
    # What cannot be read stays as a character that says so, and is refused later like any other.
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    yield codecs.BOM_UTF8 + decoder.decode(first).encode("utf-8", "replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def drop(relative: str) -> None:
    """Remove an upload and what lies beside it; nothing where it has been cleared away before."""
    if not relative:
        return
    shutil.rmtree(place(relative).parent, ignore_errors=True)
