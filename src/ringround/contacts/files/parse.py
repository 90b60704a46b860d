"""From a cut of a file to rows that are ready to be stored: the part of an import that costs, so it may run in several
processes. Knows no database and no Django."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ringround.contacts.files.check import Cut, split_lines
from ringround.contacts.files.records import records
from ringround.contacts.rules.columns import Column
from ringround.contacts.rules.mapping import Places
from ringround.contacts.rules.rows import Refused, RowReader
from ringround.kernel.messages import N_


@dataclass(frozen=True, slots=True)
class Job:
    """How the rows of one file are read. Small: it travels with every cut."""

    path: Path
    encoding: str
    newline: str
    delimiter: str
    columns: tuple[Column, ...]
    places: Places
    region: str
    zone: str
    keep_invalid: bool
    leave_out: bool

    def reader(self) -> RowReader:
        return RowReader(
            self.columns,
            self.places,
            region=self.region,
            zone=ZoneInfo(self.zone) if self.zone else None,
            keep_invalid=self.keep_invalid,
            leave_out=self.leave_out,
        )


# The code of what the rejected-rows file tells of rows that were taken.
LEFT_OUT = "left_out"
NumberTuple = tuple[int, str, str | None, str, str, bool]


class Ready(NamedTuple):
    """A row that can be stored: plain values, and its parts of the COPY text already written."""

    line: int
    digest: int
    fields: str  # JSON
    external_id: str | None
    email: str
    e164s: tuple[str, ...]
    numbers: tuple[NumberTuple, ...]
    contact_copy: str
    number_copies: tuple[str, ...]
    missing: str
    # The row as it was, for each cell that it is taken without.
    left_out: tuple[Rejected, ...]


class Rejected(NamedTuple):
    """A row that is not taken, and the row as it was."""

    line: int
    column: str
    code: str
    reason: object
    cells: list[str]


def cells_of(job: Job, cut: Cut) -> Iterator[tuple[int, list[str]]]:
    """(physical line, cells) of the records of a cut."""
    with job.path.open("rb") as file:
        file.seek(cut.start)
        data = file.read(cut.end - cut.start)
    newline = job.newline.encode()
    return records(split_lines(data.decode(job.encoding), newline), job.delimiter, cut.line)


def parse(job: Job, cut: Cut) -> list[Ready | Rejected]:
    """All rows of a cut, in order."""
    read = _reader(job).read
    found: list[Ready | Rejected] = []
    for line, cells in cells_of(job, cut):
        row = read(cells, line)
        if row is None:
            continue
        if isinstance(row, Refused):
            found.append(Rejected(row.line, row.column, row.code, row.reason, cells))
            continue
        known = row.known
        found.append(
            Ready(
                line,
                row.digest,
                row.fields_json,
                row.external_id,
                known.email,
                tuple(row.e164s),
                # As plain tuples, which travel between processes at half the price.
                tuple([(n[0], n[1], n[2], n[3], n[4], n[5]) for n in row.numbers]),
                copy_text(
                    row.external_id,
                    row.fields_json,
                    known.name,
                    known.sort_name,
                    known.search,
                    known.email,
                    known.timezone,
                    known.country,
                ),
                tuple(
                    [
                        copy_text(str(n.position), n.label, n.e164, n.written, n.type, "t" if n.valid else "f")
                        for n in row.numbers
                    ]
                ),
                row.missing,
                tuple(
                    Rejected(
                        line, column, LEFT_OUT, N_("The row was taken without this: %(reason)s", reason=reason), cells
                    )
                    for column, reason in row.left_out
                ),
            )
        )
    return found


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(*values: str | None) -> str:
    """Values as columns of PostgreSQL's COPY text."""
    text = "\t".join([value or "" for value in values])
    if text.count("\t") == len(values) - 1 and "\\" not in text and "\n" not in text and "\r" not in text:
        # As nearly all are.
        return text if None not in values else "\t".join(["\\N" if value is None else value for value in values])
    return "\t".join(["\\N" if value is None else value.translate(_ESCAPES) for value in values])


_last: tuple[Job, RowReader] | None = None


def _reader(job: Job) -> RowReader:
    global _last  # one import at a time in a process; its reader is made once
    if _last is None or _last[0] != job:
        _last = (job, job.reader())
    return _last[1]


class Parser:
    """Parses cuts ahead of who stores them, in order; in this process, or in some of its own."""

    def __init__(self, job: Job, cuts: Sequence[Cut], pool: ProcessPoolExecutor | None) -> None:
        self._job, self._cuts, self._pool = job, cuts, pool

    def __iter__(self) -> Iterator[tuple[Cut, list[Ready | Rejected]]]:
        if self._pool is None:
            for cut in self._cuts:
                yield cut, parse(self._job, cut)
            return
        ahead: list[tuple[Cut, Future[list[Ready | Rejected]]]] = []
        waiting = iter(self._cuts)
        # A few cuts ahead: enough that nobody waits, few enough that memory stays small.
        for cut in waiting:
            ahead.append((cut, self._pool.submit(parse, self._job, cut)))
            if len(ahead) > AHEAD:
                first, future = ahead.pop(0)
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()


AHEAD = 4
# Starting processes costs as much as parsing some ten thousand rows.
LEAST_CUTS = 8


@contextmanager
def parser(job: Job, cuts: Sequence[Cut], processes: int | None = None) -> Iterator[Parser]:
    """A Parser with as many processes as the machine has processors, at most four; none of its own for small files."""
    processes = min(4, os.cpu_count() or 1) if processes is None else processes
    if processes < 2 or len(cuts) < LEAST_CUTS:
        yield Parser(job, cuts, None)
        return
    # Spawned, not forked: the parent has threads and a database connection.
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_leave_with, initargs=(os.getpid(),)
    )
    try:
        yield Parser(job, cuts, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _leave_with(parent: int) -> None:
    """End this process when its parent was killed: nobody would tell it otherwise."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
