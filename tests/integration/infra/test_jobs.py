"""Background jobs that a killed worker left as being done."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector
from procrastinate.worker import Worker

from ringround.infra import jobs

pytestmark = pytest.mark.django_db(transaction=True)

FETCH = "SELECT id FROM procrastinate_fetch_job_v2(ARRAY['campaigns'], %s)"


@pytest.fixture(autouse=True)
def _no_jobs_of_others(transactional_db: None) -> None:
    """Tests that commit leave their jobs behind: the flush after them knows only managed tables."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers")
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")


def _worker(silent_s: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id",
            [silent_s],
        )
        return int(cursor.fetchone()[0])


def _take(worker: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(FETCH, [worker])
        row = cursor.fetchone()
    return row[0] if row else None


def _defer(**how: str) -> int:
    return app.configure_task("campaigns.leads_replace", queue="campaigns", **how).defer(campaign_id="x")


def test_a_killed_workers_job_is_done_by_another_and_holds_up_nobody_with_the_same_lock() -> None:
    first, second = _defer(lock="campaign:1"), _defer(lock="campaign:1")
    assert _take(_worker(60)) == first
    other = _worker(0)
    assert _take(other) is None  # which is how it would stay for ever
    assert jobs.take_back() == 1
    assert _take(other) == first
    assert jobs.take_back() == 0, "who works on it lives"
    app.job_manager.connector.get_sync_connector().execute_query(
        "SELECT procrastinate_finish_job_v1(%(id)s, 'succeeded', false)", id=first
    )
    assert _take(other) == second


def test_a_job_that_is_asked_for_again_by_whoever_wants_it_is_over_with_its_worker() -> None:
    lost = _defer(queueing_lock="import:1")
    assert _take(_worker(60)) == lost
    again = _defer(queueing_lock="import:1")
    assert jobs.take_back() == 1
    assert _take(_worker(0)) == again


def test_a_job_that_takes_every_worker_with_it_is_given_up() -> None:
    _defer()
    for _ in range(jobs.MOST_ATTEMPTS + 1):
        assert _take(_worker(60)) is not None
        assert jobs.take_back() == 1
    assert _take(_worker(0)) is None


MOST_ROUNDS = 1000


def _works_and_is_told_to_end(own: App) -> dict[str, Any]:
    """A worker that is told to end while it does the one job there is; that job's row afterwards."""

    async def end(run: Callable[[], Awaitable[Any]], _context: Any, worker: Worker) -> Any:
        worker.stop()
        return await run()

    jobs.work(own, patience_s=0, install_signal_handlers=False, worker_middleware=[end])
    assert isinstance(own.connector, InMemoryConnector)
    (row,) = own.connector.jobs.values()
    return dict(row)


def test_a_worker_that_ends_puts_a_long_job_back_for_the_next_one() -> None:
    own = App(connector=InMemoryConnector())
    done: list[int] = []

    @own.task(name="long")
    def long() -> None:
        for n in range(MOST_ROUNDS):
            done.append(n)
            jobs.look_up()
            time.sleep(0.01)

    own.configure_task("long").defer()
    assert _works_and_is_told_to_end(own)["status"] == "todo"
    assert 0 < len(done) < MOST_ROUNDS


def test_being_put_back_uses_up_no_tries() -> None:
    job = _defer()

    def leave_off() -> None:
        raise jobs.PutBack

    for _ in range(jobs.MOST_ATTEMPTS + 1):
        assert _take(_worker(0)) == job
        context: Any = SimpleNamespace(job=SimpleNamespace(id=job), should_abort=lambda: True)
        worker: Any = None
        with pytest.raises(jobs.PutBack):
            jobs._may_leave_off(leave_off, context, worker)
        with connection.cursor() as cursor:
            cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job])
            cursor.execute("SELECT attempts FROM procrastinate_jobs WHERE id = %s", [job])
            assert cursor.fetchone() == (0,)


def test_a_job_is_put_back_also_when_the_database_goes_with_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave_off() -> None:
        raise jobs.PutBack

    def away(*_what: Any, **_params: Any) -> int:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(jobs.sql, "run", away)
    context: Any = SimpleNamespace(job=SimpleNamespace(id=1), should_abort=lambda: True)
    worker: Any = None
    with pytest.raises(jobs.PutBack):
        jobs._may_leave_off(leave_off, context, worker)


def test_a_job_that_is_done_when_the_worker_ends_is_not_put_back() -> None:
    own = App(connector=InMemoryConnector())
    own.task(name="short")(jobs.look_up)
    own.configure_task("short").defer()
    jobs.work(own, wait=False, install_signal_handlers=False)
    assert isinstance(own.connector, InMemoryConnector)
    assert [row["status"] for row in own.connector.jobs.values()] == ["succeeded"]


@pytest.mark.parametrize(("retry", "then"), [(False, "failed"), (RetryStrategy(max_attempts=2), "todo")])
def test_a_job_that_fails_is_tried_again_as_its_task_says(retry: Any, then: str) -> None:
    own = App(connector=InMemoryConnector())

    @own.task(name="broken", retry=retry)
    def broken() -> None:
        raise ValueError("broken")

    own.configure_task("broken").defer()
    assert _works_and_is_told_to_end(own)["status"] == then


def test_outside_of_a_worker_nobody_leaves_off() -> None:
    jobs.look_up()


def test_a_job_after_one_whose_connection_went_has_another() -> None:
    def ask() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    def go() -> int:
        return int(jobs._may_leave_off(ask, SimpleNamespace(should_abort=lambda: False), None))  # type: ignore[arg-type]

    before = go()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OperationalError):
        ask()
    assert go() != before
