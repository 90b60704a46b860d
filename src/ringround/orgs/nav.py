"""This room's entries in the menu."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ringround.orgs.models import Organisation
from ringround.orgs.web import current
from ringround.ui.nav import Item


def _is_agency(request: HttpRequest) -> bool:
    actor = current(request)
    return actor is not None and actor.organisation.kind == Organisation.Kind.AGENCY


def _has_users(request: HttpRequest) -> bool:
    """Not a managed merchant: whoever acts for it is at home elsewhere."""
    actor = current(request)
    return actor is not None and actor.organisation.managed_by_id is None


NAV = [
    Item(
        key="orgs.organisation",
        label=_("Organisation"),
        icon="building",
        url_name="orgs:organisation",
        permission="orgs.settings.read",
        section="settings",
        order=900,
    ),
    Item(
        key="orgs.users",
        label=_("Users"),
        icon="users",
        url_name="orgs:users",
        permission="orgs.users.read",
        section="settings",
        order=910,
        visible=_has_users,
    ),
    Item(
        key="orgs.teams",
        label=_("Teams"),
        icon="users-group",
        url_name="orgs:teams",
        permission="orgs.users.read",
        section="settings",
        order=920,
        visible=_has_users,
    ),
    Item(
        key="orgs.agencies",
        label=_("Agencies"),
        icon="link",
        url_name="orgs:links",
        permission="orgs.links.read",
        section="settings",
        order=930,
        visible=lambda request: not _is_agency(request),
    ),
    Item(
        key="orgs.merchants",
        label=_("Merchants"),
        icon="link",
        url_name="orgs:links",
        permission="orgs.links.read",
        section="settings",
        order=930,
        visible=_is_agency,
    ),
    Item(
        key="orgs.clients",
        label=_("Clients"),
        icon="briefcase",
        url_name="orgs:clients",
        permission="orgs.clients.read",
        section="settings",
        order=935,
        visible=_is_agency,
    ),
    Item(
        key="orgs.tokens",
        label=_("API tokens"),
        icon="key",
        url_name="orgs:tokens",
        permission="orgs.users.read",
        section="settings",
        order=940,
    ),
    Item(
        key="orgs.webhooks",
        label=_("Webhooks"),
        icon="webhook",
        url_name="orgs:webhooks",
        permission="http.webhooks.read",
        section="settings",
        order=945,
    ),
    Item(
        key="orgs.audit",
        label=_("Audit log"),
        icon="history",
        url_name="orgs:audit",
        permission="orgs.audit.read",
        section="settings",
        order=950,
    ),
    Item(
        key="orgs.profile", label=_("Your profile"), icon="user", url_name="orgs:profile", section="account", order=10
    ),
    Item(
        key="orgs.security",
        label=_("Password and sign-in"),
        icon="shield-lock",
        url_name="orgs:security",
        section="account",
        order=20,
    ),
]
