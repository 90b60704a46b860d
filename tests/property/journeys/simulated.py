"""What has happened to the live engine, on the simulation; what that did in the same words, to be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from ringround.infra import clock
from ringround.journeys.queries.simulation import may_of
from ringround.journeys.rules.graph import Graph, compiled
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.simulate import Played, Playing
from ringround.journeys.rules.simulate.parts import Letter
from tests.property.journeys.live import Key, Live, key_of, shown
from tests.property.journeys.managed import Managed


class Simulated:
    """The same on the simulation."""

    def __init__(self, live: Live) -> None:
        self.live = live
        graphs: list[tuple[str, Graph]] = [(str(one.id), compiled(check(one.draft).require())) for one in live.journeys]
        start = min((one.at for one in live.inputs), default=clock.now())
        self.world = Managed([Played(id, graph) for id, graph in graphs], start, may=self.may)
        self.hours = may_of(live.rig.staff.manager)
        for id, facts in live.first.items():
            self.world.add(str(id), deepcopy(facts))

    def may(
        self, facts: Mapping[str, Any], channel: str, quiet: Mapping[str, str] | None, sent: Sequence[datetime],
        now: datetime,
    ) -> tuple[datetime | None, str]:  # fmt: skip
        at, reason = self.hours(facts, channel, quiet, sent, now)
        if at != now:
            self.world.happened["message: " + (reason or "waits")] += 1
        return at, reason

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
            elif given.managed is not None:
                self.manage(*given.managed)
            elif given.answers:
                self.world.answers()
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

    def manage(self, what: str, journey: str, document: Mapping[str, Any], targets: Mapping[str, str]) -> None:
        match what:
            case "paused":
                self.world.hold(journey)
            case "resumed":
                self.world.resume(journey)
            case "published":
                made = check(document).require()
                over = made.settings.edit_policy == "migrate"
                self.world.publish(journey, compiled(made), over=over, targets=targets)
            case _:
                self.world.take_over(journey, targets)

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
            "log": lines(one, self.world.cuts[run.id]),
            "stands": None if one.finished else (run.node, run.due, run.steps),
            "ended": (one.finished.reason, one.finished.name, run.steps) if one.finished else None,
        }

    def effects(self) -> list[tuple[Any, ...]]:
        world, sends = self.world, ("send_sms", "send_email")
        skipped = [
            (one.at, key_of(world.leads[one.lead]), one.effect.type, ("skipped", one.reason))
            for one in world.done
            if one.effect.type in sends and one.status == "skipped"
        ]
        written = [
            (one.written_at, key_of(world.leads[one.lead]), one.effect.type, became(one))
            for one in [*world.posted, *world.letters]
        ]
        called = [(at, key_of(world.leads[lead]), *rest) for at, _journey, lead, *rest in world.called]
        return sorted([*skipped, *written, *called], key=str)


def became(letter: Letter) -> tuple[str, Any]:
    if letter.went_at is not None:
        return "sent", letter.went_at
    return ("skipped", letter.reason) if letter.reason else ("waits", letter.at)


def lines(one: Playing, cuts: Collection[int]) -> list[tuple[Any, ...]]:
    """A run's story as the engine logs it: a line for each node that it left, failed at or ended at, and behind all
    others what became of its messages later. `cuts`: where its moves end."""
    found: list[tuple[Any, ...]] = []
    late = [(at, line.node or "", "", line.what, line.detail) for at, line in one.afterwards]
    outcome, story = ("", ""), one.story
    for n, (at, line) in enumerate(story):
        if any(story[n] is told for told in one.afterwards):
            continue
        before = story[n - 1][1] if n else None
        match line.what:
            case "skipped" | "failed":
                outcome = (line.what, line.detail)
                if line.what == "failed" and n + 1 in cuts:
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
    return [*found, *late]
