"""Campaigns, leads, callbacks and external systems over HTTP."""

from ringround.campaigns.api import callbacks, campaigns, external, leads, reports

ROUTERS = [
    ("/campaigns", campaigns.router),
    ("/campaign-templates", campaigns.templates_router),
    ("/leads", leads.router),
    ("/lead-filters", leads.filters_router),
    ("/callbacks", callbacks.router),
    ("/external-systems", external.router),
    ("/reports", reports.router),
]
