"""This room's entries in the menu."""

from django.utils.translation import gettext_lazy as _

from ringround.ui.nav import Item

NAV = (
    Item(
        key="messages", label=_("Messages"), icon="messages", url_name="messaging:list",
        permission="messaging.messages.read", section="watch", order=45,
    ),
    Item(
        key="message-templates", label=_("Message templates"), icon="template", url_name="messaging:templates",
        permission="messaging.templates.change", section="plan", order=60,
    ),
    Item(
        key="transports", label=_("Sending messages"), icon="send", url_name="messaging:transports",
        permission="messaging.transports.read", section="settings", order=940,
    ),
    Item(
        key="message-rules", label=_("Rules for messages"), icon="clock-pause", url_name="messaging:settings",
        permission="messaging.settings.read", section="settings", order=941,
    ),
)  # fmt: skip
