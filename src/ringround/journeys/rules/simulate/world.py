"""The engine in memory: rounds as it makes them, one run moved beside the other, and a clock that jumps."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from ringround.journeys.rules import entry
from ringround.journeys.rules.answers import is_final
from ringround.journeys.rules.figures import Figures
from ringround.journeys.rules.interpreter import Dice, advance, chance
from ringround.journeys.rules.run import (
    DEEPEST_CAUSE,
    Effect,
    Enter,
    Happened,
    Moved,
    Outcome,
    Run,
    State,
    Stop,
    Timer,
    Wake,
)
from ringround.journeys.rules.simulate.counting import with_counts
from ringround.journeys.rules.simulate.doing import in_call, kinds_first, outcome_of
from ringround.journeys.rules.simulate.effects import Facts
from ringround.journeys.rules.simulate.parts import Answered, Done, Letter, May, Played, Playing, Says, Taken
from ringround.journeys.rules.simulate.past import imprint
from ringround.journeys.rules.simulate.placing import campaign_of, contact_of
from ringround.journeys.rules.simulate.posting import erased, not_sent, post
from ringround.journeys.rules.values import Event, plain, zone_of

# Of one simulation: journeys that start each other without end are stopped by their depth long before.
MOST_MOVES = 2_000_000
# After which a lead is gone: its runs end.
GONE = frozenset({"contacts.contact.erased", "campaigns.lead.removed"})


@dataclass(slots=True)
class World:
    """Leads, journeys and a clock of its own. The same script gives the same, always."""

    journeys: Sequence[Played]
    start: datetime
    dice: Dice = chance
    says: Says | None = None
    may: May | None = None
    now: datetime = field(init=False)
    leads: dict[str, Facts] = field(default_factory=dict)
    runs: dict[str, Playing] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    figures: dict[str, Figures] = field(init=False)
    # How late timers were taken, in seconds.
    late: list[float] = field(default_factory=list)
    _timers: list[tuple[datetime, int, str, int]] = field(default_factory=list)
    # The runs of each lead that are not over, in the order in which they began.
    _live: dict[str, dict[str, None]] = field(default_factory=dict)
    _together: dict[str, list[str]] = field(default_factory=dict)
    _before: dict[tuple[str, str], list[Playing]] = field(default_factory=dict)
    _history: dict[str, list[Event]] = field(default_factory=dict)
    _events: list[tuple[str, Event]] = field(default_factory=list)
    taken: list[Taken | Answered] = field(default_factory=list)
    # Addresses answer, and messages leave the house, after everything else.
    answered: list[Answered] = field(default_factory=list)
    # Messages that wait to go, the next first; how many were written.
    letters: list[Letter] = field(default_factory=list)
    written: int = 0
    # Messages that went, or were given up; of the latter those that nobody has been told of yet.
    posted: list[Letter] = field(default_factory=list)
    unsent: list[Letter] = field(default_factory=list)
    # When messages went to a contact by a channel.
    gone: defaultdict[tuple[str, str], list[datetime]] = field(default_factory=lambda: defaultdict(list))
    nth: Counter[tuple[str, str]] = field(default_factory=Counter)
    let_through: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _moves: int = 0

    def __post_init__(self) -> None:
        self.now = self.start
        self.figures = {one.id: Figures() for one in self.journeys}

    # --- the script -----------------------------------------------------------------------------

    def add(self, lead: str, facts: Facts) -> None:
        """A lead that is there from now on. Leads of one contact have it in common."""
        contact = contact_of(facts)
        if contact is None:
            self.leads[lead] = facts
            return
        together = self._together.setdefault(str(contact), [])
        first = next((one for one in together if one in self.leads), None)
        self.leads[lead] = {**facts, "contact": self.leads[first]["contact"]} if first is not None else facts
        if lead not in together:
            together.append(lead)

    def leads_of(self, facts: Mapping[str, Any]) -> list[str]:
        """The leads of the same contact that are there."""
        return [one for one in self._together.get(str(contact_of(facts)), ()) if one in self.leads]

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
        self.occur([(lead, event)], {lead: changes or {}})

    def occur(
        self, events: Sequence[tuple[str, Event]], changes: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """These happen at once, in one go: all of it is so before the first of them is heard."""
        self.run_until(events[0][1].at)
        for lead, event in events:
            if lead not in self.leads:
                continue
            imprint(self.leads[lead], event)
            if event.type == "messaging.message.sent":
                self.nth[lead, plain(event.data.get("template"))] += 1
                self.gone[str(contact_of(self.leads[lead])), str(event.data.get("channel"))].append(event.at)
            elif event.type == "contacts.contact.erased":
                erased(self, lead)
        for lead, changed in (changes or {}).items():
            self.change(lead, changed)
        for lead, event in events:
            if event.type == "campaigns.lead.removed":
                self.leads.pop(lead, None)
        self._events += events
        self._settle()

    def start_by_hand(self, lead: str, journey: str) -> entry.Refused | None:
        """Begin a run without its trigger; why not, where it may not."""
        played = next(one for one in self.journeys if one.id == journey)
        why = self._enter([Taken("enter", played, lead)])
        self._send_out()
        self._settle()
        return why[0]

    def run_until(self, moment: datetime) -> None:
        """Time passes: timers fire at their time, oldest first."""
        while (due := self._next()) is not None and due <= moment:
            self.now = max(self.now, due)
            self._settle()
        self.now = max(self.now, moment)

    def _next(self) -> datetime | None:
        """When time alone does something next."""
        return min([*(one[0] for one in self._timers[:1]), *(one.at for one in self.letters[:1])], default=None)

    def down_until(self, moment: datetime) -> None:
        """Time passes and nobody looks: what fell due fires afterwards, oldest first, all at that moment."""
        self.now = max(self.now, moment)
        self._settle()

    # --- rounds ---------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Rounds until nothing waits at this moment: what has happened, what is due, what journeys do to each other."""
        while self._events or self.taken or self.unsent or ((due := self._next()) is not None and due <= self.now):
            events, self._events = self._events, []
            waiting = bool(self.taken)
            self._hear(events)
            self._fire()
            if waiting:
                # With what has come in meanwhile.
                taken, self.taken = self.taken, []
                self._take_in(taken)
            self._send_out()

    def _send_out(self) -> None:
        post(self)
        self.taken += self.answered
        self.answered = []

    def _hear(self, events: Sequence[tuple[str, Event]]) -> None:
        """What has happened reaches the runs that wait, and then begins others: each lead's one by one, in order."""
        if self.unsent:
            self._batch(not_sent(self))
        queues: dict[str, deque[Event]] = {}
        for lead, event in events:
            queues.setdefault(lead, deque()).append(event)
            self._history.setdefault(lead, []).append(event)
        while queues:
            wave = [(lead, queue.popleft()) for lead, queue in queues.items()]
            queues = {lead: queue for lead, queue in queues.items() if queue}
            woken: list[tuple[Playing, Wake]] = []
            begun: list[tuple[Taken, Event | None]] = []
            for lead, event in wave:
                for playing in map(self.runs.__getitem__, self._live.get(lead, ())):
                    if event.type in GONE:
                        woken.append((playing, Stop("lead_gone")))
                    elif self._listens(playing, event):
                        woken.append((playing, Happened(event)))
                begun += [(Taken("enter", one, lead), event) for one in self.journeys if self._concerns(one, event)]
            self._batch(woken)
            self._enter([one for one, _ in begun], [event for _, event in begun])

    def _listens(self, playing: Playing, event: Event) -> bool:
        return event.type in playing.journey.graph.listens(playing.run.node)

    def _concerns(self, journey: Played, event: Event) -> bool:
        """Whether it may begin this journey."""
        own = bool(event.cause and event.cause.get("run") in self.runs)
        return event.type in journey.graph.starts and (own or not journey.within)

    def _fire(self) -> None:
        items: list[tuple[Playing, Wake]] = []
        while self._timers and self._timers[0][0] <= self.now:
            at, _no, id, epoch = heapq.heappop(self._timers)
            playing = self.runs[id]
            if playing.run.epoch == epoch and playing.run.state is not State.FINISHED:
                wake = self._due(playing, at)
                items += [(playing, wake)] if wake is not None else []
        self._batch(items)

    def _due(self, playing: Playing, at: datetime) -> Wake | None:
        """What a timer wakes its run with."""
        return Timer(playing.run.epoch)

    def _take_in(self, taken: Sequence[Taken | Answered]) -> None:
        """In their order; what ends and answers goes together."""
        for enters, part in groupby(taken, key=lambda one: one.kind == "enter"):
            if enters:
                self._enter([one for one in part if isinstance(one, Taken)])
            else:
                self._wake(list(part))

    def _wake(self, asked: Sequence[Taken | Answered]) -> None:
        """Answers, and what ends runs: this has the last word."""
        found: dict[str, tuple[Playing, Wake]] = {}
        for one in sorted((one for one in asked if isinstance(one, Answered)), key=lambda one: one.playing.no):
            found[one.playing.run.id] = one.playing, one.outcome
        wanted = {(one.lead, one.journey.id) for one in asked if isinstance(one, Taken)}
        live = [self.runs[id] for lead in {lead for lead, _ in wanted} for id in self._live.get(lead, ())]
        for playing in sorted(live, key=lambda one: one.no):
            if (playing.lead, playing.journey.id) in wanted:
                found[playing.run.id] = playing, Stop()
        self._batch(list(found.values()))

    # --- entering -------------------------------------------------------------------------------

    def _enter(
        self, asked: Sequence[Taken], events: Sequence[Event | None] | None = None
    ) -> list[entry.Refused | None]:
        """Those of them that may begin do; why not, of each."""
        found: list[entry.Refused | None] = []
        fresh: list[tuple[Playing, Wake]] = []
        wanted = list(zip(asked, events or [None] * len(asked), strict=True))
        # By the facts before any of them has begun.
        admitted = [self._admits(one, event) for one, event in wanted]
        for (one, event), why in zip(wanted, admitted, strict=True):
            journey = one.journey
            if why is None:
                before = self._before.setdefault((journey.id, self._key(journey, one.lead)), [])
                past = entry.Before(
                    len(before),
                    any(other.run.state is not State.FINISHED for other in before),
                    before[-1].run.started_at if before else None,
                )
                facts = self.leads[one.lead]
                why = entry.may_enter(journey.graph, past, self.now, zone_of(facts, journey.graph.zone))
                if why is None:
                    fresh.append((self._begin(one, event, before), Enter(event)))
            if why not in (None, entry.Refused.SCOPE, entry.Refused.TRIGGER):
                self.figures[journey.id].refused[why.value] += 1
            found.append(why)
        self._batch(fresh)
        return found

    def _admits(self, one: Taken, event: Event | None) -> entry.Refused | None:
        if one.lead not in self.leads:
            return entry.Refused.SCOPE
        why = entry.admits(one.journey.graph, event, self._facts(one.journey, one.lead), self.now)
        return entry.Refused.TOO_DEEP if why is None and one.depth > DEEPEST_CAUSE else why

    def _begin(self, one: Taken, event: Event | None, before: list[Playing]) -> Playing:
        # Named by what it is and not by how many there were: a run's chance is the same whoever else takes part.
        id = f"{one.journey.id}/{one.lead}/{len(before) + 1}"
        depth = one.depth if event is None else entry.depth_of(event)
        playing = Playing(one.journey, one.lead, len(self.runs), Run(id=id, started_at=self.now, depth=depth))
        self.runs[id] = playing
        before.append(playing)
        self._live.setdefault(one.lead, {})[id] = None
        self.figures[one.journey.id].started += 1
        return playing

    def _key(self, journey: Played, lead: str) -> str:
        contact = contact_of(self.leads[lead])
        return str(contact) if journey.graph.document.settings.key == "contact" and contact else lead

    def _facts(self, journey: Played, lead: str) -> Facts:
        return with_counts(journey.graph, self.leads[lead], self._history.get(lead, ()), self.now)

    # --- moving ---------------------------------------------------------------------------------

    def _batch(self, items: Sequence[tuple[Playing, Wake]]) -> None:
        """Move these together: each to its next effect, the effects of all, then each on by what came of its own."""
        asked = [(one, effect) for one, wake in items if (effect := self._move(one, wake)) is not None]
        while asked and self._moves < MOST_MOVES:
            came = self._do(asked)
            asked = [
                (one, effect)
                for (one, _), outcome in zip(asked, came, strict=True)
                if outcome is not None and (effect := self._move(one, outcome)) is not None
            ]
        for one, _ in items:
            if one.finished is not None and one.run.id in self._live.get(one.lead, ()):
                del self._live[one.lead][one.run.id]
                self.tell(one, "journeys.run.finished", {
                    "journey": one.journey.id, "reason": one.finished.reason, "name": one.finished.name,
                })  # fmt: skip

    def _move(self, playing: Playing, wake: Wake) -> Effect | None:
        """One move of a run; what it asks for."""
        self._moves += 1
        facts: Facts = {}
        if playing.lead in self.leads:
            facts = self._facts(playing.journey, playing.lead)
        else:
            wake = Stop("lead_gone")
        moved = self._advance(playing, wake, facts)
        if moved.stale:
            return None
        playing.run = moved.run
        self.figures[playing.journey.id].add(moved.log)
        playing.story += [(self.now, line) for line in moved.log]
        if moved.late_s:
            self.late.append(moved.late_s)
        if moved.wait is not None and moved.wait.at is not None:
            heapq.heappush(self._timers, (moved.wait.at, playing.no, moved.run.id, moved.run.epoch))
        if moved.finished is not None:
            playing.finished = moved.finished
        return moved.effect

    def _advance(self, playing: Playing, wake: Wake, facts: Facts) -> Moved:
        return advance(playing.journey.graph, playing.run, wake, facts, self.now, self.dice)

    # --- doing ----------------------------------------------------------------------------------

    def _do(self, asked: Sequence[tuple[Playing, Effect]]) -> list[Outcome | None]:
        """What came of each, in their order; None where the answer comes by itself."""
        came: dict[int, Outcome | None] = {}
        for at in kinds_first([effect for _, effect in asked]):
            came[at] = self._done(*asked[at])
        return [came[at] for at in range(len(asked))]

    def _done(self, playing: Playing, effect: Effect) -> Outcome | None:
        said = self.says(playing.lead, effect) if self.says is not None else None
        if effect.type == "call_url":
            status, reason = said or ("ok", "")
            final = status == "failed" and is_final(reason)
            answer = Outcome(playing.run.epoch, status, reason, final, outside=True)
            self._note(playing, effect, status, reason)
            self.answered.append(Answered(playing, answer))
            return None
        if said is None or said[0] == "ok":
            until = in_call(self, playing.lead, effect)
            if until is not None:
                return Outcome(playing.run.epoch, "later", "in_call", at=until)
            said = outcome_of(self, playing, effect)
        self._note(playing, effect, *said)
        return Outcome(playing.run.epoch, *said)

    def _note(self, playing: Playing, effect: Effect, status: str, reason: str) -> None:
        self.done.append(Done(self.now, playing.lead, playing.journey.id, playing.run.id, effect, status, reason))
        if status == "ok":
            self.figures[playing.journey.id].effects[effect.type] += 1

    def take(self, playing: Playing, kind: str, journey: str) -> None:
        """Begin or end another journey in the next round, where there is such a one: what that comes to is not this
        run's."""
        found = [one for one in self.journeys if plain(one.id) == plain(journey)]
        self.taken += [Taken(kind, one, playing.lead, playing.run.depth + 1) for one in found]

    # --- telling --------------------------------------------------------------------------------

    def tell(self, playing: Playing, type: str, data: Mapping[str, Any], lead: str | None = None) -> None:
        self._events.append((lead or playing.lead, self.event(playing, type, data, lead or playing.lead)))

    def event(self, playing: Playing, type: str, data: Mapping[str, Any], lead: str) -> Event:
        cause = {"run": playing.run.id, "journey": playing.journey.id, "depth": playing.run.depth}
        campaign = campaign_of(self.leads.get(lead, {}))
        return Event(type, self.now, {"campaign": campaign, **data}, cause=cause)
