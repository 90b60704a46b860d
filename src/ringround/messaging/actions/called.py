"""What providers tell: receipts, and what people have written."""

from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID

from django.db import connection

from ringround.infra import clock
from ringround.infra.unit import action
from ringround.messaging.actions.heard import part_heard
from ringround.messaging.actions.inbound import message_receive
from ringround.messaging.actions.notes import Receipt, receipt_note
from ringround.messaging.actions.parts import part_said, parts_note
from ringround.messaging.models import Transport
from ringround.messaging.transports import DRAWERS
from ringround.messaging.transports.port import Call, Handed, Heard, NotTheirs, Said, Way
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
    unknown = [one for one in said if provider_said(transport=transport, said=one, now=now) is None]
    for message in heard:
        provider_heard(transport=transport, heard=message, now=now)
    if unknown:
        # Nobody's, or too early: providers come again after a while, and give up after some.
        raise NotTheirs


@action
def provider_said(*, transport: Transport, said: Said, now: datetime) -> bool | None:
    """Note a receipt by a transport; whether it said something new, None where there is no such message (yet)."""
    receipt = Receipt(
        status=said.status, message_id=said.message_id, transport_id=transport.id, provider_id=said.provider_id,
        reason=said.reason, detail=said.detail,
    )  # fmt: skip
    found = receipt_note(receipt=receipt, now=now)
    if found is None and said.message_id is None and said.provider_id:
        found = part_said(receipt=receipt, now=now)
    return found


# A receipt that is nobody's is brought again for so long, for it may have come too early.
EARLY_S = 60.0
MOST_EARLY = 10_000
_early: dict[tuple[UUID, str], float] = {}


def taken_by_bind(way: Way, one: Said | Heard | Handed) -> bool:
    """What has come by a bind (SMPP), in its thread; False: it is to be brought again."""
    try:
        return _taken(way, one)
    except Exception:
        # The thread's own connection, which no request ever looks after: one that broke would stay broken.
        connection.close()
        raise


def _taken(way: Way, one: Said | Heard | Handed) -> bool:
    if isinstance(one, Handed):
        parts_note(message_id=one.message_id, parts=[(one.number, one.provider_id)])
        return True
    transport = Transport.objects.filter(id=way.id).first()
    if transport is None:
        return True
    if isinstance(one, Heard):
        provider_heard(transport=transport, heard=one, now=clock.now())
        return True
    if provider_said(transport=transport, said=one, now=clock.now()) is not None:
        return True
    if len(_early) > MOST_EARLY:
        _early.clear()
    return time.monotonic() - _early.setdefault((way.id, one.provider_id), time.monotonic()) > EARLY_S


@action
def provider_heard(*, transport: Transport, heard: Heard, now: datetime) -> bool:
    """Store what somebody has written; whether it was new."""
    if heard.part is not None:
        return part_heard(transport=transport, heard=heard, now=now, real=clock.real_now())
    found = message_receive(
        transport=transport, number=heard.number, to=heard.to, text=heard.text, provider_id=heard.provider_id,
        said_at=heard.said_at, now=now,
    )  # fmt: skip
    return found is not None
