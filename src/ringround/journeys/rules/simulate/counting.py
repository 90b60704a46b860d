"""How often what conditions count has happened to a lead in the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.match import matcher
from ringround.journeys.rules.simulate.effects import Facts
from ringround.journeys.rules.values import Event, Scope, zone_of


def with_counts(graph: Graph, facts: Facts, history: Sequence[Event], now: datetime) -> Facts:
    """The facts with what the journey's conditions count, where they count anything."""
    if not graph.counts:
        return facts
    zone = zone_of(facts, None)
    counts = {}
    for asked in graph.counts:
        fits = matcher(asked.event, asked.params)
        since = asked.within.before(now, zone)
        counts[asked.key] = sum(event.at > since and fits(event, Scope(facts, event, now, zone)) for event in history)
    return {**facts, "counts": counts}
