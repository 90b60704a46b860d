"""Runs on older versions, and what becomes of them when they are taken over to the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ringround.journeys.models import Journey, Run, Sweep, Version
from ringround.journeys.queries.journeys import journey_get
from ringround.journeys.queries.runs import migration_preview
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True)
class Stands:
    """So many runs stand at a step, and become `same`, `changed` or `gone` (`rules.migrate`). `document`: the newest
    that has the step."""

    node: str
    what: str
    runs: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Takeover:
    """`under_way`: they are being taken over at this moment."""

    journey: Journey
    newest: Version | None
    stands: Sequence[Stands]
    under_way: bool

    @property
    def held(self) -> bool:
        """Whether they go over only when the journey is resumed."""
        return self.journey.state == Journey.State.PAUSED

    @property
    def runs(self) -> int:
        """How many are on older versions."""
        return sum(one.runs for one in self.stands)


def takeover(*, actor: Actor, journey_id: UUID) -> Takeover:
    """What becomes of the runs on older versions, by the step where they stand."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    require(actor, "journeys.publish")
    counts: Counter[tuple[str, str]] = Counter()
    for row in migration_preview(actor=actor, journey_id=journey_id):
        counts[row["node"], row["what"]] += row["runs"]
    having: dict[str, Mapping[str, Any]] = {}
    for one in Version.objects.filter(journey=journey).order_by("number") if counts else ():
        having |= dict.fromkeys((node["id"] for node in one.document["nodes"]), one.document)
    stands = [Stands(node, what, runs, having.get(node, {})) for (node, what), runs in counts.items()]
    going = Sweep.objects.filter(journey=journey, version_id=journey.version_id or 0, kind="migrate", state="running")
    return Takeover(journey, journey.version, stands, going.exists())


def any_behind(journey: Journey) -> bool:
    """Whether runs are under way on older versions of a journey that goes on."""
    if journey.version is None or journey.state not in (Journey.State.PUBLISHED, Journey.State.PAUSED):
        return False
    older = Version.objects.filter(journey=journey).exclude(id=journey.version.id).values_list("id", flat=True)
    return Run.objects.filter(version_id__in=list(older)).exists()
