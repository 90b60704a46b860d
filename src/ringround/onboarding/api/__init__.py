"""The HTTP face of the signing room."""

from ringround.onboarding.api import agreements, gateways, sessions, workflows

ROUTERS = [
    ("/gateways", gateways.router),
    ("/workflows", workflows.router),
    ("/agreements", agreements.agreements),
    ("/subscriptions", agreements.subscriptions),
    ("/charges", agreements.charges),
    ("/sessions", sessions.sessions),
    ("/onboarding", sessions.leads),
]
