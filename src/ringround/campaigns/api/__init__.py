"""Campaigns, leads and callbacks over HTTP."""

from ringround.campaigns.api import callbacks, campaigns, leads, reports

ROUTERS = [
    ("/campaigns", campaigns.router),
    ("/campaign-templates", campaigns.templates_router),
    ("/leads", leads.router),
    ("/lead-filters", leads.filters_router),
    ("/callbacks", callbacks.router),
    ("/reports", reports.router),
]
