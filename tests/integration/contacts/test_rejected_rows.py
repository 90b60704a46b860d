"""The rejected rows: what is in them, and who may see them."""

from __future__ import annotations

import pytest

from ringround.contacts import actions, queries
from ringround.contacts.models import Contact, ContactList
from ringround.kernel.errors import Forbidden
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import Importer, counts, rejected

pytestmark = pytest.mark.django_db
CPR = "0101801234"


def test_a_national_id_is_hidden_wherever_its_column_goes(manager: Actor, bring: Importer) -> None:
    state = bring(f"name,mobile,CPR-nr\nBo,12,{CPR}\n")
    assert rejected(manager, state)[1][4:] == ["Bo", "12", "•••"]


def test_a_national_id_of_a_register_is_hidden(manager: Actor) -> None:
    row = actions.suppression_import_start(
        actor=manager, file=[f"telefon,CPR-nr\n12,{CPR}\n".encode()], file_name="r.csv", options={}, queue=False
    )
    actions.import_run(import_id=row.id)
    assert rejected(manager, queries.import_get(actor=manager, import_id=row.id))[1][4:] == ["12", "•••"]


def test_who_may_not_bring_a_file_does_not_see_its_rows(manager: Actor, bring: Importer) -> None:
    state = bring("name,mobile\nBo Hemmelig,12\n")
    for role in ("viewer", "quality", "supervisor"):
        with pytest.raises(Forbidden):
            queries.rejected_file(actor=factories.member(manager.organisation, role), import_id=state.id)


def test_a_supervisor_sees_the_rows_of_a_register(manager: Actor) -> None:
    supervisor = factories.member(manager.organisation, "supervisor")
    row = actions.suppression_import_start(
        actor=supervisor, file=[b"telefon\n12\n"], file_name="r.csv", options={}, queue=False
    )
    actions.import_run(import_id=row.id)
    assert len(rejected(supervisor, queries.import_get(actor=supervisor, import_id=row.id))) == 2


HEAD = "name,mobile,home,city,email,member_no\n"
MAILS = HEAD + "Anna,20123456,,,ingen,-\nBo,20123457,-,,N/A,\nCy,20123458,,,cy at example,\n"


def test_a_cell_that_says_nothing_is_empty(manager: Actor, bring: Importer) -> None:
    state = bring(MAILS, invalid_values="reject")
    assert counts(state) == {"rows": 3, "new": 2, "rejected": 1}
    assert rejected(manager, state)[1][:3] == ["4", "email", "not_an_email"]
    assert not Contact.objects.filter(numbers__label="home").exists()
    assert set(Contact.objects.values_list("external_id", "email")) == {(None, "")}


def test_a_row_is_taken_without_a_cell_that_cannot_be_read_and_told(manager: Actor, bring: Importer) -> None:
    bring(HEAD + "Cy,20123458,,,cy@example.org,\n")
    state = bring(MAILS)
    assert counts(state) == {"rows": 3, "new": 2, "duplicate": 1, "left_out": 1}
    assert Contact.objects.get(name="Cy").email == "cy@example.org"
    (told,) = rejected(manager, state)[1:]
    assert told[:3] == ["4", "email", "left_out"]
    assert told[3] == "The row was taken without this: This is not an e-mail address."
    assert told[4:] == ["Cy", "20123458", "", "", "cy at example", ""]


@pytest.mark.parametrize(
    ("column", "cell"),
    [({"type": "email", "required": True}, "vrov"), ({"type": "bool"}, "måske"), ({"type": "external_id"}, "x" * 999)],
)
def test_what_a_row_cannot_do_without_rejects_it(
    manager: Actor, bring: Importer, column: dict[str, object], cell: str
) -> None:
    columns = [{"name": "mobile", "type": "phone"}, {"name": "x", **column}]
    people = actions.contact_list_create(actor=manager, name="Kort", columns=columns)
    assert counts(bring(f"mobile,x\n20123456,{cell}\n", into=people)) == {"rows": 1, "rejected": 1}


def test_a_contact_whose_only_number_is_none_is_not_exported_as_suppressed(
    manager: Actor, people: ContactList, bring: Importer
) -> None:
    bring(HEAD + "Bo,12,,,,\n", invalid_numbers="keep")
    assert list(queries.contacts_export(actor=manager, list_id=people.id))[1][-1] == "false"
