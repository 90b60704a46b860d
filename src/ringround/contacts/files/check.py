"""The whole-file check before the first row is written: encoding, nul bytes, quotation marks, and where to cut.

One pass in constant memory. A file that passes it can be read from any of its cuts, by any process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from ringround.contacts.files import bad
from ringround.contacts.files.records import MAX_RECORD, Incomplete, Unclosed, records

UTF8, CP1252 = "utf-8", "cp1252"
MAX_LINE = MAX_RECORD


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of the file that holds whole records: bytes `start` to `end`, its first physical line and the next's."""

    start: int
    end: int
    line: int
    next_line: int


@dataclass(frozen=True, slots=True)
class Checked:
    encoding: str
    cuts: tuple[Cut, ...]


class _Encoding:
    """Which encoding the lines agree on; raises where they do not."""

    def __init__(self) -> None:
        self._utf8: int | None = None
        self._other: int | None = None

    @property
    def name(self) -> str:
        return CP1252 if self._other is not None else UTF8

    def decode(self, data: bytes, newline: bytes, line: int, *, marked: bool) -> str:
        """The text of whole lines, the first of which is `line`. `marked`: a byte order mark said UTF-8."""
        if data.isascii():
            return data.decode("ascii")
        try:
            text = data.decode(UTF8)
        except UnicodeDecodeError:
            pass
        else:
            if self._utf8 is None:
                self._utf8 = line + next(n for n, one in enumerate(data.split(newline)) if not one.isascii())
            if self._other is not None:
                raise bad.mixed_encodings(self._utf8)
            return text
        for number, one in enumerate(data.split(newline), start=line):
            if one.isascii():
                continue
            try:
                one.decode(UTF8)
                self._utf8 = self._utf8 if self._utf8 is not None else number
            except UnicodeDecodeError:
                self._other = self._other if self._other is not None else number
            if self._other is not None and (marked or self._utf8 is not None):
                raise bad.mixed_encodings(max(self._other, self._utf8 or 0)) from None
        try:
            return data.decode(CP1252)
        except UnicodeDecodeError as wrong:
            raise bad.unknown_encoding(line + data.count(newline, 0, wrong.start)) from None


def check(
    file: BinaryIO,
    *,
    start: int,
    line: int,
    newline: bytes,
    delimiter: str,
    marked: bool,
    cut_bytes: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Checked:
    """Read everything from byte `start` (physical line `line`) on; raises BadFile."""
    encoding = _Encoding()
    cuts: list[Cut] = []
    file.seek(start)
    rest = b""
    while True:
        block = file.read(cut_bytes)
        data = rest + block
        if not data:
            break
        whole = len(data) if not block else data.rfind(newline) + 1
        if whole == 0:
            if len(data) > MAX_LINE:
                raise bad.line_too_long(line)
            rest = data
            continue
        piece, rest = data[:whole], data[whole:]
        if (nul := piece.find(b"\0")) >= 0:
            raise bad.nul_bytes(line + piece.count(newline, 0, nul))
        text = encoding.decode(piece, newline, line, marked=marked)
        if '"' in text:
            lines = split_lines(text, newline)
            try:
                for _record in records(lines, delimiter, line):
                    pass
            except Unclosed as wrong:
                raise bad.unclosed_quote(wrong.line) from None
            except Incomplete as wrong:
                if not block:
                    raise bad.unclosed_quote(wrong.line) from None
                # The record goes on in the next block: it is cut before it.
                split = _nth_line(piece, newline, wrong.index)
                piece, rest = piece[:split], piece[split:] + rest
                if len(rest) > MAX_LINE:
                    raise bad.unclosed_quote(wrong.line) from None
        if piece:
            ends = line + piece.count(newline)
            cuts.append(Cut(start, start + len(piece), line, ends))
            start, line = start + len(piece), ends
            progress(start)
        if not block:
            break
    return Checked(encoding.name, tuple(cuts))


def split_lines(text: str, newline: bytes) -> list[str]:
    """Lines without their ends; a last line end does not begin another line."""
    lines = text.split(newline.decode())
    if lines and not lines[-1]:
        lines.pop()
    if newline == b"\n" and "\r" in text:
        lines = [one[:-1] if one.endswith("\r") else one for one in lines]
    return lines


def _nth_line(data: bytes, newline: bytes, number: int) -> int:
    place = 0
    for _ in range(number):
        place = data.index(newline, place) + 1
    return place
