"""Reading: messages, templates, transports."""

from ringround.messaging.queries.messages import message_get, message_list, messages_of_lead

__all__ = ["message_get", "message_list", "messages_of_lead"]
