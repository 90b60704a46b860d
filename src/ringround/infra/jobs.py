"""Background jobs: those that are under way, those that a killed worker left behind, and the end of a worker.

A worker that is told to end waits a moment for its jobs. A long one looks up between two of its batches (`look_up`) and
goes back into the queue; who has the job next goes on where it was left.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import connection
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from ringround.infra import sql

log = logging.getLogger(__name__)

# Workers say every ten seconds that they live, and forget each other after as many as this (Procrastinate's own).
SILENT_S = 30.0
MOST_ATTEMPTS = 5
# So long a worker that ends waits for its jobs before it asks them to leave off: most are over by then.
PATIENCE_S = 2.0

_leave_off: ContextVar[Callable[[], bool] | None] = ContextVar("leave_off", default=None)


class PutBack(BaseException):
    """The worker ends, and this job is not done. Not an `Exception`: it is no fault that anybody could deal with."""


def look_up() -> None:
    """Between two batches of long work, outside of a transaction: leave off here when the worker is to end."""
    leave_off = _leave_off.get()
    if leave_off is not None and leave_off():
        raise PutBack


def work(app: App, *, concurrency: int = 2, patience_s: float = PATIENCE_S, **how: Any) -> None:
    """Do jobs until told to end, by Procrastinate's own signals. What is put back is there for the next worker."""
    for task in app.tasks.values():
        if not isinstance(task.retry_strategy, _Again):
            task.retry_strategy = _Again(task.retry_strategy)
    app.run_worker(
        concurrency=concurrency, shutdown_graceful_timeout=patience_s, task_middleware=[_may_leave_off], **how
    )


def _may_leave_off(run: Callable[[], Any], context: JobContext, _worker: Worker) -> Any:
    mark = _leave_off.set(context.should_abort)
    raw = connection.connection
    if raw is not None and raw.closed:
        # The database went while this thread had its last job; nothing else opens another for it.
        connection.close()
    try:
        return run()
    except PutBack:
        # Coming back counts as an attempt, which this was none of: else some deploys would use up a long job's tries.
        try:
            sql.run("infra", "job_put_back", job=context.job.id)
        except Exception:
            # Better one attempt too many than a job that has failed.
            log.exception("job %s is put back as one more attempt", context.job.id)
        raise
    finally:
        _leave_off.reset(mark)


class _Again(BaseRetryStrategy):
    """A job that was put back is taken up again, whatever else is a reason to for its task."""

    def __init__(self, own: BaseRetryStrategy | None) -> None:
        self._own = own

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, PutBack):
            return RetryDecision()
        return self._own.get_retry_decision(exception=exception, job=job) if self._own is not None else None


def under_way(task: str) -> list[dict[str, Any]]:
    """The arguments of the jobs of this task that wait or are being done. What is written down as under way, and is not
    found here by a reader who looked there first, nobody does any more."""
    return [json.loads(row["args"]) for row in sql.rows("infra", "jobs_open", task=task)]


def take_back() -> int:
    """Put what killed workers were doing into the queue again, for the relay; how many jobs that were."""
    return len(sql.rows("infra", "jobs_take_back", silent_s=SILENT_S, most=MOST_ATTEMPTS))
