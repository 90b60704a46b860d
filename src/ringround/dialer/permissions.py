"""Who may be an agent, and who may look at agents."""

from ringround.orgs.permissions import AGENT, READER

PERMISSIONS = {
    "dialer.work": AGENT,
    "dialer.agents.read": READER,
}
