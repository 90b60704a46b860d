"""The HTTP face of the signing room."""

from ringround.onboarding.api import gateways

ROUTERS = [("/gateways", gateways.router)]
