"""Who may make workflows, submit sessions, and see what came of them. What somebody sees: `queries.access`."""

from ringround.orgs.permissions import AGENT, MANAGER, OWNER, READER, SUPERVISOR

PERMISSIONS = {
    "onboarding.workflows.read": READER,
    "onboarding.workflows.change": MANAGER,
    "onboarding.sessions.read": AGENT | READER,  # agents their own
    "onboarding.sessions.submit": AGENT,  # what of it, the workflow says by role
    "onboarding.sessions.export": SUPERVISOR,
    "onboarding.agreements.read": READER,  # the merchant's people alone
    "onboarding.agreements.change": SUPERVISOR,
    "onboarding.refunds.make": MANAGER,
    "onboarding.gateways.read": MANAGER,
    "onboarding.gateways.change": OWNER,
    "onboarding.settings.read": MANAGER,
    "onboarding.settings.change": MANAGER,
}
