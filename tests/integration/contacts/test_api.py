"""The same by HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ringround.contacts import actions
from ringround.contacts.models import Consent, Contact, Relation
from ringround.infra import clock
from ringround.kernel.ids import hash_token, new_token
from ringround.orgs.actor import Actor
from ringround.orgs.models import ApiToken
from tests import factories
from tests.integration.contacts.helpers import COLUMNS

pytestmark = pytest.mark.django_db


class Api:
    """Calls the API as somebody, with a token."""

    def __init__(self, actor: Actor) -> None:
        token = new_token("rr")
        ApiToken.objects.create(
            organisation=actor.organisation, user=actor.user, name="t", token_hash=hash_token(token), scopes=["*"],
            created_at=clock.real_now(),
        )  # fmt: skip
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        answer = getattr(self._client, method)(f"/api/v1{path}", **data)
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def send(self, path: str, content: bytes, options: dict[str, Any] | None = None) -> tuple[int, Any]:
        form = {"file": SimpleUploadedFile("file.csv", content, "text/csv"), "options": json.dumps(options or {})}
        answer = self._client.post(f"/api/v1{path}", form)
        return answer.status_code, json.loads(answer.content)

    def text(self, path: str) -> str:
        return b"".join(self._client.get(path)).decode()  # type: ignore[arg-type]


@pytest.fixture
def api(manager: Actor) -> Api:
    return Api(manager)


@pytest.fixture
def list_id(api: Api) -> str:
    status, made = api("post", "/contact-lists", {"name": "Givere 2025", "region": "DK", "columns": COLUMNS})
    assert status == 201, made
    return str(made["id"])


def test_a_list_is_made_read_and_changed(api: Api, list_id: str) -> None:
    status, found = api("get", f"/contact-lists/{list_id}")
    assert (status, found["columns"][1], found["contacts"]) == (200, {"name": "mobile", "type": "phone"}, 0)
    assert api("patch", f"/contact-lists/{list_id}", {"name": "Nyt navn"})[1]["name"] == "Nyt navn"
    assert api("patch", f"/contact-lists/{list_id}", {"colour": 1})[1]["code"] == "unknown_field"
    status, wrong = api("post", "/contact-lists", {"name": "x", "columns": [{"name": "a", "type": "shoe"}]})
    assert (status, wrong["errors"][0]["loc"]) == (422, ["body", "columns", 0, "type"])


def test_a_contact_is_made_found_changed_and_deleted(api: Api, list_id: str) -> None:
    fields = {"name": "Åse Ørum", "city": "Aarhus", "mobile": "20 12 34 56", "member_no": "M-17"}
    status, made = api("post", "/contacts", {"list": list_id, "fields": fields})
    assert status == 201, made
    assert made["external_id"] == "M-17"
    assert made["fields"] == fields
    assert made["numbers"][0]["e164"] == "+4520123456"
    for query in ("q=aase", "q=0123", "phone=20123456", f"list={list_id}&q=m-17"):
        assert [one["id"] for one in api("get", f"/contacts?{query}")[1]["items"]] == [made["id"]], query
    status, changed = api("patch", f"/contacts/{made['id']}", {"fields": {"city": None, "home": "31123456"}})
    assert status == 200
    assert "city" not in changed["fields"]
    assert [n["label"] for n in changed["numbers"]] == ["mobile", "home"]
    assert changed["numbers"][0]["id"] == made["numbers"][0]["id"]
    assert api("delete", f"/contacts/{made['id']}")[0] == 204
    assert api("get", f"/contacts/{made['id']}")[0] == 404


@pytest.mark.parametrize(
    ("fields", "column", "code"),
    [
        ({"name": "A", "mobile": "12"}, "mobile", "invalid_number"),
        ({"name": "A", "mobile": True}, "mobile", "not_a_phone"),
        ({"shoe": "A"}, "shoe", "unknown_column"),
        ({"name": ["A"]}, "name", "wrong_type"),
        ({"email": "x"}, "email", "not_an_email"),
    ],
)
def test_a_fault_names_its_field(api: Api, list_id: str, fields: dict[str, Any], column: str, code: str) -> None:
    status, wrong = api("post", "/contacts", {"list": list_id, "fields": fields})
    assert (status, wrong["errors"][0]["loc"], wrong["errors"][0]["code"]) == (422, ["body", "fields", column], code)


def test_an_external_id_is_once_in_its_list(api: Api, list_id: str) -> None:
    body = {"list": list_id, "fields": {"name": "A", "mobile": "20123456", "member_no": "1"}}
    api("post", "/contacts", body)
    assert api("post", "/contacts", body)[1]["code"] == "external_id_taken"


def test_a_file_is_imported(api: Api, list_id: str) -> None:
    content = "Navn;Tlf;Medlem\nÅse;20 12 34 56;1\nBo;12;2\n".encode("cp1252")
    options = {"mapping": {"Navn": "name", "Tlf": "mobile", "Medlem": "member_no"}, "dry_run": True}
    status, queued = api.send(f"/contact-lists/{list_id}/imports", content, options)
    assert (status, queued["state"]) == (202, "queued"), queued
    actions.import_run(import_id=UUID(queued["id"]))
    tried = api("get", f"/imports/{queued['id']}")[1]
    assert tried["counts"] == {
        "rows": 2, "new": 1, "updated": 0, "duplicate": 0, "suppressed": 0, "near": 0, "left_out": 0, "rejected": 1,
    }  # fmt: skip
    assert not Contact.objects.exists()
    assert api.text(tried["rejected_url"]).splitlines()[1].startswith("3,mobile,invalid_number,")
    queued = api.send(f"/contact-lists/{list_id}/imports", content, {**options, "dry_run": False})[1]
    actions.import_run(import_id=UUID(queued["id"]))
    assert Contact.objects.get().external_id == "1"


def test_rows_taken_without_a_cell_are_told_apart_from_rejected_ones(api: Api, list_id: str) -> None:
    content = 'name,mobile,email\n"Å\nse",20123456,intet@\nBo,12,\nIda,20123457,ida@example.org\n'.encode()
    queued = api.send(f"/contact-lists/{list_id}/imports", content)[1]
    actions.import_run(import_id=UUID(queued["id"]))
    done = api("get", f"/imports/{queued['id']}")[1]
    assert [done["counts"][name] for name in ("new", "left_out", "rejected")] == [2, 1, 1]

    def told(address: str) -> list[list[str]]:
        return [row[:3] for row in csv.reader(io.StringIO(api.text(address)))][1:]

    assert told(done["rejected_url"]) == [["4", "mobile", "invalid_number"]]
    assert told(done["rejected_url"] + "?left_out=true") == [["2", "email", "left_out"]]


def test_a_bad_file_fails_with_its_code(api: Api, list_id: str) -> None:
    status, queued = api.send(f"/contact-lists/{list_id}/imports", b"name,mobile\n")
    assert status == 202
    actions.import_run(import_id=UUID(queued["id"]))
    failed = api("get", f"/imports/{queued['id']}")[1]
    assert (failed["state"], failed["code"]) == ("failed", "no_rows")
    assert failed["detail"]


@pytest.mark.parametrize("options", ["{", "[]", '{"match":["shoe"]}', '{"colour":1}'])
def test_options_that_make_no_sense_are_refused(api: Api, list_id: str, options: str) -> None:
    form = {"file": SimpleUploadedFile("f.csv", b"name,mobile\nA,20123456\n"), "options": options}
    assert api._client.post(f"/api/v1/contact-lists/{list_id}/imports", form).status_code == 422


def test_suppressions_are_added_checked_and_removed(api: Api) -> None:
    body = {"scope": "organisation", "channel": "phone", "value": "+4520123456"}
    status, made = api("post", "/suppressions", body)
    assert (status, made["value"], made["scope"]) == (201, "+4520123456", "organisation")
    assert api("post", "/suppressions", body)[0] == 200
    checked = api("get", "/suppressions/check?phone=20123456")[1]
    assert (checked["suppressed"], checked["lists"][0]["id"]) == (True, made["id"])
    assert api("delete", f"/suppressions/{made['id']}")[0] == 204
    assert api("get", "/suppressions/check?phone=20123456")[1] == {"suppressed": False, "lists": []}
    # Who has said STOP by SMS may be called; who must not be called is not written to by SMS either.
    barred = {"phone": {"phone", "sms"}, "sms": {"sms"}, "any": {"phone", "sms", "email"}}
    for channel, by in barred.items():
        made = api("post", "/suppressions", {"value": "20123456", "channel": channel})[1]
        for asked in ("phone", "sms", "email"):
            checked = api("get", f"/suppressions/check?phone=20123456&channel={asked}")[1]
            assert checked["suppressed"] is (asked in by), (channel, asked)
        assert api("get", "/suppressions/check?phone=20123456")[1]["suppressed"] is True
        assert api("delete", f"/suppressions/{made['id']}")[0] == 204
    status, queued = api.send(
        "/suppressions/import", b"phone\n20123456\n", {"source": "Robinson", "date": "2026-01-01"}
    )
    assert status == 202
    actions.import_run(import_id=UUID(queued["id"]))
    assert api("get", "/suppressions")[1]["items"][0]["source"] == "Robinson"


def test_another_organisation_sees_none_of_it(api: Api, list_id: str, cast: factories.Cast) -> None:
    made = api("post", "/contacts", {"list": list_id, "fields": {"name": "A", "mobile": "20123456"}})[1]
    stranger = Api(cast.agency.owner)
    for path in (f"/contact-lists/{list_id}", f"/contacts/{made['id']}"):
        assert stranger("get", path)[0] == 404
    assert stranger("get", "/contacts?q=A")[1]["items"] == []
    assert stranger("post", "/contacts", {"list": list_id, "fields": {"name": "B"}})[0] == 404


def test_relation_and_consents_are_kept_and_told(api: Api, list_id: str) -> None:
    consent = {"channel": "phone", "given_at": "2026-01-05T10:00:00+01:00", "source": "Web form", "text_version": "3"}
    status, made = api(
        "post", "/contacts",
        {"list": list_id, "fields": {"name": "Åse"}, "relation": {"kind": "donor", "since": "2025-01-01"},
         "consents": [consent]},
    )  # fmt: skip
    assert (status, made["relation"]) == (201, {"kind": "donor", "since": "2025-01-01", "until": None})
    (kept,) = made["consents"]
    assert {**kept, "id": None} == {
        "id": None, "channel": "phone", "given_at": "2026-01-05T09:00:00.000Z", "withdrawn_at": None,
        "source": "Web form", "text_version": "3",
    }  # fmt: skip
    at = f"/contacts/{made['id']}"
    assert api("patch", at, {"fields": {"city": "Ribe"}})[1]["relation"] == made["relation"]
    assert api("patch", at, {"relation": None})[1]["relation"] is None
    status, told = api("post", f"{at}/consents", {**consent, "channel": "email", "given_at": "2026-01-06T10:00:00Z"})
    assert (status, [one["channel"] for one in told["consents"]]) == (201, ["email", "phone"])
    status, told = api("delete", f"{at}/consents/{kept['id']}")
    assert status == 200
    assert [one["withdrawn_at"] is not None for one in told["consents"]] == [False, True]
    assert api("delete", f"{at}/consents/{made['id']}")[0] == 404
    assert api("get", f"/contacts?list={list_id}")[1]["items"] == [told]


def test_a_consent_needs_where_it_was_given_and_is_never_from_the_future(api: Api, list_id: str) -> None:
    _, made = api("post", "/contacts", {"list": list_id, "fields": {"name": "Åse"}})
    body = {"channel": "phone", "given_at": "2199-01-05T10:00:00Z", "source": " "}
    status, refused = api("post", f"/contacts/{made['id']}/consents", body)
    assert (status, [one["code"] for one in refused["errors"]]) == (422, ["in_the_future", "required"])
    relation = {"kind": "member", "since": "2026-01-02", "until": "2026-01-01"}
    status, refused = api("patch", f"/contacts/{made['id']}", {"relation": relation})
    assert (status, refused["errors"][0]["loc"]) == (422, ["body", "relation", "until"])


def test_an_erased_person_keeps_no_consent(api: Api, list_id: str, manager: Actor) -> None:
    _, made = api("post", "/contacts", {"list": list_id, "fields": {"name": "Åse"}, "relation": {"kind": "member"}})
    contact = UUID(made["id"])
    actions.consent_add(actor=manager, contact_id=contact, channel="any", given_at=clock.now(), source="Paper")
    actions.contact_erase(actor=manager, contact_id=contact)
    assert not Consent.objects.filter(contact=contact).exists()
    assert not Relation.objects.filter(contact=contact).exists()


def test_rule_packs_are_listed_with_their_sources(api: Api) -> None:
    status, told = api("get", "/packs")
    assert (status, [one["key"] for one in told["items"]]) == (200, ["dk", "dk_collecting", "fr", "uk", "us"])
    french = {one["key"]: one for one in told["items"][2]["rules"]}["fr.consent"]
    assert (french["since"], french["checked_on"], french["holds"]) == ("2026-08-11", "2026-11-22", True)
    assert all(one["left_out"] for one in told["items"])


def test_a_change_takes_the_marks_before_the_contact_also_with_a_relation(api: Api, list_id: str) -> None:
    _, made = api("post", "/contacts", {"list": list_id, "fields": {"name": "Åse"}})
    with CaptureQueriesContext(connection) as asked:
        changed = api("patch", f"/contacts/{made['id']}", {"relation": {"kind": "donor"}})
    assert changed[1]["relation"]["kind"] == "donor"
    texts = [one["sql"] for one in asked.captured_queries]
    locks = [one for one in texts if "pg_advisory_xact_lock_shared" in one or "FOR NO KEY UPDATE" in one]
    assert "pg_advisory_xact_lock_shared" in locks[0]
    assert any("contacts_contact" in one for one in locks[1:])
