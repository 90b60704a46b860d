"""Journeys on virtual time: the same interpreter, in memory; effects are recorded and their likeness applied.

world = World([Played("…", graph)], start=…)
world.add("lead", facts)
world.happen("lead", Event(…))      # on to its time, firing what is due on the way
world.run_until(later)
world.done, world.figures["…"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from ringround.journeys.rules.figures import Figures
from ringround.journeys.rules.run import State
from ringround.journeys.rules.simulate.effects import Facts
from ringround.journeys.rules.simulate.parts import Done, May, Played, Playing
from ringround.journeys.rules.simulate.past import rewound
from ringround.journeys.rules.simulate.world import World
from ringround.journeys.rules.values import Event

__all__ = ["Done", "Facts", "May", "Played", "Playing", "World", "replay", "stand"]


def stand(world: World) -> dict[str, Figures]:
    """The figures with where runs stand at the end."""
    for figures in world.figures.values():
        figures.waiting.clear()
    for playing in world.runs.values():
        if playing.run.state is not State.FINISHED:
            world.figures[playing.journey.id].waiting[playing.run.node or ""] += 1
    return world.figures


def replay(
    journeys: Sequence[Played],
    leads: Mapping[str, Mapping[str, object]],
    events: Iterable[tuple[str, Event]],
    *,
    since: datetime,
    until: datetime,
    may: May | None = None,
) -> World:
    """What these journeys would have done with what has happened: `leads` as they are now, `events` in their order.

    Leads are wound back to before the first event; of leads that are not given nothing is known, and they are left out.
    """
    told: dict[str, list[Event]] = {}
    order = [(lead, event) for lead, event in events if lead in leads]
    for lead, event in order:
        told.setdefault(lead, []).append(event)
    world = World(journeys, since, may=may)
    for lead, facts in leads.items():
        world.add(lead, rewound(facts, told.get(lead, [])))
    # What was told at one moment was done in one go: the first of it is heard when the last has left its mark.
    for _at, together in groupby(order, key=lambda one: one[1].at):
        world.occur(list(together))
    world.run_until(until)
    return world
