"""Background entry points."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from ringround.reports import actions
from ringround.reports.actions.clients import DELETE_TASK, EXPORT_TASK
from ringround.reports.actions.schedules import QUEUE, TASK

# Minutes apart at first and hours at last: a mail server that is down for a night is waited for.
RETRIES = 7
AGAIN = RetryStrategy(max_attempts=RETRIES, exponential_wait=4, wait=60)


@app.task(name=TASK, queue=QUEUE, retry=AGAIN, pass_context=True)
def sending_run(context: JobContext, sending_id: str) -> None:
    """Send a report to those who have not got it."""
    try:
        actions.sending_run(sending_id=UUID(sending_id))
    except Exception as fault:
        if context.job.attempts >= RETRIES:
            actions.sending_fail(sending_id=UUID(sending_id), error=getattr(fault, "code", "interrupted"))
        raise


@app.task(name=EXPORT_TASK, queue=QUEUE, retry=RetryStrategy(max_attempts=3, exponential_wait=10))
def client_export_run(export_id: str) -> None:
    """Write an organisation's archive."""
    actions.client_export_run(export_id=UUID(export_id))


@app.task(name=DELETE_TASK, queue=QUEUE, retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def client_delete_run(organisation_id: str) -> None:
    """Delete a client's data, from wherever it was left."""
    actions.client_delete_run(organisation_id=UUID(organisation_id))
