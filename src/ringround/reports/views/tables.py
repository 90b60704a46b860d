"""A report's tables as cells of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from ringround.kernel import phones
from ringround.reports.queries import LOGS, Column, Table
from ringround.reports.views.tiles import written
from ringround.reports.words import BREAKDOWNS, TITLES, value_words

NUMBERS = frozenset({"int", "seconds", "share", "rate", "money"})


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    number: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table ready for the template; `foot` is its totals."""

    title: str
    heads: list[Cell]
    rows: list[list[Cell]]
    foot: list[Cell]


def drawn(name: str, table: Table, region: str, rows: Iterable[Mapping[str, Any]] | None = None) -> Drawn:
    """The table of a report, numbers as the viewer's `region` writes them; `rows` where they are read apart from it."""
    columns = table.shown
    foot: list[Cell] = []
    if table.totals is not None and table.rows:
        foot = [_total(at, one, table.totals) for at, one in enumerate(columns)]
    return Drawn(
        title=str(BREAKDOWNS.get(table.by) or TITLES[name]),
        heads=[Cell(str(one.label), one.kind in NUMBERS and one.key != "hour") for one in columns],
        rows=[[_cell(name, one, row, region) for one in columns] for row in (table.rows if rows is None else rows)],
        foot=foot,
    )


def _total(at: int, one: Column, totals: Mapping[str, Any]) -> Cell:
    if at == 0:
        return Cell(_("In all"))
    outer = one.key.partition(".")[0]
    return Cell(written(one.of(totals), one.kind) if outer in totals else "", one.kind in NUMBERS)


def _cell(name: str, one: Column, row: Mapping[str, Any], region: str) -> Cell:
    value = one.of(row)
    if one.key == "hour":
        return Cell(f"{value:02}:00–{value:02}:59")
    if one.kind in NUMBERS:
        return Cell(written(value, one.kind), number=True)
    if one.kind == "phone":
        return Cell(phones.display(value, region) if value else "–")
    href = ""
    if name in LOGS and one.key == "contact_name" and row.get("lead"):
        href = reverse("campaigns:lead", args=[row["lead"]])
    elif name == "call_log" and one.key == "started_at":
        href = reverse("telephony:call", args=[row["id"]])
    elif one.key == "campaign_name":
        href = reverse("campaigns:detail", args=[row["campaign"]])
    if one.kind == "text":
        return Cell(str(value_words(name, one.key, value)) or "–", href=href)
    return Cell(written(value, one.kind), href=href)
