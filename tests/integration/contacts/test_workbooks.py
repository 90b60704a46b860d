"""Excel workbooks: read as people saw them, and refused with a sentence where they cannot be."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ringround.contacts import actions, queries
from ringround.contacts.files import store
from ringround.contacts.files.numfmt import Format, number_text
from ringround.contacts.files.sheet import write_text
from ringround.contacts.files.sniff import MAX_BYTES
from ringround.contacts.models import Contact, ContactList, ContactNumber, Import, Suppression
from ringround.orgs.actor import Actor
from tests.integration.contacts.helpers import Importer, counts, rejected

pytestmark = pytest.mark.django_db

HEAD = ["name", "mobile", "home", "city", "member_no"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _saved(book: openpyxl.Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _book(*rows: list[Any], head: list[str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(head or HEAD)
    for row in rows:
        sheet.append(row)
    return _saved(book)


def _edited(content: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old in data, data
                data = data.replace(old, new)
            target.writestr(name, data)
    return out.getvalue()


SI = "<si><t xml:space='preserve'>{}</t></si>"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _shared(content: bytes, strings: Callable[[str], str] = SI.format) -> bytes:
    """The same workbook as Excel saves it: each text once, in a part of its own."""
    texts: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[2] not in texts:
            texts.append(found[2])
        return f'<c r="{found[1]}" t="s"><v>{texts.index(found[2])}</v></c>'

    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                data = re.sub(r'<c r="(\w+)" t="inlineStr"><is><t>(.*?)</t></is></c>', number, data)
            if name == "xl/_rels/workbook.xml.rels":
                kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
                rel = f'<Relationship Id="rIdS" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
                data = data.replace("</Relationships>", rel)
            target.writestr(name, data)
        said = "".join(strings(text) for text in texts)
        target.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{said}</sst>')
    return out.getvalue()


def _numbers(people: ContactList) -> list[str | None]:
    return list(ContactNumber.objects.filter(contact__list=people).order_by("e164").values_list("e164", flat=True))


def test_a_workbook_is_seen_by_what_it_holds_not_by_its_name(bring: Importer, people: ContactList) -> None:
    state = bring(_book(["Åse Ørum", "20 12 34 56", None, "Århus", "M-1"]))
    assert counts(state) == {"rows": 1, "new": 1}
    contact = Contact.objects.get(list=people)
    assert (contact.name, contact.external_id, contact.fields["city"]) == ("Åse Ørum", "M-1", "Århus")
    assert (state.detected["encoding"], state.detected["sheet"]) == ("xlsx", "Sheet")


def test_texts_that_are_kept_once_are_found(bring: Importer, people: ContactList) -> None:
    rows = [[f"Person {n % 7}", 20123000 + n, None, "Århus", f"M-{n}"] for n in range(50)]
    assert counts(bring(_shared(_book(*rows)))) == {"rows": 50, "new": 50}
    assert set(Contact.objects.filter(list=people).values_list("name", flat=True)) == {f"Person {n}" for n in range(7)}


def test_text_in_pieces_is_whole_and_its_reading_aid_left_out(bring: Importer, people: ContactList) -> None:
    def pieces(text: str) -> str:
        return f"<si><r><t>{text[:2]}</t></r><r><t>{text[2:]}_x000D_</t></r><rPh><t>aid</t></rPh></si>"

    assert counts(bring(_shared(_book(["Åse Ørum", 20123456]), pieces))) == {"rows": 1, "new": 1}
    assert Contact.objects.get(list=people).name == "Åse Ørum"


def test_phone_numbers_that_are_quantities_are_read_whole(bring: Importer, people: ContactList) -> None:
    state = bring(_book(["A", 20123456], ["B", 4520123457.0], ["C", 4.520123458e9], ["D", "4520123459"]))
    assert counts(state) == {"rows": 4, "new": 4}
    assert _numbers(people) == ["+4520123456", "+4520123457", "+4520123458", "+4520123459"]


def test_zeros_that_only_the_format_shows_are_read(bring: Importer, people: ContactList) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    sheet.append(["A", 20123456, None, "Aarhus", 42])
    sheet["E2"].number_format = "000000"
    assert counts(bring(_saved(book))) == {"rows": 1, "new": 1}
    assert Contact.objects.get(list=people).external_id == "000042"


def test_a_zero_lost_from_a_number_is_found_by_the_country(
    manager: Actor, bring: Importer, people: ContactList
) -> None:
    ContactList.objects.filter(id=people.id).update(region="FR")
    assert counts(bring(_book(["A", 612345678]))) == {"rows": 1, "new": 1}
    assert _numbers(people) == ["+33612345678"]


def test_dates_times_truths_and_fractions_are_read_as_shown(manager: Actor) -> None:
    columns = [
        {"name": "name", "type": "text", "role": "name"},
        {"name": "mobile", "type": "phone"},
        {"name": "born", "type": "date"},
        {"name": "met", "type": "text"},
        {"name": "at", "type": "text"},
        {"name": "gift", "type": "number"},
        {"name": "member", "type": "bool"},
    ]
    made = actions.contact_list_create(actor=manager, name="Typed", columns=columns)
    row = [
        "A", 20123456, date(1970, 2, 28), datetime(2026, 1, 2, 13, 5), time(9, 30), 12.5, True,
    ]  # fmt: skip
    started = actions.import_start(
        actor=manager, list_id=made.id, file=[_book(row, head=[c["name"] for c in columns])], file_name="x.xlsx",
        queue=False,
    )  # fmt: skip
    actions.import_run(import_id=started.id)
    assert counts(queries.import_get(actor=manager, import_id=started.id)) == {"rows": 1, "new": 1}
    fields = Contact.objects.get(list=made).fields
    assert fields["born"] == "1970-02-28"
    assert (fields["met"], fields["at"], fields["member"]) == ("2026-01-02 13:05", "09:30", True)
    assert float(fields["gift"]) == 12.5


def test_a_line_of_the_rejected_file_is_the_row_in_excel(manager: Actor, bring: Importer, people: ContactList) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    sheet.append(["Two\nlines", 20123456])
    sheet["A5"], sheet["B5"] = "Bad", 12
    sheet.merge_cells("A7:B7")
    sheet["A8"], sheet["B8"] = "Good", 20123457
    state = bring(_saved(book))
    assert counts(state) == {"rows": 3, "new": 2, "rejected": 1}
    assert [row[0] for row in rejected(manager, state)] == ["line", "5"]


def test_formulas_say_what_they_last_said(bring: Importer, people: ContactList) -> None:
    content = _book(["A", 20123456, None, "x"])
    content = _edited(
        content, b'<c r="D2" t="inlineStr"><is><t>x</t></is></c>', b'<c r="D2" t="str"><f>1+1</f><v>Vejle</v></c>'
    )
    content = _edited(content, b'<c r="B2" t="n"><v>', b'<c r="B2"><f>A1*2</f><v>')
    assert counts(bring(content)) == {"rows": 1, "new": 1}
    assert Contact.objects.get(list=people).fields["city"] == "Vejle"


def _two_sheets() -> bytes:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title, hidden.sheet_state = "Old", "hidden"
    hidden.append(HEAD)
    hidden.append(["Hidden", 20123450])
    for name, number in (("Givere", 20123451), ("Medlemmer", 20123452)):
        sheet = book.create_sheet(name)
        sheet.append(HEAD)
        sheet.append([name, number])
    return _saved(book)


def test_the_first_sheet_that_is_not_hidden_is_read(bring: Importer, people: ContactList) -> None:
    state = bring(_two_sheets())
    assert counts(state) == {"rows": 1, "new": 1}
    assert state.detected["sheets"] == ["Old", "Givere", "Medlemmer"]
    assert _numbers(people) == ["+4520123451"]


def test_a_sheet_is_chosen_by_its_name(bring: Importer, people: ContactList) -> None:
    assert counts(bring(_two_sheets(), sheet="Medlemmer")) == {"rows": 1, "new": 1}
    assert _numbers(people) == ["+4520123452"]


def test_a_sheet_that_is_not_there_is_told(bring: Importer, people: ContactList) -> None:
    assert bring(_two_sheets(), sheet="Nobody").code == "no_such_sheet"


def test_what_was_written_beside_a_workbook_goes_with_the_import(bring: Importer, people: ContactList) -> None:
    state = bring(_book(["A", 20123456]))
    folder = store.place(Import.objects.get(id=state.id).path).parent
    assert sorted(one.name for one in folder.iterdir()) == ["file", "rejected.csv"]


def _bomb() -> bytes:
    return _edited(_book(["A", 20123456]), b"</sheetData>", b"</sheetData>" + b" " * (200 * 1024 * 1024))


def _with_entities() -> bytes:
    return _edited(_book(["A", 20123456]), b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet')


def _damaged(content: bytes) -> bytes:
    """The sheet's own head is no head any more; the list of parts at the end still names it."""
    with zipfile.ZipFile(BytesIO(content)) as source:
        at = source.getinfo("xl/worksheets/sheet1.xml").header_offset
    return content[:at] + b"XX" + content[at + 2 :]


def _empty() -> bytes:
    return _saved(openpyxl.Workbook())


def _other(name: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_book(["A", 20123456])[:-200], "workbook_broken"),
        (_edited(_book(["A", 20123456]), b"</row>", b"</rwo>"), "workbook_broken"),
        (_edited(_shared(_book(["A", 20123456])), b"<v>0</v>", b"<v>9999999999</v>"), "workbook_broken"),
        (_edited(_shared(_book(["A", 20123456])), b"<v>0</v>", "<v>²</v>".encode()), "workbook_broken"),
        (_damaged(_book(["A", 20123456])), "workbook_broken"),
        (_with_entities(), "workbook_broken"),
        (_bomb(), "too_large"),
        (_empty(), "empty"),
        (_book(), "no_rows"),
        (_book(["Aarhus"], head=["city"]), "no_phone_column"),
        (_book(head=[f"c{n}" for n in range(200)]), "too_many_columns"),
        (OLE + b"\0" * 4096 + "Workbook".encode("utf-16-le"), "old_workbook"),
        (OLE + b"\0" * 4096 + "EncryptedPackage".encode("utf-16-le"), "workbook_encrypted"),
        (_other("content.xml"), "other_workbook"),
        (_other("readme.txt"), "not_text"),
        (b"PK\x03\x04xl/workbook", "workbook_broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_workbook_is_refused_whole(bring: Importer, people: ContactList, content: bytes, code: str) -> None:
    state = bring(content)
    assert (state.state, state.code) == ("failed", code)
    assert state.detail.endswith((".", "”."))
    assert not Contact.objects.filter(list=people).exists()


def test_a_register_may_be_a_workbook(manager: Actor) -> None:
    content = _book([20123456], [4520123457.0], head=["Telefon"])
    row = actions.suppression_import_start(
        actor=manager, file=[content], file_name="robinson.xlsx", options={}, queue=False
    )
    actions.import_run(import_id=row.id)
    assert sorted(Suppression.objects.values_list("value", flat=True)) == ["+4520123456", "+4520123457"]


@pytest.mark.parametrize("kind", ["date", "time", "elapsed"])
def test_a_day_beyond_every_calendar_is_a_number(kind: str) -> None:
    assert number_text("1e305", Format(kind), decimal=",", year_1904=False).isdigit()


def _cells(rows: int, cell: str) -> bytes:
    """A workbook of so many rows of one cell, which is written with the row's number."""
    body = "".join(f'<row r="{n}">{cell.format(n=n)}</row>' for n in range(2, rows + 2)).encode()
    return _edited(_book(), b"</sheetData>", body + b"</sheetData>")


def test_cells_far_to_the_right_are_written_in_pieces(tmp_path: Path) -> None:
    # 500 rows of one cell in the last column are 8 MB of commas, and never held at once.
    source, out = tmp_path / "book", tmp_path / "text.csv"
    source.write_bytes(_cells(500, '<c r="XFD{n}" t="inlineStr"><is><t>x</t></is></c>'))
    tracemalloc.start()
    try:
        write_text(source, out, sheet=None, decimal=",", limit=MAX_BYTES)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert out.stat().st_size > 8_000_000
    assert peak < 6_000_000


def test_a_look_at_the_beginning_ends_however_often_one_long_text_is_named(tmp_path: Path) -> None:
    book = _shared(_book(["x" * 400_000, 20123456]))
    body = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>5</v></c></row>' for n in range(3, 300)).encode()
    source, out = tmp_path / "book", tmp_path / "text.csv"
    source.write_bytes(_edited(book, b"</sheetData>", body + b"</sheetData>"))
    write_text(source, out, sheet=None, decimal=",", limit=MAX_BYTES, rows=5_001)
    assert out.stat().st_size < 16 * 1024**2


def test_millions_of_styles_are_refused(bring: Importer, people: ContactList) -> None:
    many = b"<cellXfs>" + b'<xf numFmtId="0"/>' * 200_000
    state = bring(_edited(_book(["A", 20123456]), b"<cellXfs", many + b"</cellXfs><cellXfs", "xl/styles.xml"))
    assert (state.state, state.code) == ("failed", "too_large")
