"""Who may look at the boards and the reports."""

from ringround.orgs.permissions import READER, SUPERVISOR

PERMISSIONS = {
    "reports.board": READER,
    "reports.read": READER,
    "reports.export": SUPERVISOR,  # files that name people: the call log and the callbacks
}
