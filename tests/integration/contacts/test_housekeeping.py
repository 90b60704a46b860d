"""What is cleared away, and when; who deletes a contact while something happens to it."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection

from ringround.contacts import actions, queries
from ringround.contacts.actions.housekeeping import DRAFT_DAYS, FILE_DAYS, REJECTED_DAYS, uploads_clear
from ringround.contacts.files import store
from ringround.contacts.models import Contact, Import
from ringround.contacts.rules.mapping import remember
from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.orgs.actor import Actor
from tests.integration.contacts.helpers import Importer

TEXT = "name,mobile\nAnna,20123456\nBo,12\n"


def _ended(days: int) -> Import:
    row = Import.objects.get()
    row.finished_at = clock.real_now() - timedelta(days=days, hours=1)
    row.save()
    return row


@pytest.mark.django_db
def test_the_file_goes_first_and_the_rejected_rows_later(bring: Importer, manager: Actor) -> None:
    state = bring(TEXT)
    path = store.place(Import.objects.get().path)
    assert uploads_clear() == 0
    _ended(FILE_DAYS)
    assert uploads_clear() == 1
    assert not path.exists()
    assert list(queries.rejected_file(actor=manager, import_id=state.id))
    _ended(REJECTED_DAYS)
    assert uploads_clear() == 1
    assert not path.parent.exists()
    with pytest.raises(NotFound):
        queries.rejected_file(actor=manager, import_id=state.id)
    left = queries.import_get(actor=manager, import_id=state.id)
    assert (left.has_file, left.has_rejected) == (False, False)
    assert queries.import_json(left)["rejected_url"] is None


@pytest.mark.django_db
def test_what_was_cleared_is_not_looked_at_again(bring: Importer) -> None:
    bring(TEXT)
    row = _ended(REJECTED_DAYS)
    assert uploads_clear() == 2
    # Another file in the place of the old: nobody looks for it there.
    store.private(store.place(row.path).parent)
    store.place(row.path).write_text("x")
    assert uploads_clear() == 0


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_nobody_confirmed_goes_unless_somebody_is_at_it(manager: Actor) -> None:
    row = actions.import_draft(actor=manager, file=[TEXT.encode()], file_name="x.csv")
    Import.objects.update(created_at=clock.real_now() - timedelta(days=DRAFT_DAYS, hours=1))
    with _other() as other:
        other.execute("SELECT 1 FROM contacts_import WHERE id = %s FOR UPDATE", [row.id])
        assert uploads_clear() == 0
        other.rollback()
    assert uploads_clear() == 1
    assert not store.place(row.path).exists()
    assert not Import.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_contact_is_not_deleted_while_a_lead_of_it_is_made(bring: Importer, manager: Actor) -> None:
    bring(TEXT)
    contact = Contact.objects.get()
    with _other() as other, connection.cursor() as cursor:
        # What a lead's foreign key holds until it is committed.
        other.execute("SELECT 1 FROM contacts_contact WHERE id = %s FOR KEY SHARE", [contact.id])
        cursor.execute("SET lock_timeout = '200ms'")
        try:
            with pytest.raises(OperationalError, match="lock timeout"):
                actions.contact_erase(actor=manager, contact_id=contact.id)
        finally:
            cursor.execute("RESET lock_timeout")
            other.rollback()
    actions.contact_erase(actor=manager, contact_id=contact.id)
    assert not Contact.objects.exists()


def test_a_list_remembers_the_last_file_and_not_every_file() -> None:
    known = remember({"a": "x", "b": None, "c": "y"}, {"b": "z", "d": None}, most=3)
    assert known == {"a": "x", "b": "z", "d": None}
    assert remember({"a": "x"}, {"b": None, "c": None}, most=1) == {"b": None, "c": None}


def _other() -> psycopg.Connection[tuple[object, ...]]:
    """Another process's connection."""
    settings = connection.settings_dict
    return psycopg.connect(
        dbname=settings["NAME"], user=settings["USER"], password=settings["PASSWORD"], host=settings["HOST"],
        port=settings["PORT"],
    )  # fmt: skip
