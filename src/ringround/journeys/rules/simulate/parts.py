"""What the simulation is made of: the journeys that take part, their runs, what was done and what is still to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.run import Effect, Entry, Finished, Run

# What comes of an effect where the script says so: (status, reason), or None for as it would.
Says = Callable[[str, Effect], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Played:
    """A journey that takes part, by its id. `within`: begun only by what the simulation itself brings about."""

    id: str
    graph: Graph
    within: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """An effect that was carried out, or was not."""

    at: datetime
    lead: str
    journey: str
    run: str
    effect: Effect
    status: str
    reason: str = ""


@dataclass(slots=True)
class Playing:
    """A run in the simulation; `no`: it was the how manieth to begin."""

    journey: Played
    lead: str
    no: int
    run: Run
    finished: Finished | None = None
    story: list[tuple[datetime, Entry]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """What journeys do to each other, and hands to them: taken in after what has happened."""

    kind: str
    journey: Played
    lead: str
    depth: int = 1
