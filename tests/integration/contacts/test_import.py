"""What an import makes of good files."""

from __future__ import annotations

import pytest

from ringround.contacts import actions, queries
from ringround.contacts.models import Contact, ContactList, ContactNumber
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import COLUMNS, Importer, counts, rejected

pytestmark = pytest.mark.django_db

HEAD = "name,mobile,home,city,email,member_no\n"
TWO = HEAD + "Åse Ørum,20 12 34 56,,Aarhus,aase@example.org,M-1\nBo Bo,4520123457,31123456,Vejle,,M-2\n"


def _state(people: ContactList) -> list[object]:
    """Everything of a list that anybody could see."""
    rows = Contact.objects.filter(list=people).order_by("id")
    return [
        (
            (c.id, c.name, c.external_id, c.fields, c.search, c.updated_at, c.suppressed),
            list(c.numbers.order_by("position").values_list("id", "label", "e164", "written", "suppressed")),
        )
        for c in rows
    ]


def test_a_row_becomes_a_contact_with_its_numbers(bring: Importer, manager: Actor, people: ContactList) -> None:
    assert counts(bring(TWO)) == {"rows": 2, "new": 2}
    found, following = queries.contacts_search(actor=manager, list_id=people.id)
    assert following is None
    assert [one.name for one in found] == ["Bo Bo", "Åse Ørum"]
    shown = queries.contact_json(found[1])
    assert shown["external_id"] == "M-1"
    assert shown["fields"]["mobile"] == "20 12 34 56"
    assert [(n["label"], n["e164"], n["valid"], n["suppressed"]) for n in shown["numbers"]] == [
        ("mobile", "+4520123456", True, False)
    ]
    people.refresh_from_db()
    assert people.contact_count == 2


def test_the_same_file_again_changes_nothing(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    before = _state(people)
    assert counts(bring(TWO)) == {"rows": 2, "duplicate": 2}
    assert _state(people) == before


def test_the_same_file_again_changes_nothing_even_when_its_rows_contradict_each_other(
    bring: Importer, people: ContactList
) -> None:
    # The second row takes the first one's number away from it, the third one's key is then another contact's.
    rows = HEAD + (
        "Anna,20123401,31123401,Aarhus,,\nAnna A,20123401,31123402,Vejle,,\nAnna B,20123403,31123402,Ribe,,\n"
        "Carl,20123401,,Skive,,\n"
    )
    first = counts(bring(rows))
    before = _state(people)
    again = bring(rows)
    assert counts(again) == {"rows": 4, "duplicate": 4}, first
    assert _state(people) == before


def test_a_matched_row_that_says_something_new_updates(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    ids = set(ContactNumber.objects.values_list("id", flat=True))
    state = bring(HEAD + "Åse Ø. Ørum,20123456,,Odense,,\n")
    assert counts(state) == {"rows": 1, "updated": 1}
    contact = Contact.objects.get(list=people, external_id="M-1")
    # An empty cell says nothing: the address and the external id stay.
    assert contact.fields == {
        "name": "Åse Ø. Ørum",
        "city": "Odense",
        "email": "aase@example.org",
        "member_no": "M-1",
    }
    assert "odense" not in contact.search
    assert set(ContactNumber.objects.values_list("id", flat=True)) == ids


def test_rows_of_one_file_match_each_other(bring: Importer) -> None:
    state = bring(HEAD + "Anna,20123456,,,,\nAnna,20123456,,,,\nAnna B,20123456,,,,\n")
    assert counts(state) == {"rows": 3, "new": 1, "duplicate": 1, "updated": 1}


def test_rows_match_each_other_over_batches(bring: Importer, people: ContactList) -> None:
    many = "".join(f"Person {n},{26000000 + n},,,,\n" for n in range(6_000))
    state = bring(HEAD + "Anna,20123456,,,,\n" + many + "Berta,20123456,,,,\n")
    assert counts(state) == {"rows": 6_002, "new": 6_001, "updated": 1}
    assert Contact.objects.get(list=people, numbers__e164="+4520123456").name == "Berta"


def test_on_match_skip_leaves_the_contact(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    before = _state(people)
    assert counts(bring(HEAD + "Else,20123456,,Odense,,\n", on_match="skip")) == {"rows": 1, "duplicate": 1}
    assert _state(people) == before


def test_on_match_allow_makes_another_contact(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    assert counts(bring(HEAD + "Else,20123456,,Odense,,\n", on_match="allow")) == {"rows": 1, "new": 1}
    assert Contact.objects.filter(list=people, numbers__e164="+4520123456").count() == 2


def test_matching_by_external_id_changes_the_number(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    state = bring(HEAD + "Åse Ørum,20999999,,Aarhus,,M-1\n", match=["external_id"])
    assert counts(state) == {"rows": 1, "updated": 1}
    assert Contact.objects.get(list=people, external_id="M-1").numbers.get().e164 == "+4520999999"


def test_matching_by_email_knows_no_capitals(bring: Importer) -> None:
    bring(TWO)
    state = bring(HEAD + "Åse,20999999,,Aarhus,AASE@example.org,\n", match=["email"])
    assert counts(state) == {"rows": 1, "updated": 1}


def test_the_first_key_that_finds_anybody_decides(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    state = bring(HEAD + "Ny,20123457,,,,M-1\n", match=["external_id", "phone"])
    assert counts(state) == {"rows": 1, "updated": 1}
    assert Contact.objects.get(list=people, external_id="M-1").name == "Ny"


def test_an_external_id_of_another_contact_is_refused_with_its_row(bring: Importer, manager: Actor) -> None:
    bring(TWO)
    state = bring(HEAD + "Ny,20777777,,Ribe,,M-1\n")
    assert counts(state) == {"rows": 1, "rejected": 1}
    assert rejected(manager, state)[1][:3] == ["2", "member_no", "external_id_taken"]


def test_rejected_rows_come_back_with_line_column_code_and_reason(bring: Importer, manager: Actor) -> None:
    state = bring(
        HEAD
        + 'Anna,20123456,,"Aar\nhus",,M-1\n'
        + "Bo,123,,Vejle,,M-2\n"
        + "=cmd(),,,Ribe,,M-3\n"
        + "Eva,20123457,,Ribe,not an address,M-4\n"
        + "Ida,20123458,,Ribe,,M-5,too,many\n"
        + f"Jens,20123459,,Ribe,,{'M' * 300}\n",
        invalid_values="reject",
    )
    assert counts(state) == {"rows": 6, "new": 1, "rejected": 5}
    head, *rows = rejected(manager, state)
    assert head == ["line", "column", "code", "reason", "name", "mobile", "home", "city", "email", "member_no"]
    assert [row[:3] for row in rows] == [
        ["4", "mobile", "invalid_number"],
        ["5", "mobile", "no_number"],
        ["6", "email", "not_an_email"],
        ["7", "", "too_many_cells"],
        ["8", "member_no", "too_long"],
    ]
    assert all(row[3].endswith(".") for row in rows)
    assert rows[0][4:] == ["Bo", "123", "", "Vejle", "", "M-2"]
    assert rows[1][4] == "'=cmd()"


def test_a_row_without_a_valid_number_can_be_kept(bring: Importer, people: ContactList) -> None:
    state = bring(HEAD + "Bo,123,,Vejle,,M-2\n,,,,,M-3\n", invalid_numbers="keep")
    assert counts(state) == {"rows": 2, "new": 2}
    number = Contact.objects.get(list=people, external_id="M-2").numbers.get()
    assert (number.e164, number.written, number.valid) == (None, "123", False)


def test_one_valid_number_is_enough(bring: Importer, people: ContactList) -> None:
    assert counts(bring(HEAD + "Bo,123,20123456,Vejle,,\n")) == {"rows": 1, "new": 1}
    numbers = Contact.objects.get(list=people).numbers.order_by("position")
    assert [(n.label, n.e164, n.valid) for n in numbers] == [("mobile", None, False), ("home", "+4520123456", True)]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE contacts_contact; --",
        "\u202eعبد الله\u202c",
        "👩‍👩‍👧‍👦 Familien Ø",
        "a\tb\\N\\.",
        'Peter "Pelle" Hansen',
        "=HYPERLINK(1)",
        "x" * 500,
    ],
)
def test_ugly_values_come_out_as_they_went_in(bring: Importer, people: ContactList, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    assert counts(bring(HEAD + f"{quoted},20123456,,,,\n")) == {"rows": 1, "new": 1}
    # Text is stored without control characters, a tab as a blank.
    assert Contact.objects.get(list=people).name == name.replace("\t", " ")


def test_a_megabyte_in_a_cell_is_refused_with_its_row(bring: Importer, manager: Actor) -> None:
    state = bring(HEAD + f"{'x' * 1_000_000},20123456,,,,\nBo,20123457,,,,\n")
    assert counts(state) == {"rows": 2, "new": 1, "rejected": 1}
    assert rejected(manager, state)[1][2] == "too_long"


def test_a_dry_run_counts_as_the_import_would_and_changes_nothing(bring: Importer, people: ContactList) -> None:
    bring(TWO)
    before = _state(people)
    more = HEAD + (
        "Åse Ø,20123456,,Odense,,\nÅse Ø,20123456,,Odense,,\nNy,20555555,,,,M-7\nNy,20555555,,Ribe,,M-7\n"
        "Gal,1,,,,\nTyv,20666666,,,,M-7\nNy igen,20555555,,,,M-8\nFri,20888888,,,,M-7\n"
    )
    tried = bring(more, dry_run=True)
    assert _state(people) == before
    people.refresh_from_db()
    assert people.contact_count == 2
    assert tried.dry_run
    assert tried.counts == bring(more).counts == {
        "rows": 8, "new": 2, "updated": 2, "duplicate": 1, "suppressed": 0, "near": 0, "left_out": 0,
        "rejected": 3,
    }  # fmt: skip


def test_suppressed_rows_are_imported_and_marked(bring: Importer, manager: Actor, people: ContactList) -> None:
    actions.suppression_add(actor=manager, value="20123456", channel="phone")
    actions.suppression_add(actor=manager, value="bo@example.org", channel="any")
    state = bring(HEAD + "Anna,20123456,31000000,,,\nBo,20123457,,,bo@example.org,\nCarl,20123458,,,,\n")
    assert counts(state) == {"rows": 3, "new": 3, "suppressed": 2}
    anna = Contact.objects.get(list=people, name="Anna")
    assert {n.label: n.suppressed for n in anna.numbers.all()} == {"mobile": True, "home": False}
    assert not anna.suppressed
    assert Contact.objects.get(list=people, name="Bo").suppressed
    again = bring(HEAD + "Anna,20123456,31000000,,,\n")
    assert counts(again) == {"rows": 1, "duplicate": 1, "suppressed": 1}


def test_a_number_that_an_update_brings_is_marked(bring: Importer, manager: Actor, people: ContactList) -> None:
    bring(TWO)
    actions.suppression_add(actor=manager, value="+4531999999", channel="phone")
    bring(HEAD + "Åse,20123456,31999999,,,\n")
    assert Contact.objects.get(list=people, external_id="M-1").numbers.get(label="home").suppressed


def test_columns_go_where_the_mapping_says_and_that_is_remembered(bring: Importer, people: ContactList) -> None:
    text = "Hvem;Nr 1;Andet\nAnna;20123456;Aarhus\n"
    bring(text, mapping={"Hvem": "name", "Nr 1": "home", "Andet": "city"})
    contact = Contact.objects.get(list=people)
    assert (contact.name, contact.numbers.get().label) == ("Anna", "home")
    bring(text.replace("Anna", "Anna B"))
    assert Contact.objects.get(list=people).name == "Anna B"


def test_a_mapping_that_names_nothing_is_refused_at_once(bring: Importer) -> None:
    with pytest.raises(Invalid) as wrong:
        bring(TWO, mapping={"name": "nowhere", "nothing": "name"})
    assert {(fault.loc, fault.code) for fault in wrong.value.errors} == {
        (("options", "mapping", "name"), "unknown_column"),
        (("options", "mapping", "nothing"), "unknown_header"),
    }


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"match": ["shoe"]}, "unknown_match"),
        ({"match": []}, "unknown_match"),
        ({"on_match": "burn"}, "unknown_on_match"),
        ({"invalid_numbers": "eat"}, "unknown_invalid_numbers"),
        ({"dry_run": "yes"}, "wrong_type"),
        ({"mapping": [1]}, "wrong_type"),
        ({"colour": 1}, "unknown_field"),
        ({"campaign": "x"}, "unknown_campaign"),
    ],
)
def test_options_are_checked_before_anything_is_kept(bring: Importer, options: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        bring(TWO, **options)
    assert wrong.value.code == code


def test_new_and_changed_contacts_are_told_in_batches(bring: Importer, people: ContactList) -> None:
    state = bring(TWO)
    bring(HEAD + "Åse X,20123456,,,,\n")
    told = {e.type: e.data for e in EventOut.objects.order_by("id") if e.type.startswith("contacts.list.contacts")}
    ids = {str(one) for one in Contact.objects.filter(list=people).values_list("id", flat=True)}
    assert set(told["contacts.list.contacts_added"]["contacts"]) == ids
    assert told["contacts.list.contacts_added"]["import"] == str(state.id)
    assert len(told["contacts.list.contacts_changed"]["contacts"]) == 1
    done = EventOut.objects.filter(type="contacts.import.done").first()
    assert done is not None
    assert done.data["new"] == 2


def test_the_file_of_a_dry_run_can_be_imported_without_sending_it_again(
    bring: Importer, manager: Actor, people: ContactList
) -> None:
    tried = bring(TWO, dry_run=True)
    again = actions.import_again(actor=manager, import_id=tried.id, options={"dry_run": False})
    actions.import_run(import_id=again.id)
    assert counts(queries.import_get(actor=manager, import_id=again.id)) == {"rows": 2, "new": 2}


def test_an_import_is_its_organisations_own(bring: Importer, cast: factories.Cast) -> None:
    state = bring(TWO)
    for actor in (cast.outsider, cast.magazine.manager, cast.agency.owner):
        with pytest.raises(NotFound):
            queries.import_get(actor=actor, import_id=state.id)


def test_agents_and_supervisors_do_not_import(cast: factories.Cast, people: ContactList) -> None:
    for actor in (cast.charity.junior, cast.charity.supervisor, cast.charity.viewer):
        with pytest.raises(Forbidden):
            actions.import_start(actor=actor, list_id=people.id, file=[b"x"], file_name="x", queue=False)


def test_a_list_that_is_put_away_takes_nothing(bring: Importer, manager: Actor, people: ContactList) -> None:
    actions.contact_list_archive(actor=manager, list_id=people.id)
    with pytest.raises(Conflict):
        bring(TWO)


def test_a_draft_becomes_a_list_with_the_columns_that_were_seen(manager: Actor) -> None:
    draft = actions.import_draft(
        actor=manager, file=[b"Fornavn;Efternavn;Mobil;Medlemsnr\nAnna;Berg;20123456;7\n"], file_name="C:\\x\\nye.csv"
    )
    seen = queries.import_preview(actor=manager, import_id=draft.id)
    assert [(c.name, c.type, c.role) for c in seen.proposed] == [
        ("Fornavn", "text", "first_name"),
        ("Efternavn", "text", "last_name"),
        ("Mobil", "phone", "phone"),
        ("Medlemsnr", "external_id", None),
    ]
    assert draft.file_name == "nye.csv"
    columns = [column.to_json() for column in seen.proposed]
    row = actions.import_confirm(
        actor=manager, import_id=draft.id, options={"dry_run": False}, new_list={"name": "Nye", "columns": columns}
    )
    actions.import_run(import_id=row.id)
    assert Contact.objects.get(list__name="Nye").name == "Anna Berg"


def test_columns_of_the_test_list_are_declared_as_the_api_writes_them(people: ContactList) -> None:
    assert people.columns == COLUMNS
