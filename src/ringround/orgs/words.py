"""What roles and kinds are called on screen."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

ROLES: dict[str, Text] = {
    "owner": _("Owner"),
    "manager": _("Manager"),
    "supervisor": _("Supervisor"),
    "senior_agent": _("Senior agent"),
    "junior_agent": _("Junior agent"),
    "quality": _("Quality"),
    "viewer": _("Viewer"),
}

# What each role is for, beside it where it is chosen.
ROLE_HINTS: dict[str, Text] = {
    "owner": _("Everything, settings and the audit log too"),
    "manager": _("Campaigns, contacts, users and agencies"),
    "supervisor": _("Runs the day: boards, leads, agents"),
    "senior_agent": _("Calls, and may see and do more on a lead"),
    "junior_agent": _("Calls what is handed out"),
    "quality": _("Listens, reviews and holds back"),
    "viewer": _("Sees, changes nothing"),
}

KINDS: dict[str, Text] = {"merchant": _("Merchant"), "agency": _("Agency")}

KIND_HINTS: dict[str, Text] = {
    "merchant": _("We own the contacts and the campaigns; our own people call, or agencies do."),
    "agency": _("We call on behalf of merchants."),
}

LANGUAGES: dict[str, str] = {"da": "Dansk", "en": "English"}

THEMES: dict[str, Text] = {"auto": _("As the computer"), "light": _("Light"), "dark": _("Dark")}

# What a room is called where a token's scope is chosen; a room without a word stands for itself.
ROOMS: dict[str, Text] = {
    "http": _("Webhooks"),
    "orgs": _("Organisation, users and agencies"),
    "contacts": _("Contact lists, contacts and suppressions"),
    "campaigns": _("Campaigns and leads"),
    "telephony": _("Calls"),
    "dialer": _("Dialler"),
    "desk": _("The agent's console"),
    "reports": _("Boards and reports"),
}


def scope_word(scope: str) -> Text:
    """A scope in words."""
    return _("Everything") if scope == "*" else ROOMS.get(scope, scope)
