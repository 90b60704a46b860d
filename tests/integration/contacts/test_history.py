"""Who changed which column, and what is left of a person who is erased."""

from __future__ import annotations

import pytest

from ringround.contacts import actions, queries
from ringround.contacts.files import store
from ringround.contacts.models import Contact, ContactChange, ContactList, Import, Suppression
from ringround.kernel.errors import Conflict, NotFound
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import Importer, rejected

pytestmark = pytest.mark.django_db

HEAD = "name,mobile,city,member_no\n"


@pytest.fixture
def anna(bring: Importer) -> Contact:
    bring(HEAD + "Anna,20123456,Aarhus,M-1\n")
    return Contact.objects.get()


def test_changes_by_hand_and_by_file_say_who_and_what(bring: Importer, anna: Contact, manager: Actor) -> None:
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": "Ribe", "mobile": "20123457"})
    state = bring(HEAD + "Anna,20123457,Vejle,M-1\n")
    found, more = queries.contact_history(actor=manager, contact_id=anna.id)
    assert more is None
    assert [(one.via, one.by, one.import_id) for one in found] == [
        ("import", None, state.id),
        ("person", manager.user_id, None),
    ]
    assert [(said.column, said.before, said.after) for said in found[1].changes] == [
        ("city", "Aarhus", "Ribe"),
        ("mobile", "20123456", "20123457"),
    ]
    assert [(said.column, said.before, said.after) for said in found[0].changes] == [("city", "Ribe", "Vejle")]


def test_an_agents_correction_is_told_as_one(anna: Contact, cast: factories.Cast, manager: Actor) -> None:
    columns = [{"name": "name"}, {"name": "mobile", "type": "phone"}, {"name": "note", "editable": True}]
    made = actions.contact_list_create(actor=manager, name="Edited", columns=columns)
    one = actions.contact_create(actor=manager, list_id=made.id, fields={"name": "Bo", "mobile": "20123450"})
    actions.contact_change_for_lead(actor=cast.charity.junior, contact_id=one.id, fields={"note": "x"})
    (change,), _more = queries.contact_history(actor=manager, contact_id=one.id)
    assert (change.via, change.by) == ("agent", cast.charity.junior.user_id)


def test_a_row_that_says_nothing_new_leaves_no_trace(bring: Importer, anna: Contact) -> None:
    bring(HEAD + "Anna,20123456,Aarhus,M-1\n")
    assert not ContactChange.objects.exists()


def test_history_is_told_a_page_at_a_time(anna: Contact, manager: Actor) -> None:
    for number in range(5):
        actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": f"By {number}"})
    first, more = queries.contact_history(actor=manager, contact_id=anna.id, size=3)
    assert more is not None
    rest, end = queries.contact_history(actor=manager, contact_id=anna.id, size=3, after=more)
    assert end is None
    assert [one.changes[0].after for one in (*first, *rest)] == ["By 4", "By 3", "By 2", "By 1", "By 0"]


def test_strangers_see_no_history(anna: Contact, cast: factories.Cast) -> None:
    with pytest.raises(NotFound):
        queries.contact_history(actor=cast.outsider, contact_id=anna.id)


def test_who_was_never_worked_goes_as_a_whole(anna: Contact, manager: Actor, people: ContactList) -> None:
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": "Ribe"})
    actions.contact_erase(actor=manager, contact_id=anna.id)
    assert not Contact.objects.exists()
    assert not ContactChange.objects.exists()
    people.refresh_from_db()
    assert people.contact_count == 0


def test_files_of_the_list_go_with_an_erased_person(
    bring: Importer, manager: Actor, people: ContactList, django_capture_on_commit_callbacks: object
) -> None:
    state = bring(HEAD + "Anna,20123456,Aarhus,M-1\nAnna,12,Aarhus,M-9\nBo,13,Ribe,M-2\n")
    draft = actions.import_draft(
        actor=manager, list_id=people.id, file=[(HEAD + "Anna,20123456,Aarhus,M-1\n").encode()], file_name="x.csv"
    )
    elsewhere = actions.import_draft(
        actor=manager, file=[(HEAD + "Bo,20123457,Ribe,M-2\n").encode()], file_name="y.csv"
    )
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        actions.contact_erase(actor=manager, contact_id=Contact.objects.get().id)
    after = queries.import_get(actor=manager, import_id=state.id)
    assert (after.has_file, after.has_rejected, after.counts) == (False, False, state.counts)
    with pytest.raises(NotFound):
        rejected(manager, after)
    assert set(Import.objects.values_list("id", flat=True)) == {state.id, elsewhere.id}
    there = {one.name for one in (store.folder() / str(manager.org_id)).iterdir()}
    assert str(elsewhere.id) in there
    assert not there & {str(state.id), str(draft.id)}


def test_who_wants_no_more_calls_is_kept_by_number_alone(anna: Contact, manager: Actor, bring: Importer) -> None:
    actions.contact_erase(actor=manager, contact_id=anna.id, suppress=True)
    assert [(one.kind, one.value, one.source) for one in Suppression.objects.all()] == [
        ("phone", "+4520123456", "Person erased")
    ]


def test_a_text_in_place_of_an_address_hinders_nobody(anna: Contact, manager: Actor) -> None:
    Contact.objects.filter(id=anna.id).update(email="ingen")
    actions.contact_erase(actor=manager, contact_id=anna.id, suppress=True)
    assert set(Suppression.objects.values_list("kind", flat=True)) == {"phone"}


def test_nobody_is_erased_while_a_file_goes_in(anna: Contact, manager: Actor, people: ContactList) -> None:
    actions.import_start(
        actor=manager, list_id=people.id, file=[(HEAD + "Anna,20123456,Aarhus,M-1\n").encode()], file_name="x.csv",
        queue=False,
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        actions.contact_erase(actor=manager, contact_id=anna.id)
    assert refused.value.code == "import_running"
    assert Import.objects.filter(state="queued").exists()


def test_strangers_and_those_who_may_not_cannot_erase(anna: Contact, cast: factories.Cast) -> None:
    with pytest.raises(NotFound):
        actions.contact_erase(actor=cast.outsider, contact_id=anna.id)
