"""The HTTP face of the signing room."""

from ringround.onboarding.api import gateways, workflows

ROUTERS = [("/gateways", gateways.router), ("/workflows", workflows.router)]
