"""Webhooks over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse

from ringround.http import actions, queries
from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
    no_content,
)
from ringround.http.models import Delivery, Webhook
from ringround.kernel.targets import MAX_URL

webhooks = Router(tags=["Webhooks"])

Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]
Types = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)]


class WebhookIn(Schema):
    url: Url
    """Where events are posted."""
    types: Types = []
    """Only these: `campaigns.lead.created`, `telephony.call.*`; none for all."""


class WebhookPatch(Schema):
    url: Url | None = None
    types: Types | None = None
    state: Literal["on", "off"] | None = None
    """What happens while it is off is not sent later; read it from the change feed."""


class WebhookOut(Out):
    id: UUID
    url: str
    types: list[str]
    state: str
    off_reason: str | None
    """`by_hand`, `handed_over`, `failing` or `gone`."""
    failing_since: datetime | None
    """Since when nothing has been accepted."""
    old_secret_until: datetime | None
    """Until when the secret before signs too."""
    created_at: datetime


class WebhookMade(WebhookOut):
    secret: str
    """Shown only here."""


class TryOut(Out):
    at: datetime
    status: int | None
    error: str | None
    ms: int


class DeliveryOut(Out):
    id: UUID
    event: UUID
    """The event's id, which is also the header `webhook-id`."""
    type: str
    status: str
    """`pending`, `delivered`, `failed` (given up) or `withheld` (the organisation may read the event no more)."""
    tries: int
    last_at: datetime | None
    next_at: datetime | None
    """When it is tried next, while it is pending."""
    code: int | None
    """The status of the latest answer."""
    error: str | None
    """`refused`, `redirect`, `timeout`, `unreachable`, `unresolvable`, `private_target`, `tls`, `garbled` …"""
    answer: str | None
    """The first bytes of the latest answer."""
    log: list[TryOut]
    """The latest tries, oldest first."""
    created_at: datetime


class DeliveryFilter(Paging):
    status: Literal["pending", "delivered", "failed", "withheld"] | None = None


def _webhook(row: Webhook, **more: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "types": row.types,
        "state": row.state,
        "off_reason": row.off_reason or None,
        "failing_since": row.failing_since,
        "old_secret_until": row.old_secret_until,
        "created_at": row.created_at,
        **more,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.event_id,
        "type": row.type,
        "status": row.state,
        "tries": row.tries,
        "last_at": row.last_at,
        "next_at": row.next_at if row.state == "pending" else None,
        "code": row.status,
        "error": row.error or None,
        "answer": row.answer or None,
        "log": [{**one, "error": one["error"] or None} for one in row.log],
        "created_at": row.created_at,
    }


@webhooks.get("", response=Page[WebhookOut], summary="List webhooks")
def webhook_list(request: ApiRequest, filter: Query[Paging]) -> object:
    """Newest first."""
    rows, following = queries.webhook_list(actor=request.actor, size=filter.size, after=filter.after)
    return {"items": [_webhook(row) for row in rows], "next": following}


@webhooks.post("", response={201: WebhookMade}, summary="Make a webhook")
def webhook_create(request: ApiRequest, body: WebhookIn) -> object:
    """Every event from now on that the organisation may read is posted to `url` as in `GET /events`, with the headers
    and the signature of [Standard Webhooks](https://www.standardwebhooks.com). At least once, in order for each
    subject; what is not answered by 2xx is tried again for 36 hours. Redirects are not followed."""
    made, secret = actions.webhook_create(actor=request.actor, url=body.url, types=body.types)
    return Status(201, _webhook(made, secret=secret))


@webhooks.get("/{webhook_id}", response=WebhookOut, summary="A webhook")
def webhook(request: ApiRequest, webhook_id: Id) -> object:
    return _webhook(queries.webhook_get(actor=request.actor, webhook_id=webhook_id))


@webhooks.patch("/{webhook_id}", response=WebhookOut, summary="Change a webhook")
def webhook_change(request: ApiRequest, webhook_id: Id, body: WebhookPatch) -> object:
    return _webhook(actions.webhook_change(actor=request.actor, webhook_id=webhook_id, **body.given()))


@webhooks.delete("/{webhook_id}", response={204: None}, summary="Delete a webhook")
def webhook_delete(request: ApiRequest, webhook_id: Id) -> HttpResponse:
    """With its log of deliveries."""
    actions.webhook_delete(actor=request.actor, webhook_id=webhook_id)
    return no_content()


@webhooks.post("/{webhook_id}/rotate", response=WebhookMade, summary="A new secret")
def webhook_rotate(request: ApiRequest, webhook_id: Id) -> object:
    """For a day requests carry the signatures of both secrets."""
    row, secret = actions.webhook_rotate(actor=request.actor, webhook_id=webhook_id)
    return _webhook(row, secret=secret)


@webhooks.get("/{webhook_id}/deliveries", response=Page[DeliveryOut], summary="What was sent")
def delivery_list(request: ApiRequest, webhook_id: Id, filter: Query[DeliveryFilter]) -> object:
    """Newest event first; kept for 30 days."""
    rows, following = queries.delivery_list(
        actor=request.actor, webhook_id=webhook_id, status=filter.status, size=filter.size, after=filter.after
    )
    return {"items": [_delivery(row) for row in rows], "next": following}


@webhooks.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver", response={202: DeliveryOut}, summary="Send a delivery again"
)
def redeliver(request: ApiRequest, webhook_id: Id, delivery_id: Id) -> object:
    """Now, whatever became of it, with the `webhook-id` it had."""
    row = actions.delivery_again(actor=request.actor, webhook_id=webhook_id, delivery_id=delivery_id)
    return Status(202, _delivery(row))
