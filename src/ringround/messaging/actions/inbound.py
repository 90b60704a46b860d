"""What people write to us."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ringround.contacts import actions as contacts
from ringround.infra import events as log
from ringround.infra.unit import action
from ringround.kernel import phones
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import new_id
from ringround.messaging import events
from ringround.messaging.models import Message, Transport
from ringround.messaging.rules.stop import BY_STOP, is_stop
from ringround.orgs import queries as orgs

MAX_TEXT = 5_000
# An answer is one to the latest message of so many days.
ANSWERS = timedelta(days=90)


@action
def message_receive(
    *, transport: Transport, number: str, to: str, text: str, provider_id: str, now: datetime, said_at: str = ""
) -> Message | None:
    """Store an SMS that came in, with the event `received`; None for one that was here already.

    What it answers is the latest message to that number, whose contact, lead and campaign it is given. One that says
    STOP puts the number on the organisation's suppression list for SMS. `provider_id` tells it from others; without one
    the same words from the same number at the same moment (`said_at`, else the same hour) are one message.
    """
    parsed = phones.parse(number if number.startswith("+") else f"+{number}", None)
    sender = parsed.e164 if parsed is not None and parsed.valid else number[:40]
    text = text.replace("\0", "")[:MAX_TEXT]
    moment = said_at or f"{now:%Y-%m-%dT%H}"
    mark = provider_id or mark_of(f"{sender}\n{to}\n{moment}\n{text}")
    answered = (
        Message.objects.filter(
            organisation=transport.organisation_id, channel="sms", to=sender, direction="out", at__gte=now - ANSWERS
        )
        .order_by("-at", "-id")
        .first()
    )
    message = Message(
        id=new_id(), organisation_id=transport.organisation_id, channel="sms", direction="in", status="received",
        key=f"in:{transport.id}:{mark}", to=sender, sender=to[:40], text=text, transport=transport,
        provider_id=provider_id[:200], at=now, next_at=now,
    )  # fmt: skip
    if answered is not None:
        message.contact_id, message.lead_id = answered.contact_id, answered.lead_id
        message.campaign_id, message.agency_id = answered.campaign_id, answered.agency_id
    if not Message.objects.bulk_create([message], ignore_conflicts=True) or not _mine(message):
        return None
    stop = is_stop(text, keyword=str(transport.settings.get("keyword") or ""))
    log.record_all([events.message_event(message, events.RECEIVED, at=now, stop=stop, sender=str(transport.id))])
    if stop:
        _bar(transport.organisation_id, sender)
    return message


def mark_of(facts: str) -> str:
    """The same for the same facts, and no way back to them: it goes out in events, and who knows the words would find
    the number by trying all there are."""
    return hmac.new(settings.SECRET_KEY.encode(), b"messaging.in." + facts.encode(), hashlib.sha256).hexdigest()


def _mine(message: Message) -> bool:
    """Whether the row that is there is this one, and not one that came before."""
    return Message.objects.filter(id=message.id).exists()


def _bar(org_id: UUID, number: str) -> None:
    actor = orgs.system_actor(organisation_id=org_id)
    try:
        with transaction.atomic():
            contacts.suppression_add(actor=actor, value=number, kind="phone", channel="sms", source=BY_STOP)
    except Invalid:
        # From letters, or a number of no plan: nobody writes there, so there is nothing to bar.
        return
