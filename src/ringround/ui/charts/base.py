"""What charts share: scales with round numbers, and SVG written element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Protocol

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

Text = str | Promise
WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 22, 26


class Chart(Protocol):
    """What `{% chart %}` shows."""

    @property
    def title(self) -> Text: ...
    @property
    def is_empty(self) -> bool: ...
    @property
    def legend(self) -> Sequence[tuple[str, Text]]: ...
    @property
    def svg(self) -> SafeString: ...
    @property
    def heads(self) -> Sequence[Text]: ...
    @property
    def rows(self) -> Sequence[Sequence[object]]: ...


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures; `tone` as elsewhere."""

    name: Text
    values: Sequence[float]
    tone: str = "accent"


def ticks(top: float, wanted: int = 4) -> list[float]:
    """Round numbers from 0 to at least `top`: 1, 2 or 5 times a power of ten apart."""
    if top <= 0:
        return [0, 1]
    rough = top / wanted
    power = 10 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    if step < 1 and float(top).is_integer():
        step = 1  # half a call is not a thing
    return [step * number for number in range(ceil(top / step) + 1)]


def at(value: float) -> str:
    """A coordinate. Never localised: a decimal comma is no SVG."""
    return f"{value:.1f}".removesuffix(".0")


def every(count: int, room: int) -> int:
    """Label each how-many-th of `count` places so that at most `room` are labelled."""
    return max(1, ceil(count / max(1, room)))


def text(x: float, y: float, words: object, css: str = "", anchor: str = "middle") -> SafeString:
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}" class="rr-c-text{}">{}</text>',
        at(x),
        at(y),
        anchor,
        f" {css}" if css else "",
        words,
    )


def picture(label: str, parts: Sequence[SafeString], height: float = HEIGHT) -> SafeString:
    """The whole SVG in a frame that scrolls on a narrow screen; its label says what it shows."""
    return format_html(
        '<div class="rr-chart-frame" tabindex="0" role="group" aria-label="{0}">'
        '<svg viewBox="0 0 {1} {2}" role="img" aria-label="{0}" focusable="false">{3}</svg></div>',
        label,
        str(WIDTH),
        at(height),
        mark_safe("".join(parts)),  # noqa: S308 - each part was made by format_html
    )
