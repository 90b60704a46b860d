"""The pictures of reports: drawn by the server, each with the table that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from ringround.reports.rules.sums import Tally
from ringround.reports.words import CALLBACK_STATES, COLUMNS, WEEKDAYS
from ringround.telephony.texts import OUTCOMES
from ringround.ui.charts import Bars, HeatMap, Series

Rows = Sequence[Mapping[str, Any]]


def _days(rows: Rows) -> list[str]:
    return [formats.date_format(row["day"], "d/m") for row in rows]


def time_by_day(rows: Rows) -> Bars:
    """Hours of each day by what they went to."""

    def hours(*names: str) -> list[float]:
        return [round(sum(row[name] for name in names) / 3600, 2) for row in rows]

    return Bars(
        title=_("Hours, day by day"),
        labels=_days(rows),
        series=[
            Series(_("In calls"), hours("dial_s", "talk_s"), "accent"),
            Series(_("Looking and wrapping up"), hours("preview_s", "wrap_s"), "info"),
            Series(_("Ready"), hours("ready_s"), "success"),
            Series(_("Breaks"), hours("pause_s"), "neutral"),
        ],
        first=_("Day"),
    )


def tries_by_day(rows: Rows) -> Bars:
    """Attempts of each day by how far they came. A day on which more ceased to count than came has none engaged."""
    engaged = [max(0, row["engaged"]) for row in rows]
    contacts = [max(0, row["contacts"] - more) for row, more in zip(rows, engaged, strict=True)]
    missed = [row["attempts"] - row["contacts"] for row in rows]
    return Bars(
        title=_("Attempts, day by day"),
        labels=_days(rows),
        series=[
            Series(_("Engaged"), engaged, "success"),
            Series(_("Other contacts"), contacts, "accent"),
            Series(_("Not reached"), missed, "neutral"),
        ],
        first=_("Day"),
    )


def contacts_by_hour(week: Mapping[tuple[int, int], Tally]) -> HeatMap:
    """When people are reached: contacts by weekday and hour, over the hours in which anything was tried."""
    tried = [hour for (_day, hour), tally in week.items() if tally.attempts]
    hours = range(min(tried), max(tried) + 1) if tried else range(0)
    return HeatMap(
        title=_("Contacts by weekday and hour"),
        row_labels=WEEKDAYS,
        column_labels=[f"{hour:02}" for hour in hours],
        values=[[week[day, hour].contacts if (day, hour) in week else 0 for hour in hours] for day in range(7)],
        first=_("Day"),
    )


def calls_by_day(rows: Rows) -> Bars:
    """Calls of each day by what came of them; the rarer results together."""
    shown = {"answered": "accent", "no_answer": "neutral", "machine": "info", "busy": "warning"}
    rest = [sum(n for name, n in row["outcomes"].items() if name not in shown) for row in rows]
    return Bars(
        title=_("Calls, day by day"),
        labels=_days(rows),
        series=[
            *(
                Series(OUTCOMES[name][1], [row["outcomes"].get(name, 0) for row in rows], tone)
                for name, tone in shown.items()
            ),
            Series(_("Other"), rest, "danger"),
        ],
        first=_("Day"),
    )


def sessions_by_day(rows: Rows) -> Bars:
    """Sessions of each day by how they stand."""
    tones = {
        "complete": "success",
        "pending": "accent",
        "rejected": "warning",
        "failed": "danger",
        "expired": "neutral",
    }
    return Bars(
        title=_("Sessions, day by day"),
        labels=_days(rows),
        series=[Series(COLUMNS[name], [row[name] for row in rows], tone) for name, tone in tones.items()],
        first=_("Day"),
    )


def callbacks_by_day(rows: Rows) -> Bars:
    """Callbacks of each day by what became of them."""
    tones = {"done": "success", "booked": "accent", "cancelled": "neutral"}
    return Bars(
        title=_("Callbacks, day by day"),
        labels=_days(rows),
        series=[
            Series(CALLBACK_STATES[state], [row["states"].get(state, 0) for row in rows], tone)
            for state, tone in tones.items()
        ],
        first=_("Day"),
    )
