"""From a cut of a file to rows that are ready to be stored: the part of an import that costs, so it may run in several
processes. Knows no database and no Django."""

from __future__ import annotations

import gc
import marshal
import os
import threading
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ringround.contacts.files.check import Cut, split_lines
from ringround.contacts.files.records import records
from ringround.contacts.rules.columns import Column
from ringround.contacts.rules.mapping import Places
from ringround.contacts.rules.rows import Refused, RowReader
from ringround.kernel.ids import IdRow
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
    # Whose rows they are: these ids are in every line that is stored.
    org: str
    list: str
    imported: str

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
    # The contact's, if the row makes one.
    id: str
    digest: int
    fields: str  # JSON
    external_id: str | None
    email: str
    e164s: tuple[str, ...]
    numbers: tuple[NumberTuple, ...]
    contact_copy: str
    number_copies: tuple[str, ...]
    missing: str
    place_key: int | None
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


class Parsed:
    """The rows of a cut. Most are **alone**: of the cut, no other row has a number, an external id, an address or a
    digest in common with such a row, and it lacks nothing. Where the list knows none of these either, the row is new,
    whatever the options, and its lines for COPY are ready; the rows themselves are then not even taken out."""

    __slots__ = (
        "_alone",
        "_keys",
        "at",
        "contacts",
        "digests",
        "emails",
        "externals",
        "ids",
        "numbers",
        "phones",
        "places",
        "rejected",
        "together",
    )

    def __init__(self, job: Job, rows: Sequence[Ready], rejected: list[Rejected], ids: IdRow, at: str) -> None:
        self.rejected, self.at = rejected, at
        # What is asked of the list: as an array of PostgreSQL's where that is plain to write.
        self.phones = array_text([e164 for row in rows for e164 in row.e164s])
        self.externals = array_text([row.external_id for row in rows if row.external_id is not None])
        self.emails = array_text([row.email for row in rows if row.email])
        self.digests = array("q", [row.digest for row in rows])
        self.places = array("q", [row.place_key for row in rows if row.place_key is not None])
        alone, self.together = _apart(rows)
        self.ids = [row.id for row in alone]
        self.contacts, self.numbers = _copy_lines(job, alone, ids, at)
        # Only bytes on their way to another process, until they are asked for; of plain values, so `marshal` does it.
        plain: list[tuple[Any, ...]] = [tuple(row) for row in alone]
        self._alone = [marshal.dumps(row) for row in plain]
        keys = [(row.digest, row.external_id, row.email, row.place_key, *row.e164s) for row in alone]
        self._keys = marshal.dumps(keys)

    def part(self, known: Callable[[tuple[Any, ...]], bool]) -> tuple[list[Ready], list[str], tuple[str, str]]:
        """The rows that are not alone, or of which `known` is true, in order; of all others the ids and the lines.

        `known` is given a row's digest, external id, e-mail address, place key and numbers.
        """
        found = {at for at, keys in enumerate(marshal.loads(self._keys)) if known(keys)}  # noqa: S302 - our own
        if not found:
            return self.together, self.ids, (self.contacts, self.numbers)
        rows = self.together + [Ready(*marshal.loads(self._alone[at])) for at in found]  # noqa: S302
        gone = {self.ids[at] for at in found}
        # Each line begins with the contact's id, or has it behind its own.
        contacts = "".join([f"{line}\n" for line in self.contacts.split("\n") if line and line[:36] not in gone])
        numbers = "".join([f"{line}\n" for line in self.numbers.split("\n") if line and line[37:73] not in gone])
        return sorted(rows, key=lambda row: row.line), [id for id in self.ids if id not in gone], (contacts, numbers)


def _apart(rows: Sequence[Ready]) -> tuple[list[Ready], list[Ready]]:
    """The rows that are alone, and the others."""
    # Keys of all kinds in one dictionary: a number begins with a plus, an address has its own mark, and where two kinds
    # look alike two rows are looked at that need not be.
    first: dict[object, int] = {}
    joined: set[int] = set()
    for at, row in enumerate(rows):
        for key in (row.digest, row.external_id, row.email, *row.e164s):
            if key and first.setdefault(key, at) != at:
                joined.add(at)
                joined.add(first[key])
        if row.missing or row.left_out:
            joined.add(at)
    if not joined:
        return list(rows), []
    return [row for at, row in enumerate(rows) if at not in joined], [rows[at] for at in sorted(joined)]


def _copy_lines(job: Job, rows: Iterable[Ready], ids: IdRow, at: str) -> tuple[str, str]:
    """COPY lines of contacts that these rows make, and of their numbers; none of them is barred."""
    before, after = f"{job.org}\t{job.list}\t", f"\tf\t{job.imported}\t{job.imported}\t{{"
    end, between = f"}}\t{at}\t{at}\t0\n", f"\t{job.org}\tf\t"
    contacts, numbers = [], []
    for row in rows:
        contacts.append(f"{row.id}\t{before}{row.contact_copy}{after}{row.digest}{end}")
        for one in row.number_copies:
            numbers.append(f"{ids.text()}\t{row.id}{between}{one}\n")
    return "".join(contacts), "".join(numbers)


def parse(job: Job, cut: Cut, ids: IdRow, at: str) -> Parsed:
    """All rows of a cut, in order; `ids` are for what they make, `at` is when."""
    read = _reader(job).read
    ready: list[Ready] = []
    rejected: list[Rejected] = []
    for line, cells in cells_of(job, cut):
        row = read(cells, line)
        if row is None:
            continue
        if isinstance(row, Refused):
            rejected.append(Rejected(row.line, row.column, row.code, row.reason, cells))
            continue
        known = row.known
        ready.append(
            Ready(
                line,
                ids.text(),
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
                    str(known.place_key) if known.place_key is not None else None,
                ),
                tuple([_number_copy(n) for n in row.numbers]),
                row.missing,
                known.place_key,
                tuple(
                    [
                        Rejected(
                            line,
                            column,
                            LEFT_OUT,
                            N_("The row was taken without this: %(reason)s", reason=reason),
                            cells,
                        )
                        for column, reason in row.left_out
                    ]
                )
                if row.left_out
                else (),
            )
        )
    return Parsed(job, ready, rejected, ids, at)


def _parse_away(job: Job, cut: Cut, ids: IdRow, at: str) -> Parsed:
    # Some hundred thousand tuples, none of which holds itself: looking for such takes a fifth of the time.
    gc.disable()
    try:
        return parse(job, cut, ids, at)
    finally:
        gc.enable()


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(*values: str | None) -> str:
    """Values as columns of PostgreSQL's COPY text."""
    text = "\t".join([value or "" for value in values])
    if text.count("\t") == len(values) - 1 and "\\" not in text and "\n" not in text and "\r" not in text:
        # As nearly all are.
        return text if None not in values else "\t".join(["\\N" if value is None else value for value in values])
    return "\t".join(["\\N" if value is None else value.translate(_ESCAPES) for value in values])


def _number_copy(number: NumberTuple) -> str:
    position, label, e164, written, kind, valid = number
    text = f"{position}\t{label}\t{e164}\t{written}\t{kind}\tt"
    # As nearly all are: five tabs, which are the only signs of their kind.
    if valid and "\\" not in text and text.count("\t") == 5 and "\n" not in text and "\r" not in text:
        return text
    return copy_text(str(position), label, e164, written, kind, "t" if valid else "f")


def array_text(values: Collection[str]) -> str | list[str]:
    """An array of texts as PostgreSQL writes it; left to psycopg, which asks each one, where that takes more."""
    text = '","'.join(values)
    if not values or "\\" in text or text.count('"') != 2 * len(values) - 2:
        return list(values)
    return f'{{"{text}"}}'


_last: tuple[Job, RowReader] | None = None


def _reader(job: Job) -> RowReader:
    global _last  # one import at a time in a process; its reader is made once
    if _last is None or _last[0] != job:
        _last = (job, job.reader())
    return _last[1]


class Parser:
    """Parses cuts ahead of who stores them, in order; in this process, or in some of its own."""

    def __init__(
        self, job: Job, cuts: Sequence[Cut], now: Callable[[], datetime], pool: ProcessPoolExecutor | None
    ) -> None:
        self._job, self._cuts, self._now, self._pool = job, cuts, now, pool

    def __iter__(self) -> Iterator[tuple[Cut, Parsed]]:
        if self._pool is None:
            for cut in self._cuts:
                yield cut, parse(self._job, cut, *self._next())
            return
        ahead: list[tuple[Cut, Future[Parsed]]] = []
        waiting = iter(self._cuts)
        # A few cuts ahead: enough that nobody waits, few enough that memory stays small.
        for cut in waiting:
            ahead.append((cut, self._pool.submit(_parse_away, self._job, cut, *self._next())))
            if len(ahead) > AHEAD:
                first, future = ahead.pop(0)
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()

    def _next(self) -> tuple[IdRow, str]:
        # Drawn here, in the order of the file: which contact is the older one is told by its id.
        return IdRow.begin(), self._now().isoformat()


AHEAD = 4
# Starting processes costs as much as parsing some ten thousand rows.
LEAST_CUTS = 8


@contextmanager
def parser(
    job: Job, cuts: Sequence[Cut], now: Callable[[], datetime], processes: int | None = None
) -> Iterator[Parser]:
    """A Parser with as many processes as the machine has processors, at most four; none of its own for small files."""
    processes = min(4, os.cpu_count() or 1) if processes is None else processes
    if processes < 2 or len(cuts) < LEAST_CUTS:
        yield Parser(job, cuts, now, None)
        return
    # Spawned, not forked: the parent has threads and a database connection.
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_leave_with, initargs=(os.getpid(),)
    )
    try:
        yield Parser(job, cuts, now, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _leave_with(parent: int) -> None:
    """End this process when its parent was killed: nobody would tell it otherwise."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
