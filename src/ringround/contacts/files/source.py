"""A file as text, whatever it was uploaded as: a workbook's sheet is written as text beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringround.contacts.files.sheet import DELIMITER, write_text
from ringround.contacts.files.sniff import MAX_BYTES, XLSX
from ringround.contacts.files.workbook import is_workbook, workbook
from ringround.contacts.rules.rows import decimal_sign


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text lies, and what is known of it without looking."""

    path: Path
    told: dict[str, Any]
    # What is kept with the import beside what `sniff` finds.
    detected: dict[str, Any]


def whole(path: Path, *, told: Mapping[str, Any], region: str) -> Source:
    """The whole of a file as text. Of a workbook it is written once and found by who takes the import over."""
    if not is_workbook(path):
        return Source(path, {}, {})
    sheet, decimal = told.get("sheet") or None, decimal_sign(region)
    with workbook(path) as book:
        chosen = book.choose(sheet)
        at = book.sheets.index(chosen)
        names = [one.name for one in book.sheets]
    text = path.with_name(f"sheet-{at}{'p' if decimal == '.' else 'c'}.csv")
    if not text.is_file():
        write_text(path, text, sheet=chosen.name, decimal=decimal, limit=MAX_BYTES)
    return Source(text, {"delimiter": DELIMITER}, {"encoding": XLSX, "sheet": chosen.name, "sheets": names})


def forget(path: Path) -> None:
    """Remove what was written beside a workbook: it can be written again."""
    for text in path.parent.glob("sheet-*"):
        text.unlink(missing_ok=True)
