"""The drawings: bars side by side or stacked, burn-up towards a target, heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ringround.ui.charts.base import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Series,
    Text,
    at,
    every,
    picture,
    text,
    ticks,
)
from ringround.ui.format import number_text

PLOT_W, PLOT_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
HEAT_STEPS = 5


def _grid(marks: Sequence[float]) -> tuple[list[SafeString], float]:
    """Horizontal lines with their figures; returns them and the value at the top."""
    top = marks[-1]
    parts = []
    for mark in marks:
        y = TOP + PLOT_H * (1 - mark / top)
        parts.append(
            format_html('<line class="rr-c-grid" x1="{}" x2="{}" y1="{}" y2="{}"/>', LEFT, WIDTH - RIGHT, at(y), at(y))
        )
        parts.append(text(LEFT - 8, y + 4, number_text(mark), anchor="end"))
    return parts, top


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars by label, stacked when there are several series. `first` is the head of the label column."""

    title: Text
    labels: Sequence[Text]
    series: Sequence[Series]
    first: Text = ""

    @property
    def is_empty(self) -> bool:
        return not self.labels or not any(value for one in self.series for value in one.values)

    @property
    def legend(self) -> list[tuple[str, Text]]:
        return [(f"rr-{one.tone}", one.name) for one in self.series] if len(self.series) > 1 else []

    @property
    def heads(self) -> list[Text]:
        return [self.first, *(one.name for one in self.series)]

    @property
    def rows(self) -> list[list[object]]:
        return [[label, *(number_text(one.values[i]) for one in self.series)] for i, label in enumerate(self.labels)]

    @property
    def svg(self) -> SafeString:
        totals = [sum(one.values[i] for one in self.series) for i in range(len(self.labels))]
        parts, top = _grid(ticks(max(totals)))
        slot = PLOT_W / len(self.labels)
        width = min(slot * 0.72, 44)
        step = every(len(self.labels), 12)
        shape = (
            '<rect class="rr-c-fill rr-{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}: {} {}</title></rect>'
        )
        for i, label in enumerate(self.labels):
            x, y = LEFT + slot * (i + 0.5), float(TOP + PLOT_H)
            for one in self.series:
                height = PLOT_H * one.values[i] / top
                if height <= 0:
                    continue
                y -= height
                parts.append(
                    format_html(
                        shape,
                        one.tone,
                        at(x - width / 2),
                        at(y),
                        at(width),
                        at(height),
                        label,
                        one.name,
                        number_text(one.values[i]),
                    )
                )
            if i % step == 0:
                parts.append(text(x, HEIGHT - 8, label))
        return picture(_("{title}: {total} in all").format(title=self.title, total=number_text(sum(totals))), parts)


@dataclass(frozen=True, slots=True)
class BurnUp:
    """How far it has come, day by day, towards a target. `values` are running totals."""

    title: Text
    labels: Sequence[Text]
    values: Sequence[float]
    target: float | None = None
    first: Text = ""
    name: Text = ""

    @property
    def is_empty(self) -> bool:
        return not self.labels

    @property
    def legend(self) -> list[tuple[str, Text]]:
        return []

    @property
    def heads(self) -> list[Text]:
        return [self.first, self.name or self.title]

    @property
    def rows(self) -> list[list[object]]:
        return [[label, number_text(value)] for label, value in zip(self.labels, self.values, strict=True)]

    @property
    def svg(self) -> SafeString:
        parts, top = _grid(ticks(max([*self.values, self.target or 0])))
        gap = PLOT_W / max(1, len(self.values) - 1)
        spots = [(LEFT + gap * i, TOP + PLOT_H * (1 - value / top)) for i, value in enumerate(self.values)]
        line = " ".join(f"{at(x)},{at(y)}" for x, y in spots)
        floor = at(TOP + PLOT_H)
        parts.append(
            format_html(
                '<polygon class="rr-c-area" points="{},{} {} {},{}"/>',
                at(spots[0][0]),
                floor,
                line,
                at(spots[-1][0]),
                floor,
            )
        )
        parts.append(format_html('<polyline class="rr-c-line" points="{}"/>', line))
        if self.target:
            y = TOP + PLOT_H * (1 - self.target / top)
            parts.append(
                format_html(
                    '<line class="rr-c-target" x1="{}" x2="{}" y1="{}" y2="{}"/>', LEFT, WIDTH - RIGHT, at(y), at(y)
                )
            )
            words = _("Target {number}").format(number=number_text(self.target))
            parts.append(text(WIDTH - RIGHT, y - 6, words, css="rr-c-strong", anchor="end"))
        x, y = spots[-1]
        parts.append(format_html('<circle class="rr-c-dot" cx="{}" cy="{}" r="4"/>', at(x), at(y)))
        step = every(len(self.labels), 8)
        last = len(self.labels) - 1
        for i, label in enumerate(self.labels):
            if i % step == 0:
                anchor = "start" if i == 0 else ("end" if i == last else "middle")
                parts.append(text(spots[i][0], HEIGHT - 8, label, anchor=anchor))
        words = _("{title}: {now} now").format(title=self.title, now=number_text(self.values[-1]))
        if self.target:
            words = _("{title}: {now} of {target}").format(
                title=self.title, now=number_text(self.values[-1]), target=number_text(self.target)
            )
        return picture(words, parts)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Figures by row and column, the higher the stronger: outcomes by weekday and hour."""

    title: Text
    row_labels: Sequence[Text]
    column_labels: Sequence[Text]
    values: Sequence[Sequence[float | None]]
    first: Text = ""
    legend: Sequence[tuple[str, Text]] = field(default_factory=tuple)

    @property
    def is_empty(self) -> bool:
        return not any(value for row in self.values for value in row)

    @property
    def heads(self) -> list[Text]:
        return [self.first, *self.column_labels]

    @property
    def rows(self) -> list[list[object]]:
        return [
            [label, *(number_text(v) for v in row)] for label, row in zip(self.row_labels, self.values, strict=True)
        ]

    @property
    def svg(self) -> SafeString:
        left, head, gap = 72, 22, 3
        most = max((value for row in self.values for value in row if value is not None), default=0) or 1
        cell_w = (WIDTH - left - RIGHT) / max(1, len(self.column_labels))
        cell_h = min(30.0, cell_w)
        parts = []
        shape = '<rect class="rr-c-heat-{}" x="{}" y="{}" width="{}" height="{}" rx="3"><title>{} {}: {}</title></rect>'
        step = every(len(self.column_labels), 16)
        for column, label in enumerate(self.column_labels):
            if column % step == 0:
                parts.append(text(left + cell_w * (column + 0.5), 14, label))
        for number, (label, row) in enumerate(zip(self.row_labels, self.values, strict=True)):
            y = head + cell_h * number
            parts.append(text(left - 8, y + cell_h / 2 + 4, label, anchor="end"))
            for column, value in enumerate(row):
                # Five steps, as more cannot be told apart; 0 has one of its own.
                level = 0 if not value else min(HEAT_STEPS, 1 + int(HEAT_STEPS * value / (most * 1.0001)))
                parts.append(
                    format_html(
                        shape,
                        level,
                        at(left + cell_w * column + gap / 2),
                        at(y + gap / 2),
                        at(cell_w - gap),
                        at(cell_h - gap),
                        label,
                        self.column_labels[column],
                        number_text(value),
                    )
                )
        words = _("{title}: at most {most}").format(title=self.title, most=number_text(most))
        return picture(words, parts, height=head + cell_h * len(self.row_labels) + 4)
