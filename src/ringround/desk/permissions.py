"""The console is for whoever may be an agent (`dialer.work`, `campaigns.work`); it needs no permission of its own."""

from ringround.orgs.permissions import AGENT

PERMISSIONS = {"desk.console": AGENT}
