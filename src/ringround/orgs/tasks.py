"""Background entry points."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from ringround.orgs import mails
from ringround.orgs.reactions import WEBHOOK_OFF_MAIL


@app.task(name=WEBHOOK_OFF_MAIL, queue="mail")
def webhook_off_mail(*, org_id: str, webhook_id: str, reason: str) -> None:
    """Tell the owners that a webhook was switched off."""
    mails.webhook_off(org_id=UUID(org_id), webhook_id=UUID(webhook_id), reason=reason)
