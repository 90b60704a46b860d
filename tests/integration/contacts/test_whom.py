"""Whom a row is about, and what it may do to them."""

from __future__ import annotations

import pytest

from ringround.contacts import actions
from ringround.contacts.models import Contact, ContactList
from ringround.orgs.actor import Actor
from tests.integration.contacts.helpers import Importer, counts, rejected

pytestmark = pytest.mark.django_db
HEAD = "name,mobile,home,city,email,member_no\n"


@pytest.mark.parametrize("match", ["phone", "email"])
def test_members_of_a_household_are_two_contacts(bring: Importer, match: str) -> None:
    text = HEAD + "Anna,20123456,,,vi@example.org,M-1\nBo,20123456,,,vi@example.org,M-2\n"
    assert counts(bring(text, match=[match])) == {"rows": 2, "new": 2}
    assert counts(bring(text, match=[match])) == {"rows": 2, "duplicate": 2}
    moved = HEAD + "Bo,20123456,,Vejle,vi@example.org,M-2\n"
    assert counts(bring(moved, match=[match])) == {"rows": 1, "updated": 1}
    assert set(Contact.objects.values_list("name", "external_id", "fields__city")) == {
        ("Anna", "M-1", None),
        ("Bo", "M-2", "Vejle"),
    }


def test_the_second_file_again_changes_nothing_though_the_first_told_one_of_its_rows(bring: Importer) -> None:
    aarhus, vejle = "Anna,20123456,,Aarhus,,\n", "Anna,20123456,,Vejle,,\n"
    bring(HEAD + aarhus)
    assert counts(bring(HEAD + aarhus + vejle)) == {"rows": 2, "updated": 1, "duplicate": 1}
    assert counts(bring(HEAD + aarhus + vejle)) == {"rows": 2, "duplicate": 2}
    assert Contact.objects.get().fields["city"] == "Vejle"


def test_the_second_file_again_changes_nothing_though_its_rows_are_far_apart(bring: Importer) -> None:
    aarhus, vejle = "Anna,20123456,,Aarhus,,\n", "Anna,20123456,,Vejle,,\n"
    between = "".join(f"Person {n},{26000000 + n},,Ribe,,\n" for n in range(5_000))
    bring(HEAD + aarhus)
    assert counts(bring(HEAD + aarhus + between + vejle)) == {
        "rows": 5_002, "new": 5_000, "updated": 1, "duplicate": 1,
    }  # fmt: skip
    assert counts(bring(HEAD + aarhus + between + vejle)) == {"rows": 5_002, "duplicate": 5_002}


def test_an_external_id_is_given_to_a_contact_that_has_none(bring: Importer) -> None:
    bring(HEAD + "Anna,20123456,,,,\n")
    assert counts(bring(HEAD + "Anna,20123456,,,,M-1\n")) == {"rows": 1, "updated": 1}
    assert Contact.objects.get().external_id == "M-1"


def test_a_row_that_is_skipped_leaves_no_mark(bring: Importer, manager: Actor) -> None:
    actions.suppression_add(actor=manager, value="barred@example.org")
    bring(HEAD + "Anna,20123456,,,anna@example.org,\nBo,20123456,,,barred@example.org,\n", on_match="skip")
    assert not Contact.objects.get().suppressed


def test_the_mark_is_that_of_the_address_it_has_in_the_end(bring: Importer, manager: Actor) -> None:
    actions.suppression_add(actor=manager, value="barred@example.org")
    barred, fine = "Anna,20123456,,,barred@example.org,\n", "Anna,20123456,,,anna@example.org,\n"
    bring(HEAD + barred + fine)
    assert not Contact.objects.get().suppressed
    bring(HEAD + barred.replace("Anna", "Anna B"))
    assert Contact.objects.get().suppressed


@pytest.fixture
def strict(manager: Actor) -> ContactList:
    columns = [
        {"name": "name", "type": "text", "required": True},
        {"name": "mobile", "type": "phone"},
        {"name": "city", "type": "text", "required": True},
    ]
    return actions.contact_list_create(actor=manager, name="Streng", columns=columns)


def test_a_required_column_is_missed_also_where_the_file_has_none(
    bring: Importer, manager: Actor, strict: ContactList
) -> None:
    state = bring("name,mobile\nAnna,20123456\n", into=strict)
    assert counts(state) == {"rows": 1, "rejected": 1}
    assert rejected(manager, state)[1][:3] == ["2", "city", "required"]


def test_a_row_may_leave_out_what_its_contact_has(bring: Importer, strict: ContactList) -> None:
    bring("name,mobile,city\nAnna,20123456,Vejle\n", into=strict)
    assert counts(bring("name,mobile,city\n,20123456,Aarhus\n", into=strict)) == {"rows": 1, "updated": 1}
    contact = Contact.objects.get()
    assert (contact.name, contact.fields["city"]) == ("Anna", "Aarhus")


@pytest.mark.parametrize("before", [False, True])
def test_the_last_row_of_a_file_decides_and_the_same_file_again_changes_nothing(bring: Importer, before: bool) -> None:
    if before:
        bring(HEAD + "Anna,20123456,,Aarhus,,\n")
    text = HEAD + "".join(f"Anna,20123456,,{city},,\n" for city in ("Vejle", "Aarhus", "Vejle", "Aarhus"))
    bring(text)
    assert Contact.objects.get().fields["city"] == "Aarhus"
    assert counts(bring(text)) == {"rows": 4, "duplicate": 4}
    assert Contact.objects.get().fields["city"] == "Aarhus"


@pytest.mark.parametrize("dry_run", [False, True])
def test_finding_contacts_by_what_the_file_does_not_have_is_refused(bring: Importer, dry_run: bool) -> None:
    for match in (["external_id"], ["external_id", "email"]):
        state = bring("name,mobile\nAnna B,20123456\n", match=match, dry_run=dry_run)
        assert (state.state, state.code) == ("failed", "match_not_mapped")
    assert counts(bring("name,mobile\nAnna B,20123456\n", match=["email"], on_match="allow")) == {"rows": 1, "new": 1}
