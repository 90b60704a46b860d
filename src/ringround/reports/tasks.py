"""Background entry points."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from ringround.reports import actions
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
