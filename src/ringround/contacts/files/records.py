"""Records of delimited text: cells, with the physical line each record begins on.

Python's `csv` reads a broken quotation mark without a word and swallows every row to the next one. Here a line without
any mark, which is most lines, is split; a line with marks that is whole goes to `csv`; the rest is read character by
character, and a mark that is never closed is found with its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

MAX_RECORD_LINES = 5_000  # a note of this many lines is a mark that was not closed
MAX_RECORD = 4 * 1024 * 1024
csv.field_size_limit(MAX_RECORD)


class Unclosed(Exception):
    """A quotation mark is opened on `line` and never closed."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Incomplete(Exception):
    """The lines end within a quoted cell; the record begins at `index`, its mark was opened on `line`."""

    def __init__(self, index: int, line: int) -> None:
        super().__init__(index)
        self.index, self.line = index, line


def records(lines: Sequence[str], delimiter: str, first_line: int) -> Iterator[tuple[int, list[str]]]:
    """(physical line, cells) of every record in whole lines (without their ends); empty lines are passed over."""
    at, end = 0, len(lines)
    while at < end:
        line = lines[at]
        if '"' not in line:
            at += 1
            if line:
                yield first_line + at - 1, line.split(delimiter)
            continue
        cells = _simple(line, delimiter)
        if cells is not None:
            at += 1
            yield first_line + at - 1, cells
            continue
        cells, following = quoted(lines, at, delimiter, first_line)
        yield first_line + at, cells
        at = following


def _simple(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader((line,), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def quoted(lines: Sequence[str], at: int, delimiter: str, first_line: int) -> tuple[list[str], int]:
    """Cells of the record that begins at `lines[at]`, and the index after it; raises Unclosed or Incomplete.

    A mark inside an unquoted cell is a character (`5" pipe`). After a closing mark anything but a delimiter is kept as
    it is (`"Peter" Hansen`), unless the cell has run over a line end: then the mark that closed it was the opening mark
    of a later cell, and the first was never closed.
    """
    start = at
    cells: list[str] = []
    line, place = lines[at], 0
    while True:
        # At the beginning of a cell.
        if not line.startswith('"', place):
            stop = line.find(delimiter, place)
            if stop < 0:
                cells.append(line[place:])
                return cells, at + 1
            cells.append(line[place:stop])
            place = stop + 1
            continue
        opened = first_line + at
        parts: list[str] = []
        size = 0
        place += 1
        while True:
            stop = line.find('"', place)
            if stop < 0:
                parts.append(line[place:])
                size += len(line) - place + 1
                at += 1
                if at - start > MAX_RECORD_LINES or size > MAX_RECORD:
                    raise Unclosed(opened)
                if at == len(lines):
                    raise Incomplete(start, opened)
                parts.append("\n")
                line, place = lines[at], 0
            elif line.startswith('"', stop + 1):
                parts.append(line[place : stop + 1])
                place = stop + 2
            else:
                parts.append(line[place:stop])
                place = stop + 1
                break
        if place == len(line):
            cells.append("".join(parts))
            return cells, at + 1
        if line.startswith(delimiter, place):
            cells.append("".join(parts))
            place += 1
            continue
        if first_line + at != opened:
            raise Unclosed(opened)
        stop = line.find(delimiter, place)
        if stop < 0:
            cells.append("".join(parts) + line[place:])
            return cells, at + 1
        cells.append("".join(parts) + line[place:stop])
        place = stop + 1
