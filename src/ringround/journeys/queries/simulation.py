"""What a journey would do, before it does it: the same interpreter on a clock of its own. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.infra import clock, sql
from ringround.journeys.queries.journeys import checked, journey_get
from ringround.journeys.rules.graph import Graph, compiled
from ringround.journeys.rules.simulate import Played, World, stand
from ringround.journeys.rules.simulate.past import rewound
from ringround.journeys.rules.values import Event
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs.actor import Actor

MOST_EVENTS, MOST_LEADS, MOST_STORY = 50_000, 10_000, 2_000
# How far one lead is followed when nobody says.
AHEAD = timedelta(days=400)


def simulate_lead(
    *, actor: Actor, journey_id: UUID, lead_id: UUID, events: Sequence[Event] = (), until: datetime | None = None,
    document: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One lead with scripted events; without any it is started by hand. Of the draft, or of the given document."""
    graph = _graph(actor, journey_id, document)
    facts = _facts(actor, [lead_id], graph)
    if lead_id not in facts:
        raise NotFound("lead")
    start = min((one.at for one in events), default=clock.now())
    world = World([Played(str(journey_id), graph)], start=start)
    name = str(lead_id)
    world.add(name, facts[lead_id])
    refused = None
    if events:
        for event in sorted(events, key=lambda one: one.at):
            world.happen(name, event)
    else:
        refused = world.start_by_hand(name, str(journey_id))
    world.run_until(until or start + AHEAD)
    return {**_told(world, journey_id), "story": _story(world), "refused": refused.value if refused else None}


def simulate_past(
    *, actor: Actor, journey_id: UUID, days: int = 30, document: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The last days' real events over the whole audience: how many would have gone along each arrow."""
    graph = _graph(actor, journey_id, document)
    now = clock.now()
    since = now - timedelta(days=days)
    wanted = sorted(graph.starts | graph.listened)
    rows = sql.rows("journeys", "past_events", org=actor.org_id, types=wanted, since=since, limit=MOST_EVENTS + 1)
    by_lead: dict[UUID, list[Event]] = {}
    for row in sorted(rows[:MOST_EVENTS], key=lambda one: one["seq"]):
        data = json.loads(row["data"])
        lead = row["subject_id"] if row["subject_type"] == "lead" else parse_id(data.get("lead"))
        if lead is not None and str(data.get("campaign") or "").lower() in graph.campaigns:
            cause = json.loads(row["cause"]) if row["cause"] else None
            by_lead.setdefault(lead, []).append(Event(row["type"], row["at"], data, cause=cause, id=str(row["id"])))
    leads = sorted(by_lead)[:MOST_LEADS]
    world = World([Played(str(journey_id), graph)], start=since)
    events: list[tuple[datetime, int, str, Event]] = []
    for lead, facts in _facts(actor, leads, graph).items():
        world.add(str(lead), rewound(facts, by_lead[lead]))
        events += [(one.at, len(events) + n, str(lead), one) for n, one in enumerate(by_lead[lead])]
    for _at, _n, name, event in sorted(events, key=lambda one: one[:2]):
        world.happen(name, event)
    world.run_until(now)
    more = len(rows) > MOST_EVENTS or len(by_lead) > MOST_LEADS
    return {**_told(world, journey_id), "leads": len(leads), "events": len(events), "more": more}


def _graph(actor: Actor, journey_id: UUID, document: Mapping[str, Any] | None) -> Graph:
    journey = journey_get(actor=actor, journey_id=journey_id)
    return compiled(checked(actor=actor, document=document if document is not None else journey.draft).require())


def _facts(actor: Actor, leads: Sequence[UUID], graph: Graph) -> dict[UUID, dict[str, Any]]:
    found = {lead: facts for lead, facts in campaigns.leads_facts(leads).items() if facts["org"] == str(actor.org_id)}
    if any(step.type == "wait_hours" for step in graph.steps.values()):
        for lead, windows in campaigns.leads_windows(list(found)).items():
            found[lead]["windows"] = windows
    return found


def _told(world: World, journey_id: UUID) -> dict[str, Any]:
    effects = [
        {
            "at": one.at, "lead": one.lead, "type": one.effect.type, "node": one.effect.node, "status": one.status,
            "reason": one.reason,
        }
        for one in world.done[:MOST_STORY]
    ]  # fmt: skip
    return {"figures": stand(world)[str(journey_id)].to_json(), "effects": effects}


def _story(world: World) -> list[dict[str, Any]]:
    lines = [
        {"at": at, "node": line.node, "what": line.what, "detail": line.detail}
        for one in world.runs.values()
        for at, line in one.story
    ]
    return lines[:MOST_STORY]


def events_read(raw: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Scripted events from JSON: type, at, data."""
    found = []
    for n, one in enumerate(raw):
        at = one.get("at")
        if not isinstance(at, datetime) or at.tzinfo is None:
            raise Invalid.one(("events", n, "at"), "no_zone", N_("Say the time with its zone."))
        found.append(Event(str(one["type"]), at, one.get("data") or {}, text=one.get("text")))
    return found
