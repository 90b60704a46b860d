"""Tables of the signing room, one module per concern."""

from ringround.onboarding.models.agreements import Agreement, Charge, Mandate, Refund, Subscription
from ringround.onboarding.models.gateways import GatewayAccount, GatewayEvent, GatewayOrder
from ringround.onboarding.models.sandbox import SandboxNotice, SandboxOrder
from ringround.onboarding.models.sessions import ApprovalLink, Session
from ringround.onboarding.models.settings import OnboardingSettings
from ringround.onboarding.models.workflows import Workflow, WorkflowVersion

__all__ = [
    "Agreement",
    "ApprovalLink",
    "Charge",
    "GatewayAccount",
    "GatewayEvent",
    "GatewayOrder",
    "Mandate",
    "OnboardingSettings",
    "Refund",
    "SandboxNotice",
    "SandboxOrder",
    "Session",
    "Subscription",
    "Workflow",
    "WorkflowVersion",
]
