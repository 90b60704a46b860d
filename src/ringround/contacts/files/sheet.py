"""The rows of a workbook's sheet, and the sheet as text that every other step reads.

Line n of the text is row n of the sheet, so what is said of a line can be looked up in Excel: rows without cells are
empty lines, and a line break within a cell is a lone carriage return between quotation marks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from ringround.contacts.files import bad
from ringround.contacts.files.numfmt import PLAIN, Format, number_text
from ringround.contacts.files.records import MAX_RECORD
from ringround.contacts.files.workbook import Sheet, Workbook, fed, unescape, workbook
from ringround.infra import files

DELIMITER = ","
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
_PIECE = 1024 * 1024
_LOOK = 8 * 1024 * 1024
_QUOTE = frozenset('",\r')


class Cell(NamedTuple):
    """`value` is text, or the number of a shared string; `style` says how a number is shown."""

    column: int
    type: str
    value: str
    style: int


def cells(book: Workbook, sheet: Sheet) -> Iterator[tuple[int, list[Cell]]]:
    """(row, its cells that hold something), in the order of the file."""
    reader = _Reader()
    with book.open(sheet.part) as file:
        for _block in fed(file, reader.handle):
            yield from reader.rows
            reader.rows.clear()


class _Reader:
    """The handlers of one sheet; what they have read is in `rows`."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, list[Cell]]] = []
        self._row, self._column, self._cells = 0, -1, list[Cell]()
        self._columns: dict[str, int] = {}
        self._type, self._style = "n", 0
        self._texts: list[str] = []
        self._row_size = 0
        self._reading = False
        self._ruby = 0
        self._prefix: str | None = None

    def handle(self, parser: Any) -> None:
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data

    def _start(self, name: str, attrs: dict[str, str]) -> None:
        if self._prefix is None:
            # Of the root: some programs write `x:row`.
            self._prefix = name[: name.rfind(":") + 1]
        if self._prefix:
            name = name.removeprefix(self._prefix)
        if name == "c":
            ref = attrs.get("r")
            self._column = self._column + 1 if ref is None else self._column_of(ref)
            self._type = attrs.get("t", "n")
            style = attrs.get("s")
            self._style = int(style) if style is not None else 0
            self._texts = []
        elif name == "v":
            self._reading = self._type != "inlineStr"
        elif name == "t":
            self._reading = self._type == "inlineStr" and not self._ruby
        elif name == "row":
            number = attrs.get("r")
            row = int(number) if number is not None else self._row + 1
            if not self._row < row <= MAX_ROW:
                raise bad.workbook_broken()
            self._row, self._column, self._cells, self._row_size = row, -1, [], 0
        elif name == "rPh":
            self._ruby += 1

    def _end(self, name: str) -> None:
        if self._prefix:
            name = name.removeprefix(self._prefix)
        if name == "c":
            if self._texts:
                self._cells.append(Cell(self._column, self._type, "".join(self._texts), self._style))
                self._texts = []
        elif name in ("v", "t"):
            self._reading = False
        elif name == "row":
            if self._cells:
                self.rows.append((self._row, self._cells))
        elif name == "rPh":
            self._ruby -= 1

    def _data(self, text: str) -> None:
        if self._reading:
            self._row_size += len(text)
            if self._row_size > MAX_RECORD:
                raise bad.line_too_long(self._row)
            self._texts.append(text)

    def _column_of(self, ref: str) -> int:
        letters = ref.rstrip("0123456789")
        found = self._columns.get(letters)
        if found is None:
            number = 0
            for letter in letters:
                if not "A" <= letter <= "Z":
                    raise bad.workbook_broken()
                number = number * 26 + ord(letter) - 64
            if not 1 <= number <= MAX_COLUMN:
                raise bad.workbook_broken()
            found = self._columns[letters] = number - 1
        return found


class Text(NamedTuple):
    """A sheet that has been written as text: which one, and which there are with those that are hidden."""

    sheet: str
    sheets: tuple[str, ...]
    hidden: frozenset[str]


def write_text(path: Path, out: Path, *, sheet: str | None, decimal: str, limit: int, rows: int | None = None) -> Text:
    """Write a sheet of a workbook as text to `out`; only its first `rows` if told. Raises BadFile.

    It is there whole or not at all: a worker that is killed leaves a file of another name.
    """
    making = out.with_name(f"{out.name}.part")
    with workbook(path) as book:
        chosen = book.choose(sheet)
        try:
            with files.create(making) as file:
                _write(book, chosen, file, decimal, limit, rows)
                file.flush()
                os.fsync(file.fileno())
            making.replace(out)
        except BaseException:
            making.unlink(missing_ok=True)
            raise
        return Text(
            chosen.name,
            tuple(one.name for one in book.sheets),
            frozenset(one.name for one in book.sheets if one.hidden),
        )


def _write(book: Workbook, sheet: Sheet, out: IO[bytes], decimal: str, limit: int, most: int | None) -> None:
    upto = None
    found: Iterable[tuple[int, list[Cell]]] = cells(book, sheet)
    if most is not None:
        # Of a look at the beginning: the strings that its rows name, which are the first of many.
        found = _first(found, most)
        named = [cell.value for _row, line in found for cell in line if cell.type == "s"]
        upto = max((int(value) for value in named if _is_index(value)), default=-1)
    with book.strings(upto) as string:
        text_of = _texts(book, string, decimal)
        at, size, pending = 0, 0, 0
        lines: list[str] = []
        for row, line in found:
            texts: dict[int, str] = {}
            length = 0
            for cell in line:
                text = text_of(cell)
                if text:
                    texts[cell.column] = text
                length += len(text)
                if length > MAX_RECORD:
                    raise bad.line_too_long(row)
            parts, last = ["\n" * (row - at - 1)], 0
            for column in sorted(texts):
                parts += DELIMITER * (column - last), texts[column]
                last = column
            lines.append("".join(parts) + "\n")
            # Of the line and not of its cells: one cell far to the right is sixteen thousand commas.
            at, pending = row, pending + len(lines[-1])
            if pending > _PIECE:
                size += out.write("".join(lines).encode("utf-8", "replace"))
                lines, pending = [], 0
                if size >= limit:
                    raise bad.too_large(limit // 1024**3)
                if most is not None and size >= _LOOK:
                    break  # a look at the beginning needs no more, however often its rows name one long text
        out.write("".join(lines).encode("utf-8", "replace"))
    if not at:
        raise bad.empty_sheet(sheet.name)


def _first(found: Iterable[tuple[int, list[Cell]]], most: int) -> list[tuple[int, list[Cell]]]:
    kept, size = [], 0
    for one in found:
        kept.append(one)
        size += sum(len(cell.value) for cell in one[1])
        if len(kept) == most or size > _LOOK:
            break
    return kept


def _is_index(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10


def _texts(book: Workbook, string: Callable[[int], str], decimal: str) -> Callable[[Cell], str]:
    formats, year_1904 = book.formats, book.year_1904

    def text_of(cell: Cell) -> str:
        kind, value = cell.type, cell.value
        if kind == "s":
            if not _is_index(value):
                raise bad.workbook_broken()
            return _quoted(string(int(value)))
        if kind == "n":
            style: Format = formats[cell.style] if 0 <= cell.style < len(formats) else PLAIN
            return _quoted(number_text(value.strip(), style, decimal=decimal, year_1904=year_1904))
        if kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if kind == "e":
            return ""  # #N/A and its like say nothing
        if kind == "d":
            return _quoted(value.strip().replace("T", " ").removesuffix(" 00:00:00"))
        return _quoted(unescape(value))

    return text_of


def _quoted(text: str) -> str:
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    text = text.replace("\0", "").strip()
    if _QUOTE.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
