"""Reading runs: where they are, why, what next and when; and the figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.infra import sql
from ringround.journeys.models import HeldTimer, Journey, Log, Run, RunEnd, Version
from ringround.journeys.queries.journeys import journey_get
from ringround.journeys.rules import document
from ringround.journeys.rules.figures import Figures
from ringround.journeys.rules.graph import compiled
from ringround.journeys.rules.migrate import fates
from ringround.kernel.errors import NotFound
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows, require

_PAGE = 1_000
# How many of the oldest, and of the newest, runs the doctor looks at.
LOOKED_AT = 10_000
_STATES = ("waiting", "acting", "parked", "retrying")


@dataclass(frozen=True, slots=True)
class Way:
    """A run with its journey: live (`ended_at` None) or over."""

    id: UUID
    journey: Journey
    version: Version
    lead_id: UUID
    state: str
    node: str
    entered_at: datetime
    since: datetime | None
    due: datetime | None
    ended_at: datetime | None = None
    how: str = ""
    reason: str = ""
    error: str = ""

    def node_json(self) -> Mapping[str, Any] | None:
        """The node where it stands, as the document has it."""
        nodes = self.version.document.get("nodes") or []
        return next((one for one in nodes if one["id"] == self.node), None)


def _versions(ids: Sequence[int]) -> dict[int, Version]:
    return {one.id: one for one in Version.objects.filter(id__in=set(ids)).select_related("journey")}


def _ways(live: Sequence[Run], ended: Sequence[RunEnd]) -> list[Way]:
    versions = _versions([one.version_id for one in live] + [one.version_id for one in ended])
    held = set(HeldTimer.objects.filter(run_id__in=[one.id for one in live]).values_list("run_id", flat=True))
    found = [
        Way(
            one.id, versions[one.version_id].journey, versions[one.version_id], one.lead_id,
            "held" if one.id in held else _STATES[one.state], one.node, one.entered_at, one.since, one.due,
            error=str((one.data or {}).get("error", "")),
        )
        for one in live
        if one.version_id in versions
    ]  # fmt: skip
    found += [
        Way(
            one.id, versions[one.version_id].journey, versions[one.version_id], one.lead_id, "ended", one.node,
            one.entered_at, None, None, one.ended_at, one.how, one.reason,
        )
        for one in ended
        if one.version_id in versions
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.id, reverse=True)


def run_list(
    *, actor: Actor, journey_id: UUID, lead_id: UUID | None = None, state: str | None = None, size: int = 50,
    after: UUID | None = None,
) -> tuple[list[Way], UUID | None]:  # fmt: skip
    """A journey's runs, newest first; of one lead, or in one state (waiting, acting, parked, retrying, ended; `live`:
    any but ended)."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    versions = list(Version.objects.filter(journey=journey).values_list("id", flat=True))
    live, ended = Run.objects.filter(version_id__in=versions), RunEnd.objects.filter(journey_id=journey.id)
    if lead_id is not None:
        live, ended = live.filter(lead_id=lead_id), ended.filter(lead_id=lead_id)
    if after is not None:
        live, ended = live.filter(id__lt=after), ended.filter(id__lt=after)
    if state == "live":
        ended = ended.none()
    elif state is not None:
        live = live.filter(state=_STATES.index(state)) if state in _STATES else live.none()
        ended = ended if state == "ended" else ended.none()
    if lead_id is None and state in (None, "live"):
        page = sql.rows("journeys", "runs_newest", versions=versions, before=after, limit=size + 1)
        live = live.filter(id__in=[row["id"] for row in page])
    found = _ways(list(live.order_by("-id")[: size + 1]), list(ended.order_by("-id")[: size + 1]))
    more = len(found) > size
    found = found[:size]
    return found, found[-1].id if more else None


def lead_runs(*, actor: Actor, lead_id: UUID, size: int = 20) -> list[Way]:
    """The runs of a lead that the actor may see, those under way first. Of the actor's own organisation's journeys."""
    if not allows(actor, "journeys.read"):
        return []
    campaigns.lead_get(actor=actor, lead_id=lead_id)
    own = Journey.objects.filter(organisation=actor.org_id).values("id")
    live = Run.objects.filter(lead_id=lead_id, version_id__in=Version.objects.filter(journey__in=own).values("id"))
    ended = RunEnd.objects.filter(lead_id=lead_id, journey_id__in=own)
    found = _ways(list(live.order_by("-id")[:size]), list(ended.order_by("-id")[:size]))
    return sorted(found, key=lambda one: one.ended_at is not None)[:size]


def run_get(*, actor: Actor, run_id: UUID) -> Way:
    """A run of the organisation's, live or over; 404 otherwise."""
    found = _ways(list(Run.objects.filter(id=run_id)), list(RunEnd.objects.filter(id=run_id)))
    if not found or found[0].journey.organisation_id != actor.org_id:
        raise NotFound("run")
    require(actor, "journeys.read")
    return found[0]


def run_way(*, actor: Actor, run_id: UUID) -> list[Log]:
    """The steps that a run has taken, in their order."""
    run_get(actor=actor, run_id=run_id)
    return list(Log.objects.filter(run_id=run_id).order_by("at", "n"))


def run_json(one: Way) -> dict[str, Any]:
    node = one.node_json()
    return {
        "id": one.id,
        "journey": one.journey.id,
        "version": one.version.number,
        "lead": one.lead_id,
        "state": one.state,
        "node": one.node or None,
        "node_type": node["type"] if node else None,
        "entered_at": one.entered_at,
        "since": one.since,
        "due": one.due,
        "ended_at": one.ended_at,
        "reason": one.how or None,
        "name": one.reason,
        "error": one.error or None,
    }


def runs_stuck(*, most: int = 100, each: int = LOOKED_AT) -> list[dict[str, Any]]:
    """Runs that nothing will ever wake. There are none, unless something is broken.

    Looked at are the oldest and the newest, `each` so many: of ten million not all are read. One that is stuck never
    ends, so it is among the oldest one day; and what breaks runs now breaks the newest.
    """
    suspects = [row["id"] for row in sql.rows("journeys", "stuck_suspects", each=each)]
    return sql.rows("journeys", "stuck", runs=suspects, limit=most) if suspects else []


def runs_by_node(*, version_ids: Sequence[int]) -> dict[tuple[int, str], dict[str, int]]:
    """{(version, node): {state: how many}} of the runs under way."""
    found: dict[tuple[int, str], dict[str, int]] = {}
    for row in sql.rows("journeys", "waiting_by_node", versions=list(version_ids)):
        found.setdefault((row["version_id"], row["node"]), {})[_STATES[row["state"]]] = row["n"]
    return found


def stats(*, actor: Actor, journey_id: UUID, version: int | None = None) -> dict[str, Any]:
    """Per node how many came, wait, left by which arrow, were skipped, failed; of one version (its number), or all."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    found = Version.objects.filter(journey=journey)
    ids = list((found.filter(number=version) if version is not None else found).values_list("id", flat=True))
    figures = Figures()
    for row in sql.rows("journeys", "counts", versions=ids):
        kind, _, detail = row["key"].partition(":")
        node, n = row["node"], row["n"]
        match kind:
            case "started":
                figures.started += n
            case "entered":
                figures.entered[node] += n
            case "left" | "skipped" | "failed":
                getattr(figures, kind)[node, detail] += n
            case "finished" | "refused":
                getattr(figures, kind)[detail] += n
    parked = 0
    for (_version, node), states in runs_by_node(version_ids=ids).items():
        figures.waiting[node] += sum(states.values())
        parked += states.get("parked", 0)
    return {**figures.to_json(), "parked": parked, "versions": len(ids)}


def stats_rebuilt(*, journey_id: UUID) -> Figures:
    """The figures made again from the log and the runs: equal to `stats`, unless something was lost; but for leads that
    were refused, of which there is no run."""
    versions = list(Version.objects.filter(journey=journey_id).values_list("id", flat=True))
    figures = Figures()
    live = Run.objects.filter(version_id__in=versions)
    for node in live.values_list("node", flat=True).iterator():
        figures.waiting[node] += 1
        if node:
            figures.entered[node] += 1
    ended = RunEnd.objects.filter(journey_id=journey_id)
    ids = chain(*(found.values_list("id", flat=True).iterator() for found in (live, ended)))
    while some := list(islice(ids, _PAGE)):
        figures.started += len(some)
        for one in Log.objects.filter(run_id__in=some):
            if one.out:
                figures.left[one.node, one.out] += 1
            if one.outcome == "ended":
                figures.finished[one.reason] += 1
            elif one.outcome:
                getattr(figures, one.outcome)[one.node, one.reason] += 1
            if one.node and (one.out or one.outcome == "ended"):
                figures.entered[one.node] += 1
    return figures


def migration_preview(
    *, actor: Actor, journey_id: UUID, draft: document.Document | None = None
) -> list[dict[str, Any]]:
    """What would become of the runs on older versions, per node: same, changed, gone; with how many stand there. Where
    a run may come to before it is taken over and the node is gone, it is told also when none stands there now.
    `draft`: under what is to be published, with which every version that there is becomes an older one."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    older = Version.objects.filter(journey=journey).order_by("number")
    if draft is None:
        if journey.version is None:
            return []
        older = older.exclude(id=journey.version.id)
        draft = document.read(journey.version.document)
    new = compiled(draft)
    rows: list[dict[str, Any]] = []
    for one in older:
        at = runs_by_node(version_ids=[one.id])
        if not at:
            continue
        old = compiled(document.read(json.loads(json.dumps(one.document))))
        for fate in fates(old, new):
            count = sum(at.get((one.id, fate.node), {}).values())
            if count or (fate.what == "gone" and old.steps[fate.node].group != "control"):
                rows.append({"version": one.number, "node": fate.node, "what": fate.what, "runs": count})
        if begun := sum(at.get((one.id, ""), {}).values()):
            # Parked before their first step: they stay where they are.
            rows.append({"version": one.number, "node": "", "what": "same", "runs": begun})
    return rows
