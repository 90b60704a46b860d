"""Templates, transports, messages and the organisation's rules for them."""

from ringround.messaging.models.clicks import Click, Unsubscribe
from ringround.messaging.models.heard import HeardPart
from ringround.messaging.models.messages import Message
from ringround.messaging.models.parts import MessagePart
from ringround.messaging.models.settings import MessageSettings
from ringround.messaging.models.templates import Template, TemplateText
from ringround.messaging.models.transports import Transport

__all__ = [
    "Click",
    "HeardPart",
    "Message",
    "MessagePart",
    "MessageSettings",
    "Template",
    "TemplateText",
    "Transport",
    "Unsubscribe",
]
