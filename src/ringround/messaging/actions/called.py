"""What providers tell: receipts, and what people have written."""

from __future__ import annotations

from datetime import datetime

from ringround.infra.unit import action
from ringround.messaging.actions.inbound import message_receive
from ringround.messaging.actions.notes import Receipt, receipt_note
from ringround.messaging.models import Transport
from ringround.messaging.transports import DRAWERS
from ringround.messaging.transports.port import Call, Heard, NotTheirs, Said
from ringround.messaging.ways import way_of


def provider_called(*, token: str, call: Call, now: datetime) -> None:
    """A call at the address of a transport. NotTheirs for a token of nobody's, a wrong signature, or a kind that is
    never called; NotRead for what is no receipt. Whatever is read is noted once, however often it is told."""
    transport = Transport.objects.filter(token=token).first() if token.isascii() else None
    if transport is None:
        raise NotTheirs
    way = way_of(transport)
    if way is None:
        raise NotTheirs
    said, heard = DRAWERS[transport.kind].hear(way, call)
    for one in said:
        provider_said(transport=transport, said=one, now=now)
    for message in heard:
        provider_heard(transport=transport, heard=message, now=now)


@action
def provider_said(*, transport: Transport, said: Said, now: datetime) -> bool:
    """Note a receipt by a transport; whether it said something new."""
    receipt = Receipt(
        status=said.status, message_id=said.message_id, transport_id=transport.id, provider_id=said.provider_id,
        reason=said.reason, detail=said.detail,
    )  # fmt: skip
    return receipt_note(receipt=receipt, now=now)


@action
def provider_heard(*, transport: Transport, heard: Heard, now: datetime) -> bool:
    """Store what somebody has written; whether it was new."""
    found = message_receive(
        transport=transport, number=heard.number, to=heard.to, text=heard.text, provider_id=heard.provider_id,
        said_at=heard.said_at, now=now,
    )  # fmt: skip
    return found is not None
