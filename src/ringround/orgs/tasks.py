"""Background entry points."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ringround.orgs import mails
from ringround.orgs.reactions import WEBHOOK_OFF_MAIL

# Minutes apart at first and hours at last: a mail server that is down for a night is waited for.
AGAIN = RetryStrategy(max_attempts=7, exponential_wait=4, wait=60)


@app.task(name=WEBHOOK_OFF_MAIL, queue="mail", retry=AGAIN)
def webhook_off_mail(*, org_id: str, webhook_id: str, reason: str, user_id: str) -> None:
    """Tell an owner that a webhook was switched off."""
    mails.webhook_off(org_id=UUID(org_id), webhook_id=UUID(webhook_id), reason=reason, user_id=UUID(user_id))
