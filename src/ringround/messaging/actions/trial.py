"""Trying out: a test message, and the sandbox's recipient played by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.messaging.actions.inbound import message_receive
from ringround.messaging.actions.notes import Receipt, message_clicked, message_opened, receipt_note
from ringround.messaging.actions.queue import Order, Queued, messages_queue
from ringround.messaging.models import Click, Message, Template
from ringround.messaging.queries.sendable import TEST
from ringround.messaging.rules import merge
from ringround.messaging.rules.compose import address
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

ACTS = ("deliver", "open", "machine_open", "click", "bounce", "fail", "reply")


@transaction.atomic
def template_test(
    *,
    actor: Actor,
    template_id: UUID,
    to: str,
    language: str | None = None,
    values: Mapping[str, str | None] | None = None,
) -> Queued:
    """Send a template to a number or address of one's own, with these values; what is missing is shown as its name.

    Quiet hours and caps are not asked; suppression is.
    """
    template = Template.objects.filter(organisation=actor.org_id, id=template_id, archived_at=None).first()
    if template is None:
        raise NotFound("template")
    permissions.require(actor, "messaging.messages.test")
    _to, fault = address(template.channel, to)
    if fault:
        raise Invalid.one("to", fault, N_("This is no number or address for this channel."))
    (queued,) = messages_queue(
        orders=[
            Order(
                key=f"test:{new_id()}", org_id=actor.org_id, channel=template.channel, to=to, template_id=template.id,
                language=language, values=_named(template, values or {}), by=actor.user_id, cause={TEST: True},
            )
        ],
        now=clock.now(),
    )  # fmt: skip
    audit.write(
        actor=actor, action="messaging.message.tested", org_id=actor.org_id, subject_type="template",
        subject_id=template.id, data={"message": str(queued.message_id)},
    )  # fmt: skip
    return queued


def _named(template: Template, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Values where they are given, and the names of fields in brackets where they are not."""
    known = {name.casefold(): value for name, value in values.items()}
    names = {
        name
        for text in template.texts.all()
        for part in (text.subject, text.text, text.html)
        for name in merge.fields(part)
    }
    return {name: known.get(name.casefold()) or f"[{name}]" for name in names}


@transaction.atomic
def sandbox_act(*, actor: Actor, message_id: UUID, act: str, text: str = "", link: int = 0, now: datetime) -> Message:
    """What the recipient of a message in the sandbox does: one of `ACTS`. 409 for one that was not sent by it."""
    message = Message.objects.select_related("transport").filter(organisation=actor.org_id, id=message_id).first()
    if message is None:
        raise NotFound("message")
    permissions.require(actor, "messaging.messages.test")
    transport = message.transport
    if transport is None or transport.kind != "sandbox" or message.sent_at is None:
        raise Conflict(
            "wrong_state", N_("Only a message that the sandbox has sent can be answered."), allowed=("sent",)
        )
    if message.channel == "sms" and act in ("open", "machine_open", "click", "bounce"):
        raise Invalid.one("act", "wrong_channel", N_("This happens to e-mails alone."))
    if message.channel == "email" and act == "reply":
        raise Invalid.one("act", "wrong_channel", N_("This happens to SMS alone."))
    if act in ("deliver", "bounce", "fail"):
        status = {"deliver": "delivered", "bounce": "bounced", "fail": "failed"}[act]
        reason = {"deliver": "", "bounce": "mailbox", "fail": "undeliverable"}[act]
        receipt_note(receipt=Receipt(status=status, message_id=message.id, reason=reason), now=now)
    elif act in ("open", "machine_open"):
        message_opened(message_id=message.id, machine=act == "machine_open", now=now)
    elif act == "click":
        Click.objects.get_or_create(message=message, link=link, machine=False, defaults={"at": now})
        message_clicked(message_id=message.id, link=link, now=now)
    elif act == "reply":
        message_receive(
            transport=transport, number=message.to, to=message.sender or transport.sender, text=text,
            provider_id=str(new_id()), now=now,
        )  # fmt: skip
    else:
        raise Invalid.one("act", "unknown_choice", N_("This is not one of the choices."))
    message.refresh_from_db()
    return message
