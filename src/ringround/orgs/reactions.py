"""What this room does about events of lower rooms."""

from __future__ import annotations

from procrastinate.contrib.django import app

from ringround.infra.events import Event
from ringround.orgs import queries

WEBHOOK_OFF_MAIL = "orgs.webhook_off_mail"


def webhook_switched_off(event: Event) -> None:
    """The owners are told by mail, in the background: a mail server may be slow, and the relay waits for nobody."""
    for owner in queries.owners_of(organisation_id=event.org_id):
        # A job each: what one of them could not be sent is tried again, and nobody else gets it twice.
        app.configure_task(WEBHOOK_OFF_MAIL, queue="mail").defer(
            org_id=str(event.org_id), webhook_id=str(event.subject_id), reason=event.data["reason"],
            user_id=str(owner.id),
        )  # fmt: skip


REACTIONS = {"http.webhook.switched_off": webhook_switched_off}
