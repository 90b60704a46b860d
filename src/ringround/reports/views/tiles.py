"""The figures at the head of a report, as they are written on a screen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from ringround.onboarding.texts import STATUSES as SESSION_STATUSES
from ringround.reports.queries import Report
from ringround.reports.words import CALLBACK_STATES, COLUMNS
from ringround.telephony.texts import OUTCOMES
from ringround.ui.format import HOUR_S, duration_text, in_zone, moment_text, money_text, number_text, percent_text

# Which totals, and how each is written.
_TILES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "agent_hours": (
        ("signed_in_s", "seconds", "clock"), ("work_s", "seconds", "headset"), ("talk_s", "seconds", "phone-call"),
        ("pause_s", "seconds", "coffee"), ("occupancy", "share", "activity"),
    ),
    "agent_results": (
        ("calls", "int", "phone"), ("contacts", "int", "user-check"), ("engaged", "int", "circle-check"),
        ("contact_rate", "share", "users"), ("conversion", "share", "target"), ("engaged_per_hour", "rate", "clock"),
    ),
    "campaign_results": (
        ("leads", "int", "users"), ("penetration", "share", "chart-bar"), ("attempts", "int", "phone"),
        ("contacts", "int", "user-check"), ("engaged", "int", "circle-check"), ("conversion", "share", "target"),
    ),
    "dispositions": (
        ("attempts", "int", "phone"), ("contacts", "int", "user-check"), ("engaged", "int", "circle-check"),
    ),
    "sessions_by_agent": (
        ("sessions", "int", "writing-sign"), ("complete", "int", "circle-check"), ("pending", "int", "clock"),
        ("rejected", "int", "x"), ("success", "share", "target"),
    ),
}  # fmt: skip


def written(value: Any, kind: str) -> str:
    """A figure as people read it; a dash where there is none."""
    if value is None or value == "":
        return "–"
    if kind == "seconds":
        return duration_text(value, "clock")
    if kind == "share":
        return percent_text(value, 1)
    if kind == "money":
        return money_text(value["amount"], value["currency"])
    if kind == "rate":
        return number_text(value, 2)
    if kind == "int":
        return number_text(value)
    if kind == "day" and isinstance(value, date):
        # Translators: a date format of Django for a day in a table, as "Mon 3 Nov".
        return formats.date_format(value, _("D j M"))
    if kind == "moment" and isinstance(value, datetime):
        return moment_text(in_zone(value, None), value, "full")
    return str(value)


def of_report(report: Report) -> list[tuple[str, str, str]]:
    """(label, figure, icon) of each tile."""
    return [
        (str(COLUMNS[key]), _short(report.totals.get(key), kind), icon) for key, kind, icon in _TILES[report.asked.name]
    ]


def _short(value: Any, kind: str) -> str:
    if kind == "seconds" and value is not None and value >= HOUR_S:
        return duration_text(value)
    return written(value, kind)


def of_log(report: Report) -> list[tuple[str, str, str]]:
    """How many, and what came of them."""
    totals = dict(report.totals)
    if report.asked.name == "call_log":
        found = [(_("Calls"), number_text(sum(totals.values())), "phone")]
        return found + [
            (str(OUTCOMES[name][1]), number_text(totals[name]), "phone-call") for name in OUTCOMES if totals.get(name)
        ]
    if report.asked.name == "sessions":
        found = [(str(COLUMNS["sessions"]), number_text(sum(totals.values())), "writing-sign")]
        return found + [
            (str(words), number_text(totals.get(status, 0)), "writing-sign")
            for status, (_tone, words) in SESSION_STATUSES.items()
        ]
    overdue = totals.pop("overdue", 0)
    found = [(_("Callbacks"), number_text(sum(totals.values())), "calendar-time")]
    found += [(str(words), number_text(totals.get(state, 0)), "calendar") for state, words in CALLBACK_STATES.items()]
    return [*found, (str(COLUMNS["overdue"]), number_text(overdue), "alert-triangle")]
