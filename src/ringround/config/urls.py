"""Every address of the product."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ringround.config import pages, wiring
from ringround.http.api_root import make_api

api = make_api(wiring.routers())

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("api/v1/docs", pages.api_docs, name="api-docs"),
    path("api/v1/docs/errors", pages.api_errors, name="api-errors"),
    path("api/v1/", api.urls),
    path("accounts/", include("ringround.orgs.account_urls")),
    path("", include("ringround.ui.urls")),
    path("", include("ringround.orgs.urls")),
    path("contacts/", include("ringround.contacts.urls")),
    path("packs/", include("ringround.compliance.urls")),
    path("", include("ringround.messaging.urls")),
    path("calls/", include("ringround.telephony.urls")),
    path("campaigns/", include("ringround.campaigns.urls")),
    path("", include("ringround.onboarding.urls")),
    path("journeys/", include("ringround.journeys.urls")),
    path("desk/", include("ringround.desk.urls")),
    path("reports/", include("ringround.reports.urls")),
]

handler400 = "ringround.config.pages.bad_request"
handler403 = "ringround.config.pages.forbidden"
handler404 = "ringround.config.pages.not_found"
handler500 = "ringround.config.pages.server_error"
