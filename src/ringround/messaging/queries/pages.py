"""Messages as the post room's own screens list them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from ringround.kernel import cursors
from ringround.messaging.models import Message, Transport
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

Rows = tuple[list[Message], str | None]


def message_page(
    *, actor: Actor, channel: str | None = None, status: str | None = None, template_id: UUID | None = None,
    size: int = 50, after: str | None = None,
) -> Rows:  # fmt: skip
    """The organisation's messages, newest first, and the cursor of the next page."""
    permissions.require(actor, "messaging.messages.read")
    found = Message.objects.filter(organisation=actor.org_id)
    asked = {"channel": channel, "status": status, "template": template_id}
    return _page(found.filter(**{name: one for name, one in asked.items() if one is not None}), size, after)


def sandbox_page(*, actor: Actor, channel: str, size: int = 20, after: str | None = None) -> Rows:
    """What the organisation's sandboxes have kept, and what was answered there, newest first."""
    permissions.require(actor, "messaging.messages.read")
    ways = list(
        Transport.objects.filter(organisation=actor.org_id, kind="sandbox", channel=channel).values_list(
            "id", flat=True
        )
    )
    found = Message.objects.filter(organisation=actor.org_id, channel=channel, transport__in=ways)
    return _page(found.exclude(status__in=["queued", "skipped"]), size, after)


def has_sandbox(*, org_id: UUID) -> bool:
    """Whether there is one at all."""
    return Transport.objects.filter(organisation=org_id, kind="sandbox").exists()


def _page(found: QuerySet[Message], size: int, after: str | None) -> Rows:
    if after:
        at, last = cursors.decode_at(after)
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=last))
    rows = list(found.select_related("transport").order_by("-at", "-id")[: size + 1])
    return rows[:size], cursors.encode_at(rows[size - 1].at, rows[size - 1].id) if len(rows) > size else None
