"""Files that are refused whole: a code, a line, a sentence, and nothing of them in the list."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO

import pytest

from ringround.contacts import actions, queries
from ringround.contacts.files import store
from ringround.contacts.models import Contact, ContactList, Import
from ringround.kernel.errors import TooLarge
from ringround.orgs.actor import Actor
from tests.integration.contacts.helpers import Importer, counts

pytestmark = pytest.mark.django_db

HEAD = "name,mobile,city\n"
AASE = "Åse,20123456,Århus\n"
GOOD = "".join(f"Person {n},{26000000 + n},Aarhus\n" for n in range(3_000))


def _workbook() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty", None),
        (b"x" * 300_000, "line_too_long", 1),
        (b"\n \r\n\t\n", "empty", None),
        (b"\xef\xbb\xbf", "empty", None),
        (HEAD.encode(), "no_rows", None),
        ((HEAD + "\n\n,,\n").encode(), "no_rows", None),
        (b"name,city\nAnna,Aarhus\n", "no_phone_column", None),
        ((",".join(f"c{n}" for n in range(200)) + "\n" + ",".join(["1"] * 200) + "\n").encode(), "too_many_columns", 1),
        ((HEAD + GOOD + '"Bo,20123456,Vejle\n' + GOOD).encode(), "unclosed_quote", 3_002),
        ((HEAD + 'Ib,20123456,"Vejle\n' + 'Bo,20123457,"Aarhus"\n' + GOOD).encode(), "unclosed_quote", 2),
        ((HEAD + GOOD).encode() + b"Bo\0,20123456,Vejle\n" + GOOD.encode(), "nul_bytes", 3_002),
        ((HEAD + "Bo,20123456,Vejle\n").encode("utf-16-le"), "nul_bytes", 1),
        (
            (HEAD + "Åse,20123456,Århus\n" + GOOD).encode() + "Søren,20123457,Århus\n".encode("cp1252"),
            "mixed_encodings",
            3_003,
        ),
        (
            "Åse,20123456,Århus\n".encode("cp1252") + GOOD.encode() + "Søren,20123457,Århus\n".encode(),
            "mixed_encodings",
            3_002,
        ),
        (b"\xef\xbb\xbf" + HEAD.encode() + "Åse,20123456,Århus\n".encode("cp1252"), "mixed_encodings", 2),
        (HEAD.encode() + b"B\x81rge,20123456,Vejle\n", "unknown_encoding", 2),
        (_workbook(), "not_text", None),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not_text", None),
        (bytes(range(1, 32)) * 200, "not_text", None),
        (HEAD.encode() + b"x" * (5 * 1024 * 1024), "line_too_long", 2),
    ],
)
def test_a_bad_file_is_refused_whole(
    bring: Importer, people: ContactList, content: bytes, code: str, line: int | None
) -> None:
    state = bring(content)
    assert (state.state, state.code, state.line) == ("failed", code, line)
    assert state.detail.endswith(".")
    assert not Contact.objects.filter(list=people).exists()


def test_an_upload_of_two_gibibytes_is_refused_while_it_comes(manager: Actor, people: ContactList) -> None:
    piece = b"x" * (64 * 1024 * 1024)
    with pytest.raises(TooLarge) as refused:
        actions.import_start(
            actor=manager, list_id=people.id, file=(piece for _ in range(33)), file_name="big.csv", queue=False
        )
    assert refused.value.code == "too_large"
    assert not Import.objects.exists()
    assert not list((store.folder() / str(manager.org_id)).rglob("file"))


def test_a_file_of_two_gibibytes_on_the_disk_is_refused(manager: Actor, people: ContactList) -> None:
    row = actions.import_start(
        actor=manager, list_id=people.id, file=[(HEAD + GOOD).encode()], file_name="big.csv", queue=False
    )
    os.truncate(store.place(row.path), 2 * 1024**3)  # sparse: takes no room
    Import.objects.filter(id=row.id).update(size=2 * 1024**3)
    actions.import_run(import_id=row.id)
    assert queries.import_get(actor=manager, import_id=row.id).code == "too_large"


def test_a_file_that_is_gone_is_told(manager: Actor, people: ContactList) -> None:
    row = actions.import_start(
        actor=manager, list_id=people.id, file=[(HEAD + GOOD).encode()], file_name="x.csv", queue=False
    )
    store.drop(row.path)
    actions.import_run(import_id=row.id)
    assert queries.import_get(actor=manager, import_id=row.id).code == "file_missing"


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "Åse,20123456,Århus\n",
        "\ufeff" + HEAD + "Åse,20123456,Århus\n",
        (HEAD + "Åse,20123456,Århus\n").encode("cp1252"),
        (HEAD + "Åse,20123456,Århus\n").encode("utf-16"),
        HEAD.replace(",", ";") + "Åse;20123456;Århus\n",
        HEAD.replace(",", "\t") + "Åse\t20123456\tÅrhus\n",
        HEAD.replace(",", "|") + "Åse|20123456|Århus\n",
        "sep=;\r\n" + HEAD.replace(",", ";") + "Åse;20123456;Århus\r\n",
        (HEAD + "Åse,20123456,Århus").replace("\n", "\r"),
        (HEAD + "Åse,20123456,Århus\n").replace("\n", "\r\n"),
        '"name","mobile","city"\n"Åse","20123456","Århus"\n',
        "\n\n" + HEAD + "\nÅse,20123456,Århus\n\n",
        "Fulde navn;Mobilnr.;Bynavn\nÅse;+45 20 12 34 56;Århus\n",
    ],
)
def test_a_good_file_is_read_however_it_is_written(bring: Importer, people: ContactList, content: str | bytes) -> None:
    assert counts(bring(content)) == {"rows": 1, "new": 1}
    contact = Contact.objects.get(list=people)
    assert (contact.name, contact.fields["city"]) == ("Åse", "Århus")
    assert [number.e164 for number in contact.numbers.all()] == ["+4520123456"]


def test_without_a_header_the_columns_are_found_by_what_they_hold(bring: Importer, people: ContactList) -> None:
    state = bring("20123456;anna@example.org\n20123457;bo@example.org\n")
    assert counts(state) == {"rows": 2, "new": 2}
    assert Contact.objects.get(list=people, email="bo@example.org").numbers.get().e164 == "+4520123457"


def test_blank_lines_before_the_header_hide_nothing_however_many(bring: Importer) -> None:
    state = bring(b"\r\n" * 200_000 + HEAD.encode() + b"Bo,20123456,Vejle\nIb,12,Vejle\n")
    assert counts(state) == {"rows": 2, "new": 1, "rejected": 1}
    assert state.detected["header"]
