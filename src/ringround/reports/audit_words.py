"""What this room's actions are called in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.reports.models import Schedule

WORDS = {
    "reports.report.exported": _("Report that names people taken out as a file"),
    "reports.client.export_asked": _("Archive of all data asked for"),
    "reports.client.exported": _("Archive of all data downloaded"),
    "reports.schedule.created": _("Report by e-mail made"),
    "reports.schedule.changed": _("Report by e-mail changed"),
    "reports.schedule.deleted": _("Report by e-mail deleted"),
    "reports.schedule.sent": _("Report sent by hand"),
    "reports.schedule.stopped_by_recipient": _("Report stopped by a recipient"),
}


def _schedules(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Schedule.objects.filter(id__in=ids).values_list("id", "name"))


NAMES: dict[str, Callable[[Iterable[UUID]], dict[UUID, str]]] = {"report_schedule": _schedules}
