"""The call log's place in the menu."""

from django.utils.translation import gettext_lazy as _

from ringround.ui.nav import Item

NAV = (
    Item(
        key="calls",
        label=_("Calls"),
        icon="phone",
        url_name="telephony:calls",
        permission="telephony.calls.read",
        section="watch",
        order=40,
    ),
)
