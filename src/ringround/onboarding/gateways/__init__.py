"""The payment rails: one drawer a kind (`port.Gateway`)."""

from ringround.onboarding.gateways.port import Gateway
from ringround.onboarding.gateways.quickpay import Quickpay
from ringround.onboarding.gateways.sandbox import Sandbox
from ringround.onboarding.gateways.vipps import Vipps

DRAWERS: dict[str, Gateway] = {one.kind: one for one in (Sandbox(), Vipps(), Quickpay())}
