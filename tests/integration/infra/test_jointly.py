"""What threads want written at the same moment is written jointly, and each goes on when its own is committed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from ringround.infra import jointly
from ringround.infra.jointly import Jointly

pytestmark = pytest.mark.django_db(transaction=True)

Write = Callable[[Sequence[str]], object]


def insert(names: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) SELECT n, 0 FROM unnest(%s::text[]) AS n", [list(names)])


def there() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM infra_cursor")
        return {row[0] for row in cursor.fetchall()}


def at_once(joint: Jointly[str], names: Sequence[str]) -> dict[str, BaseException | None]:
    """Each written by a thread of its own, all in one group; what each raised. Whoever returns looks whether its own is
    committed."""
    told: dict[str, BaseException | None] = {}
    ready = threading.Barrier(len(names))

    def one(name: str) -> None:
        try:
            ready.wait()
            joint.write(name)
            assert name in there(), "not committed"
            told[name] = None
        except BaseException as raised:
            told[name] = raised
        finally:
            connection.close()

    def moment(_s: float) -> None:
        """As long as it takes until all have come: on a busy machine nobody knows how long that is."""
        end = time.monotonic() + 10
        while (group := joint._gathering) is not None and len(group.items) < len(names):
            assert time.monotonic() < end, "they do not come together"
            time.sleep(0.001)

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jointly, "time", SimpleNamespace(sleep=moment))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len(told) == len(names), "somebody waits for ever"
    return told


def noting(write: Write, groups: list[list[str]]) -> Write:
    def noted(names: Sequence[str]) -> object:
        groups.append(sorted(names))
        return write(names)

    return noted


def test_what_comes_at_the_same_moment_is_one_writing_and_committed_before_anybody_goes_on() -> None:
    groups: list[list[str]] = []
    names = ["a", "b", "c", "d"]
    assert set(at_once(Jointly(noting(insert, groups), wait_s=0.05), names).values()) == {None}
    assert groups == [names]


def test_of_a_joint_writing_that_fails_only_those_fail_whose_own_does() -> None:
    insert(["b"])
    groups: list[list[str]] = []
    told = at_once(Jointly(noting(insert, groups), wait_s=0.05), ["a", "b", "c"])
    assert {name for name, fault in told.items() if fault is not None} == {"b"}
    assert there() == {"a", "b", "c"}
    assert sorted(groups) == [["a"], ["a", "b", "c"], ["b"], ["c"]]


def test_a_joint_writing_that_fails_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    insert(["b"])
    at_once(Jointly(insert, wait_s=0.05), ["a", "b"])
    (record,) = [one for one in caplog.records if one.name == jointly.__name__]
    # What was the matter is told where an own writing fails.
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert "IntegrityError" in record.getMessage()


def test_where_whoever_led_is_gone_each_writes_its_own() -> None:
    class Gone(BaseException):
        """Not an error that anybody handles."""

    def dies(names: Sequence[str]) -> None:
        if len(names) > 1:
            raise Gone
        insert(names)

    told = at_once(Jointly(dies, wait_s=0.05), ["a", "b", "c"])
    assert [type(fault) for fault in told.values() if fault is not None] == [Gone]
    assert len(there()) == 2


def test_who_has_waited_long_for_another_writes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jointly, "PATIENCE_S", 0.1)
    writing, stuck = threading.Event(), threading.Event()

    def hangs(names: Sequence[str]) -> None:
        if len(names) > 1:
            writing.set()
            stuck.wait(10)
            return
        # Whoever leads is in the middle of it.
        assert writing.wait(10)
        insert(names)
        stuck.set()

    begun = time.monotonic()
    at_once(Jointly(hangs, wait_s=0.05), ["a", "b"])
    assert len(there()) == 1
    assert time.monotonic() - begun < 5


def test_one_alone_is_written_once() -> None:
    groups: list[list[str]] = []
    Jointly(noting(insert, groups), wait_s=0.0).write("a")
    assert (groups, there()) == ([["a"]], {"a"})


def test_within_a_transaction_it_is_written_there_and_goes_with_it() -> None:
    joint = Jointly(insert, wait_s=60.0)
    with transaction.atomic():
        joint.write("a")
        assert there() == {"a"}
        transaction.set_rollback(True)
    assert there() == set()
