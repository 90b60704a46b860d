"""Journeys on virtual time: the same interpreter, in memory; effects are recorded and their likeness applied.

world = World([Played("…", graph)], start=…)
world.add("lead", facts)
world.happen("lead", Event(…))      # on to its time, firing what is due on the way
world.run_until(later)
world.done, world.figures["…"]
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ringround.journeys.rules import entry
from ringround.journeys.rules.figures import Figures
from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.interpreter import Dice, advance, chance
from ringround.journeys.rules.match import matcher
from ringround.journeys.rules.run import (
    DEEPEST_CAUSE,
    Effect,
    Enter,
    Entry,
    Finished,
    Happened,
    Moved,
    Outcome,
    Run,
    State,
    Stop,
    Timer,
    Wake,
)
from ringround.journeys.rules.simulate.effects import Facts, NotDone, carry_out
from ringround.journeys.rules.simulate.past import imprint, rewound
from ringround.journeys.rules.values import Event, Scope, plain, zone_of

# What comes of an effect where the script says so: (status, reason), or None for as it would.
Says = Callable[[str, Effect], tuple[str, str] | None]
# Of one simulation: journeys that start each other without end are stopped by their depth long before.
MOST_MOVES = 2_000_000


@dataclass(frozen=True, slots=True)
class Played:
    """A journey that takes part, by its id."""

    id: str
    graph: Graph


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
    """A run in the simulation."""

    journey: Played
    lead: str
    key: str
    run: Run
    finished: Finished | None = None
    story: list[tuple[datetime, Entry]] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """Leads, journeys and a clock of its own. The same script gives the same, always."""

    journeys: Sequence[Played]
    start: datetime
    dice: Dice = chance
    says: Says | None = None
    now: datetime = field(init=False)
    leads: dict[str, Facts] = field(default_factory=dict)
    runs: dict[str, Playing] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    figures: dict[str, Figures] = field(init=False)
    # How late timers were taken, in seconds.
    late: list[float] = field(default_factory=list)
    _timers: list[tuple[datetime, int, str, int]] = field(default_factory=list)
    _waiting: dict[str, dict[str, None]] = field(default_factory=dict)
    _before: dict[tuple[str, str], list[Playing]] = field(default_factory=dict)
    _history: dict[str, list[Event]] = field(default_factory=dict)
    _events: deque[tuple[str, Event]] = field(default_factory=deque)
    _let_through: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _moves: int = 0
    _count: int = 0

    def __post_init__(self) -> None:
        self.now = self.start
        self.figures = {one.id: Figures() for one in self.journeys}

    # --- the script -----------------------------------------------------------------------------

    def add(self, lead: str, facts: Facts) -> None:
        """A lead that is there from now on."""
        self.leads[lead] = facts

    def change(self, lead: str, changes: Mapping[str, Any]) -> None:
        """Facts by their paths: `{"lead.status": "success"}`. Tells nobody."""
        for path, value in changes.items():
            parts = path.split(".", 2)
            at = self.leads[lead]
            for part in parts[:-1]:
                at = at.setdefault(part, {})
            at[parts[-1]] = value

    def happen(self, lead: str, event: Event, changes: Mapping[str, Any] | None = None) -> None:
        """Something happens to a lead at the event's time; what is due until then comes first."""
        self.run_until(event.at)
        imprint(self.leads[lead], event)
        self.change(lead, changes or {})
        self._events.append((lead, event))
        self._settle()

    def start_by_hand(self, lead: str, journey: str) -> entry.Refused | None:
        """Begin a run without its trigger; why not, where it may not."""
        played = next(one for one in self.journeys if one.id == journey)
        why = self._enter(played, lead, None)
        self._settle()
        return why

    def run_until(self, moment: datetime) -> None:
        """Time passes: timers fire at their time, oldest first."""
        while self._timers and self._timers[0][0] <= moment:
            self.now = max(self.now, self._timers[0][0])
            self._fire()
        self.now = max(self.now, moment)

    def down_until(self, moment: datetime) -> None:
        """Time passes and nobody looks: what fell due fires afterwards, oldest first, all at that moment."""
        self.now = max(self.now, moment)
        while self._timers and self._timers[0][0] <= self.now:
            self._fire()

    # --- inside ---------------------------------------------------------------------------------

    def _fire(self) -> None:
        _at, _no, id, epoch = heapq.heappop(self._timers)
        playing = self.runs[id]
        if playing.run.epoch == epoch and playing.run.state is not State.FINISHED:
            self._move(playing, Timer(epoch))
            self._settle()

    def _settle(self) -> None:
        """What has happened reaches the runs that wait, and then begins others; in the order in which it happened."""
        while self._events:
            lead, event = self._events.popleft()
            if lead not in self.leads:
                continue
            self._history.setdefault(lead, []).append(event)
            for id in list(self._waiting.get(lead, ())):
                playing = self.runs[id]
                if event.type in playing.journey.graph.listens(playing.run.node):
                    self._move(playing, Happened(event, playing.run.epoch))
            for journey in self.journeys:
                if event.type in journey.graph.starts:
                    self._enter(journey, lead, event)

    def _enter(self, journey: Played, lead: str, event: Event | None, depth: int | None = None) -> entry.Refused | None:
        graph = journey.graph
        facts = self._facts(journey, lead)
        why = entry.admits(graph, event, facts, self.now)
        key = self._key(journey, lead)
        if why is None:
            before = self._before.get((journey.id, key), [])
            past = entry.Before(
                len(before),
                any(one.run.state is not State.FINISHED for one in before),
                before[-1].run.started_at if before else None,
            )
            why = entry.may_enter(graph, past, self.now, zone_of(facts, graph.zone))
        if why is None and depth is not None and depth > DEEPEST_CAUSE:
            why = entry.Refused.TOO_DEEP
        if why is not None:
            if why not in (entry.Refused.SCOPE, entry.Refused.TRIGGER):
                self.figures[journey.id].refused[why.value] += 1
            return why
        self._count += 1
        deep = depth if depth is not None else entry.depth_of(event)
        # Named by what it is and not by how many there were: a run's chance is the same whoever else takes part.
        run = Run(id=f"{journey.id}/{lead}/{len(self._before.get((journey.id, key), [])) + 1}", started_at=self.now,
                  depth=deep)  # fmt: skip
        playing = Playing(journey, lead, key, run)
        self.runs[run.id] = playing
        self._before.setdefault((journey.id, key), []).append(playing)
        self.figures[journey.id].started += 1
        self._move(playing, Enter(event))
        return None

    def _key(self, journey: Played, lead: str) -> str:
        contact = self.leads[lead].get("contact", {}).get("id")
        return str(contact) if journey.graph.document.settings.key == "contact" and contact else lead

    def _facts(self, journey: Played, lead: str) -> Facts:
        facts = self.leads[lead]
        if not journey.graph.counts:
            return facts
        zone = zone_of(facts, journey.graph.zone)
        counts = {}
        for asked in journey.graph.counts:
            fits = matcher(asked.event, asked.params)
            since = asked.within.before(self.now, zone)
            scope = Scope(facts, None, self.now, zone)
            counts[asked.key] = sum(since < event.at and fits(event, scope) for event in self._history.get(lead, ()))
        return {**facts, "counts": counts}

    def _move(self, playing: Playing, wake: Wake) -> None:
        """Move a run until it waits or has ended, carrying out what it asks for."""
        then: Wake | None = wake
        while then is not None and self._moves < MOST_MOVES:
            self._moves += 1
            facts = self._facts(playing.journey, playing.lead)
            moved = advance(playing.journey.graph, playing.run, then, facts, self.now, self.dice)
            then = self._note(playing, moved)

    def _note(self, playing: Playing, moved: Moved) -> Wake | None:
        if moved.stale:
            return None
        run = playing.run = moved.run
        figures = self.figures[playing.journey.id]
        figures.add(moved.log)
        playing.story += [(self.now, line) for line in moved.log]
        if moved.late_s:
            self.late.append(moved.late_s)
        if moved.effect is not None:
            status, reason = self._do(playing, moved.effect)
            self.done.append(Done(self.now, playing.lead, playing.journey.id, run.id, moved.effect, status, reason))
            if status == "ok":
                figures.effects[moved.effect.type] += 1
            return Outcome(run.epoch, status, reason)
        if moved.wait is not None:
            self._waiting.setdefault(playing.lead, {})[run.id] = None
            if moved.wait.at is not None:
                self._count += 1
                heapq.heappush(self._timers, (moved.wait.at, self._count, run.id, run.epoch))
        if moved.finished is not None:
            playing.finished = moved.finished
            self._waiting.get(playing.lead, {}).pop(run.id, None)
            self._tell(playing, "journeys.run.finished", {
                "journey": playing.journey.id, "reason": moved.finished.reason, "name": moved.finished.name,
            })  # fmt: skip
        return None

    def _tell(self, playing: Playing, type: str, data: Mapping[str, Any], lead: str | None = None) -> None:
        cause = {"run": playing.run.id, "journey": playing.journey.id, "depth": playing.run.depth}
        self._events.append((lead or playing.lead, Event(type, self.now, data, cause=cause)))

    def _do(self, playing: Playing, effect: Effect) -> tuple[str, str]:
        """What comes of an effect: as the script says, else as it would."""
        said = self.says(playing.lead, effect) if self.says is not None else None
        if said is not None and said[0] != "ok":
            return said
        try:
            match effect.type:
                case "limit":
                    self._limit(playing, effect)
                case "add_to_campaign" | "move_to_campaign":
                    self._place(playing, effect)
                case "start_journey" | "stop_journey":
                    self._other(playing, effect)
                case "send_sms" | "send_email":
                    self._send(playing, effect)
                case "emit_event":
                    self._tell(playing, "journeys.event.emitted", {"name": effect.data["name"]})
                case _:
                    for type, data in carry_out(effect, self.leads[playing.lead], self.now):
                        self._tell(playing, type, data)
        except NotDone as why:
            return "skipped", str(why)
        return "ok", ""

    def _limit(self, playing: Playing, effect: Effect) -> None:
        times = self._let_through.setdefault((playing.journey.id, effect.node), [])
        if sum(at > effect.data["since"] for at in times) >= effect.data["most"]:
            raise NotDone("limit")
        times.append(self.now)

    def _place(self, playing: Playing, effect: Effect) -> None:
        """A lead of the contact on another campaign."""
        facts, campaign = self.leads[playing.lead], effect.data["campaign"]
        contact = facts.get("contact", {})
        there = next(
            (
                name
                for name, other in self.leads.items()
                if plain(other.get("campaign", {}).get("id")) == plain(campaign)
                and other.get("contact", {}).get("id") == contact.get("id")
            ),
            None,
        )
        duplicate = effect.data["duplicate"]
        if there is not None and duplicate == "skip":
            raise NotDone("duplicate")
        name = there or f"{playing.lead}@{campaign}"
        at = effect.data["next_contact_at"]
        if there is None or duplicate == "reset":
            lead = {"status": "new", "open": True, "active": True, "attempts": 0, "result": {}, "created_at": self.now}
            self.leads[name] = {
                **facts, "lead": {**lead, "id": name, "next_contact_at": at},
                "campaign": {**facts.get("campaign", {}), "id": campaign},
            }  # fmt: skip
        elif at is not None:
            self.leads[name]["lead"]["next_contact_at"] = at
        if there is None:
            self._tell(playing, "campaigns.lead.created", {"campaign": campaign}, name)
        if effect.type == "move_to_campaign":
            closing = Effect("close", effect.node, effect.visit, effect.key, {"status": "unqualified"})
            for type, data in carry_out(closing, facts, self.now):
                self._tell(playing, type, data)

    def _other(self, playing: Playing, effect: Effect) -> None:
        wanted = plain(effect.data["journey"])
        journey = next((one for one in self.journeys if plain(one.id) == wanted), None)
        if journey is None:
            raise NotDone("no_journey")
        if effect.type == "start_journey":
            why = self._enter(journey, playing.lead, None, playing.run.depth + 1)
            if why is not None:
                raise NotDone(why.value)
            return
        running = [
            one
            for one in self._before.get((journey.id, self._key(journey, playing.lead)), [])
            if one.run.state is not State.FINISHED and one is not playing
        ]
        if not running:
            raise NotDone("not_running")
        for one in running:
            self._move(one, Stop("stop_journey"))

    def _send(self, playing: Playing, effect: Effect) -> None:
        """As if it left the house at once."""
        template = effect.data["template"]
        sent = [one for one in self._history.get(playing.lead, ()) if one.type == "messaging.message.sent"]
        nth = 1 + sum(one.data.get("template") == template for one in sent)
        channel = "sms" if effect.type == "send_sms" else "email"
        self._tell(playing, "messaging.message.sent", {"channel": channel, "template": template, "nth": nth})


def stand(world: World) -> dict[str, Figures]:
    """The figures with where runs stand at the end."""
    for figures in world.figures.values():
        figures.waiting.clear()
    for playing in world.runs.values():
        if playing.run.state is not State.FINISHED:
            world.figures[playing.journey.id].waiting[playing.run.node or ""] += 1
    return world.figures


def replay(
    journey: Played,
    leads: Mapping[str, Mapping[str, Any]],
    events: Iterable[tuple[str, Event]],
    *,
    since: datetime,
    until: datetime,
    dice: Dice = chance,
) -> World:
    """What the journey would have done with what has happened: `leads` as they are now, `events` in their order.

    Leads are wound back to before the first event; of leads that are not given nothing is known, and they are left out.
    """
    told: dict[str, list[Event]] = {}
    order = [(lead, event) for lead, event in events if lead in leads]
    for lead, event in order:
        told.setdefault(lead, []).append(event)
    world = World([journey], since, dice)
    for lead, facts in leads.items():
        world.add(lead, rewound(facts, told.get(lead, [])))
    for lead, event in order:
        world.happen(lead, event)
    world.run_until(until)
    stand(world)
    return world
