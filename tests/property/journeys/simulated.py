"""What has happened to the live engine, on the simulation; what that did in the same words, to be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from ringround.infra import clock
from ringround.journeys.rules.graph import Graph, compiled
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.run import Entry
from ringround.journeys.rules.simulate import Played, Playing, World
from tests.property.journeys.live import Key, Live, key_of, shown


class Simulated:
    """The same on the simulation."""

    def __init__(self, live: Live) -> None:
        self.live = live
        graphs: list[tuple[str, Graph]] = [(str(one.id), compiled(check(one.draft).require())) for one in live.journeys]
        start = min((one.at for one in live.inputs), default=clock.now())
        self.world = World([Played(id, graph) for id, graph in graphs], start)
        for id, facts in live.first.items():
            self.world.add(str(id), deepcopy(facts))

    def play(self) -> Iterator[tuple[int, dict[Key, dict[str, Any]]]]:
        """Before each input: its number, and the leads as they are."""
        for n, given in enumerate(self.live.inputs):
            if given.down:
                self.world.down_until(given.at)
                continue
            self.world.run_until(given.at)
            yield n, self.view()
            names = {key_of(facts): name for name, facts in self.world.leads.items()}
            if given.hand is not None:
                if given.hand[0] in names:
                    self.world.start_by_hand(names[given.hand[0]], given.hand[1])
            elif given.events:
                events = [(names[key], event) for key, event in given.events if key in names]
                changes = {names[key]: changed for key, changed in given.changes.items() if key in names}
                self.world.occur(events, changes)
            else:
                for key, changed in given.changes.items():
                    if key in names:
                        self.world.change(names[key], changed)
        self.world.run_until(clock.now())
        yield len(self.live.inputs), self.view()

    def view(self) -> dict[Key, dict[str, Any]]:
        return {key_of(facts): shown(facts) for facts in self.world.leads.values()}

    def runs(self) -> dict[tuple[str, Key], list[Playing]]:
        found: dict[tuple[str, Key], list[Playing]] = {}
        for one in self.world.runs.values():
            found.setdefault((one.journey.id, key_of(self.world.leads[one.lead])), []).append(one)
        return found

    def told_of(self, one: Playing) -> dict[str, Any]:
        run = one.run
        return {
            "log": lines(one.story),
            "stands": None if one.finished else (run.node, run.due, run.steps),
            "ended": (one.finished.reason, one.finished.name, run.steps) if one.finished else None,
        }

    def effects(self) -> list[tuple[Any, ...]]:
        found = [
            (one.at, key_of(self.world.leads[one.lead]), one.effect.type, one.status)
            for one in self.world.done
            if one.effect.type in ("send_sms", "send_email")
        ]
        return sorted(found, key=str)


def lines(story: Sequence[tuple[datetime, Entry]]) -> list[tuple[Any, ...]]:
    """A run's story as the engine logs it: a line for each node that it left, failed at or ended at."""
    found: list[tuple[Any, ...]] = []
    outcome = ("", "")
    for n, (at, line) in enumerate(story):
        before = story[n - 1][1] if n else None
        following = story[n + 1] if n + 1 < len(story) else None
        match line.what:
            case "skipped" | "failed":
                outcome = (line.what, line.detail)
                if line.what == "failed" and (following is None or following[0] != at):
                    found.append((at, line.node or "", "", *outcome))
                    outcome = ("", "")
            case "left":
                found.append((at, line.node or "", line.detail, *outcome))
                outcome = ("", "")
            case "finished":
                left = before is not None and before.what == "left"
                if outcome[0]:
                    found.append((at, line.node or "", "", *outcome))
                    outcome = ("", "")
                found.append((at, "" if left else line.node or "", "", "ended", line.detail))
    return found
