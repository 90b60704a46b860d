"""Background jobs that a killed worker left as being done."""

from __future__ import annotations

import pytest
from django.db import connection
from procrastinate.contrib.django import app

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
