"""Who may write templates, choose how messages are sent, and see what was sent."""

from ringround.orgs.permissions import ANYONE, MANAGER, OWNER, READER, SUPERVISOR

PERMISSIONS = {
    "messaging.templates.read": ANYONE,  # agents choose among them
    "messaging.templates.change": SUPERVISOR,
    "messaging.messages.read": READER,
    "messaging.messages.test": SUPERVISOR,  # a test send goes to whatever address one writes
    "messaging.transports.read": MANAGER,
    "messaging.transports.change": OWNER,
    "messaging.settings.read": MANAGER,
    "messaging.settings.change": MANAGER,
}
