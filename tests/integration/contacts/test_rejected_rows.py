"""The rejected rows: what is in them, and who may see them."""

from __future__ import annotations

import pytest

from ringround.contacts import actions, queries
from ringround.kernel.errors import Forbidden
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import Importer, rejected

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
