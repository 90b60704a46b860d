"""A document made ready to run: compiled once per version and kept, for versions never change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from ringround.journeys.rules.catalogue import NODES, TRIGGERS, events_of, outs_of
from ringround.journeys.rules.conditions import Condition, Counted, ready
from ringround.journeys.rules.document import Document, Node
from ringround.journeys.rules.durations import Duration
from ringround.journeys.rules.lint.way import components
from ringround.journeys.rules.match import Match, matcher
from ringround.journeys.rules.values import Scope, split
from ringround.kernel.calendar import find_zone

Path = tuple[str, ...]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NONE: frozenset[str] = frozenset()
# Whoever was calling has said what came of it, or has given the lead back.
CALL_OVER = frozenset({"campaigns.lead.attempted", "campaigns.lead.released"})


@dataclass(slots=True)
class Step:
    """A node made ready: its parameters with their defaults, its durations, conditions and paths read."""

    id: str
    type: str
    group: str
    params: Mapping[str, Any]
    next: Mapping[str, str]
    listens: frozenset[str] = _NONE
    durations: Mapping[str, Duration] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    condition: Condition | None = None
    match: Match | None = None
    cases: tuple[tuple[str, Callable[[Scope], bool]], ...] = ()
    # Of a split: each way with the share of all that goes by it or one before.
    shares: tuple[tuple[str, float], ...] = ()
    at: time = time()
    days: frozenset[int] = frozenset()


@dataclass(slots=True)
class Graph:
    """A version made ready. `listens(node)` are the events that may concern a run that waits there; `starts` those that
    may begin one; `counts` what facts must count; `paths` what facts are asked for at all."""

    document: Document
    steps: Mapping[str, Step]
    campaigns: frozenset[str]
    starts: frozenset[str]
    trigger: Match | None
    entry: Condition
    exit_when: Condition | None
    goal: Condition | None
    zone: ZoneInfo | None
    looped: frozenset[str]
    counts: tuple[Counted, ...]
    paths: frozenset[Path]
    keeps_event: bool
    # What is asked about the run wherever it stands.
    everywhere: frozenset[str]

    def listens(self, node: str | None) -> frozenset[str]:
        """The types of events that may move a run waiting at this node."""
        step = self.steps.get(node) if node is not None else None
        return self.everywhere | step.listens if step is not None and step.listens else self.everywhere

    @property
    def counted(self) -> frozenset[str]:
        """The types of events that conditions count."""
        return frozenset(kind for count in self.counts for kind in TRIGGERS[count.event].events)

    @property
    def listened(self) -> frozenset[str]:
        """The types of events that may move a waiting run anywhere."""
        return self.everywhere.union(*(step.listens for step in self.steps.values()))


def compiled(document: Document) -> Graph:
    """Of a document that the linter has found without errors."""
    steps = {node.id: _step(node) for node in document.nodes}
    settings = document.settings
    exit_when = ready(settings.exit_when) if settings.exit_when else None
    goal = ready(settings.goal) if settings.goal else None
    entry = ready(document.entry)
    asked = [entry, *(one for one in (exit_when, goal) if one is not None), *_conditions(document, steps)]
    paths = frozenset().union(
        *(one.paths for one in asked), *(frozenset(step.paths.values()) for step in steps.values())
    )
    trigger = TRIGGERS[document.trigger.type]
    counts = {one.key: one for condition in asked for one in condition.counts}
    return Graph(
        document=document,
        steps=steps,
        campaigns=frozenset(one.lower() for one in document.campaigns),
        starts=frozenset(trigger.events),
        trigger=matcher(trigger.type, document.trigger.params) if trigger.events else None,
        entry=entry,
        exit_when=exit_when,
        goal=goal,
        zone=find_zone(settings.zone) if settings.zone else None,
        looped=_looped(document),
        counts=tuple(counts.values()),
        paths=paths,
        keeps_event=any(path[0] == "event" for step in steps.values() for path in _asked_of(step)),
        everywhere=_events(*(one for one in (exit_when, goal) if one is not None)),
    )


def _conditions(document: Document, steps: Mapping[str, Step]) -> Iterator[Condition]:
    for node in document.nodes:
        if (found := steps[node.id].condition) is not None:
            yield found
        for case in node.params.get("cases") or () if node.type == "branch" else ():
            if case.get("when"):
                yield ready(case["when"])
    if document.trigger.params.get("audience"):
        yield ready(document.trigger.params["audience"])


def _asked_of(step: Step) -> Iterator[Path]:
    yield from step.paths.values()
    if step.condition is not None:
        yield from step.condition.paths
    if step.type == "branch":
        for case in step.params.get("cases") or ():
            if case.get("when"):
                yield from ready(case["when"]).paths


def _events(*conditions: Condition) -> frozenset[str]:
    """The events after which a condition may be answered differently."""
    found: set[str] = set()
    for condition in conditions:
        for path in condition.paths:
            found.update(events_of(path))
        for count in condition.counts:
            found.update(TRIGGERS[count.event].events)
    return frozenset(found)


def _looped(document: Document) -> frozenset[str]:
    onward = {node.id: list(node.next.values()) for node in document.nodes}
    return frozenset(id for part in components(onward) for id in part if len(part) > 1 or part[0] in onward[part[0]])


def _step(node: Node) -> Step:
    kind = NODES[node.type]
    params = {param.name: param.default for param in kind.params} | {
        name: value for name, value in node.params.items() if value is not None and value != ""
    }
    outs = outs_of(node.type, params)
    step = Step(node.id, node.type, kind.group, params, {out: to for out, to in node.next.items() if out in outs})
    step.durations = {
        param.name: duration
        for param in kind.params
        if param.type == "duration" and (duration := Duration.read(params[param.name])) is not None
    }
    step.paths = {
        param.name: split(params[param.name])
        for param in kind.params
        if param.type == "path" and params[param.name] and param.asked(params, {one.name: one for one in kind.params})
    }
    for param in kind.params:
        if param.type == "paths":
            step.paths = {**step.paths, **{path: split(path) for path in params[param.name] or ()}}
    if params.get("condition"):
        step.condition = ready(params["condition"])
    _listens(step)
    if node.type == "branch":
        step.cases = tuple(_case(case, params.get("field")) for case in params["cases"])
    if node.type == "split":
        step.shares = _shares(params["paths"])
    return step


def _listens(step: Step) -> None:
    params = step.params
    if step.group == "action" and NODES[step.type].section in ("lead", "campaigns"):
        # It is put off while its lead is in a call.
        step.listens = CALL_OVER
    match step.type:
        case "wait_time":
            step.at = time.fromisoformat(params["time"])
            step.days = frozenset(_WEEKDAYS.index(day) for day in params["days"] or _WEEKDAYS)
        case "wait_date" if params["follow"]:
            step.listens = frozenset(events_of(step.paths["field"]))
        case "wait_event":
            asked = params["event"]
            step.match = matcher(asked["type"], asked.get("params") or {})
            step.listens = frozenset(TRIGGERS[asked["type"]].events)
        case "wait_until" if step.condition is not None:
            step.listens = _events(step.condition)


def _case(case: Mapping[str, Any], field: str | None) -> tuple[str, Callable[[Scope], bool]]:
    if case.get("when"):
        return case["out"], ready(case["when"]).test
    value = case["value"]
    op = "in" if isinstance(value, list) else "eq"
    return case["out"], ready({"path": field, "op": op, "value": value}).test


def _shares(paths: list[Mapping[str, Any]]) -> tuple[tuple[str, float], ...]:
    whole = sum(path["weight"] for path in paths)
    found, so_far = [], 0
    for path in paths:
        if path["weight"]:
            so_far += path["weight"]
            found.append((path["out"], so_far / whole))
    return tuple(found)
