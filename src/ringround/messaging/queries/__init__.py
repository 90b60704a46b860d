"""Reading: messages, templates, transports."""

from ringround.messaging.models import Message
from ringround.messaging.queries.messages import message_get, message_list, messages_of_lead
from ringround.messaging.queries.outlook import Outlook, outlook
from ringround.messaging.queries.preview import (
    Preview,
    message_in,
    message_of,
    message_shape,
    messages_of_campaigns,
    preview,
    template_filled,
    template_find,
    templates_for,
)
from ringround.messaging.queries.tracking import Left, clicks_of, link_of, unsubscribed

__all__ = [
    "Left",
    "Message",
    "Outlook",
    "Preview",
    "clicks_of",
    "link_of",
    "message_get",
    "message_in",
    "message_list",
    "message_of",
    "message_shape",
    "messages_of_campaigns",
    "messages_of_lead",
    "outlook",
    "preview",
    "template_filled",
    "template_find",
    "templates_for",
    "unsubscribed",
]
