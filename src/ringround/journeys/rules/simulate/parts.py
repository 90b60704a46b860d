"""What the simulation is made of: the journeys that take part, their runs, what was done and what is still to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.run import Effect, Entry, Finished, Outcome, Run

# What comes of an effect where the script says so: (status, reason), or None for as it would. Of an address that is
# called it is the answer.
Says = Callable[[str, Effect], tuple[str, str] | None]
# Whether a message may go now: (facts of its lead, channel, the journey's own quiet hours, when others went to the same
# person by the same channel, now). Now: it goes; later: it waits until then; None: it does not go, and why.
May = Callable[
    [Mapping[str, Any], str, Mapping[str, str] | None, Sequence[datetime], datetime], tuple[datetime | None, str]
]  # fmt: skip


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
    # The lines of it that tell what became of a step after the run had gone on.
    afterwards: list[tuple[datetime, Entry]] = field(default_factory=list)


@dataclass(slots=True, order=True)
class Letter:
    """A message that was written: it is to go at `at`, went at `went_at`, or did not go for a `reason`."""

    at: datetime
    no: int
    playing: Playing = field(compare=False)
    lead: str = field(compare=False)
    contact: str = field(compare=False)
    effect: Effect = field(compare=False)
    channel: str = field(compare=False)
    nth: int = field(compare=False)
    # Whether its run ends where it is not sent after all.
    ends: bool = field(compare=False)
    written_at: datetime = field(compare=False)
    went_at: datetime | None = field(default=None, compare=False)
    reason: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """What journeys do to each other, and hands to them: taken in after what has happened."""

    kind: str
    journey: Played
    lead: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back from outside to a run, taken in with them."""

    playing: Playing
    outcome: Outcome
    kind: str = "reply"
