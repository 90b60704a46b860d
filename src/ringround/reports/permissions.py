"""Who may look at the boards and the reports."""

from ringround.orgs.permissions import MANAGER, OWNER, READER, SUPERVISOR

PERMISSIONS = {
    "reports.board": READER,
    "reports.read": READER,
    "reports.export": SUPERVISOR,  # files that name people: the call log and the callbacks
    "reports.clients.export": MANAGER,  # everything an organisation has here, in one archive
    "reports.clients.delete": OWNER,
    "reports.schedules.read": MANAGER,
    "reports.schedules.change": MANAGER,
}

# More than boards and reports: a token for those does not have it.
APART = ("reports.clients.export", "reports.clients.delete")
