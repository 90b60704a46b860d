"""The manager's first way: a file, its columns, a try, the import; and the pages around it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ringround.contacts import actions
from ringround.contacts.models import Consent, Contact, ContactList, Import, Relation, Suppression
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import Importer

pytestmark = pytest.mark.django_db

FILE = "Navn;Mobil;Født;Bemærkning\nAnna Berg;20 12 34 56;31-12-1980;=cmd()\nBo;12;1-1-1990;\n".encode()


def browser(actor: Actor) -> Client:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return client


def _upload(client: Client, address: str, content: bytes = FILE, name: str = "Nye givere.csv") -> Any:
    return client.post(address, {"file": SimpleUploadedFile(name, content, "text/csv")})


def _fields(page: Any, prefix: str) -> dict[str, Any]:
    """The fields of the page's form as the browser would send them."""
    data: dict[str, Any] = {}
    context = page.context
    for formset in (context["rows"], context["targets"]):
        if formset is None:
            continue
        for form in (formset.management_form, *formset.forms):
            for field in form:
                value = field.value()
                if value is True:
                    data[field.html_name] = "on"
                elif value not in (None, False):
                    data[field.html_name] = value
    for field in context["options"]:
        data[field.html_name] = field.value() or ""
    return {**data, "name": context["name"], prefix: ""}


def test_a_column_without_a_name_gets_one_in_the_readers_language(manager: Actor) -> None:
    assert manager.user is not None
    manager.user.language = "da"
    manager.user.save()
    client = browser(manager)
    columns = _upload(client, "/contacts/lists/new/file", "Anna;20 12 34 56\nBo;30 12 34 56\nÅse;40123456\n".encode())[
        "Location"
    ]
    page = client.get(columns)
    assert "Kolonne 2" in page.content.decode()
    done = client.post(columns, {**_fields(page, "do"), "do": "try"})
    assert done.status_code == 303, done.content.decode()
    made = Import.objects.select_related("list").get()
    assert made.list is not None
    assert [one["name"] for one in made.list.columns] == ["Kolonne 1", "Kolonne 2"]
    assert made.options["mapping"] == {"column 1": "Kolonne 1", "column 2": "Kolonne 2"}


def test_the_encoding_is_called_by_the_same_name_before_and_after(manager: Actor) -> None:
    client = browser(manager)
    columns = _upload(client, "/contacts/lists/new/file", "Navn;Mobil\nÅse;20123456\n".encode("cp1252"))["Location"]
    page = client.get(columns)
    assert "Windows-1252" in page.content.decode()
    done = client.post(columns, {**_fields(page, "do"), "do": "try"})
    actions.import_run(import_id=Import.objects.get().id, processes=1)
    assert "Windows-1252" in client.get(done["Location"]).content.decode()


def test_a_file_becomes_a_list_by_way_of_its_columns_and_a_try(manager: Actor) -> None:
    client = browser(manager)
    assert client.get("/contacts/lists/new/file").status_code == 200
    sent = _upload(client, "/contacts/lists/new/file")
    assert sent.status_code == 303
    columns = sent["Location"]
    page = client.get(columns)
    text = page.content.decode()
    assert "Bemærkning" in text
    assert "20 12 34 56" in text
    tried = client.post(columns, {**_fields(page, "x"), "do": "try"})
    assert tried.status_code == 303, tried.content.decode()
    made = ContactList.objects.get(name="Nye givere")
    assert [(c["name"], c["type"]) for c in made.columns] == [
        ("Navn", "text"),
        ("Mobil", "phone"),
        ("Født", "date"),
        ("Bemærkning", "text"),
    ]
    row = Import.objects.get()
    assert row.dry_run
    waiting = client.get(tried["Location"])
    assert f'data-live="import:{row.id}"' in waiting.content.decode()
    actions.import_run(import_id=row.id)
    done = client.get(tried["Location"]).content.decode()
    assert "This was a try" in done
    assert not Contact.objects.exists()
    csv = b"".join(client.get(f"/contacts/imports/{row.id}/rejected"))  # type: ignore[arg-type]
    assert csv.decode().splitlines()[1].startswith("3,Mobil,invalid_number,")
    excel = b"".join(client.get(f"/contacts/imports/{row.id}/rejected?for=excel"))  # type: ignore[arg-type]
    assert excel.decode("utf-8-sig").splitlines()[1].startswith("3;Mobil;invalid_number;")

    again = client.post(f"/contacts/imports/{row.id}/again")
    real = Import.objects.exclude(id=row.id).get()
    assert again["Location"] == f"/contacts/imports/{real.id}"
    actions.import_run(import_id=real.id)
    contact = Contact.objects.get()
    assert contact.fields["Født"] == "1980-12-31"
    page = client.get(f"/contacts/lists/{made.id}")
    assert "Anna Berg" in page.content.decode()


def test_after_a_try_the_columns_of_a_new_list_can_be_corrected(manager: Actor) -> None:
    client = browser(manager)
    columns = _upload(client, "/contacts/lists/new/file")["Location"]
    client.post(columns, {**_fields(client.get(columns), "x"), "do": "try"})
    row = Import.objects.get()
    actions.import_run(import_id=row.id)
    draft = client.post(f"/contacts/imports/{row.id}/again", {"do": "columns"})["Location"]
    data = _fields(client.get(draft), "x")
    data["columns-2-type"] = "text"
    data["columns-2-role"] = ""
    del data["columns-3-take"]
    client.post(draft, {**data, "do": "import"})
    made = ContactList.objects.get()
    assert [(c["name"], c["type"]) for c in made.columns] == [("Navn", "text"), ("Mobil", "phone"), ("Født", "text")]


def test_a_bad_file_is_told_at_once_and_nothing_is_kept(manager: Actor) -> None:
    page = _upload(browser(manager), "/contacts/lists/new/file", b"PK\x03\x04xl/workbook", "x.xlsx")
    assert page.status_code == 422
    assert "Excel workbook" in page.content.decode()
    assert not Import.objects.exists()


def test_a_name_that_is_taken_stands_at_the_name(manager: Actor, people: ContactList) -> None:
    client = browser(manager)
    columns = _upload(client, "/contacts/lists/new/file")["Location"]
    page = client.post(columns, {**_fields(client.get(columns), "x"), "name": people.name, "do": "try"})
    assert page.status_code == 422
    assert "Another list has this name." in page.content.decode()


def test_a_file_goes_into_a_list_that_is_there(manager: Actor, people: ContactList) -> None:
    client = browser(manager)
    columns = _upload(client, f"/contacts/lists/{people.id}/imports/new")["Location"]
    page = client.get(columns)
    data = _fields(page, "x")
    assert [data.get(f"targets-{n}-target", "") for n in range(4)] == ["name", "mobile", "", ""]
    sent = client.post(columns, {**data, "do": "import"})
    row = Import.objects.get()
    assert sent["Location"] == f"/contacts/imports/{row.id}"
    actions.import_run(import_id=row.id)
    assert Contact.objects.get(list=people).name == "Anna Berg"
    assert "Nye givere.csv" in client.get(f"/contacts/lists/{people.id}/imports").content.decode()


def test_a_file_can_be_read_another_way(manager: Actor) -> None:
    client = browser(manager)
    columns = _upload(client, "/contacts/lists/new/file")["Location"]
    client.post(columns, {"do": "reread", "reading-delimiter": ";", "reading-header": ""})
    assert "Column 1" in client.get(columns).content.decode()


def test_a_draft_can_be_thrown_away(manager: Actor) -> None:
    client = browser(manager)
    columns = _upload(client, "/contacts/lists/new/file")["Location"]
    client.post(columns.replace("/columns", "/discard"))
    assert not Import.objects.exists()


def test_a_refused_file_says_why_and_where(bring: Importer, manager: Actor) -> None:
    state = bring("name,mobile\n" + "Anna,20123456\n" * 3 + 'Bo,"20123457\n')
    page = browser(manager).get(f"/contacts/imports/{state.id}").content.decode()
    assert "opened on line 5" in page
    assert "Nothing of it was taken." in page


def test_columns_are_added_moved_and_taken_away_before_they_are_saved(manager: Actor) -> None:
    client = browser(manager)
    data = {
        "columns-TOTAL_FORMS": "2", "columns-INITIAL_FORMS": "0", "name": "Ny", "region": "dk",
        "columns-0-name": "Navn", "columns-0-type": "text", "columns-0-role": "name",
        "columns-1-name": "Mobil", "columns-1-type": "phone", "columns-1-role": "",
    }  # fmt: skip
    page = client.post("/contacts/lists/new", {**data, "do": "up-1"})
    assert [form["name"].value() for form in page.context["columns"]] == ["Mobil", "Navn"]
    page = client.post("/contacts/lists/new", {**data, "do": "add"})
    assert len(page.context["columns"].forms) == 3
    page = client.post("/contacts/lists/new", {**data, "do": "remove-0"})
    assert [form["name"].value() for form in page.context["columns"]] == ["Mobil"]
    assert not ContactList.objects.exists()
    assert client.post("/contacts/lists/new", {**data, "do": "save"}).status_code == 303
    assert ContactList.objects.get().region == "DK"


def test_a_fault_of_a_column_stands_at_the_column(manager: Actor) -> None:
    data = {
        "columns-TOTAL_FORMS": "2", "columns-INITIAL_FORMS": "0", "name": "Ny", "region": "DK", "do": "save",
        "columns-0-name": "Navn", "columns-0-type": "text", "columns-1-name": "navn", "columns-1-type": "phone",
    }  # fmt: skip
    page = browser(manager).post("/contacts/lists/new", data)
    assert page.status_code == 422
    assert page.context["columns"].forms[1].errors["name"] == ["Two columns have this name."]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "👩‍👩‍👧 \u202eabc", "x" * 500])
def test_a_contact_is_made_and_changed_by_hand_whatever_is_typed(
    manager: Actor, people: ContactList, name: str
) -> None:
    client = browser(manager)
    sent = client.post(f"/contacts/lists/{people.id}/contacts/new", {"c0": name, "c1": "20 12 34 56"})
    assert sent.status_code == 303, sent.content.decode()
    contact = Contact.objects.get()
    assert contact.name == name
    page = client.get(sent["Location"]).content.decode()
    assert "<script>alert" not in page
    client.post(f"/contacts/contact/{contact.id}/edit", {"c0": name, "c1": "20 12 34 57", "c3": "Ærø"})
    contact.refresh_from_db()
    assert contact.fields["city"] == "Ærø"
    assert contact.numbers.get().e164 == "+4520123457"


def test_a_megabyte_in_a_field_is_refused_on_the_field(manager: Actor, people: ContactList) -> None:
    page = browser(manager).post(f"/contacts/lists/{people.id}/contacts/new", {"c0": "x" * 1_000_000})
    assert page.status_code == 422
    assert "At most 500 characters." in page.content.decode()


def test_a_contact_is_suppressed_and_allowed_again(bring: Importer, manager: Actor) -> None:
    bring("name,mobile\nAnna,20123456\n")
    client, contact = browser(manager), Contact.objects.get()
    client.post(f"/contacts/contact/{contact.id}/suppress")
    assert "Will not be called" in client.get(f"/contacts/contact/{contact.id}").content.decode()
    client.post(f"/contacts/suppression/{Suppression.objects.get().id}/remove")
    contact.refresh_from_db()
    assert not contact.suppressed


def test_numbers_are_suppressed_one_by_one_and_by_a_register(bring: Importer, manager: Actor) -> None:
    bring("name,mobile\nAnna,20123456\nBo,20123457\n")
    client = browser(manager)
    sent = client.post("/contacts/suppression/add", {"value": "20 12 34 56", "channel": "any", "scope": "organisation"})
    assert sent.status_code == 303, sent.content.decode()
    register = SimpleUploadedFile("robinson.csv", b"telefon\n20123457\n20123458\nvrov\n", "text/csv")
    sent = client.post(
        "/contacts/suppression/import",
        {"file": register, "channel": "phone", "scope": "organisation", "source": "Robinson", "date": "2026-01-01"},
    )
    row = Import.objects.get(kind="suppressions")
    actions.import_run(import_id=row.id)
    row.refresh_from_db()
    assert (row.state, row.counts["new"], row.counts["rejected"]) == ("done", 2, 1)
    page = client.get("/contacts/suppression?q=2012345").content.decode()
    assert page.count("Robinson") >= 2
    assert all(number.suppressed for contact in Contact.objects.all() for number in contact.numbers.all())
    assert (
        client.post(
            "/contacts/suppression/add", {"value": "vrov", "channel": "any", "scope": "organisation"}
        ).status_code
        == 422
    )


def test_lists_and_contacts_are_found(bring: Importer, manager: Actor, people: ContactList) -> None:
    bring("name,mobile,member_no\nÅse Ørum,20123456,M-77\n")
    client = browser(manager)
    assert "Givere" in client.get("/contacts/").content.decode()
    for q in ("aase", "Ørum", "2012", "20 12 34", "+45 2012", "m-77", "Å"):
        assert "Åse Ørum" in client.get("/contacts/search", {"q": q}).content.decode(), q
        assert "Åse Ørum" in client.get(f"/contacts/lists/{people.id}", {"q": q}).content.decode(), q
    assert "Nobody found" in client.get("/contacts/search", {"q": "zzz"}).content.decode()


def test_a_list_is_exported_with_formulas_made_harmless(bring: Importer, manager: Actor, people: ContactList) -> None:
    bring("name,mobile\n=cmd(),20123456\n")
    page = browser(manager).get(f"/contacts/lists/{people.id}/export")
    assert b"'=cmd(),+4520123456" in b"".join(page)  # type: ignore[arg-type]


def test_a_list_is_put_away_and_taken_out_again(manager: Actor, people: ContactList) -> None:
    client = browser(manager)
    client.post(f"/contacts/lists/{people.id}/archive")
    assert "Givere" not in client.get("/contacts/").content.decode()
    assert "Givere" in client.get("/contacts/?archived=1").content.decode()
    client.post(f"/contacts/lists/{people.id}/restore")
    assert "Givere" in client.get("/contacts/").content.decode()


def test_agents_have_none_of_these_pages(cast: factories.Cast, people: ContactList) -> None:
    client = browser(cast.charity.junior)
    for address in ("/contacts/", f"/contacts/lists/{people.id}", "/contacts/suppression", "/contacts/search"):
        assert client.get(address).status_code == 403


def test_empty_screens_say_what_to_do(manager: Actor) -> None:
    client = browser(manager)
    assert "No contacts yet" in client.get("/contacts/").content.decode()
    assert "Nobody is suppressed" in client.get("/contacts/suppression").content.decode()


def test_a_reading_that_shows_nothing_is_not_kept(manager: Actor) -> None:
    client = browser(manager)
    text = 'Note;Navn;Mobil\n"to\nlinjer";Bo;20123456\nx"y;Bo;20123457\n'
    url = _upload(client, "/contacts/lists/new/file", text.encode())["Location"]
    client.post(url, {"do": "reread", "reading-delimiter": ",", "reading-header": "on"})
    assert client.get(url).status_code == 200


def test_a_campaign_that_is_over_is_chosen_anew(manager: Actor, people: ContactList) -> None:
    row = actions.import_start(
        actor=manager,
        list_id=people.id,
        file=[b"name,mobile\nBo,20123456\n"],
        file_name="x.csv",
        options={"dry_run": True},
        queue=False,
    )
    actions.import_run(import_id=row.id, processes=1)
    row.refresh_from_db()
    row.options["campaign"] = "01a20240-80fb-7237-ac72-a6f063a5672d"
    row.save()
    for do in ("import", "columns"):
        sent = browser(manager).post(f"/contacts/imports/{row.id}/again", {"do": do})
        assert sent.status_code == 303
        assert sent["Location"].endswith("/columns")


def test_relation_and_consents_are_said_on_a_contacts_page(manager: Actor) -> None:
    listed = actions.contact_list_create(
        actor=manager, name="Givere", columns=[{"name": "name", "type": "text", "role": "name"}], region="DK"
    )
    contact = actions.contact_create(actor=manager, list_id=listed.id, fields={"name": "Åse"})
    client = browser(manager)
    at = f"/contacts/contact/{contact.id}"
    assert client.get(f"{at}/relation").status_code == 200
    assert client.get(f"{at}/consent").status_code == 200
    wrong = client.post(f"{at}/relation", {"kind": "member", "since": "2026-02-02", "until": "2026-02-01"})
    assert (wrong.status_code, b"The end must come after the start." in wrong.content) == (422, True)
    assert client.post(f"{at}/relation", {"kind": "member", "since": "2026-02-01"}).status_code == 303
    sent = {"channel": "phone", "given_at": "2026-01-05T10:00", "source": "Web form"}
    assert client.post(f"{at}/consent", sent).status_code == 303
    page = client.get(at).content.decode()
    assert "Member" in page
    assert "Web form" in page
    consent = Consent.objects.get(contact=contact)
    assert client.post(f"{at}/consent/{consent.id}/withdraw").status_code == 303
    assert "withdrawn" in client.get(at).content.decode()
    assert client.post(f"{at}/relation", {"kind": ""}).status_code == 303
    assert not Relation.objects.filter(contact=contact).exists()
