"""Writing: messages and what becomes of them, templates, transports, settings."""

from ringround.messaging.actions.belongs import message_belongs
from ringround.messaging.actions.forget import messages_forget, transports_switch_off, ways_forget
from ringround.messaging.actions.inbound import message_receive
from ringround.messaging.actions.notes import (
    Receipt,
    message_clicked,
    message_opened,
    messages_erase,
    receipt_note,
)
from ringround.messaging.actions.queue import Order, Queued, messages_queue
from ringround.messaging.actions.settings import message_settings_change
from ringround.messaging.actions.templates import template_change, template_create, template_delete
from ringround.messaging.actions.tracking import clicks_decide, message_fetched, unsubscribe
from ringround.messaging.actions.transports import transport_change, transport_create
from ringround.messaging.actions.trial import sandbox_act, template_test
from ringround.messaging.actions.trying import transport_check, transport_try
from ringround.messaging.queries.sendable import AWAITED

__all__ = [
    "AWAITED",
    "Order",
    "Queued",
    "Receipt",
    "clicks_decide",
    "message_belongs",
    "message_clicked",
    "message_fetched",
    "message_opened",
    "message_receive",
    "message_settings_change",
    "messages_erase",
    "messages_forget",
    "messages_queue",
    "receipt_note",
    "sandbox_act",
    "template_change",
    "template_create",
    "template_delete",
    "template_test",
    "transport_change",
    "transport_check",
    "transport_create",
    "transport_try",
    "transports_switch_off",
    "unsubscribe",
    "ways_forget",
]
