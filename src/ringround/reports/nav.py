"""The board's and the reports' places in the menu."""

from django.utils.translation import gettext_lazy as _

from ringround.ui.nav import Item

NAV = (
    Item(
        key="board",
        label=_("Live board"),
        icon="activity",
        url_name="reports:board",
        permission="reports.board",
        section="work",
        order=20,
        phone=True,
    ),
    Item(
        key="reports",
        label=_("Reports"),
        icon="chart-bar",
        url_name="reports:reports",
        permission="reports.read",
        section="watch",
        order=10,
    ),
)
