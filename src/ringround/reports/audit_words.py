"""What this room's actions are called in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

WORDS = {
    "reports.report.exported": _("Report that names people taken out as a file"),
}

NAMES: dict[str, Callable[[Iterable[UUID]], dict[UUID, str]]] = {}
