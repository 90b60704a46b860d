"""Reading: messages, templates, transports, settings."""

from ringround.messaging.models import Message
from ringround.messaging.queries.messages import message_get, message_list, messages_of_lead
from ringround.messaging.queries.outlook import Outlook, PostGates, Thither, Whither, outlook, thither
from ringround.messaging.queries.pages import has_sandbox, message_page, sandbox_page
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
from ringround.messaging.queries.templates import (
    channels_open,
    message_settings,
    settings_of,
    template_get,
    template_json,
    template_list,
    template_names,
    template_preview,
    template_texts,
    transport_get,
    transport_json,
    transport_list,
)
from ringround.messaging.queries.tracking import Left, clicks_of, link_of, own_links, unsubscribed

__all__ = [
    "Left",
    "Message",
    "Outlook",
    "PostGates",
    "Preview",
    "Thither",
    "Whither",
    "channels_open",
    "clicks_of",
    "has_sandbox",
    "link_of",
    "message_get",
    "message_in",
    "message_list",
    "message_of",
    "message_page",
    "message_settings",
    "message_shape",
    "messages_of_campaigns",
    "messages_of_lead",
    "outlook",
    "own_links",
    "preview",
    "sandbox_page",
    "settings_of",
    "template_filled",
    "template_find",
    "template_get",
    "template_json",
    "template_list",
    "template_names",
    "template_preview",
    "template_texts",
    "templates_for",
    "thither",
    "transport_get",
    "transport_json",
    "transport_list",
    "unsubscribed",
]
