"""How an import reads its file is decided once, at its beginning."""

from __future__ import annotations

import pytest

from ringround.contacts import actions
from ringround.contacts.models import Contact, ContactList, ContactNumber, Import
from ringround.kernel.errors import Conflict
from ringround.orgs.actor import Actor

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 6_000
TEXT = "Navn,Mobil,Privat telefon\n" + "".join(f"Person {n},{26000000 + n},{31000000 + n}\n" for n in range(ROWS))


class Killed(BaseException):
    pass


def _kill(row: Import) -> None:
    raise Killed


def _start(manager: Actor, people: ContactList, text: str, **options: object) -> Import:
    return actions.import_start(
        actor=manager, list_id=people.id, file=[text.encode()], file_name="x.csv", options=options, queue=False
    )


def _half(manager: Actor, people: ContactList) -> Import:
    row = _start(manager, people, TEXT)
    with pytest.raises(Killed):
        actions.import_run(import_id=row.id, progress=_kill, processes=1)
    assert 0 < Contact.objects.count() < ROWS
    return row


def test_what_another_import_taught_the_list_does_not_change_one_under_way(manager: Actor, people: ContactList) -> None:
    row = _half(manager, people)
    other = _start(manager, people, "Navn,Mobil,Privat telefon\nX,40404040,x\n", mapping={"Privat telefon": None})
    assert actions.import_run(import_id=other.id, processes=1)
    assert actions.import_run(import_id=row.id, processes=1)
    assert ContactNumber.objects.filter(label="home").count() == ROWS


def test_columns_stay_while_a_file_is_imported(manager: Actor, people: ContactList) -> None:
    row = _half(manager, people)
    more = [*people.columns, {"name": "note", "type": "text"}]
    for change in ({"columns": more}, {"region": "SE"}):
        with pytest.raises(Conflict) as refused:
            actions.contact_list_change(actor=manager, list_id=people.id, **change)
        assert refused.value.code == "import_open"
    actions.contact_list_change(actor=manager, list_id=people.id, name="Andet navn", columns=people.columns)
    assert actions.import_run(import_id=row.id, processes=1)
    assert len(actions.contact_list_change(actor=manager, list_id=people.id, columns=more).columns) == len(more)
