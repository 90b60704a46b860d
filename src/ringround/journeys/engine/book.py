"""The versions that run, made ready and kept in memory, and which of them an event may concern."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from ringround.infra import sql
from ringround.journeys.rules import document
from ringround.journeys.rules.catalogue import TRIGGERS
from ringround.journeys.rules.graph import Graph, compiled

log = logging.getLogger(__name__)

# What the engine hears beside what journeys ask for: leads that are gone.
GONE = frozenset({"contacts.contact.erased", "campaigns.lead.removed"})
# A message of a run that was queued and did not go after all.
NOT_SENT = frozenset({"messaging.message.skipped", "messaging.message.failed"})
# What a lead has written: messaging tells it without knowing whose it is, campaigns of its lead.
RECEIVED, ANSWERED = "messaging.message.received", "campaigns.lead.message_received"


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A version made ready, with what the engine asks of its journey."""

    id: int
    journey_id: UUID
    org_id: UUID
    name: str
    state: str
    number: int
    current: bool
    graph: Graph
    # What facts it needs beside the lead's own.
    contacts: bool
    windows: bool
    # Whether anything it asks can be answered differently after it has changed the lead itself.
    asks: bool

    @property
    def held(self) -> bool:
        return self.state == "paused"

    @property
    def over(self) -> bool:
        return self.state == "archived"


@dataclass(slots=True)
class Book:
    """All versions that somebody may enter or has a run of, as of `plan`, which is another when that changes."""

    plan: str = ""
    versions: dict[int, Loaded] = field(default_factory=dict)
    # {event type: {campaign: versions that it may start}}
    starts: dict[str, dict[str, list[Loaded]]] = field(default_factory=dict)
    # The events after which waiting runs are looked for.
    listened: frozenset[str] = frozenset()
    # {event type: {organisation that counts it: for how long at most}}
    counted: dict[str, dict[UUID, timedelta]] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    # Those that are not there, or that this release cannot read.
    missing: set[int] = field(default_factory=set)

    def load(self, plan: str) -> None:
        """Read again what has changed. Versions themselves never do: what is ready stays so."""
        running = [row["version_id"] for row in sql.rows("journeys", "versions_running")]
        ready = {one.id: one.graph for one in self.versions.values()}
        self.versions, self.missing = {}, set()
        for row in sql.rows("journeys", "versions_load", versions=running):
            graph = ready.get(row["id"]) or graph_of(row["id"], row["document"])
            if graph is not None:
                self.versions[row["id"]] = made_ready(row, graph)
        self.starts = {}
        for one in self.versions.values():
            if one.current and one.state == "published" and one.graph.trigger is not None:
                for kind in one.graph.starts:
                    for campaign in one.graph.campaigns:
                        self.starts.setdefault(kind, {}).setdefault(campaign, []).append(one)
        self.listened = frozenset().union(*(one.graph.listened for one in self.versions.values()))
        self.counted = {}
        for one in self.versions.values():
            for count in one.graph.counts:
                for kind in TRIGGERS[count.event].events:
                    kept = self.counted.setdefault(kind, {})
                    kept[one.org_id] = max(count.within.at_most, kept.get(one.org_id, timedelta(0)))
        types = self.starts.keys() | self.listened | self.counted.keys() | GONE | NOT_SENT
        self.types = tuple(sorted(in_the_log(types)))
        self.plan = plan

    def asks(self, kind: str, org_id: UUID, campaign: str) -> bool:
        """Whether an event of this kind, of a lead of this campaign, may concern anybody."""
        return (
            kind in self.listened or kind in GONE or org_id in self.counted.get(kind, {})
            or campaign in self.starts.get(kind, {})
        )  # fmt: skip

    def get(self, version_id: int) -> Loaded | None:
        """A version, read if it is not there yet."""
        if version_id not in self.versions and version_id not in self.missing:
            for row in sql.rows("journeys", "version_load", version=version_id):
                if (graph := graph_of(row["id"], row["document"])) is not None:
                    self.versions[version_id] = made_ready(row, graph)
            if version_id not in self.versions:
                self.missing.add(version_id)
        return self.versions.get(version_id)

    def moving(self) -> list[int]:
        """The versions whose timers may be taken."""
        return [one.id for one in self.versions.values() if not one.held]

    def current(self, journey_id: UUID) -> Loaded | None:
        """The version of a published journey that whoever enters now gets."""
        found = (one for one in self.versions.values() if one.journey_id == journey_id and one.current)
        return next((one for one in found if one.state == "published"), None)

    def of_journey(self, journey_id: UUID) -> list[int]:
        return [one.id for one in self.versions.values() if one.journey_id == journey_id]


def in_the_log(kinds: Iterable[str]) -> set[str]:
    """The types under which the log has these kinds of events."""
    return {ANSWERED if kind == RECEIVED else kind for kind in kinds}


def graph_of(version_id: int, text: str) -> Graph | None:
    """The document of a version made ready; None where this release cannot read it."""
    try:
        return compiled(document.read(json.loads(text)))
    except Exception:
        # One version that this release cannot read holds up no other; its runs are told by the detector.
        log.exception("version %s of a journey cannot be read", version_id)
        return None


def made_ready(row: Mapping[str, Any], graph: Graph) -> Loaded:
    """A version with its row's facts."""
    heads = {path[0] for path in graph.paths}
    windows = any(step.type == "wait_hours" for step in graph.steps.values())
    return Loaded(
        id=row["id"], journey_id=row["journey_id"], org_id=row["org_id"], name=row["name"], state=row["state"],
        number=row["number"], current=bool(row["current"]), graph=graph,
        contacts="contact" in heads,
        windows=windows,
        # Hours are not changed by it; but a lead that is read again for another run is read without them.
        asks=windows or bool(heads & {"lead", "contact", "campaign", "counts"}),
    )  # fmt: skip


def campaigns_of(versions: Iterable[Loaded]) -> set[UUID]:
    return {UUID(one) for version in versions for one in version.graph.campaigns}
