"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.messaging.models import Template, Transport

WORDS = {
    "messaging.template.created": _("Message template made"),
    "messaging.template.changed": _("Message template changed"),
    "messaging.template.deleted": _("Message template deleted"),
    "messaging.transport.created": _("Message transport made"),
    "messaging.transport.changed": _("Message transport changed"),
    "messaging.transport.tried": _("Message transport tried out"),
    "messaging.settings.changed": _("Rules for messages changed"),
    "messaging.message.tested": _("Test message sent"),
}


def _templates(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Template.objects.filter(id__in=ids).values_list("id", "name"))


def _transports(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Transport.objects.filter(id__in=ids).values_list("id", "name"))


# A message has no name here: whom it is to is personal.
NAMES = {"template": _templates, "transport": _transports}
