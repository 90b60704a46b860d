"""What every route has: who asks, what may be sent, how refusals look."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from ringround.http import rates
from ringround.kernel.ids import new_id
from tests import factories
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db


def faults(response: Any) -> list[tuple[list[Any], str]]:
    return [(one["loc"], one["code"]) for one in response.json()["errors"]]


def test_a_stranger_gets_401_with_a_challenge(calling: Any) -> None:
    response = calling(None)("GET", "/things")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer ", "Basic abc", "Bearer " + "x" * 5000, "bearer", "Bearer å"]
)
def test_a_bad_token_is_401(calling: Any, header: str) -> None:
    response = calling(None)("GET", "/things", Authorization=header)
    assert (response.status_code, response.json()["code"]) == (401, "bad_token")


def test_a_good_session_does_not_excuse_a_bad_token(cast: factories.Cast, calling: Any) -> None:
    caller = calling(None)
    caller.client.force_login(cast.charity.owner.user)
    assert caller("GET", "/things").status_code == 200
    assert caller("GET", "/things", Authorization="Bearer nonsense").status_code == 401


def test_a_write_by_session_needs_the_csrf_header(cast: factories.Cast, calling: Any) -> None:
    caller = calling(None)
    caller.client = Client(enforce_csrf_checks=True)
    caller.client.force_login(cast.charity.owner.user)
    refused = caller("POST", "/things", {"name": "a"})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    caller.client.cookies["csrftoken"] = "a" * 32
    assert caller("POST", "/things", {"name": "a"}, X_CSRFToken="a" * 32).status_code == 201


def test_an_agency_acts_only_for_merchants_it_manages(cast: factories.Cast, calling: Any) -> None:
    managed = factories.organisation("Styret", "merchant", managed_by=cast.agency.org)
    caller = calling(cast.agency.manager)
    assert caller("GET", "/things", Ringround_Acting_For=str(managed.id)).status_code == 200
    for other in (cast.charity.org.id, cast.magazine.org.id, new_id(), "garbage"):
        assert caller("GET", "/things", Ringround_Acting_For=str(other)).status_code == 404


def test_a_revoked_token_is_refused(cast: factories.Cast, calling: Any) -> None:
    from ringround.infra import clock

    caller = calling(None)
    caller.token = token_for(cast.charity.owner, revoked_at=clock.real_now())
    assert caller("GET", "/things").status_code == 401


def test_every_answer_has_a_request_id_and_is_not_cached(call: Caller) -> None:
    first, second = call("GET", "/things"), call("GET", "/nowhere")
    assert first["Ringround-Request-Id"] != second["Ringround-Request-Id"]
    assert first["Cache-Control"] == second["Cache-Control"] == "no-store"


def test_a_call_with_a_token_has_the_headers_of_any_other(cast: factories.Cast, calling: Any) -> None:
    user = cast.charity.owner.user
    assert user is not None
    by_token, by_session = calling(cast.charity.owner), calling(None)
    by_session.client.force_login(user)
    language = {"Accept-Language": user.language, "Accept": "application/json"}
    short, long = (one("GET", "/things", **language) for one in (by_token, by_session))
    assert (short.status_code, long.status_code) == (200, 200)
    changing = {"Ringround-Request-Id", "Set-Cookie"}
    assert {k: v for k, v in short.items() if k not in changing} == {k: v for k, v in long.items() if k not in changing}


@pytest.mark.parametrize("path", ["/nowhere", "/", "/things/", "/things/1/2/3", "/things/%00", "/%ff%fe"])
def test_an_unknown_address_is_a_problem_404(call: Caller, path: str) -> None:
    response = call("GET", path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_another_method_is_405_with_those_allowed(call: Caller) -> None:
    response = call("DELETE", "/things")
    assert (response.status_code, response["Allow"]) == (405, "GET, POST")
    assert response.json()["code"] == "method_not_allowed"


def test_head_is_get_without_a_body(call: Caller) -> None:
    response = call("HEAD", "/things")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    "id", ["1", "garbage", "0" * 36, "{}", "null", "%00", "x" * 3000, "urn:uuid:0190a000-0000-7000-8000-000000000001"]
)
def test_garbage_for_an_id_is_404_whatever_the_body(call: Caller, id: str) -> None:
    assert call("GET", f"/things/{id}").status_code == 404
    assert call("PATCH", f"/things/{id}", {"colour": 1}).status_code == 404


def test_an_unknown_field_is_named(call: Caller) -> None:
    response = call("POST", "/things", {"name": "a", "colour": "red", "inner": {"at": "2026-01-01T00:00:00Z", "x": 1}})
    assert (response.status_code, response.json()["code"]) == (422, "unknown_field")
    assert faults(response) == [
        (["body", "inner", "x"], "unknown_field"),
        (["body", "colour"], "unknown_field"),
    ] or faults(response) == [(["body", "colour"], "unknown_field"), (["body", "inner", "x"], "unknown_field")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", 7, "wrong_type"),
        ("name", "", "too_short"),
        ("name", "   ", "too_short"),
        ("name", "x" * 201, "too_long"),
        ("name", None, "wrong_type"),
        ("name", "a\x00b", "bad_character"),
        ("count", "1", "wrong_type"),
        ("count", True, "wrong_type"),
        ("count", 1.5, "wrong_type"),
        ("share", "0.5", "wrong_type"),
        ("kind", "c", "unknown_choice"),
        ("kind", 1, "unknown_choice"),
        ("phone", "20 12 34 56", "bad_phone"),
        ("phone", "+45", "bad_phone"),
        ("owner", "garbage", "bad_id"),
        ("owner", 1, "bad_id"),
        ("on", "tomorrow", "bad_time"),
        ("on", "2026-13-01", "bad_time"),
        ("tags", "a", "wrong_type"),
        ("tags", [1], "wrong_type"),
        ("inner", [], "wrong_type"),
        ("inner", {"at": "2026-01-01T10:00:00"}, "no_offset"),
        ("inner", {"at": "0001-01-01T00:00:00+14:00"}, "out_of_range"),
        ("inner", {"at": "9999-12-31T23:59:59-14:00"}, "out_of_range"),
        ("inner", {"at": 1_700_000_000}, "wrong_type"),
        ("inner", {"at": "soon"}, "bad_time"),
        ("inner", {"at": "2026-01-01T10:00:00Z", "private": 1}, "wrong_type"),
        ("inner", {}, "required"),
    ],
)
def test_a_wrong_value_is_422_with_its_place_and_a_stable_code(call: Caller, field: str, value: Any, code: str) -> None:
    response = call("POST", "/things", {"name": "a"} | {field: value})
    assert response.status_code == 422, response.content
    assert response.json()["code"] == code
    ((loc, found),) = faults(response)
    assert found == code
    assert loc[:2] == ["body", field]


def test_all_faults_are_told_at_once(call: Caller) -> None:
    response = call("POST", "/things", {"count": "x", "kind": "z"})
    assert response.json()["code"] == "invalid"
    assert {code for _, code in faults(response)} == {"required", "wrong_type", "unknown_choice"}


def test_a_good_body_arrives_trimmed_and_in_utc(call: Caller) -> None:
    response = call(
        "POST", "/things", {"name": "  Åse ", "phone": "+45 20 12 34 56", "inner": {"at": "2026-12-01T10:00:00+01:00"}}
    )
    assert response.status_code == 201
    assert response.json() | {"id": ""} == {"id": "", "name": "Åse", "at": "2026-12-01T09:00:00.000Z"}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nonsense",
        b"{'a': 1}",
        b"\xff\xfe",
        b'{"name": NaN}',
        b"[" * 5000,
        b'{"name": "\\ud800"}',
        b'{} {"name": 1}',
        b"\x00",
    ],
)
def test_what_is_not_json_is_422(call: Caller, raw: bytes) -> None:
    for path in ("/things", f"/things/{new_id()}/start"):
        response = call("POST", path, raw=raw)
        assert response.status_code == 422, (path, response.content)


def test_a_body_of_another_shape_is_422(call: Caller) -> None:
    for raw in (b"[]", b"1", b'"a"', b"null", b"true"):
        response = call("POST", "/things", raw=raw)
        assert (response.status_code, response.json()["code"]) == (422, "wrong_type"), raw


def test_nothing_is_an_empty_object(call: Caller) -> None:
    response = call("POST", "/things", raw=b"")
    assert faults(response) == [(["body", "name"], "required")]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a"]
)
def test_another_content_type_is_415(call: Caller, kind: str) -> None:
    response = call("POST", "/things", {"name": "a"}, Content_Type=kind)
    assert (response.status_code, response.json()["code"]) == (415, "wrong_content_type")


def test_a_route_without_a_body_takes_nothing_but_nothing(call: Caller) -> None:
    path = f"/things/{new_id()}/start"
    for raw in (b"", b"{}", b"null", b" { } "):
        assert call("POST", path, raw=raw).status_code in (200, 422), raw
    assert call("POST", path, raw=b"{}").status_code == 200
    refused = call("POST", path, {"force": True})
    assert faults(refused) == [(["body", "force"], "unknown_field")]


def test_a_body_too_large_is_413(call: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = call("POST", "/things", {"name": "a" * 2000})
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_patch_tells_what_was_given(call: Caller) -> None:
    response = call("PATCH", f"/things/{new_id()}", {"name": "a", "owner": None})
    assert response.json() == {"name": "a", "owner": None}


@pytest.mark.parametrize(
    ("query", "loc"),
    [
        ("size=0", "size"),
        ("size=501", "size"),
        ("size=x", "size"),
        ("size=", "size"),
        ("after=", "after"),
        ("least=1.5", "least"),
    ],
)
def test_a_bad_parameter_is_422_and_named_as_it_was_written(call: Caller, query: str, loc: str) -> None:
    response = call("GET", f"/things?{query}")
    assert response.status_code == 422
    assert [one["loc"] for one in response.json()["errors"]] == [["query", loc]]


def test_nul_in_a_parameter_is_422(call: Caller) -> None:
    response = call("GET", "/things?status=a%00b")
    assert faults(response)[0][1] == "bad_character"


def test_several_values_with_commas_or_repeated(call: Caller) -> None:
    for query in ("status=a,b", "status=a&status=b", "status=a,%20b,"):
        assert call("GET", f"/things?{query}").json()["items"][0]["status"] == ["a", "b"]
    assert call("GET", "/things").json()["items"][0] == {"size": 50, "after": None, "status": None, "least": 0}


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("forbidden", 403, "forbidden"),
        ("conflict", 409, "wrong_state"),
        ("invalid", 422, "outside_hours"),
        ("large", 413, "too_large"),
        ("many", 429, "too_many"),
        ("overflow", 422, "bad_value"),
        ("nul", 422, "bad_value"),
        ("twice", 409, "conflict"),
        ("bug", 500, "internal_error"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_each_refusal_is_a_problem(call: Caller, how: str, status: int, code: str) -> None:
    response = call("POST", f"/things/fail/{how}")
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"].endswith(f"#{code}")
    assert body["title"]


def test_a_conflict_says_the_states_from_which_it_is_allowed(call: Caller) -> None:
    assert call("POST", "/things/fail/conflict").json()["allowed"] == ["new"]


def test_a_fault_of_an_action_stands_under_body_with_its_extras(call: Caller) -> None:
    (fault,) = call("POST", "/things/fail/invalid").json()["errors"]
    assert fault == {
        "nearest": "tomorrow",
        "loc": ["body", "callback", "at"],
        "code": "outside_hours",
        "detail": "Closed then.",
    }


def test_too_many_says_when_to_try_again(call: Caller) -> None:
    assert call("POST", "/things/fail/many")["Retry-After"] == "12"


def test_nothing_to_say_is_204_with_a_reason(call: Caller) -> None:
    response = call("POST", "/things/fail/none")
    assert (response.status_code, response["Ringround-Reason"], response.content) == (204, "no_lead_due", b"")


def test_a_form_takes_its_parts_and_no_others(call: Caller) -> None:
    client, headers = call.client, {"Authorization": f"Bearer {call.token}"}
    from django.core.files.uploadedfile import SimpleUploadedFile

    def file() -> SimpleUploadedFile:
        return SimpleUploadedFile("a.csv", b"name\nA\n")

    good = client.post("/api/v1/things/file/upload", {"file": file(), "options": "{}"}, headers=headers)
    assert (good.status_code, good.json()["size"]) == (202, 7)
    extra = client.post("/api/v1/things/file/upload", {"file": file(), "colour": "x"}, headers=headers)
    assert faults(extra) == [(["body", "colour"], "unknown_field")]
    missing = client.post("/api/v1/things/file/upload", {"options": "{}"}, headers=headers)
    assert faults(missing) == [(["body", "file"], "required")]
    assert call("POST", "/things/file/upload", {"file": "x"}).status_code == 415
    broken = call("POST", "/things/file/upload", raw=b"--x", Content_Type="multipart/form-data; boundary=")
    assert broken.status_code == 422


def test_a_route_may_take_json_or_a_form(call: Caller) -> None:
    assert call("POST", "/things/either", {"at": "2026-01-01T00:00:00Z", "private": True}).json()["private"] is True
    form = call.client.post(
        "/api/v1/things/either",
        {"at": "2026-01-01T00:00:00Z", "private": "true"},
        headers={"Authorization": f"Bearer {call.token}"},
    )
    assert form.json() == {"private": True, "files": []}


def test_a_door_for_strangers_asks_nobody(calling: Any) -> None:
    assert calling(None)("GET", "/things/open/door").json() == {"open": True}


def test_a_token_that_asks_too_often_is_told_when_to_come_back(call: Caller, settings: Any) -> None:
    import dataclasses

    settings.RINGROUND = dataclasses.replace(settings.RINGROUND, api_rate=20)
    rates._left.clear()
    answers = [call("GET", "/things") for _ in range(60)]
    statuses = [one.status_code for one in answers]
    assert statuses.count(200) in (20, 40)  # 40 where a minute began meanwhile
    refused = next(one for one in answers if one.status_code == 429)
    assert 1 <= int(refused["Retry-After"]) <= 61


def test_the_document_names_schemes_answers_and_headers(call: Caller) -> None:
    document = call("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/api/v1/things"]["post"]
    assert {"bearer": []} in operation["security"]
    assert {"401", "409", "422", "429"} <= set(operation["responses"])
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
    json.dumps(document)
