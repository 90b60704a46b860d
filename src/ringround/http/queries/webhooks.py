"""Reading webhooks and what became of their deliveries."""

from __future__ import annotations

from uuid import UUID

from ringround.http import ports
from ringround.http.models import Delivery, Webhook
from ringround.http.ports import Asker
from ringround.infra import sql
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound


def log_end() -> int:
    """The number of the latest event."""
    row = sql.row("http", "webhooks_log_end")
    assert row is not None
    return int(row["head"])


def webhook_list(*, actor: Asker, size: int = 50, after: str | None = None) -> tuple[list[Webhook], str | None]:
    """The organisation's webhooks, newest first, and the cursor of the next page."""
    ports.get().require(actor, "http.webhooks.read")
    found = Webhook.objects.filter(org_id=actor.org_id, deleted_at=None).order_by("-id")
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last) if last is not None else found
    rows = list(found[: size + 1])
    return rows[:size], cursors.encode([rows[size - 1].id]) if len(rows) > size else None


def webhook_get(*, actor: Asker, webhook_id: UUID) -> Webhook:
    """A webhook of the organisation; NotFound."""
    found = Webhook.objects.filter(id=webhook_id, org_id=actor.org_id, deleted_at=None).first()
    if found is None:
        raise NotFound("webhook")
    ports.get().require(actor, "http.webhooks.read")
    return found


def delivery_list(
    *, actor: Asker, webhook_id: UUID, status: str | None = None, size: int = 50, after: str | None = None
) -> tuple[list[Delivery], str | None]:
    """What was sent and what is to be, newest event first, and the cursor of the next page."""
    webhook = webhook_get(actor=actor, webhook_id=webhook_id)
    found = Delivery.objects.filter(webhook=webhook).order_by("-seq")
    if status:
        found = found.filter(state=status)
    if after:
        found = found.filter(seq__lt=cursors.decode_seq(after))
    rows = list(found[: size + 1])
    return rows[:size], cursors.encode_seq(rows[size - 1].seq) if len(rows) > size else None
