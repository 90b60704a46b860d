"""The file of rejected rows: `line,column,code,reason`, then the row as it was."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ringround.contacts.files.parse import Rejected
from ringround.infra import files
from ringround.kernel.text import csv_safe

HEAD = ("line", "column", "code", "reason")
HIDDEN = "•••"


class RejectedFile:
    """Grows with the import's transactions: what is beyond the committed size was left by a worker that was killed."""

    def __init__(self, path: Path, headers: Sequence[str], *, hidden: Iterable[int] = ()) -> None:
        """`hidden`: columns of the file whose cells are never written out again (national ids)."""
        self._path, self._headers, self._hidden = path, headers, frozenset(hidden)

    def begin(self, committed: int) -> int:
        """Cut back to what is committed, or write the head; the size."""
        if committed == 0:
            with files.create(self._path) as file:
                file.write(_line([*HEAD, *self._headers]))
            return self._path.stat().st_size
        os.truncate(self._path, committed)
        return committed

    def append(self, rows: Sequence[Rejected]) -> int:
        """Write rows, on the disk when this returns; the new size, to be committed with the batch."""
        with files.append(self._path) as file:
            for row in rows:
                cells = [HIDDEN if at in self._hidden and cell else cell for at, cell in enumerate(row.cells)]
                file.write(_line([str(row.line), row.column, row.code, str(row.reason), *cells]))
            file.flush()
            os.fsync(file.fileno())
            return file.tell()


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([csv_safe(cell) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


def read(path: Path, size: int) -> Iterator[bytes]:
    """The committed part of the file, in pieces."""
    with path.open("rb") as file:
        left = size
        while left > 0 and (piece := file.read(min(left, 1 << 16))):
            left -= len(piece)
            yield piece


def for_excel(path: Path, size: int) -> Iterator[bytes]:
    """The same as Excel opens it by a double click: semicolons, and a mark that says UTF-8."""
    text = io.TextIOWrapper(io.BytesIO(b"".join(read(path, size))), "utf-8", newline="")
    yield "\ufeff".encode()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in csv.reader(text):
        writer.writerow(row)
        if out.tell() > 1 << 16:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()
