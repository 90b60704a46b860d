"""Runs taken over to a new version: what would become of them, and each one's move.

The same node goes on; a changed wait is reckoned anew from its start; where a node is gone, the run goes on at a node
that was chosen for it, or ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ringround.journeys.rules.document import Node
from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.interpreter import MIGRATED, Dice, chance, take_over
from ringround.journeys.rules.run import Entry, Moved, Run, State


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of runs at a node: `same`, `changed` (another time or another way of waiting), `gone`."""

    node: str
    what: str


def fates(old: Graph, new: Graph) -> Iterator[Fate]:
    """Of every node of the old version, in its order: with the number of runs at each, the preview."""
    after = {node.id: node for node in new.document.nodes}
    for node in old.document.nodes:
        then = after.get(node.id)
        if then is None:
            yield Fate(node.id, "gone")
        else:
            yield Fate(node.id, "same" if _alike(node, then) else "changed")


def _alike(node: Node, then: Node) -> bool:
    return node.type == then.type and dict(node.params) == dict(then.params)


def migrate(
    old: Graph,
    new: Graph,
    run: Run,
    facts: Mapping[str, Any],
    now: datetime,
    targets: Mapping[str, str] | None = None,
    dice: Dice = chance,
) -> Moved:
    """One run's move to the new version. One whose step is out, or that has not begun, stays as it is: what comes of
    the step is taken under the new version, and under the same epoch."""
    node = run.node
    if node is None or run.state is State.FINISHED:
        return Moved(run, stale=run.state is State.FINISHED)
    # Nodes off every loop are not counted; one that lies on a loop now may have been visited, and its key is used up.
    visits = {**{node: 1 for node in old.steps if node in new.looped and node not in old.looped}, **run.visits}
    run = replace(run, visits=visits)
    before, after = old.steps.get(node), new.steps.get(node)
    target = (targets or {}).get(node)
    if after is not None and target is None and before is not None and after.type != before.type:
        target = node  # another kind of node under its id: the run comes to it anew
    if run.state is State.ACTING and after is not None and target is None:
        return Moved(run)
    return take_over(new, run, facts, now, target, dice)


def left_behind(entry: Entry) -> bool:
    """Whether the line of a log says that a run left its node because it was taken over."""
    return (entry.what, entry.detail) == ("left", MIGRATED)
