"""Parts of long messages: which the provider has, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ringround.infra.unit import action
from ringround.messaging.actions.notes import Receipt, status_note
from ringround.messaging.models import Message, MessagePart
from ringround.messaging.rules.delivery import Status, after, of_parts


@action
def parts_note(*, message_id: UUID, parts: Iterable[tuple[int, str]]) -> None:
    """Note that the provider has taken these parts: (number, its id). Twice is no fault."""
    MessagePart.objects.bulk_create(
        [MessagePart(message_id=message_id, number=number, provider_id=named[:200]) for number, named in parts],
        ignore_conflicts=True,
    )


@action
def part_said(*, receipt: Receipt, now: datetime) -> bool | None:
    """Note a receipt of one part, and what is known of the whole by it; whether it said something new. None: there is
    no such part, or not yet."""
    of = (
        MessagePart.objects.filter(message__transport=receipt.transport_id, provider_id=receipt.provider_id)
        .values_list("message", "id")
        .first()
    )
    if of is None:
        return None
    message = Message.objects.select_for_update(no_key=True).filter(id=of[0]).first()
    parts = {one.id: one for one in MessagePart.objects.filter(message=of[0])}
    if message is None or of[1] not in parts:
        return None
    part = parts[of[1]]
    will = after(Status(part.status), Status(receipt.status))
    if will == part.status:
        return False
    part.status = will.value
    part.save(update_fields=["status"])
    whole = of_parts((Status(one.status) for one in parts.values()), message.parts)
    if whole is not None:
        status_note(message, whole.value, now=now, reason=receipt.reason, detail=receipt.detail)
    return True
