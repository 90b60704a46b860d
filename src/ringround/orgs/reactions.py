"""What this room does about events of lower rooms."""

from __future__ import annotations

from procrastinate.contrib.django import app

from ringround.infra.events import Event

WEBHOOK_OFF_MAIL = "orgs.webhook_off_mail"


def webhook_switched_off(event: Event) -> None:
    """The owners are told by mail, in the background: a mail server may be slow, and the relay waits for nobody."""
    app.configure_task(WEBHOOK_OFF_MAIL, queue="mail").defer(
        org_id=str(event.org_id), webhook_id=str(event.subject_id), reason=event.data["reason"]
    )


REACTIONS = {"http.webhook.switched_off": webhook_switched_off}
