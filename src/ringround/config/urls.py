"""Every address of the product."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from ringround.config import pages, wiring
from ringround.http.api_root import make_api

api = make_api(wiring.routers())

# Rooms with screens, and where they begin.
SCREENS = (
    ("ringround.ui.urls", ""),
    ("ringround.orgs.urls", ""),
    ("ringround.contacts.urls", "contacts/"),
    ("ringround.telephony.urls", "calls/"),
    ("ringround.campaigns.urls", "campaigns/"),
    ("ringround.desk.urls", "desk/"),
    ("ringround.reports.urls", "reports/"),
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("api/v1/docs", pages.api_docs, name="api-docs"),
    path("api/v1/docs/errors", pages.api_errors, name="api-errors"),
    path("api/v1/", api.urls),
    path("accounts/", include("ringround.orgs.account_urls")),
    *(path(prefix, include(module)) for module, prefix in SCREENS if find_spec(module)),
]

handler400 = "ringround.config.pages.bad_request"
handler403 = "ringround.config.pages.forbidden"
handler404 = "ringround.config.pages.not_found"
handler500 = "ringround.config.pages.server_error"
