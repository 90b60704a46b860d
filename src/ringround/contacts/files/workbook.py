"""Excel workbooks (XLSX): what is in one, and its shared strings. `sheet` reads the rows.

A workbook is a zip of XML. It is read as a stream and held nowhere whole: the shared strings lie in a file without a
name, rows come one after another (docs/adr/0112). What people send is not trusted: sizes are looked at before anything
is unpacked, a part is never read beyond the size it declares, and no document type is accepted.
"""

from __future__ import annotations

import mmap
import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from xml.parsers import expat

from ringround.contacts.files import bad
from ringround.contacts.files.numfmt import PLAIN, Format, format_of

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BLOCK = 1 << 16
_MOST_SMALL = 16 * 1024**2  # the parts that are held: workbook, relations, styles
_MOST_STRINGS = 1024**3
_MOST_SHEET = 4 * 1024**3
# A sheet packs to a tenth or a thirtieth; only what was made to burst packs to less than this.
_FREE, _MOST_RATIO = 64 * 1024**2, 250
_MOST_TOKEN = 8 * 1024**2
# Elements and attributes of the small parts that are read, and how many are kept.
_ASKED = frozenset(
    ["Relationship", "workbookPr", "sheet", "numFmt", "xf", "cellXfs", "cellStyleXfs", "cellStyles", "dxfs"]
)
_ATTRIBUTES = frozenset(["Id", "Type", "Target", "date1904", "name", "state", "numFmtId", "formatCode"])
_MOST_ELEMENTS = 100_000
_PIECE = 1 << 20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    part: str
    hidden: bool


def is_workbook(path: Path) -> bool:
    """Whether a file's beginning is that of a zip or of an old Office file, whatever its name is."""
    with path.open("rb") as file:
        return file.read(8).startswith((ZIP, OLE))


class Workbook:
    """An open workbook; raises BadFile where it is none that can be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        root = self._main()
        self.year_1904 = False
        rels = {
            attrs.get("Id", ""): attrs
            for name, attrs in self._elements(_rels_of(root), needed=True)
            if name == "Relationship"
        }
        folder = posixpath.dirname(root)
        sheets: list[Sheet] = []
        for name, attrs in self._elements(root, needed=True):
            if name == "workbookPr":
                self.year_1904 = attrs.get("date1904", "0") in ("1", "true")
            elif name == "sheet":
                key = next((value for key, value in attrs.items() if key == "id" or key.endswith(":id")), "")
                rel = rels.get(key, {})
                # A chart's own sheet has no rows.
                if rel.get("Type", "").endswith("/worksheet"):
                    part = _part(folder, rel.get("Target", ""))
                    sheets.append(Sheet(attrs.get("name", ""), part, attrs.get("state", "visible") != "visible"))
        self.sheets = tuple(sheets)
        types = {rel.get("Type", "").rsplit("/", 1)[-1]: _part(folder, rel.get("Target", "")) for rel in rels.values()}
        self._strings_part = types.get("sharedStrings", "")
        self.formats = self._formats(types.get("styles", ""))

    def choose(self, name: str | None) -> Sheet:
        """The sheet of this name, or the first that is not hidden."""
        if name:
            found = next((one for one in self.sheets if one.name == name), None)
            if found is None:
                raise bad.no_such_sheet(name)
            return found
        found = next((one for one in self.sheets if not one.hidden), None) or next(iter(self.sheets), None)
        if found is None:
            raise bad.workbook_broken()
        return found

    def _main(self) -> str:
        names = set(self._zip.namelist())
        if "[Content_Types].xml" not in names:
            if "content.xml" in names:
                raise bad.other_workbook()
            raise bad.not_text()
        for name, attrs in self._elements("_rels/.rels", needed=False):
            if name == "Relationship" and attrs.get("Type", "").endswith("/officeDocument"):
                root = _part("", attrs.get("Target", ""))
                if root.endswith(".bin"):
                    raise bad.other_workbook()
                if not root.startswith("xl/") and "xl/workbook.xml" not in names:
                    raise bad.not_text()  # a text document or a presentation
                return root
        if "xl/workbook.xml" in names:
            return "xl/workbook.xml"
        raise bad.not_text()

    def _formats(self, part: str) -> tuple[Format, ...]:
        """How each cell style writes its number."""
        codes: dict[int, str] = {}
        formats: list[Format] = []
        inside = ""
        for name, attrs in self._elements(part, needed=False):
            if name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = name
            elif name == "numFmt" and inside == "":
                codes[_int(attrs.get("numFmtId"))] = attrs.get("formatCode", "")
            elif name == "xf" and inside == "cellXfs":
                number = _int(attrs.get("numFmtId"))
                formats.append(format_of(number, codes.get(number, "")))
        return tuple(formats) or (PLAIN,)

    def _elements(self, part: str, *, needed: bool) -> list[tuple[str, dict[str, str]]]:
        """(local name, attributes) of the elements of a small part that anybody asks for."""
        if part not in self._zip.NameToInfo:
            if needed:
                raise bad.workbook_broken()
            return []
        found: list[tuple[str, dict[str, str]]] = []

        def start(name: str, attrs: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local in _ASKED:
                if len(found) == _MOST_ELEMENTS:
                    raise bad.workbook_too_large()
                # Only what is asked for: a part of a few KB may unpack to millions of elements.
                found.append((local, {key: value for key, value in attrs.items() if _is_asked(key)}))

        with self.open(part, _MOST_SMALL) as file:
            feed(file, lambda parser: setattr(parser, "StartElementHandler", start))
        return found

    @contextmanager
    def open(self, part: str, most: int = _MOST_SHEET) -> Iterator[IO[bytes]]:
        """A part's bytes, unless it declares more than `most` or would burst."""
        info = self._zip.NameToInfo.get(part)
        if info is None:
            raise bad.workbook_broken()
        if info.flag_bits & 1:
            raise bad.workbook_encrypted()
        if info.file_size > most or info.file_size > max(_FREE, info.compress_size * _MOST_RATIO):
            raise bad.workbook_too_large()
        try:
            file = self._zip.open(info)
        except (zipfile.BadZipFile, NotImplementedError, OSError):
            # A damaged head of the part, or a packing that nobody here unpacks.
            raise bad.workbook_broken() from None
        with file:
            yield file

    @contextmanager
    def strings(self, upto: int | None = None) -> Iterator[Callable[[int], str]]:
        """The shared strings by number; `upto`: no more than these are wanted."""
        offsets = array("Q", [0])
        with TemporaryFile() as kept:
            if self._strings_part in self._zip.NameToInfo and upto != -1:
                _keep_strings(self, self._strings_part, kept, offsets, upto)
            kept.flush()
            memory: Any = mmap.mmap(kept.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else b""

            def string(number: int) -> str:
                if not 0 <= number < len(offsets) - 1:
                    raise bad.workbook_broken()
                text: str = memory[offsets[number] : offsets[number + 1]].decode()
                return text

            try:
                yield string
            finally:
                if offsets[-1]:
                    memory.close()


class _Enough(Exception):
    """What was wanted has been read."""


def _keep_strings(book: Workbook, part: str, kept: IO[bytes], offsets: array[int], upto: int | None) -> None:
    texts: list[str] = []
    out: list[bytes] = []
    state = {"text": False, "ruby": 0, "size": 0, "total": 0, "pending": 0}

    def start(name: str, attrs: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            texts.clear()
            state["size"] = 0
        elif local == "rPh":
            state["ruby"] += 1
        elif local == "t" and not state["ruby"]:
            state["text"] = True

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "t":
            state["text"] = False
        elif local == "rPh":
            state["ruby"] -= 1
        elif local == "si":
            data = unescape("".join(texts)).encode("utf-8", "replace")
            out.append(data)
            state["total"] += len(data)
            state["pending"] += len(data)
            offsets.append(state["total"])
            if len(out) == 4096 or state["pending"] > _PIECE:
                kept.write(b"".join(out))
                out.clear()
                state["pending"] = 0
            if upto is not None and len(offsets) > upto + 1:
                raise _Enough

    def data(text: str) -> None:
        if state["text"]:
            state["size"] += len(text)
            if state["size"] > _MOST_TOKEN:
                raise bad.workbook_too_large()
            texts.append(text)

    def handle(parser: Any) -> None:
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data

    try:
        with book.open(part, _MOST_STRINGS) as file:
            feed(file, handle)
    except _Enough:
        pass
    kept.write(b"".join(out))


def feed(file: IO[bytes], handle: Callable[[Any], None]) -> None:
    """Parse a part to its end with the handlers that `handle` puts on."""
    for _block in fed(file, handle):
        pass


def fed(file: IO[bytes], handle: Callable[[Any], None]) -> Iterator[None]:
    """Parse a part block by block; BadFile where it is no XML, or where one token would have to be held whole."""
    parser: Any = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    handle(parser)
    given = 0
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)
            given += len(block)
            if given - parser.CurrentByteIndex > _MOST_TOKEN:
                raise bad.workbook_broken()
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        raise bad.workbook_broken() from None
    yield


def _refuse(*_args: object) -> None:
    raise bad.workbook_broken()


@contextmanager
def workbook(path: Path) -> Iterator[Workbook]:
    """Open a file that `is_workbook`."""
    with path.open("rb") as file:
        if file.read(8).startswith(OLE):
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
                encrypted = memory.find(_ENCRYPTED) >= 0
            raise bad.workbook_encrypted() if encrypted else bad.old_workbook()
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise bad.workbook_broken() from None
    with archive:
        yield Workbook(archive)


def unescape(text: str) -> str:
    """`_x000D_` is how a workbook writes a character that XML has no place for."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "" if 0xD800 <= code < 0xE000 or (code < 32 and code not in (9, 10, 13)) else chr(code)


def _part(folder: str, target: str) -> str:
    return posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))


def _rels_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _is_asked(attribute: str) -> bool:
    return attribute in _ATTRIBUTES or attribute == "id" or attribute.endswith(":id")


def _int(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        return 0


Attributes = Mapping[str, str]
