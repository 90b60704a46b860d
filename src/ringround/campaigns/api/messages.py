"""Messages to leads over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ringround.campaigns import actions, queries
from ringround.http.kit import ApiRequest, Field, Id, Line, Out, Page, Paging, Query, Router, Schema, Status
from ringround.messaging import queries as messaging

router = Router(tags=["Messages"])

Channel = Literal["sms", "email"]
State = Literal["queued", "sent", "delivered", "failed", "skipped", "bounced", "received"]


class MessageIn(Schema):
    lead: Id
    channel: Channel
    template: Id | None = None
    """A template of the lead's merchant, or of the agency that works the campaign."""
    text: Annotated[str, Field(max_length=50_000)] | None = None
    """Words of one's own, where there is no template; merge fields are filled in."""
    subject: Line | None = None
    """Of an e-mail with words of one's own."""


class MessageOut(Out):
    id: UUID
    lead: UUID | None
    campaign: UUID | None
    contact: UUID | None
    channel: str
    direction: str
    """`out`, or `in` for what somebody wrote to us."""
    to: str
    """The other party's number or address; empty where there was none."""
    sender: str
    subject: str
    text: str
    parts: int
    template: UUID | None
    language: str
    status: str
    reason: str | None
    """Why it was skipped, failed or came back, as a stable code."""
    by: UUID | None
    at: datetime
    next_at: datetime | None
    """When a queued one is due."""
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    """First opened by a person."""
    machine_opened_at: datetime | None
    """First fetched by a machine: a mail program's proxy, a scanner."""
    clicked_at: datetime | None


class MessageFilter(Paging):
    lead: Id | None = None
    campaign: Id | None = None
    channel: Channel | None = None
    status: State | None = None


@router.get("", response=Page[MessageOut], summary="List messages")
def message_list(request: ApiRequest, filter: Query[MessageFilter]) -> object:
    """Those to and from leads that the caller may see, newest first; skipped ones too, with their reason. Agents get
    those of one `lead`, else what they sent themselves."""
    rows, following = queries.message_page(
        actor=request.actor, lead_id=filter.lead, campaign_id=filter.campaign, channel=filter.channel,
        status=filter.status, size=filter.size, after=filter.after,
    )  # fmt: skip
    return {"items": [messaging.message_shape(one) for one in rows], "next": following}


@router.post("", response={201: MessageOut}, summary="Send a lead a message")
def message_send(request: ApiRequest, body: MessageIn) -> object:
    """It is written down and goes as soon as it may: suppression, quiet hours, caps and throttle are asked when it is
    sent. One that cannot go (no number, an empty merge field) is answered as `skipped` with its reason. Agents write to
    the lead in hand and to their own callbacks (409 `not_held`), junior agents by templates alone (422
    `template_only`)."""
    queued = actions.message_send(
        actor=request.actor, lead_id=body.lead, channel=body.channel, template_id=body.template, text=body.text,
        subject=body.subject,
    )  # fmt: skip
    return Status(201, _json(request, queued.message_id))


@router.get("/{message_id}", response=MessageOut, summary="A message")
def message(request: ApiRequest, message_id: Id) -> object:
    return _json(request, message_id)


def _json(request: ApiRequest, message_id: UUID) -> dict[str, object]:
    return messaging.message_shape(queries.message_seen(actor=request.actor, message_id=message_id))
