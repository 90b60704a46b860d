"""The figures of a journey, made from the lines of its runs' logs; and so they can be made again at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ringround.journeys.rules.run import Entry


@dataclass(slots=True)
class Figures:
    """How many runs came to each node, left it by each arrow, were skipped or failed there and why, and ended why.

    `waiting` is where runs stand now.
    """

    started: int = 0
    entered: Counter[str] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)

    def add(self, lines: Iterable[Entry]) -> None:
        """Lines of a log in their order."""
        for node, what, detail in lines:
            match what:
                case "entered":
                    self.entered[node or ""] += 1
                case "left":
                    self.left[node or "", detail] += 1
                case "skipped":
                    self.skipped[node or "", detail] += 1
                case "failed":
                    self.failed[node or "", detail] += 1
                case "finished":
                    self.finished[detail] += 1

    def to_json(self) -> dict[str, Any]:
        """Per node, each with its arrows; and of the journey as a whole."""
        names = sorted({*self.entered, *self.waiting, *(node for node, _ in (*self.left, *self.skipped, *self.failed))})
        return {
            "started": self.started,
            "refused": dict(sorted(self.refused.items())),
            "finished": dict(sorted(self.finished.items())),
            "effects": dict(sorted(self.effects.items())),
            "nodes": {
                name: {
                    "entered": self.entered[name],
                    "waiting": self.waiting[name],
                    "left": _of(self.left, name),
                    "skipped": _of(self.skipped, name),
                    "failed": _of(self.failed, name),
                }
                for name in names
            },
        }


def _of(counted: Counter[tuple[str, str]], name: str) -> dict[str, int]:
    return {detail: n for (node, detail), n in sorted(counted.items()) if node == name}
