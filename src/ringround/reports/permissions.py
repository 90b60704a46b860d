"""Who may look at the boards and the reports."""

from ringround.orgs.permissions import MANAGER, READER, SUPERVISOR

PERMISSIONS = {
    "reports.board": READER,
    "reports.read": READER,
    "reports.export": SUPERVISOR,  # files that name people: the call log and the callbacks
    "reports.schedules.read": MANAGER,
    "reports.schedules.change": MANAGER,
}
