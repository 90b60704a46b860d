"""Reports as files: CSV for programs, a workbook for people."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from ringround.infra import audit
from ringround.kernel.errors import Conflict
from ringround.kernel.messages import N_
from ringround.kernel.money import Money
from ringround.kernel.text import csv_lines, csv_safe
from ringround.orgs.permissions import require
from ringround.reports import queries
from ringround.reports.queries import LOGS, Asked, Column, Report, Table
from ringround.reports.words import BREAKDOWNS, MEANINGS, TITLES, value_words

FORMATS = ("csv", "xlsx")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A workbook is made as a whole before any of it goes out; longer lists go out as CSV, row by row.
MOST_XLSX_ROWS = 200_000
# So many lines of a CSV are made before the first goes out: what is refused is refused as a whole.
FIRST_LINES = 500
_SHEET_FORMATS = {"seconds": "[h]:mm:ss", "share": "0.0%", "rate": "0.00", "int": "#,##0", "money": "#,##0.00"}


@dataclass(frozen=True, slots=True)
class File:
    """A file that is sent as it is read; `name` is what it is saved as."""

    name: str
    type: str
    parts: Iterable[bytes]


def file(asked: Asked, *, kind: str, by: str = "", report: Report | None = None, exported: bool = True) -> File:
    """The report as `csv` or `xlsx`; `report` are its figures where they are known already. A list names people: it
    asks for `reports.export`, and is audited where it is `exported` now.

    All that can be refused is refused here, before any of it is sent: Conflict `too_many_rows`, `report_too_slow`.
    """
    if asked.name in LOGS:
        report = None
        if exported:
            _exported(asked)
    else:
        report = queries.report(asked) if report is None else report
        report.table(by)
    name = f"{asked.name}_{asked.period.first}_{asked.period.last}.{kind}"
    if kind == "csv":
        lines = csv_lines(csv_rows(asked, report, by))
        first = list(islice(lines, FIRST_LINES))
        return File(name, TYPES[kind], (part.encode() for part in chain(first, lines)))
    return File(name, TYPES[kind], _workbook(asked, report))


@transaction.atomic
def _exported(asked: Asked) -> None:
    require(asked.actor, "reports.export")
    audit.write(
        actor=asked.actor, action="reports.report.exported", org_id=asked.actor.org_id, subject_type="campaign",
        subject_id=asked.campaign.id if asked.campaign is not None else None, data={"report": asked.name},
    )  # fmt: skip


# --- CSV --------------------------------------------------------------------------------------


def csv_rows(asked: Asked, report: Report | None, by: str) -> Iterator[list[str]]:
    """Heads are the names of the API; figures without grouping, times with their offset, words as the API says them."""
    if report is None:
        columns: Sequence[Column] = queries.log_columns(asked.name)
        rows: Iterable[Mapping[str, Any]] = queries.log_rows(asked)
    else:
        table = report.table(by)
        columns, rows = table.columns, table.rows
    yield [csv_safe(one.key) for one in columns]
    for row in rows:
        yield [csv_safe(_csv_cell(one.of(row), asked.period.zone)) for one in columns]


def _csv_cell(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        # An amount; its currency is told by the workbook and the API.
        return str(Money(value["amount"], value["currency"]).major)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return str(value)


# --- XLSX -------------------------------------------------------------------------------------


def _workbook(asked: Asked, report: Report | None) -> Iterator[bytes]:
    """A sheet for each table, and one with the definitions. Made on disk, row by row, and read from there."""
    # Here, as few processes write one.
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        # Nothing is taken for a formula or a link, whatever it begins with.
        options = {
            "constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "remove_timezone": True,
        }  # fmt: skip
        with xlsxwriter.Workbook(str(path), options) as book:
            if report is None:
                table = Table(asked.name, queries.log_columns(asked.name), [])
                _sheet(book, asked, table, queries.log_rows(asked), str(TITLES[asked.name]))
                tables: list[Table] = [table]
            else:
                tables = list(report.tables.values())
                for table in tables:
                    _sheet(book, asked, table, table.rows, str(BREAKDOWNS[table.by]))
            _definitions(book, asked, tables)
        # The folder goes now; what is open can be read to its end.
        return _pieces(path.open("rb"))


def _pieces(made: BinaryIO) -> Iterator[bytes]:
    with made:
        while piece := made.read(1 << 16):
            yield piece


def _sheet(book: Any, asked: Asked, table: Table, rows: Iterable[Mapping[str, Any]], title: str) -> None:
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _SHEET_FORMATS.items()}
    formats["moment"] = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    formats["day"] = book.add_format({"num_format": "yyyy-mm-dd"})
    columns = table.shown
    for at, one in enumerate(columns):
        sheet.set_column(at, at, {"text": 24, "moment": 17, "phone": 17}.get(one.kind, 12))
        sheet.write_string(0, at, str(one.label), bold)
    sheet.freeze_panes(1, 1)
    last = 0
    for last, row in enumerate(rows, 1):
        if last > MOST_XLSX_ROWS:
            raise Conflict("too_many_rows", N_("Too many rows for a workbook. Ask for CSV, or for a shorter period."))
        for at, one in enumerate(columns):
            _cell(sheet, last, at, one, one.of(row), asked, formats)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)


def _cell(sheet: Any, row: int, at: int, one: Column, value: Any, asked: Asked, formats: Mapping[str, Any]) -> None:
    if value is None:
        return
    if one.kind == "seconds":
        sheet.write_number(row, at, value / 86_400, formats["seconds"])
    elif one.kind in ("int", "share", "rate"):
        sheet.write_number(row, at, value, formats[one.kind])
    elif one.kind == "money":
        sheet.write_number(row, at, float(Money(value["amount"], value["currency"]).major), formats["money"])
    elif one.kind == "moment":
        sheet.write_datetime(row, at, value.astimezone(asked.period.zone).replace(tzinfo=None), formats["moment"])
    elif one.kind == "day":
        sheet.write_datetime(row, at, datetime.combine(value, datetime.min.time()), formats["day"])
    else:
        sheet.write_string(row, at, str(value_words(asked.name, one.key, value)))


def _definitions(book: Any, asked: Asked, tables: Iterable[Table]) -> None:
    sheet = book.add_worksheet(_("Definitions"))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90, wrapped)
    lines = [(str(TITLES[asked.name]), f"{asked.period.first} – {asked.period.last} ({asked.period.zone.key})")]
    lines += [(str(one.label), meaning) for one, meaning in meanings(tables)]
    for at, (name, meaning) in enumerate(lines):
        sheet.write_string(at, 0, name)
        sheet.write_string(at, 1, meaning)


def meanings(tables: Iterable[Table]) -> list[tuple[Column, str]]:
    """The columns whose figures are explained, each once, with what it means."""
    found = {one.key: one for table in tables for one in table.columns if MEANINGS.get(one.key)}
    return [(one, str(MEANINGS[key])) for key, one in found.items()]
