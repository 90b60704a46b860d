"""What a file is, from its beginning: encoding, delimiter, header, columns. People correct it on screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from ringround.contacts.files import bad
from ringround.contacts.files.check import CP1252, UTF8, split_lines
from ringround.contacts.files.records import Incomplete, Unclosed, records
from ringround.contacts.files.sheet import DELIMITER, write_text
from ringround.contacts.files.workbook import is_workbook
from ringround.contacts.rules.columns import MAX_COLUMNS
from ringround.contacts.rules.mapping import unique_headers
from ringround.contacts.rules.rows import decimal_sign
from ringround.kernel import headers as heads
from ringround.kernel import phones
from ringround.kernel.columns import is_email
from ringround.kernel.headers import Guess
from ringround.kernel.text import clean, fold

HEAD = 256 * 1024
SAMPLE_ROWS = 5_000
MAX_BYTES = 2 * 1024**3
DELIMITERS = (",", ";", "\t", "|")
XLSX = "xlsx"  # stands where the encoding of a text does

_BINARIES = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\x7fELF", b"MZ\x90",
    b"{\\rtf", b"\xfd7zXZ", b"SQLite format 3",
)  # fmt: skip
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """How a file is to be read."""

    encoding: str
    marked: bool
    newline: str
    delimiter: str
    has_header: bool
    headers: tuple[str, ...]
    guesses: tuple[Guess, ...]
    # The first rows, for the preview; never stored.
    rows: tuple[tuple[str, ...], ...]
    # Where the first row begins.
    start: int
    line: int
    row_bytes: int
    # Of a workbook: which sheet, which there are, and those of them that are hidden.
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    @property
    def national_ids(self) -> list[int]:
        """Columns that look like national ids, wherever they go: what is shown again of the file leaves them out."""
        return [at for at, guess in enumerate(self.guesses) if guess.role == "national_id"]

    def to_json(self) -> dict[str, Any]:
        """What is kept with the import and served: nothing of the rows."""
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "header": self.has_header,
            **({"sheet": self.sheet, "sheets": list(self.sheets)} if self.sheet else {}),
            "columns": [
                {"header": header, "type": guess.type, "role": guess.role}
                for header, guess in zip(self.headers, self.guesses, strict=True)
            ],
        }


def sniff(path: Path, *, region: str, told: Mapping[str, Any] | None = None) -> Sniffed:
    """Look at the beginning of a file; `told` (`delimiter`, `header`, `sheet`) wins over what is detected. Raises
    BadFile."""
    told = told or {}
    if not is_workbook(path):
        return _sniff(path, region, told)
    with TemporaryDirectory() as folder:
        text = Path(folder) / "head.csv"
        found = write_text(
            path, text, sheet=told.get("sheet"), decimal=decimal_sign(region), limit=MAX_BYTES, rows=SAMPLE_ROWS + 1
        )
        sniffed = _sniff(text, region, {**told, "delimiter": DELIMITER})
    return replace(sniffed, encoding=XLSX, sheet=found.sheet, sheets=found.sheets, hidden=found.hidden)


def _sniff(path: Path, region: str, told: Mapping[str, Any]) -> Sniffed:
    with path.open("rb") as file:
        blank, above = _blank(file)
        head = file.read(HEAD)
        more = bool(file.read(1))
    if head.startswith(_BINARIES):
        raise bad.not_text()
    marked = head.startswith(_MARK)
    start = len(_MARK) if marked else 0
    body = head[start:]
    if not body.strip(b" \t\r\n") and not more:
        raise bad.empty()
    newline = b"\n" if b"\n" in body or b"\r" not in body else b"\r"
    if (nul := body.find(b"\0")) >= 0:
        raise bad.nul_bytes(1 + body.count(newline, 0, nul))
    if more:
        if newline not in body:
            raise bad.line_too_long(above + 1)
        body = body[: body.rfind(newline) + 1]
    encoding, text = _decode(body, cut=more)
    if _controls(text) > len(text) // 10:
        raise bad.not_text()
    lines = split_lines(text, newline)

    # 1. `sep=;` on the first line is how Excel says its delimiter; it is no header. Blank lines may follow it.
    delimiter = told.get("delimiter")
    first = 0
    if len(lines[0]) == 5 and lines[0].lower().startswith("sep="):
        delimiter = delimiter or lines[0][4]
        first = 1
    while first < len(lines) and not lines[first].strip():
        first += 1
    if first == len(lines):
        raise bad.empty()
    lines = lines[first:]

    # 2. The delimiter, then the first records by it.
    delimiter = delimiter or _delimiter(lines, first + 1, cut=more)
    found = _records(lines, delimiter, first + 1, cut=more)
    width = max(len(cells) for _line, cells in found[:20])
    if width > MAX_COLUMNS:
        raise bad.too_many_columns(width, MAX_COLUMNS, found[0][0])

    # 3. Header or not, and so where the rows begin.
    (line, cells), rows = found[0], [row for _line, row in found[1:]]
    header = told.get("header")
    if header is None:
        # Who names the columns of the file has seen a header.
        named = {fold(str(name)) for name in told.get("mapping") or ()}
        header = bool(named & {fold(cell) for cell in cells}) or _is_header(cells, rows, region)
    has_header = bool(header)
    if has_header:
        if not rows and not more:
            raise bad.no_rows()
        line = found[1][0] if rows else line + 1
        names = unique_headers(cells)
    else:
        rows = [cells, *rows]
        names = unique_headers([""] * width)
    # All that was read, since a landline that one in fifty has is not among the first.
    guesses = heads.guess_columns(
        [name if has_header else "" for name in names],
        [[row[at] for row in rows if at < len(row)] for at in range(len(names))],
        region=region,
    )
    sample = [(row + [""] * len(names))[: len(names)] for row in rows[:10]]
    return Sniffed(
        encoding=encoding,
        marked=marked,
        newline=newline.decode(),
        delimiter=delimiter,
        has_header=has_header,
        headers=names,
        guesses=guesses,
        rows=tuple(tuple(clean(cell, 200) for cell in row) for row in sample),
        start=blank + start + _line_start(body, newline, line),
        line=above + line,
        row_bytes=max(8, len(body) // max(1, len(lines))),
    )


def _blank(file: BinaryIO) -> tuple[int, int]:
    """Pass over what is blank, as much of it as would hide the rest from the look: (bytes, lines)."""
    place = lines = 0
    while (block := file.read(HEAD)) and not block.strip(b" \t\r\n"):
        place += len(block)
        lines += block.count(b"\n") or block.count(b"\r")
    file.seek(place if block else 0)
    return (place, lines) if block else (0, 0)


def _decode(body: bytes, *, cut: bool) -> tuple[str, str]:
    try:
        return UTF8, body.decode(UTF8)
    except UnicodeDecodeError as wrong:
        # A last line that is cut within a character says nothing about the encoding.
        if cut and wrong.start > len(body) - 4:
            return UTF8, body[: wrong.start].decode(UTF8)
        return CP1252, body.decode(CP1252, errors="replace")


def _controls(text: str) -> int:
    return sum(1 for ch in text[:4096] if ch < " " and ch not in "\t\r\n\x0b\x0c")


def _line_start(body: bytes, newline: bytes, line: int) -> int:
    """The byte at which a physical line of `body` begins."""
    place = 0
    for _ in range(line - 1):
        place = body.index(newline, place) + 1
    return place


def _records(
    lines: list[str], delimiter: str, line: int, *, cut: bool, most: int = SAMPLE_ROWS + 1
) -> list[tuple[int, list[str]]]:
    """The first records; raises BadFile when a mark is never closed. `cut`: the file goes on after these lines."""
    found: list[tuple[int, list[str]]] = []
    try:
        for record in records(lines, delimiter, line):
            if any(cell.strip() for cell in record[1]):
                found.append(record)
            if len(found) == most:
                break
    except Unclosed as wrong:
        raise bad.unclosed_quote(wrong.line) from None
    except Incomplete as wrong:
        if not cut or not found:
            raise bad.unclosed_quote(wrong.line) from None
    if not found:
        raise bad.empty()
    return found


def _delimiter(lines: list[str], line: int, *, cut: bool) -> str:
    """The delimiter by which most rows have as many cells as the first, and more than one."""
    best, best_score = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        try:
            found = _records(lines, delimiter, line, cut=cut, most=60)
        except bad.BadFile:
            continue
        width = len(found[0][1])
        if width < 2:
            continue
        alike = sum(len(cells) == width for _line, cells in found) / len(found)
        score = (round(alike, 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _is_header(cells: list[str], rows: list[list[str]], region: str) -> bool:
    """Whether the first record names the columns: words that mean columns and nothing that looks like a value."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if any(phones.looks_like_phone(cell, region) or is_email(cell) for cell in filled):
        return False
    if any(heads.guess_role(cell) or heads.is_external_id(cell) for cell in filled):
        return True
    # Words we do not know: a header when a column below it holds numbers, and itself does not.
    for at, cell in enumerate(cells):
        below = [row[at] for row in rows[:50] if at < len(row) and row[at].strip()]
        if below and not any(ch.isdigit() for ch in cell) and all(any(ch.isdigit() for ch in one) for one in below):
            return True
    return not rows
