"""Prepared statements go straight to libpq; what nobody waits for goes with the next."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg.types.json import Jsonb

from ringround.infra import sql
from ringround.infra.database import prepared
from ringround.infra.models import Cursor


class Word(str, Enum):  # noqa: UP042 - whose `str()` is not its text
    NULL = "null"


AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
ID = UUID("01900000-0000-7000-8000-0000000000ff")
SAME = [
    ("text", "Åse \"Ø\" \\ O'Hara {a,b}\n"), ("text", ""), ("uuid", ID), ("boolean", True), ("int", -7), ("int", None),
    ("timestamptz", AT), ("date", date(2026, 3, 2)), ("bytea", b"\x00\xff"), ("float8", 0.1),
    ("text[]", ["", "null", "NULL", "a b", 'q"\\', "Æ", None, "{}", "1,2"]), ("uuid[]", [ID, None]), ("int[]", []),
    ("timestamptz[]", [AT, None]), ("boolean[]", [True, False]), ("boolean[]", [True, None]),
    # Of one kind throughout.
    ("text[]", ["", "null", "a b", "Æ", "{}", "1,2", "'"]), ("text[]", ['q"', "a"]), ("text[]", ["\\", "a"]),
    ("text[]", ['"', '","']), ("text[]", [""]), ("int[]", [1, -2]), ("uuid[]", [ID, ID]), ("timestamptz[]", [AT, AT]),
    ("text[]", [None, None]),
]  # fmt: skip


def statement(text: str) -> sql.Statement:
    made = sql.Statement(text)
    made.prepared = True
    return made


def add(name: str, seq: int = 0) -> None:
    sql.later_text(
        statement("INSERT INTO infra_cursor (name, seq) VALUES (%(name)s::text, %(seq)s::bigint)"),
        {"name": name, "seq": seq},
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "value"), SAME)
def test_a_value_comes_back_as_it_went(kind: str, value: Any) -> None:
    ((found,),) = sql.rows_text(statement(f"SELECT %(value)s::{kind}"), {"value": value})
    assert found == value


@pytest.mark.django_db
def test_json_comes_back_as_its_text_which_is_what_djangos_fields_take() -> None:
    ((found,),) = sql.rows_text(statement("SELECT %(value)s::jsonb"), {"value": Jsonb({"a": ["Ø", None]})})
    assert found == '{"a": ["Ø", null]}'


@pytest.mark.django_db
def test_the_member_of_an_enum_is_its_text() -> None:
    ((alone, among),) = sql.rows_text(
        statement("SELECT %(one)s::text, %(many)s::text[]"), {"one": Word.NULL, "many": [Word.NULL]}
    )
    assert (alone, among) == ("null", ["null"])


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["a\0b", ["a\0b"]])
def test_a_nul_is_refused_and_not_cut_off(value: Any) -> None:
    with pytest.raises(DataError):
        sql.rows_text(statement("SELECT %(value)s::text"), {"value": value})


@pytest.mark.django_db
def test_what_is_no_value_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        sql.rows_text(statement("SELECT %(value)s::text"), {"value": object()})


@pytest.mark.django_db
def test_what_waits_goes_before_a_statement_of_either_way() -> None:
    add("a")
    assert sql.rows_text(statement("SELECT count(*) FROM infra_cursor WHERE name = 'a'"), {}) == [(1,)]
    add("b")
    assert Cursor.objects.filter(name="b").exists()


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_committed_and_rolled_back_with_the_rest() -> None:
    with transaction.atomic():
        add("kept")
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        add("gone")
        raise RuntimeError
    assert set(Cursor.objects.filter(name__in=["kept", "gone"]).values_list("name", flat=True)) == {"kept"}


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_takes_back_what_was_asked_for_within_it() -> None:
    with transaction.atomic():
        add("outside")
        with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
            add("inside")
            raise RuntimeError
    assert set(Cursor.objects.filter(name__in=["outside", "inside"]).values_list("name", flat=True)) == {"outside"}


@pytest.mark.django_db(transaction=True)
def test_what_a_savepoint_takes_back_before_it_went_cannot_fail() -> None:
    with transaction.atomic():
        add("kept")
        with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
            add("kept")
            raise RuntimeError
        assert Cursor.objects.filter(name="kept").exists()
    assert Cursor.objects.filter(name="kept").exists()


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_what_waits_is_told_by_the_commit_and_nothing_is_kept() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():  # noqa: PT012
        add("twice")
        add("twice")
    assert not Cursor.objects.filter(name="twice").exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_waits() -> None:
    add("now")
    assert connection.waiting == []  # type: ignore[attr-defined]
    assert Cursor.objects.filter(name="now").exists()


def ask(number: int) -> prepared.Coming:
    return prepared.soon("SELECT $1::int AS n", [number])


@pytest.mark.django_db(transaction=True)
def test_questions_that_can_wait_go_in_one_letter_and_each_has_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    letters: list[int] = []
    send = prepared._send

    def counted(raw: Any, sent: list[Any], **how: Any) -> Any:
        letters.append(len(sent))
        return send(raw, sent, **how)

    monkeypatch.setattr(prepared, "_send", counted)
    with transaction.atomic():
        one, two = ask(1), ask(2)
        assert [two.get().rows, one.get().rows] == [[(2,)], [(1,)]]
        add("beside")
        three = ask(3)
    assert three.get().rows == [(3,)], "it went with the COMMIT"
    assert letters == [2, 2]


@pytest.mark.django_db(transaction=True)
def test_a_question_of_a_transaction_that_was_rolled_back_has_no_answer() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        asked = ask(1)
        raise RuntimeError
    with pytest.raises(RuntimeError, match="is over"):
        asked.get()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_a_question_is_asked_at_once() -> None:
    assert ask(1)._answer is not None
    assert connection.waiting == []  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_while_a_letter_is_under_way_others_go_on() -> None:
    # A statement that waits for a lock must not hold up the thread that has it.
    with transaction.atomic():
        add("busy")
        connection.cursor().close()
        waits = threading.Event()

        def second() -> None:
            try:
                with transaction.atomic():
                    sql.rows_text(statement("SELECT 1 WHERE %(a)s::int = 1"), {"a": 1})
                    waits.set()
                    add("busy")
            except IntegrityError:
                pass
            finally:
                connection.close()

        thread = threading.Thread(target=second)
        thread.start()
        waits.wait()
        begun = time.monotonic()
        while not _somebody_waits() and time.monotonic() - begun < 60:
            pass
        assert _somebody_waits()
    thread.join()


def _somebody_waits() -> bool:
    ((found,),) = sql.rows_text(
        statement("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"), {}
    )
    return bool(found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_a_letter", [False, True])
def test_a_server_that_is_gone_is_an_operational_error_and_the_next_finds_it_again(in_a_letter: bool) -> None:
    one = statement("SELECT %(a)s::int")
    assert sql.rows_text(one, {"a": 1}) == [(1,)]
    raw = connection.connection
    with psycopg.connect(raw.info.dsn, password=raw.info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [raw.info.backend_pid])
    with pytest.raises(OperationalError), transaction.atomic() if in_a_letter else nullcontext():
        sql.rows_text(one, {"a": 1})
    connection.close()
    assert sql.rows_text(one, {"a": 2}) == [(2,)]


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_is_stopped_says_so_and_nobody_reads_the_rest_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = statement("SELECT %(a)s::int")
    assert sql.rows_text(one, {"a": 1}) == [(1,)]
    raw = connection.connection

    def stopped(_connection: Any, _events: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(prepared, "_ready", stopped)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            sql.rows_text(one, {"a": 2})
    assert raw.closed
    assert sql.rows_text(one, {"a": 3}) == [(3,)]


@pytest.mark.django_db
def test_a_statement_is_prepared_once_whatever_its_values() -> None:
    one = statement("SELECT %(a)s::int, %(b)s::text[] -- once")
    for params in ({"a": 1, "b": []}, {"a": None, "b": ["x"]}, {"a": 70_000, "b": None}):
        sql.rows_text(one, params)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%-- once' AND name LIKE 'rr%'"
        )
        assert cursor.fetchone() == (1,)
    assert prepared.run("SELECT $1::int AS a", [3]).names == ("a",)
