"""Campaigns, leads, callbacks, messages, external systems and sites over HTTP."""

from ringround.campaigns.api import callbacks, campaigns, external, leads, messages, reports, sites

ROUTERS = [
    ("/campaigns", campaigns.router),
    ("/campaign-templates", campaigns.templates_router),
    ("/leads", leads.router),
    ("/lead-filters", leads.filters_router),
    ("/callbacks", callbacks.router),
    ("/messages", messages.router),
    ("/external-systems", external.router),
    ("/external-sites", sites.router),
    ("/reports", reports.router),
]
