"""What goes when an organisation goes, or gets an owner of its own."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ringround.infra import clock
from ringround.messaging.models import Message, MessageSettings, Template, Transport


@transaction.atomic
def messages_forget(*, org_id: UUID, size: int) -> int:
    """Delete the next messages of an organisation whose data is deleted, with what became of them; how many."""
    ids = list(Message.objects.filter(organisation=org_id).order_by("id").values_list("id", flat=True)[:size])
    Message.objects.filter(id__in=ids).delete()
    return len(ids)


@transaction.atomic
def ways_forget(*, org_id: UUID) -> None:
    """Delete its templates, transports and rules for messages, once its messages are gone."""
    for kind in (Template, Transport, MessageSettings):
        kind.objects.filter(organisation=org_id).delete()


@transaction.atomic
def transports_switch_off(*, org_id: UUID) -> int:
    """Nothing goes by an organisation's transports any more, and their secrets are dropped: it has a new owner, and the
    accounts were those of whoever ran it. What is queued waits for a transport of the new owner's. How many were on."""
    rows = list(Transport.objects.select_for_update(no_key=True).filter(organisation=org_id).order_by("id"))
    on = sum(one.active for one in rows)
    now = clock.real_now()
    Transport.objects.filter(id__in=[one.id for one in rows]).update(active=False, secrets="", updated_at=now)
    return on
