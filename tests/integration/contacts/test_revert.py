"""Taking an import back: what it made goes, what it changed returns, and nobody else's work is undone."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.conf import settings

from ringround.contacts import actions, queries
from ringround.contacts.actions.import_run import MOST_TRIES
from ringround.contacts.models import Contact, ContactList, ContactNumber, Import, ImportKept
from ringround.contacts.queries import ImportState
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict, Forbidden, NotFound
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import Importer, counts
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db

HEAD = "name,mobile,city,member_no\n"


def take_back(actor: Actor, state: ImportState) -> ImportState:
    actions.import_revert(actor=actor, import_id=state.id, queue=False)
    assert actions.import_run(import_id=state.id)
    return queries.import_get(actor=actor, import_id=state.id)


def city(people: ContactList, number: str = "M-1") -> object:
    return Contact.objects.get(list=people, external_id=number).fields.get("city")


def test_what_an_import_made_goes(bring: Importer, manager: Actor, people: ContactList) -> None:
    state = bring(HEAD + "".join(f"P{n},{20123000 + n},Vejle,M-{n}\n" for n in range(30)))
    after = take_back(manager, state)
    assert (after.state, after.revert) == ("reverted", {"gone": 30, "restored": 0, "kept": 0})
    assert not Contact.objects.filter(list=people).exists()
    assert not ContactNumber.objects.exists()
    people.refresh_from_db()
    assert people.contact_count == 0
    assert EventOut.objects.get(type="contacts.import.reverted").data["gone"] == 30


def test_what_an_import_changed_is_as_it_was(bring: Importer, manager: Actor, people: ContactList) -> None:
    bring(HEAD + "Anna,20 12 34 56,Vejle,M-1\n")
    state = bring(HEAD + "Anne,20123457,Ribe,M-1\n", match=["external_id"])
    assert counts(state) == {"rows": 1, "updated": 1}
    after = take_back(manager, state)
    assert after.revert == {"gone": 0, "restored": 1, "kept": 0}
    anna = Contact.objects.get(list=people)
    assert (anna.name, anna.fields["city"], anna.external_id) == ("Anna", "Vejle", "M-1")
    number = anna.numbers.get()
    assert (number.e164, number.written) == ("+4520123456", "20 12 34 56")


def test_a_number_that_an_import_added_goes_again(bring: Importer, manager: Actor, people: ContactList) -> None:
    bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    state = bring("home,member_no\n33123456,M-1\n", match=["external_id"])
    assert counts(state) == {"rows": 1, "updated": 1}
    take_back(manager, state)
    assert [one.label for one in Contact.objects.get().numbers.all()] == ["mobile"]


def test_a_later_import_is_not_undone_by_an_earlier_one(bring: Importer, manager: Actor, people: ContactList) -> None:
    bring(HEAD + "Anna,20123456,Odense,M-1\n")
    first = bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    second = bring(HEAD + "Anna,20123456,Aarhus,M-1\n")
    assert take_back(manager, first).revert == {"gone": 0, "restored": 0, "kept": 1}
    assert city(people) == "Aarhus"
    take_back(manager, second)
    # What the second found was the first's, which is no more.
    assert city(people) == "Odense"


def test_columns_that_nobody_has_touched_since_return_beside_one_that_stays(
    bring: Importer, manager: Actor, people: ContactList
) -> None:
    bring(HEAD + "Anna,20123456,Odense,M-1\n")
    state = bring(HEAD + "Anne,20123456,Vejle,M-1\n")
    anna = Contact.objects.get()
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": "Ribe"})
    after = take_back(manager, state)
    anna.refresh_from_db()
    assert (anna.name, anna.fields["city"]) == ("Anna", "Ribe")
    assert after.revert == {"gone": 0, "restored": 1, "kept": 1}


def test_whom_somebody_changed_since_stays_and_is_listed(bring: Importer, manager: Actor, people: ContactList) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\nBo,20123457,Ribe,M-2\n")
    anna = Contact.objects.get(external_id="M-1")
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"city": "Odense"})
    after = take_back(manager, state)
    assert after.revert == {"gone": 1, "restored": 0, "kept": 1}
    shown = queries.import_json(after, kept=True)
    assert shown["kept"] == [{"contact": str(anna.id), "reason": "changed"}]


def test_whose_consent_or_relation_was_recorded_since_stays(
    bring: Importer, manager: Actor, people: ContactList
) -> None:
    state = bring(HEAD + "".join(f"P{n},{20123000 + n},Vejle,M-{n}\n" for n in range(3)))
    said, told = Contact.objects.filter(list=people).order_by("id")[:2]
    actions.consent_add(actor=manager, contact_id=said.id, channel="phone", given_at=clock.now(), source="Web form")
    actions.relation_set(actor=manager, contact_id=told.id, relation={"kind": "member"})
    assert take_back(manager, state).revert == {"gone": 1, "restored": 0, "kept": 2}
    assert set(Contact.objects.filter(list=people)) == {said, told}


def test_whom_a_later_file_told_of_too_stays(bring: Importer, manager: Actor, people: ContactList) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    bring("mobile,member_no\n20123456,M-1\n")
    take_back(manager, state)
    assert ImportKept.objects.get().reason == "registered"
    assert Contact.objects.filter(list=people).exists()


@pytest.mark.parametrize("on_match", ["update", "skip"])
def test_whom_a_later_file_told_of_with_the_same_row_stays(
    bring: Importer, manager: Actor, people: ContactList, on_match: str
) -> None:
    text = HEAD + "Anna,20123456,Vejle,M-1\nBo,20123457,Ribe,M-2\n"
    state = bring(text)
    assert counts(bring(text.splitlines()[0] + "\nAnna,20123456,Vejle,M-1\n", on_match=on_match)) == {
        "rows": 1,
        "duplicate": 1,
    }
    assert take_back(manager, state).revert == {"gone": 1, "restored": 0, "kept": 1}
    assert ImportKept.objects.get().reason == "registered"
    assert Contact.objects.get(list=people).name == "Anna"


def test_of_several_later_files_each_that_stands_keeps_a_contact(
    bring: Importer, manager: Actor, people: ContactList
) -> None:
    text = HEAD + "Anna,20123456,Vejle,M-1\n"
    first, second, third = bring(text), bring(text), bring(text)
    take_back(manager, third)
    assert take_back(manager, first).revert == {"gone": 0, "restored": 0, "kept": 1}
    take_back(manager, second)
    assert Contact.objects.filter(list=people).exists()  # the second had not made her


def test_a_try_and_a_file_that_was_taken_back_keep_nobody(bring: Importer, manager: Actor, people: ContactList) -> None:
    text = HEAD + "Anna,20123456,Vejle,M-1\n"
    first = bring(text)
    bring(text, dry_run=True)
    take_back(manager, bring(text))
    assert take_back(manager, first).revert == {"gone": 1, "restored": 0, "kept": 0}


def test_a_taking_back_that_was_given_up_says_so_and_counts_on(
    bring: Importer, manager: Actor, people: ContactList
) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\nBo,20123457,Ribe,M-2\n")
    actions.contact_change(
        actor=manager, contact_id=Contact.objects.get(external_id="M-1").id, fields={"city": "Odense"}
    )
    actions.import_revert(actor=manager, import_id=state.id, queue=False)
    Import.objects.filter(id=state.id).update(
        tries=MOST_TRIES, revert={"by": None, "stage": "made", "after": "", "gone": 7, "restored": 1, "kept": 0}
    )
    assert not actions.import_run(import_id=state.id)
    given_up = queries.import_get(actor=manager, import_id=state.id)
    assert (given_up.state, given_up.code, given_up.can_revert) == ("failed", "revert_failed", True)
    after = take_back(manager, given_up)
    assert (after.state, after.code, after.revert) == ("reverted", "", {"gone": 8, "restored": 1, "kept": 1})


def test_those_that_stay_are_listed_where_one_import_is_asked_for(bring: Importer, manager: Actor) -> None:
    text = HEAD + "Anna,20123456,Vejle,M-1\n"
    state = bring(text)
    bring(text)
    take_back(manager, state)
    api = Caller(token_for(manager))
    assert api("GET", f"/imports/{state.id}").json()["kept"][0]["reason"] == "registered"
    assert [one["kept"] for one in api("GET", "/imports").json()["items"]] == [[], []]


def test_the_same_file_can_be_imported_again(bring: Importer, manager: Actor, people: ContactList) -> None:
    text = HEAD + "Anna,20123456,Vejle,M-1\n"
    take_back(manager, bring(text))
    assert counts(bring(text)) == {"rows": 1, "new": 1}


def test_only_what_is_done_can_be_taken_back(bring: Importer, manager: Actor, people: ContactList) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    take_back(manager, state)
    with pytest.raises(Conflict) as again:
        actions.import_revert(actor=manager, import_id=state.id)
    assert (again.value.code, again.value.allowed) == ("wrong_state", ("done",))
    tried = bring(HEAD + "Bo,20123457,Ribe,M-2\n", dry_run=True)
    with pytest.raises(Conflict) as nothing:
        actions.import_revert(actor=manager, import_id=tried.id)
    assert nothing.value.code == "nothing_to_revert"


def test_asking_twice_takes_it_back_once(bring: Importer, manager: Actor, people: ContactList) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    actions.import_revert(actor=manager, import_id=state.id, queue=False)
    actions.import_revert(actor=manager, import_id=state.id, queue=False)
    assert actions.import_run(import_id=state.id)
    assert not actions.import_run(import_id=state.id)
    assert EventOut.objects.filter(type="contacts.import.reverted").count() == 1


def test_strangers_and_those_who_may_not_are_refused(
    bring: Importer, manager: Actor, people: ContactList, cast: factories.Cast
) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    with pytest.raises(NotFound):
        actions.import_revert(actor=cast.outsider, import_id=state.id)
    with pytest.raises(Forbidden):
        actions.import_revert(actor=cast.charity.supervisor, import_id=state.id)


def test_a_revert_that_was_cut_off_goes_on_where_it_was(
    bring: Importer, manager: Actor, people: ContactList, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By its name: the package has a function that is called the same.
    module = import_module("ringround.contacts.actions.import_revert")
    state = bring(HEAD + "".join(f"P{n},{20123000 + n},Vejle,M-{n}\n" for n in range(30)))
    actions.import_revert(actor=manager, import_id=state.id, queue=False)
    monkeypatch.setattr(module, "BATCH", 7)

    class Killed(Exception):
        pass

    steps = []

    def progress(row: Import) -> None:
        steps.append(row.revert)
        if len(steps) == 3:
            raise Killed

    with pytest.raises(Killed):
        actions.import_run(import_id=state.id, progress=progress)
    assert 0 < Contact.objects.filter(list=people).count() < 30
    assert actions.import_run(import_id=state.id)
    after = queries.import_get(actor=manager, import_id=state.id)
    assert (after.state, after.revert) == ("reverted", {"gone": 30, "restored": 0, "kept": 0})


def test_whom_somebody_barred_since_stays(bring: Importer, manager: Actor, people: ContactList) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\nBo,20123457,Ribe,M-2\n")
    anna = Contact.objects.get(external_id="M-1")
    actions.suppression_add(actor=manager, value=str(anna.id), kind="contact", channel="any", scope="organisation")
    assert take_back(manager, state).revert == {"gone": 1, "restored": 0, "kept": 1}
    assert Contact.objects.get(list=people).id == anna.id


def test_taking_back_what_has_no_file_any_more_removes_nobody_elses(
    bring: Importer, manager: Actor, people: ContactList
) -> None:
    state = bring(HEAD + "Anna,20123456,Vejle,M-1\n")
    Import.objects.filter(id=state.id).update(path="")
    stranger = settings.RINGROUND.data.parent / "sheet-of-somebody"
    stranger.touch()
    try:
        take_back(manager, state)
        assert stranger.exists()
    finally:
        stranger.unlink(missing_ok=True)
