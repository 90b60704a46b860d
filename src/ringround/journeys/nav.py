"""This room's entry in the menu."""

from django.utils.translation import gettext_lazy as _

from ringround.ui.nav import Item

NAV = (
    Item(
        key="journeys", label=_("Journeys"), icon="route", url_name="journeys:list",
        permission="journeys.read", section="plan", order=30,
    ),
)  # fmt: skip
