"""This room's entries in the menu."""

from django.utils.translation import gettext_lazy as _

from ringround.ui.nav import Item

NAV = (
    Item(
        key="contacts", label=_("Contacts"), icon="address-book", url_name="contacts:lists",
        permission="contacts.lists.read", section="plan", order=30, phone=True,
    ),
    Item(
        key="suppressions", label=_("Suppression"), icon="ban", url_name="contacts:suppressions",
        permission="contacts.suppressions.read", section="plan", order=40,
    ),
)  # fmt: skip
