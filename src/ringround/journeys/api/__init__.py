"""Journeys over HTTP: templates, drafts, versions, runs, figures, and the addresses at which programs start them."""

from ringround.journeys.api import journeys, notices, runs

ROUTERS = [
    ("/journey-templates", journeys.templates_router),
    ("/journeys", journeys.router),
    ("/journey-runs", runs.runs_router),
    ("/notices", notices.notices_router),
    ("/hooks", runs.hooks_router),
]
