"""Writing: the schedules of reports, and what is sent of them."""

from ringround.reports.actions.clients import (
    NOT_HERE,
    Archive,
    client_delete,
    client_delete_run,
    client_export,
    client_export_file,
    client_export_run,
    client_exports_clear,
    clients_rescue,
)
from ringround.reports.actions.schedules import (
    recipient_of,
    recipient_stop,
    schedule_change,
    schedule_create,
    schedule_delete,
    schedule_send,
    schedules_due,
    schedules_stop,
)
from ringround.reports.actions.sending import sending_fail, sending_run, sendings_rescue

__all__ = [
    "NOT_HERE",
    "Archive",
    "client_delete",
    "client_delete_run",
    "client_export",
    "client_export_file",
    "client_export_run",
    "client_exports_clear",
    "clients_rescue",
    "recipient_of",
    "recipient_stop",
    "schedule_change",
    "schedule_create",
    "schedule_delete",
    "schedule_send",
    "schedules_due",
    "schedules_stop",
    "sending_fail",
    "sending_run",
    "sendings_rescue",
]
