"""The HTTP face of the signing room."""

from ringround.onboarding.api import agreements, gateways, workflows

ROUTERS = [
    ("/gateways", gateways.router),
    ("/workflows", workflows.router),
    ("/agreements", agreements.agreements),
    ("/subscriptions", agreements.subscriptions),
    ("/charges", agreements.charges),
]
