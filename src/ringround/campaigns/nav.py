"""This room's entries in the menu."""

from django.utils.translation import gettext_lazy as _

from ringround.ui.nav import Item

NAV = (
    Item(
        key="campaigns", label=_("Campaigns"), icon="speakerphone", url_name="campaigns:list",
        permission="campaigns.overview", section="plan", order=10, phone=True,
    ),
    Item(
        key="leads", label=_("Leads"), icon="list-details", url_name="campaigns:leads",
        permission="campaigns.overview", section="plan", order=20,
    ),
    Item(
        key="callbacks", label=_("Callbacks"), icon="calendar-time", url_name="campaigns:callbacks",
        permission="campaigns.work", section="work", order=20, phone=True,
    ),
    Item(
        key="systems", label=_("External systems"), icon="plug", url_name="campaigns:systems",
        permission="campaigns.external.read", section="settings", order=942,
    ),
    Item(
        key="sites", label=_("External sites"), icon="external-link", url_name="campaigns:sites",
        permission="campaigns.external.read", section="settings", order=944,
    ),
)  # fmt: skip
