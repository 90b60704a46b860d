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


def line_of(cells: Sequence[str]) -> bytes:
    """Cells of a row that was read from such a file, as they stood there."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode("utf-8", "replace")


def _line(cells: Sequence[str]) -> bytes:
    return line_of([csv_safe(cell) for cell in cells])


def read(path: Path, size: int) -> Iterator[list[str]]:
    """The rows of the committed part of the file, its head first."""

    def lines() -> Iterator[str]:
        left = size
        with path.open("rb") as file:
            # By lines, not rows: what is between quotes comes in several.
            while left > 0 and (line := file.readline(left)):
                left -= len(line)
                yield line.decode("utf-8", "replace")

    return csv.reader(lines())


def as_csv(rows: Iterable[Sequence[str]], *, excel: bool = False) -> Iterator[bytes]:
    """The rows in pieces; `excel`: as it opens them by a double click, with semicolons and a mark that says UTF-8."""
    out = io.StringIO()
    if excel:
        out.write("\ufeff")
    writer = csv.writer(out, delimiter=";" if excel else ",", lineterminator="\r\n" if excel else "\n")
    for row in rows:
        writer.writerow(row)
        if out.tell() > 1 << 16:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()
