"""This room's entries in the menu. Its leads are a section of their own: campaigns have a list of that name too."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ringround.orgs.web import current
from ringround.ui.nav import Item


def _own(request: HttpRequest) -> bool:
    """What an agency has nothing of: it looks at its own sessions, and never at agreements."""
    actor = current(request)
    return actor is not None and actor.organisation.kind == "merchant"


NAV = (
    Item(
        key="onboarding-sessions", label=_("Sessions"), icon="writing-sign", url_name="onboarding:sessions",
        permission="onboarding.sessions.read", section="onboarding", order=10,
    ),
    Item(
        key="onboarding-leads", label=pgettext_lazy("onboarding", "Leads"), icon="user-check",
        url_name="onboarding:leads",
        permission="onboarding.sessions.read", section="onboarding", order=20,
    ),
    Item(
        key="workflows", label=_("Workflows"), icon="clipboard-list", url_name="onboarding:workflows",
        permission="onboarding.workflows.read", section="onboarding", order=30,
    ),
    Item(
        key="agreements", label=_("Agreements"), icon="file-certificate", url_name="onboarding:agreements",
        permission="onboarding.agreements.read", section="onboarding", order=40, visible=_own,
    ),
    Item(
        key="gateways", label=_("Payment gateways"), icon="credit-card", url_name="onboarding:gateways",
        permission="onboarding.gateways.read", section="settings", order=945, visible=_own,
    ),
    Item(
        key="onboarding-settings", label=_("Onboarding"), icon="adjustments", url_name="onboarding:settings",
        permission="onboarding.settings.read", section="settings", order=946,
    ),
)  # fmt: skip
