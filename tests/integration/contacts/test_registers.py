"""Registers by name and address: whom an issue bars, whom it may mean, and what is remembered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from ringround.contacts import actions, queries
from ringround.contacts.models import (
    Contact,
    ContactList,
    Import,
    Register,
    RegisterEntry,
    RegisterHit,
    Suppression,
)
from ringround.contacts.queries import ImportState
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.campaigns.plan_setup import browser
from tests.integration.contacts.helpers import Importer, counts, rejected
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db

COLUMNS = [
    {"name": "name", "role": "name"},
    {"name": "mobile", "type": "phone"},
    {"name": "street", "role": "address"},
    {"name": "zip", "role": "post_code"},
    {"name": "city", "role": "city"},
    {"name": "member_no", "type": "external_id"},
]
HEAD = "name,mobile,street,zip,city,member_no\n"
ANNA = 'Anna Marie Hansen,20123456,"Nørregade 12 B, 2. tv",8000,Aarhus,M-1\n'
BO = "Bo Holm,20123457,Vestergade 3,8000,Aarhus,M-2\n"
ISSUE = "Navn;Adresse;Postnr;By\n"
EXACT = "HANSEN, ANNA MARIE;Nørregd. 12b 2 TV;8000;Århus\n"
NEAR = "A. Hansen;Nørre Gade 12 B;8000;Århus C\n"


@pytest.fixture
def people(manager: Actor) -> ContactList:
    return actions.contact_list_create(actor=manager, name="Givere", columns=COLUMNS)


@pytest.fixture
def both(bring: Importer) -> tuple[Contact, Contact]:
    bring(HEAD + ANNA + BO)
    return Contact.objects.get(external_id="M-1"), Contact.objects.get(external_id="M-2")


def issue(actor: Actor, text: str, *, day: str = "2026-10-01", **options: Any) -> ImportState:
    """Read an issue of the register to its end."""
    row = actions.suppression_import_start(
        actor=actor, file=[text.encode()], file_name="robinson.csv", queue=False,
        options={"source": "Robinson", "date": day, **options},
    )  # fmt: skip
    assert actions.import_run(import_id=row.id)
    return queries.import_get(actor=actor, import_id=row.id)


def hits(actor: Actor, state: str = "open") -> list[queries.Hit]:
    found, _more = queries.hit_list(actor=actor, state=state)
    return found


def barred(contact: Contact) -> bool:
    contact.refresh_from_db()
    there = Suppression.objects.filter(kind="contact", value=str(contact.id)).exists()
    assert contact.suppressed == there
    return there


def test_an_exact_hit_is_barred_and_says_by_what_and_since_when(both: tuple[Contact, Contact], manager: Actor) -> None:
    state = issue(manager, ISSUE + EXACT + "Ib Jensen;Torvet 1;8000;Aarhus\n")
    assert counts(state) == {"rows": 2, "new": 2, "suppressed": 1}
    anna, bo = both
    assert barred(anna)
    assert not barred(bo)
    (one,) = queries.suppressions_of_contact(actor=manager, contact_id=anna.id, numbers=[], email="")
    assert (one.source, str(one.source_on), one.channel, one.import_id) == ("Robinson", "2026-10-01", "any", state.id)
    assert queries.suppressed_numbers(
        org_id=manager.org_id, campaign_id=None, contact_id=anna.id, numbers=["+4520123456"], now=anna.created_at
    ) == ["+4520123456"]
    told = EventOut.objects.filter(type="contacts.suppression.changed").values_list("data", flat=True)
    assert [one["contacts"] for one in told] == [[str(anna.id)]]
    assert EventOut.objects.get(type="contacts.register.replaced").data["exact"] == 1


def test_a_near_hit_is_looked_at_and_bars_when_it_is_accepted(both: tuple[Contact, Contact], manager: Actor) -> None:
    assert counts(issue(manager, ISSUE + NEAR)) == {"rows": 1, "new": 1, "near": 1}
    anna, _bo = both
    assert not barred(anna)
    (hit,) = hits(manager)
    assert (hit.name, hit.entry_name, hit.entry_address, hit.source) == (
        "Anna Marie Hansen", "A. Hansen", "Nørre Gade 12 B", "Robinson",
    )  # fmt: skip
    actions.hit_decide(actor=manager, hit_id=hit.id, state="accepted")
    assert barred(anna)
    assert not hits(manager)
    assert EventOut.objects.get(type="contacts.register.hits_decided").data["state"] == "accepted"
    assert AuditPending.objects.get(action="contacts.register.hit_accepted").subject_id == anna.id
    actions.hit_decide(actor=manager, hit_id=hit.id, state="refused")
    assert not barred(anna)
    actions.hit_decide(actor=manager, hit_id=hit.id, state="open")
    assert [one.id for one in hits(manager)] == [hit.id]


def test_several_are_decided_at_once_and_twice_is_once(bring: Importer, manager: Actor) -> None:
    bring(HEAD + "".join(f"Anna M{n}sen,2012345{n},Nørregade {n},8000,Aarhus,M-{n}\n" for n in range(1, 5)))
    issue(manager, ISSUE + "".join(f"A. M{n}sen;Nørregade {n};8000;Aarhus\n" for n in range(1, 5)))
    ids = [one.id for one in hits(manager)]
    assert len(ids) == 4
    assert actions.hits_decide(actor=manager, hit_ids=ids, state="accepted") == 4
    assert actions.hits_decide(actor=manager, hit_ids=ids, state="accepted") == 0
    assert Suppression.objects.count() == 4
    assert Contact.objects.filter(suppressed=True).count() == 4


def test_an_exact_hit_that_is_somebody_else_is_refused(both: tuple[Contact, Contact], manager: Actor) -> None:
    issue(manager, ISSUE + EXACT)
    anna, _bo = both
    # By the list of what is barred, too.
    actions.suppression_remove(actor=manager, suppression_id=Suppression.objects.get().id)
    assert not barred(anna)
    assert RegisterHit.objects.get().state == "refused"
    actions.hit_decide(actor=manager, hit_id=RegisterHit.objects.get().id, state="open")
    assert RegisterHit.objects.get().state == "exact"
    assert barred(anna)


def test_the_next_issue_takes_the_place_of_the_one_before(both: tuple[Contact, Contact], manager: Actor) -> None:
    anna, bo = both
    issue(manager, ISSUE + EXACT)
    state = issue(manager, ISSUE + "Bo Holm;Vestergade 3;8000;Aarhus\n", day="2026-11-01")
    assert counts(state) == {"rows": 1, "new": 1, "suppressed": 1}
    assert not barred(anna)
    assert barred(bo)
    assert RegisterEntry.objects.get().name == "Bo Holm"
    with CaptureQueriesContext(connection) as asked:
        (row,) = queries.register_list(actor=manager)
    assert (str(row.date), row.entries, row.hits["exact"]) == ("2026-11-01", 1, 1)
    # A million are not counted for each look at the page.
    assert not [one for one in asked if 'FROM "contacts_register_entry"' in one["sql"]]


def test_the_same_issue_twice_changes_nothing_but_its_date(both: tuple[Contact, Contact], manager: Actor) -> None:
    issue(manager, ISSUE + EXACT)
    before = Suppression.objects.get()
    state = issue(manager, ISSUE + EXACT + EXACT, day="2026-11-01")
    assert counts(state) == {"rows": 2, "duplicate": 2, "suppressed": 1}
    after = Suppression.objects.get()
    assert (after.id, str(after.source_on), after.import_id) == (before.id, "2026-11-01", state.id)
    assert barred(both[0])


@pytest.mark.parametrize("decision", ["accepted", "refused"])
def test_a_decision_is_remembered_for_the_next_issue_and_beyond_one_without_it(
    both: tuple[Contact, Contact], manager: Actor, decision: str
) -> None:
    anna, _bo = both
    issue(manager, ISSUE + NEAR)
    actions.hit_decide(actor=manager, hit_id=hits(manager)[0].id, state=decision)
    issue(manager, ISSUE + NEAR, day="2026-10-02")
    assert (hits(manager), barred(anna)) == ([], decision == "accepted")
    issue(manager, ISSUE + "Ib Jensen;Torvet 1;8000;Aarhus\n", day="2026-10-03")
    assert not barred(anna)
    issue(manager, ISSUE + NEAR, day="2026-10-04")
    assert (hits(manager), barred(anna)) == ([], decision == "accepted")


def test_contacts_that_come_later_are_found_too(bring: Importer, manager: Actor, people: ContactList) -> None:
    issue(manager, ISSUE + EXACT + "B. Holm;Vestergade 3;8000;Aarhus\n")
    tried = bring(HEAD + ANNA + BO, dry_run=True)
    assert counts(tried) == {"rows": 2, "new": 2, "suppressed": 1}
    assert counts(bring(HEAD + ANNA + BO)) == {"rows": 2, "new": 2, "suppressed": 1}
    assert barred(Contact.objects.get(external_id="M-1"))
    assert [one.name for one in hits(manager)] == ["Bo Holm"]
    one = actions.contact_create(
        actor=manager, list_id=people.id,
        fields={"name": "Anna Marie Hansen", "street": "Nørregade 12B, 2.tv.", "zip": "8000"},
    )  # fmt: skip
    assert barred(one)


def test_who_is_written_otherwise_is_found_again(
    both: tuple[Contact, Contact], manager: Actor, bring: Importer
) -> None:
    anna, bo = both
    issue(manager, ISSUE + EXACT + "Bo Holm;Ny Vej 7;8000;Aarhus\n")
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"street": "Søndergade 4"})
    assert not barred(anna)
    actions.contact_change(actor=manager, contact_id=bo.id, fields={"street": "Ny Vej 7"})
    assert barred(bo)
    # By a file as by hand.
    bring(HEAD + ANNA)
    assert barred(anna)


def test_a_decision_of_somebody_written_otherwise_is_asked_again(both: tuple[Contact, Contact], manager: Actor) -> None:
    anna, _bo = both
    issue(manager, ISSUE + NEAR)
    actions.hit_decide(actor=manager, hit_id=hits(manager)[0].id, state="refused")
    actions.contact_change(actor=manager, contact_id=anna.id, fields={"name": "Anne Hansen"})
    assert [one.name for one in hits(manager)] == ["Anne Hansen"]


def test_what_is_said_by_hand_stays_when_a_register_is_gone(both: tuple[Contact, Contact], manager: Actor) -> None:
    anna, _bo = both
    issue(manager, ISSUE + EXACT)
    actions.suppression_add(actor=manager, value=anna.id, kind="contact")
    assert Suppression.objects.count() == 2
    actions.register_remove(actor=manager, register_id=Register.objects.get().id)
    assert barred(anna)
    assert Suppression.objects.get().hit_id is None
    assert not RegisterEntry.objects.exists()
    assert not RegisterHit.objects.exists()


def test_two_registers_bar_each_for_itself_and_one_for_a_campaign_only_there(
    both: tuple[Contact, Contact], manager: Actor
) -> None:
    from ringround.campaigns import actions as campaigns

    made = campaigns.campaign_create(actor=manager, fields={"name": "Efterår", "mode": "manual"})
    anna, _bo = both
    issue(manager, ISSUE + EXACT, source="Egen", scope=str(made.id))
    anna.refresh_from_db()
    assert not anna.suppressed
    said = {"org_id": manager.org_id, "contact_id": anna.id, "numbers": ["+4520123456"], "now": anna.created_at}
    assert queries.suppressed_numbers(campaign_id=made.id, **said) == ["+4520123456"]
    assert queries.suppressed_numbers(campaign_id=None, **said) == []
    issue(manager, ISSUE + EXACT)
    issue(manager, ISSUE + BO_ELSEWHERE, source="Egen", scope=str(made.id))
    assert barred(anna)


BO_ELSEWHERE = "Bo Holm;Torvet 1;9000;Aalborg\n"


def test_another_organisations_contacts_and_registers_are_not_met(
    both: tuple[Contact, Contact], manager: Actor, cast: factories.Cast
) -> None:
    issue(cast.magazine.manager, ISSUE + EXACT + NEAR)
    assert not barred(both[0])
    assert not RegisterHit.objects.exists()
    issue(manager, ISSUE + NEAR)
    (hit,) = hits(manager)
    for wrong in (
        lambda: actions.hit_decide(actor=cast.magazine.manager, hit_id=hit.id, state="accepted"),
        lambda: queries.hit_get(actor=cast.magazine.manager, hit_id=hit.id),
        lambda: actions.register_remove(
            actor=cast.magazine.manager, register_id=Register.objects.get(organisation=manager.org_id).id
        ),
    ):
        with pytest.raises(NotFound):
            wrong()
    assert actions.hits_decide(actor=cast.magazine.manager, hit_ids=[hit.id], state="accepted") == 0
    assert not queries.hit_list(actor=cast.magazine.manager, state="")[0]
    with pytest.raises(Forbidden):
        actions.hit_decide(actor=cast.charity.viewer, hit_id=hit.id, state="accepted")


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("Tekst;Andet\nx;y\n", {"by": "name_address"}, "no_address_columns"),
        (ISSUE + "Anna Hansen;;;\nBo;;8000;\n", {}, "no_address"),
        (ISSUE, {}, "no_rows"),
        ("", {"by": "name_address"}, "empty"),
    ],
)
def test_a_wrong_file_is_refused_and_the_issue_before_stands(
    both: tuple[Contact, Contact], manager: Actor, text: str, options: dict[str, Any], code: str
) -> None:
    issue(manager, ISSUE + EXACT)
    state = issue(manager, text, **options)
    assert (state.state, state.code) == ("failed", code)
    assert barred(both[0])
    assert RegisterEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("options", "where", "code"),
    [
        ({"source": ""}, "source", "required"),
        ({"by": "shoe_size"}, "by", "unknown_by"),
        ({"date": "2026-09-30"}, "date", "older_issue"),
        ({"mapping": {"Navn": "shoe"}}, "mapping", "wrong_type"),
        ({"mapping": {"Fornavn": "name"}}, "mapping", "unknown_column"),
    ],
)
def test_an_issue_that_cannot_be_meant_is_refused_at_once(
    manager: Actor, options: dict[str, Any], where: str, code: str
) -> None:
    issue(manager, ISSUE + EXACT)
    with pytest.raises(Invalid) as wrong:
        issue(manager, ISSUE + EXACT, **options)
    assert [(one.loc[:2], one.code) for one in wrong.value.errors] == [(("options", where), code)]


def test_two_issues_of_a_register_are_not_read_at_once(manager: Actor) -> None:
    options = {"source": "Robinson", "by": "name_address"}
    start = {"actor": manager, "file": [(ISSUE + EXACT).encode()], "file_name": "x.csv", "queue": False}
    row = actions.suppression_import_start(**start, options=options)
    with pytest.raises(Conflict) as refused:
        actions.suppression_import_start(**start, options=options)
    assert refused.value.code == "import_running"
    actions.suppression_import_start(**start, options={**options, "source": "Another"})
    actions.import_run(import_id=row.id)
    Import.objects.filter(id=row.id).update(state="running")
    with pytest.raises(Conflict):
        actions.register_remove(actor=manager, register_id=Register.objects.get().id)


def again(manager: Actor, state: ImportState, *, draft: bool = False) -> Import:
    return actions.import_again(actor=manager, import_id=state.id, options={"dry_run": False}, draft=draft)


def test_after_a_try_an_issue_is_read_only_while_no_other_is(both: tuple[Contact, Contact], manager: Actor) -> None:
    tried = issue(manager, ISSUE + EXACT, dry_run=True)
    row = again(manager, tried)
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            again(manager, tried)
        assert refused.value.code == "import_running"
    assert Import.objects.filter(kind="suppressions").count() == 2
    assert actions.import_run(import_id=row.id)
    assert barred(both[0])


def test_an_issue_that_was_tried_does_not_take_the_place_of_a_newer_one(
    both: tuple[Contact, Contact], manager: Actor
) -> None:
    tried = issue(manager, ISSUE + "Bo Holm;Vestergade 3;8000;Aarhus\n", dry_run=True)
    issue(manager, ISSUE + EXACT, day="2026-11-01")
    with pytest.raises(Invalid) as wrong:
        again(manager, tried)
    assert wrong.value.errors[0].code == "older_issue"
    sent = browser(manager).post(f"/contacts/imports/{tried.id}/again")
    assert sent["Location"].endswith(f"/contacts/imports/{tried.id}")
    assert Import.objects.filter(kind="suppressions").count() == 2
    assert [barred(one) for one in both] == [True, False]


def test_a_tried_register_is_imported_by_who_may_and_stays_a_register(
    both: tuple[Contact, Contact], cast: factories.Cast
) -> None:
    supervisor = cast.charity.supervisor
    tried = issue(supervisor, ISSUE + EXACT, dry_run=True)
    page = browser(supervisor)
    shown = page.get(f"/contacts/imports/{tried.id}").content.decode()
    assert "Import the file" in shown
    assert "Correct the columns" not in shown
    sent = page.post(f"/contacts/imports/{tried.id}/again", {"do": "columns"})
    assert sent["Location"].endswith(f"/contacts/imports/{tried.id}")
    with pytest.raises(Conflict) as refused:
        again(supervisor, tried, draft=True)
    assert refused.value.code == "wrong_kind"
    with pytest.raises(Forbidden):
        again(cast.charity.viewer, tried)
    page.post(f"/contacts/imports/{tried.id}/again")
    actions.import_run(import_id=Import.objects.get(dry_run=False, kind="suppressions").id)
    assert barred(both[0])


def test_contacts_whose_columns_get_their_meaning_later_are_found(bring: Importer, manager: Actor) -> None:
    plain = [{**one, "role": None} for one in COLUMNS]
    listed = actions.contact_list_create(actor=manager, name="Uden", columns=plain)
    bring(HEAD + ANNA + BO, into=listed)
    anna = Contact.objects.get(external_id="M-1")
    issue(manager, ISSUE + EXACT)
    assert not barred(anna)
    actions.contact_list_change(actor=manager, list_id=listed.id, columns=COLUMNS)
    actions.contact_list_change(actor=manager, list_id=listed.id, name="Med")
    assert ProcrastinateJob.objects.filter(task_name="contacts.contacts_know_again").count() == 1
    EventOut.objects.all().delete()
    actions.contacts_know_again(list_id=listed.id)
    assert barred(anna)
    assert anna.name == "Anna Marie Hansen"
    assert not barred(Contact.objects.get(external_id="M-2"))
    (told,) = EventOut.objects.filter(type="contacts.list.contacts_changed").values_list("data", flat=True)
    assert (len(told["contacts"]), told["import"]) == (2, None)
    # Nothing that would be new, nobody to tell.
    EventOut.objects.all().delete()
    actions.contacts_know_again(list_id=listed.id)
    assert not EventOut.objects.exists()
    actions.contact_list_change(actor=manager, list_id=listed.id, columns=plain)
    actions.contacts_know_again(list_id=listed.id)
    assert not barred(anna)


def test_columns_are_read_again_a_part_at_a_time(
    bring: Importer, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ringround.contacts.actions import know_again

    monkeypatch.setattr(know_again, "BATCH", 1)
    listed = actions.contact_list_create(actor=manager, name="Uden", columns=[{**one, "role": None} for one in COLUMNS])
    bring(HEAD + ANNA + BO, into=listed)
    actions.contact_list_change(actor=manager, list_id=listed.id, columns=COLUMNS)
    actions.contacts_know_again(list_id=listed.id)
    assert set(Contact.objects.values_list("name", flat=True)) == {"Anna Marie Hansen", "Bo Holm"}
    assert not Contact.objects.filter(place_key=None).exists()
    actions.contacts_know_again(list_id=UUID(int=0))


def test_near_hits_are_always_the_same_and_those_that_are_decided_stay(bring: Importer, manager: Actor) -> None:
    bring(HEAD + "A. Hansen,20123456,Nørregade 12,8000,Aarhus,M-1\n")
    rows = [f"Anna Hansen;Nørregade 12, {floor}. tv;8000;Aarhus\n" for floor in range(1, 26)]
    issue(manager, ISSUE + "".join(rows))
    seen = hits(manager)
    assert len(seen) == 20
    issue(manager, ISSUE + "".join(reversed(rows)), day="2026-10-02")
    assert {one.id for one in hits(manager)} == {one.id for one in seen}
    actions.hits_decide(actor=manager, hit_ids=[one.id for one in seen[:10]], state="accepted")
    issue(manager, ISSUE + "".join(rows[12:] + rows[:12]), day="2026-10-03")
    assert RegisterHit.objects.filter(state="accepted", entry__isnull=False).count() == 10
    assert len(hits(manager)) == 10


def test_where_the_exact_hit_is_somebody_else_the_near_ones_are_looked_at(
    both: tuple[Contact, Contact], manager: Actor
) -> None:
    issue(manager, ISSUE + EXACT + NEAR)
    anna, _bo = both
    assert not hits(manager)
    actions.suppression_remove(actor=manager, suppression_id=Suppression.objects.get().id)
    assert not barred(anna)
    (near,) = hits(manager)
    assert near.entry_name == "A. Hansen"
    actions.hit_decide(actor=manager, hit_id=near.id, state="accepted")
    issue(manager, ISSUE + NEAR + EXACT, day="2026-10-02")
    assert barred(anna)
    # Nobody need look at it any more, where the exact one bars.
    actions.hit_decide(actor=manager, hit_id=near.id, state="open")
    actions.hit_decide(actor=manager, hit_id=RegisterHit.objects.get(state="refused").id, state="open")
    assert barred(anna)
    assert not hits(manager)


def test_a_register_for_e_mails_bars_nobody_of_a_file_from_being_called(bring: Importer, manager: Actor) -> None:
    issue(manager, ISSUE + EXACT, channel="email")
    assert counts(bring(HEAD + ANNA, dry_run=True)) == {"rows": 1, "new": 1}


def test_a_register_goes_a_part_at_a_time(
    both: tuple[Contact, Contact], manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ringround.contacts.actions.register_import as module

    issue(manager, ISSUE + EXACT + NEAR + "Bo Holm;Vestergade 3;8000;Aarhus\n")
    monkeypatch.setattr(module, "_OLD", 1)
    actions.register_remove(actor=manager, register_id=Register.objects.get().id)
    assert [barred(one) for one in both] == [False, False]
    assert not RegisterEntry.objects.exists()


def test_a_try_counts_and_writes_nothing(both: tuple[Contact, Contact], manager: Actor) -> None:
    state = issue(manager, ISSUE + EXACT + EXACT + "B. Holm;Vestergade 3;8000;Aarhus\nX;;8000;\n", dry_run=True)
    assert counts(state) == {"rows": 4, "new": 2, "duplicate": 1, "suppressed": 1, "near": 1, "rejected": 1}
    assert not Register.objects.exists()
    assert not barred(both[0])
    assert rejected(manager, state)[1][:4] == [
        "5", "Adresse", "no_address", "The row does not have a name, a street and a post code.",
    ]  # fmt: skip


def test_columns_are_named_where_their_headers_say_nothing(both: tuple[Contact, Contact], manager: Actor) -> None:
    text = 'A;B;C;D\nAnna Marie;Hansen;"Nørregade 12B, 2.tv";DK-8000\n'
    mapping = {"A": "first_name", "B": "last_name", "C": "address", "D": "post_code"}
    assert counts(issue(manager, text, mapping=mapping)) == {"rows": 1, "new": 1, "suppressed": 1}


def test_a_register_of_numbers_with_names_beside_them_bars_by_number(manager: Actor) -> None:
    text = "Navn;Adresse;Postnr;Telefon\nAnna Hansen;Nørregade 12;8000;20123456\n"
    issue(manager, text)
    assert Suppression.objects.get().kind == "phone"
    issue(manager, text, by="name_address")
    assert RegisterEntry.objects.get().name == "Anna Hansen"


class Killed(BaseException):
    pass


def test_how_many_stand_in_a_register_is_told_while_an_issue_is_read(
    manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ringround.contacts.actions.register_import as module

    monkeypatch.setattr(module, "_OLD", 1)
    stays, goes, comes = (f"{name};Vestergade 3;8000;Aarhus\n" for name in ("Bo Holm", "Ib Lund", "Eva Dam"))
    told = []

    def stand(_row: Import) -> None:
        (row,) = queries.register_list(actor=manager)
        told.append(row.entries)
        assert row.entries == RegisterEntry.objects.values("print").distinct().count()

    for text in (stays + goes, stays + comes):
        row = actions.suppression_import_start(
            actor=manager, file=[(ISSUE + text).encode()], file_name="x.csv", queue=False, options={"source": "R"}
        )
        assert actions.import_run(import_id=row.id, progress=stand)
    assert told[0] == 2
    # Who stands in both issues stands in the register once; who does not in the new one, until they are gone.
    assert (3 in told, told[-1]) == (True, 2)


def test_an_issue_that_was_cut_off_goes_on_where_it_was(
    both: tuple[Contact, Contact], manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ringround.contacts.actions.register_import as module

    issue(manager, ISSUE + "Bo Holm;Vestergade 3;8000;Aarhus\n")
    monkeypatch.setattr(module, "_OLD", 1)
    row = actions.suppression_import_start(
        actor=manager, file=[(ISSUE + EXACT + NEAR).encode()], file_name="x.csv", queue=False,
        options={"source": "Robinson", "date": "2026-10-02"},
    )  # fmt: skip

    def kill(_row: Import) -> None:
        raise Killed

    for _again in range(2):
        with pytest.raises(Killed):
            actions.import_run(import_id=row.id, progress=kill)
    assert actions.import_run(import_id=row.id)
    state = queries.import_get(actor=manager, import_id=row.id)
    # Where the exact hit is known nobody is asked of the near one.
    assert counts(state) == {"rows": 2, "new": 2, "suppressed": 1}
    assert [barred(one) for one in both] == [True, False]
    assert RegisterEntry.objects.count() == 2


def test_an_erased_person_leaves_no_hit_and_is_found_when_a_file_brings_them_again(
    both: tuple[Contact, Contact], manager: Actor, bring: Importer
) -> None:
    issue(manager, ISSUE + EXACT)
    actions.contact_erase(actor=manager, contact_id=both[0].id)
    assert not RegisterHit.objects.exists()
    assert not Suppression.objects.exists()
    bring(HEAD + ANNA)
    assert barred(Contact.objects.get(external_id="M-1"))


def test_an_erased_person_who_was_said_to_be_in_a_register_stays_barred(
    both: tuple[Contact, Contact], manager: Actor, bring: Importer
) -> None:
    issue(manager, ISSUE + NEAR)
    actions.hit_decide(actor=manager, hit_id=hits(manager)[0].id, state="accepted")
    actions.contact_erase(actor=manager, contact_id=both[0].id)
    assert not RegisterHit.objects.exists()
    kept = Suppression.objects.get()
    assert (kept.kind, kept.value, kept.hit_id) == ("phone", "+4520123456", None)
    # Also where the file does not say where they live.
    assert counts(bring("name,mobile\nAnna Marie Hansen,20123456\n"))["suppressed"] == 1


def test_a_contact_that_was_said_to_be_in_a_register_stays_when_its_import_is_taken_back(
    bring: Importer, manager: Actor
) -> None:
    state = bring(HEAD + ANNA)
    issue(manager, ISSUE + NEAR)
    actions.hit_decide(actor=manager, hit_id=hits(manager)[0].id, state="accepted")
    actions.import_revert(actor=manager, import_id=state.id, queue=False)
    actions.import_run(import_id=state.id)
    assert barred(Contact.objects.get())


def test_a_contact_that_a_register_bars_goes_when_its_import_is_taken_back(bring: Importer, manager: Actor) -> None:
    issue(manager, ISSUE + EXACT)
    state = bring(HEAD + ANNA)
    actions.import_revert(actor=manager, import_id=state.id, queue=False)
    actions.import_run(import_id=state.id)
    assert not Contact.objects.exists()
    assert not Suppression.objects.exists()


def test_hits_come_a_page_at_a_time_by_register_and_contact(bring: Importer, manager: Actor) -> None:
    bring(HEAD + "".join(f"Anna M{n}sen,2012345{n},Nørregade {n},8000,Aarhus,M-{n}\n" for n in range(1, 4)))
    issue(manager, ISSUE + "".join(f"A. M{n}sen;Nørregade {n};8000;Aarhus\n" for n in range(1, 4)))
    first, more = queries.hit_list(actor=manager, size=2)
    assert more is not None
    rest, end = queries.hit_list(actor=manager, size=2, after=more)
    assert end is None
    assert len({one.id for one in (*first, *rest)}) == 3
    one = first[0]
    assert [two.id for two in queries.hit_list(actor=manager, contact_id=one.contact_id)[0]] == [one.id]
    assert not queries.hit_list(actor=manager, register_id=UUID(int=0))[0]


def test_a_program_imports_and_decides(both: tuple[Contact, Contact], manager: Actor) -> None:
    api = Caller(token_for(manager))
    issue(manager, ISSUE + NEAR)
    (register,) = api("GET", "/suppressions/registers").json()["items"]
    assert (register["source"], register["date"], register["entries"]) == ("Robinson", "2026-10-01", 1)
    assert register["hits"] == {"exact": 0, "open": 1, "accepted": 0, "refused": 0}
    (hit,) = api("GET", f"/suppressions/hits?register_id={register['id']}").json()["items"]
    assert hit["contact"]["address"] == "Nørregade 12 B, 2. tv"
    assert hit["entry"] == {"name": "A. Hansen", "address": "Nørre Gade 12 B", "place": "8000 Århus C"}
    after = api("PATCH", f"/suppressions/hits/{hit['id']}", {"state": "accepted"})
    assert (after.status_code, after.json()["state"]) == (200, "accepted")
    checked = api("GET", f"/suppressions/check?contact={both[0].id}").json()
    assert [(one["source"], one["date"]) for one in checked["lists"]] == [("Robinson", "2026-10-01")]
    assert api("PATCH", f"/suppressions/hits/{hit['id']}", {"state": "exact"}).status_code == 422
    many = api("POST", "/suppressions/hits/decide", {"ids": [hit["id"]], "state": "refused"})
    assert many.json() == {"count": 1}
    assert api("DELETE", f"/suppressions/registers/{register['id']}").status_code == 204
    assert api("GET", "/suppressions/registers").json()["items"] == []


def test_the_screens_show_both_spellings_and_take_decisions(both: tuple[Contact, Contact], manager: Actor) -> None:
    page = browser(manager)
    form = {"source": "Robinson", "scope": "organisation", "channel": "any", "by": "", "date": "2026-10-01"}
    upload = SimpleUploadedFile("robinson.csv", (ISSUE + NEAR + "Bo Holm;Vestergade 3;8000;Aarhus\n").encode())
    sent = page.post("/contacts/suppression/import", {**form, "file": upload})
    assert sent.status_code == 303
    actions.import_run(import_id=Import.objects.get(kind="suppressions").id)
    assert "Look at the near hits" in page.get(sent["Location"]).content.decode()
    overview = page.get("/contacts/suppression").content.decode()
    assert "1 near hit is to be looked at." in overview
    assert "Robinson" in overview
    shown = page.get("/contacts/suppression/hits").content.decode()
    assert "Nørregade 12 B, 2. tv" in shown
    assert "Nørre Gade 12 B" in shown
    hit = RegisterHit.objects.get(state="open")
    page.post("/contacts/suppression/hits/decide", {"one": f"{hit.id}:accepted"})
    assert barred(both[0])
    page.post("/contacts/suppression/hits/decide", {"all": "1", "shown": [str(hit.id)], "state": "refused"})
    assert not barred(both[0])
    assert "Vælg" not in page.get("/contacts/suppression/hits?state=refused").content.decode()
    assert "Robinson, 1. " in page.get(f"/contacts/contact/{both[1].id}").content.decode()
    gone = page.post(f"/contacts/suppression/registers/{hit.register_id}/remove")
    assert gone.status_code == 303
    assert not barred(both[1])


def test_registers_go_with_an_organisations_data(both: tuple[Contact, Contact], manager: Actor) -> None:
    issue(manager, ISSUE + EXACT + NEAR + "Bo Holm;Vestergade 3;8000;Aarhus\n")
    actions.contacts_forget(org_id=manager.org_id, contact_ids=[both[0].id, both[1].id], keep=[both[0].id])
    assert not RegisterHit.objects.exists()
    while actions.suppressions_forget(org_id=manager.org_id, size=2):
        pass
    for model in (Suppression, RegisterEntry, Register):
        assert not model.objects.exists()
