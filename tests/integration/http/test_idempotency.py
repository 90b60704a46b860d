"""A write with a key happens once."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse

from ringround.http import idempotency
from ringround.http.models import IdempotencyKey
from ringround.infra import clock
from ringround.infra.models import Cursor
from ringround.kernel.errors import Conflict
from tests import factories
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db


def written() -> int:
    return Cursor.objects.filter(name__startswith="thing").count()


def test_the_same_key_and_body_get_the_same_answer_and_write_once(call: Caller) -> None:
    first = call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    second = call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    assert (second.status_code, second.content, second["Content-Type"]) == (201, first.content, first["Content-Type"])
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert second["Ringround-Request-Id"] != first["Ringround-Request-Id"]
    assert written() == 1


def test_another_body_method_or_address_is_409(call: Caller) -> None:
    call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    for method, path, body in (
        ("POST", "/things", {"name": "b"}),
        ("POST", "/things?x=1", {"name": "a"}),
        ("PATCH", f"/things/{'0' * 8}-0000-7000-8000-000000000000", {"name": "a"}),
    ):
        response = call(method, path, body, Idempotency_Key="k1")
        assert (response.status_code, response.json()["code"]) == (409, "key_reused")
    assert written() == 1


def test_a_key_is_the_users_over_all_their_tokens_and_nobody_elses(
    cast: factories.Cast, call: Caller, calling: Any
) -> None:
    first = call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    again = Caller(token_for(cast.charity.owner))("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    other = calling(cast.charity.manager)("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    assert again.content == first.content
    assert other.json()["id"] != first.json()["id"]
    assert written() == 2


def test_the_same_key_for_another_merchant_is_another_request(cast: factories.Cast, calling: Any) -> None:
    managed = factories.organisation("Styret", "merchant", managed_by=cast.agency.org)
    call = calling(cast.agency.manager)
    call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    response = call("POST", "/things", {"name": "a"}, Idempotency_Key="k1", Ringround_Acting_For=str(managed.id))
    assert response.json()["code"] == "key_reused"


def test_reading_takes_no_key(call: Caller) -> None:
    call("GET", "/things", Idempotency_Key="k1")
    assert not IdempotencyKey.objects.exists()


def test_a_refusal_is_kept_and_what_it_wrote_is_not(call: Caller) -> None:
    first = call("POST", "/things/fail/conflict", Idempotency_Key="k1")
    second = call("POST", "/things/fail/conflict", Idempotency_Key="k1")
    assert first.status_code == second.status_code == 409
    assert second.json() == first.json()
    assert second["Content-Type"] == "application/problem+json"
    assert second["Idempotency-Replayed"] == "true"
    assert written() == 0


def test_a_refusal_after_a_part_was_written_takes_the_part_along(call: Caller) -> None:
    assert call("POST", "/things/fail/outside", Idempotency_Key="k1").json()["code"] == "too_late"
    assert written() == 0


@pytest.mark.parametrize("how", ["many", "bug"])
def test_not_now_and_our_own_faults_are_not_kept(call: Caller, how: str) -> None:
    for _ in range(2):
        response = call("POST", f"/things/fail/{how}", Idempotency_Key="k1")
        assert "Idempotency-Replayed" not in response
    assert written() == 0
    assert not IdempotencyKey.objects.exists()


def test_what_calls_outside_runs_in_no_transaction_and_its_answer_is_kept(call: Caller) -> None:
    for how, status in (("fine", 200), ("refused", 409)):
        first, second = (call("POST", f"/things/out/{how}", Idempotency_Key=how) for _ in range(2))
        assert (first.status_code, second.status_code, second.content) == (status, status, first.content)
        assert second["Idempotency-Replayed"] == "true"
    # What was begun before the refusal stays.
    assert written() == 2


def test_who_outside_cannot_be_reached_may_be_asked_again_with_the_same_key(call: Caller) -> None:
    for _ in range(2):
        response = call("POST", "/things/out/busy", Idempotency_Key="k1")
        assert (response.status_code, "Idempotency-Replayed" in response) == (409, False)
    assert not IdempotencyKey.objects.exists()
    assert written() == 2


def test_what_is_under_way_outside_is_not_run_beside_itself_and_again_when_its_process_is_lost(call: Caller) -> None:
    call("POST", "/things/out/fine", Idempotency_Key="k1")
    IdempotencyKey.objects.update(status=None, body=None)
    assert call("POST", "/things/out/fine", Idempotency_Key="k1").json()["code"] == "key_in_use"
    IdempotencyKey.objects.update(created_at=clock.real_now() - idempotency.LOST - timedelta(seconds=1))
    assert call("POST", "/things/out/fine?x=1", Idempotency_Key="k1").json()["code"] == "key_in_use"
    assert call("POST", "/things/out/fine", Idempotency_Key="k1").status_code == 200
    assert written() == 2


def test_204_keeps_its_headers(call: Caller) -> None:
    first, second = (call("POST", "/things/fail/none", Idempotency_Key="k1") for _ in range(2))
    assert (second.status_code, second["Ringround-Reason"], second.content) == (204, "no_lead_due", b"")
    assert second.headers.get("Content-Type") == first.headers.get("Content-Type")
    assert written() == 1


def test_a_form_is_the_same_by_its_parts_whatever_its_boundary(call: Caller) -> None:
    def send(content: bytes, boundary: str) -> Any:
        from django.test.client import encode_multipart

        body = encode_multipart(boundary, {"file": SimpleUploadedFile("a.csv", content), "options": "{}"})
        kind = f"multipart/form-data; boundary={boundary}"
        return call("POST", "/things/file/upload", raw=body, Content_Type=kind, Idempotency_Key="k1")

    first, second, other = send(b"one", "aaa"), send(b"one", "bbb"), send(b"two", "aaa")
    assert first.json()["size"] == 3
    assert second.json() == first.json()
    assert other.json()["code"] == "key_reused"


@pytest.mark.parametrize("key", ["x" * 256, " a", "a ", "å", "a\tb"])
def test_a_bad_key_is_422(call: Caller, key: str) -> None:
    response = call("POST", "/things", {"name": "a"}, Idempotency_Key=key)
    assert (response.status_code, response.json()["code"]) == (422, "bad_key")
    assert response.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]
    assert written() == 0


def test_after_a_day_a_key_is_new(call: Caller) -> None:
    call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    IdempotencyKey.objects.update(created_at=clock.real_now() - timedelta(hours=24, seconds=1))
    assert call("POST", "/things", {"name": "b"}, Idempotency_Key="k1").status_code == 201


def test_keys_past_their_day_are_deleted(call: Caller) -> None:
    for key in ("old", "new"):
        call("POST", "/things", {"name": "a"}, Idempotency_Key=key)
    IdempotencyKey.objects.filter(key="old").update(created_at=clock.real_now() - timedelta(hours=25))
    idempotency.clean_up()
    assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]


def test_a_stored_answer_cannot_be_read_in_the_database(call: Caller) -> None:
    call("POST", "/things", {"name": "Hemmelig"}, Idempotency_Key="k1")
    (row,) = IdempotencyKey.objects.all()
    assert b"Hemmelig" not in bytes(row.body or b"")


def test_a_screen_presses_once(cast: factories.Cast) -> None:
    pressed: list[int] = []

    def press() -> HttpResponse:
        pressed.append(1)
        return HttpResponse(b"done", status=201)

    for _ in range(2):
        response = idempotency.once(cast.charity.owner, "k", press)
        assert (response.status_code, response.content) == (201, b"done")
    assert len(pressed) == 1
    idempotency.once(cast.charity.owner, "", press)
    assert len(pressed) == 2


def test_a_screen_that_refuses_may_be_pressed_again(cast: factories.Cast) -> None:
    def refuse() -> HttpResponse:
        raise Conflict("wrong_state")

    with pytest.raises(Conflict):
        idempotency.once(cast.charity.owner, "k", refuse)
    assert idempotency.once(cast.charity.owner, "k", lambda: HttpResponse(b"now")).content == b"now"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_once_and_both_get_the_answer(call: Caller) -> None:
    answers: list[Any] = []
    together = threading.Barrier(8)

    def send() -> None:
        together.wait()
        try:
            answers.append(Caller(call.token)("POST", "/things", {"name": "a"}, Idempotency_Key="k1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.status_code for one in answers} == {201}
    assert len({json.loads(one.content)["id"] for one in answers}) == 1
    assert sum("Idempotency-Replayed" in one for one in answers) == 7
    assert written() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_waits_too_long_is_told_that_the_key_is_in_use(
    call: Caller, cast: factories.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_MS", 100)
    begun, end = threading.Event(), threading.Event()

    def slow() -> HttpResponse:
        begun.set()
        end.wait(20)
        return HttpResponse()

    def hold() -> None:
        try:
            idempotency.once(cast.charity.owner, "k1", slow)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(20)
    try:
        response = call("POST", "/things", {"name": "a"}, Idempotency_Key="k1")
    finally:
        end.set()
        thread.join()
    assert (response.status_code, response.json()["code"]) == (409, "key_in_use")
    assert written() == 0


@pytest.mark.django_db(transaction=True)
def test_a_crash_half_way_leaves_nothing_and_the_retry_writes_once(call: Caller, cast: factories.Cast) -> None:
    """The server closes the connection inside the write, as when its process is killed."""

    def killed() -> HttpResponse:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES ('thing killed', 0)")
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return HttpResponse()

    thread_error: list[Exception] = []

    def run() -> None:
        try:
            idempotency.once(cast.charity.owner, "k1", killed)
        except Exception as error:
            thread_error.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert thread_error
    assert written() == 0
    assert call("POST", "/things", {"name": "a"}, Idempotency_Key="k1").status_code == 201
    assert written() == 1
