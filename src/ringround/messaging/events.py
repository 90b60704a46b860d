"""Events of the post room. Subject `message`; they carry ids and states, never what was written nor to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import events
from ringround.infra.event_types import declare
from ringround.messaging.models import Message
from ringround.messaging.rules.outgoing import Outgoing

_DATA = {
    "lead": "the lead's id, or null",
    "campaign": "the campaign's id, or null",
    "contact": "the contact's id, or null",
    "channel": "sms or email",
    "template": "the template's id, or null",
    "nth": "which message by this template to the lead, from 1",
    "key": "the writer's key of the message",
}
_REASON = {**_DATA, "reason": "why, as a stable code"}


def _declare(verb: str, description: str, data: Mapping[str, str] = _DATA) -> str:
    return declare(f"messaging.message.{verb}", description, subject="message", data=data)


QUEUED = _declare("queued", "A message was written down to be sent.")
SENT = _declare("sent", "The provider has taken a message.")
DELIVERED = _declare("delivered", "A message has arrived.")
FAILED = _declare("failed", "A message was given up: by us, by the provider or by the network.", _REASON)
SKIPPED = _declare("skipped", "A message was not sent, for a reason of ours.", _REASON)
BOUNCED = _declare("bounced", "A message came back.", _REASON)
OPENED = _declare(
    "opened",
    "An e-mail was opened; recorded for the first time by a person, and for the first time by a machine.",
    {**_DATA, "machine": "whether a machine opened it (a mail program's proxy, a scanner)"},
)
CLICKED = _declare(
    "clicked", "A link in an e-mail was followed.", {**_DATA, "link": "which link, from 0 in their order in the e-mail"}
)
RECEIVED = _declare(
    "received",
    "Somebody has written to us. Whom it is from is looked for by number.",
    {**_DATA, "stop": "whether it asks for no more messages", "sender": "the id of the transport it came by"},
)
# What a state is told as.
OF_STATUS = {
    "queued": QUEUED,
    "sent": SENT,
    "delivered": DELIVERED,
    "failed": FAILED,
    "skipped": SKIPPED,
    "bounced": BOUNCED,
    "received": RECEIVED,
}
_WITH_REASON = frozenset({FAILED, SKIPPED, BOUNCED})


def message_event(message: Message | Outgoing, kind: str, *, at: datetime | None = None, **more: Any) -> events.Record:
    """The event of a message whose `event_no` has just been drawn under its lock."""
    data = {
        "lead": _text(message.lead_id),
        "campaign": _text(message.campaign_id),
        "contact": _text(message.contact_id),
        "channel": message.channel,
        "template": _text(message.template_id),
        "nth": message.nth,
        "key": message.key,
        **({"reason": message.reason} if kind in _WITH_REASON else {}),
        **more,
    }
    return events.Record(
        org_id=message.organisation_id,
        also_org_id=message.agency_id,
        type=kind,
        subject_type="message",
        subject_id=message.id,
        subject_no=message.event_no,
        at=at,
        data=data,
        cause=message.cause,
    )


def _text(one: UUID | None) -> str | None:
    return str(one) if one else None
