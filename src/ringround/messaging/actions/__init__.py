"""Writing: messages and what becomes of them, templates, transports, settings."""

from ringround.messaging.actions.belongs import message_belongs
from ringround.messaging.actions.inbound import message_receive
from ringround.messaging.actions.notes import (
    Receipt,
    message_clicked,
    message_opened,
    messages_erase,
    receipt_note,
)
from ringround.messaging.actions.queue import Order, Queued, messages_queue
from ringround.messaging.actions.tracking import clicks_decide, message_fetched, unsubscribe

__all__ = [
    "Order",
    "Queued",
    "Receipt",
    "clicks_decide",
    "message_belongs",
    "message_clicked",
    "message_fetched",
    "message_opened",
    "message_receive",
    "messages_erase",
    "messages_queue",
    "receipt_note",
    "unsubscribe",
]
