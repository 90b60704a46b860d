"""Messages as the organisation, or a room above that has found their lead visible, reads them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ringround.kernel.errors import NotFound
from ringround.messaging.models import Message
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def message_list(
    *,
    actor: Actor,
    channel: str | None = None,
    status: str | None = None,
    direction: str | None = None,
    size: int = 50,
    after: tuple[datetime, UUID] | None = None,
) -> list[Message]:
    """The organisation's messages, newest first; one more than `size` where there are more. Their HTML is not read."""
    permissions.require(actor, "messaging.messages.read")
    found = Message.objects.filter(organisation=actor.org_id).defer("html")
    for name, value in (("channel", channel), ("status", status), ("direction", direction)):
        if value is not None:
            found = found.filter(**{name: value})
    return _page(found, size, after)


def written(
    *, org_id: UUID, since: datetime, prefix: str, to: tuple[str, str] | None = None, by: UUID | None = None
) -> int:
    """How many of an organisation's messages whose keys begin so were written since then: `to` a (channel, address),
    or `by` a user."""
    found = Message.objects.filter(organisation=org_id, direction="out", at__gte=since, key__startswith=prefix)
    if to is not None:
        found = found.filter(channel=to[0], to=to[1])
    if by is not None:
        found = found.filter(by_id=by)
    return found.exclude(status="skipped").count()


def messages_of_lead(
    *, lead_id: UUID, channel: str | None = None, size: int = 50, after: tuple[datetime, UUID] | None = None,
    heard_since: datetime | None = None,
) -> list[Message]:  # fmt: skip
    """A lead's messages, newest first; one more than `size` where there are more. Only for a room that has found the
    lead visible to the actor. `heard_since`: those alone that came in, were opened or followed since then. Their HTML
    is not read."""
    found = Message.objects.filter(lead_id=lead_id).defer("html")
    if heard_since is not None:
        came = Q(direction="in", at__gte=heard_since)
        found = found.filter(came | Q(opened_at__gte=heard_since) | Q(clicked_at__gte=heard_since))
    if channel is not None:
        found = found.filter(channel=channel)
    return _page(found, size, after)


def message_get(*, actor: Actor, message_id: UUID) -> Message:
    """One of the organisation's; NotFound."""
    found = Message.objects.filter(organisation=actor.org_id, id=message_id).first()
    if found is None:
        raise NotFound("message")
    permissions.require(actor, "messaging.messages.read")
    return found


def _page(found: QuerySet[Message], size: int, after: tuple[datetime, UUID] | None) -> list[Message]:
    if after is not None:
        at, id_ = after
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=id_))
    return list(found.order_by("-at", "-id")[: size + 1])
