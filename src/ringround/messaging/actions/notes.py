"""Noting what became of messages: receipts, opens and clicks. Late, twice and in any order: see `rules.delivery`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.infra import events as log
from ringround.infra.unit import action
from ringround.messaging import events
from ringround.messaging.models import Message
from ringround.messaging.rules.delivery import Status, after

MAX_DETAIL = 500
# Events of clicks on one message; a scanner may follow a link for ever.
MOST_CLICKS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider says of a message: ours by `message_id`, or the provider's by `provider_id` and its transport.

    `status` is `sent`, `delivered`, `failed` or `bounced`.
    """

    status: str
    message_id: UUID | None = None
    transport_id: UUID | None = None
    provider_id: str = ""
    reason: str = ""
    detail: str = ""


@action
def receipt_note(*, receipt: Receipt, now: datetime) -> bool | None:
    """Note a receipt; whether it said something new. None: there is no such message of that transport, or not yet, for
    a receipt by the provider's id may come before that id is noted."""
    found = Message.objects.select_for_update(no_key=True).filter(direction="out")
    if receipt.transport_id is not None:
        found = found.filter(transport=receipt.transport_id)
    if receipt.message_id is not None:
        found = found.filter(id=receipt.message_id)
    elif receipt.provider_id and receipt.transport_id is not None:
        found = found.filter(provider_id=receipt.provider_id)
    else:
        return None
    message = found.order_by("id").first()
    if message is None:
        return None
    return status_note(message, receipt.status, now=now, reason=receipt.reason, detail=receipt.detail)


def status_note(message: Message, status: str, *, now: datetime, reason: str = "", detail: str = "") -> bool:
    """Note a state of a message that is locked, with its event, if it says more than what is known; whether it did."""
    was = Status(message.status)
    will = after(was, Status(status))
    if will is was:
        return False
    message.status = will.value
    message.event_no += 1
    message.lease_until = None
    fields = ["status", "event_no", "lease_until", "reason", "detail"]
    message.reason, message.detail = reason, clean(detail)
    # A receipt may come before the answer to the request: the provider has had it either way.
    if message.sent_at is None and will not in (Status.SKIPPED, Status.FAILED):
        message.sent_at = now
        fields.append("sent_at")
    if will is Status.DELIVERED and message.delivered_at is None:
        message.delivered_at = now
        fields.append("delivered_at")
    message.save(update_fields=fields)
    log.record_all([events.message_event(message, events.OF_STATUS[will.value], at=now)])
    return True


@action
def message_opened(*, message_id: UUID, machine: bool, now: datetime) -> bool:
    """Note that an e-mail was opened; whether it was the first time by a person, or the first time by a machine."""
    message = _locked(message_id)
    if message is None:
        return False
    field = "machine_opened_at" if machine else "opened_at"
    if getattr(message, field) is not None:
        return False
    setattr(message, field, now)
    message.event_no += 1
    message.save(update_fields=[field, "event_no"])
    log.record_all([events.message_event(message, events.OPENED, at=now, machine=machine)])
    return True


@action
def message_clicked(*, message_id: UUID, link: int, now: datetime) -> bool:
    """Note that a link was followed, each time; who clicks has opened it."""
    message = _locked(message_id)
    if message is None or message.event_no > MOST_CLICKS:
        return False
    records = []
    fields = ["event_no"]
    if message.opened_at is None:
        message.opened_at = now
        message.event_no += 1
        fields.append("opened_at")
        records.append(events.message_event(message, events.OPENED, at=now, machine=False))
    if message.clicked_at is None:
        message.clicked_at = now
        fields.append("clicked_at")
    message.event_no += 1
    records.append(events.message_event(message, events.CLICKED, at=now, link=link))
    message.save(update_fields=fields)
    log.record_all(records)
    return True


@action
def messages_erase(*, contact_ids: Iterable[UUID], now: datetime) -> int:
    """Empty the messages of contacts that were erased; what was still to be sent is not. How many."""
    rows = list(Message.objects.select_for_update(no_key=True).filter(contact__in=list(contact_ids)).order_by("id"))
    for message in rows:
        status_note(message, "skipped", now=now, reason="erased")
        message.to = message.subject = message.text = message.html = message.detail = ""
        message.save(update_fields=["to", "subject", "text", "html", "detail"])
    return len(rows)


def clean(text: str) -> str:
    """What a server said, as far as it can be stored."""
    return " ".join(text.replace("\0", "").split())[:MAX_DETAIL]


def _locked(message_id: UUID) -> Message | None:
    return Message.objects.select_for_update(no_key=True).filter(id=message_id, direction="out").first()
