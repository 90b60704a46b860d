"""What a journey would do, before it does it: the same interpreter on a clock of its own. Nothing is written."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.infra import clock, sql
from ringround.journeys.engine.book import GONE, Loaded, graph_of, in_the_log, made_ready
from ringround.journeys.engine.halves import in_halves
from ringround.journeys.engine.heard import told
from ringround.journeys.queries.journeys import checked, journey_get
from ringround.journeys.rules.graph import Graph, Step, compiled
from ringround.journeys.rules.simulate import May, Played, World, replay, stand
from ringround.journeys.rules.values import Event
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.messaging import queries as messages
from ringround.orgs.actor import Actor

log = logging.getLogger(__name__)

MOST_EVENTS, MOST_LEADS, MOST_STORY = 50_000, 10_000, 2_000
_BOUNCED = frozenset({"messaging.message.bounced"})
# How far one lead is followed when nobody says.
AHEAD = timedelta(days=400)


def simulate_lead(
    *, actor: Actor, journey_id: UUID, lead_id: UUID, events: Sequence[Event] = (), until: datetime | None = None,
    document: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One lead with scripted events; without any it is started by hand. Of the draft, or of the given document."""
    graph = _graph(actor, journey_id, document)
    journeys = [Played(str(journey_id), graph), *_others(actor, journey_id)]
    facts = facts_of_leads(actor, [lead_id], journeys)
    if lead_id not in facts:
        raise NotFound("lead")
    start = min((one.at for one in events), default=clock.now())
    world = World(journeys, start=start, may=may_of(actor))
    name = str(lead_id)
    world.add(name, facts[lead_id])
    others, _ = others_of(actor, facts, journeys)
    for other, one in others.items():
        world.add(str(other), one)
    refused = None
    if events:
        for event in sorted(events, key=lambda one: one.at):
            world.happen(name, event)
    else:
        refused = world.start_by_hand(name, str(journey_id))
    world.run_until(until or start + AHEAD)
    return {
        **_told(world, journey_id), "story": _story(world, journey_id, name),
        "refused": refused.value if refused else None,
    }  # fmt: skip


def simulate_past(
    *, actor: Actor, journey_id: UUID, days: int = 30, document: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The last days' real events over the whole audience: how many would have gone along each arrow. What other
    journeys did has happened; those that this one starts are begun by it alone."""
    graph = _graph(actor, journey_id, document)
    journeys = [Played(str(journey_id), graph), *_started(graph, _others(actor, journey_id))]
    now = clock.now()
    since = now - timedelta(days=days)
    wanted = in_the_log(kind for one in journeys for kind in (one.graph.listened | one.graph.counted))
    wanted |= in_the_log(graph.starts)
    # Read for what it leaves on a lead, though no journey listens to it.
    silent = (_BOUNCED if "send_email" in _kinds(journeys) else frozenset()) - wanted
    wanted |= GONE | silent
    rows = sql.rows("journeys", "past_events", org=actor.org_id, types=sorted(wanted), since=since,
                    limit=MOST_EVENTS + 1)  # fmt: skip
    found = in_halves(
        sorted(rows[:MOST_EVENTS], key=lambda one: one["seq"]),
        lambda part: list(told(part, lambda kind, org, campaign: True)),
        lambda row, fault: log.warning("event %s cannot be told", row["id"], exc_info=fault),
    )
    heard = [(one.lead_id, one.event) for part in found for one in part if one.campaign in graph.campaigns]
    leads = sorted({lead for lead, event in heard if event.type not in GONE | silent})
    facts = facts_of_leads(actor, leads[:MOST_LEADS], journeys)
    others, left_out = others_of(actor, facts, journeys)
    events = [(str(lead), event) for lead, event in heard if lead in facts]
    known = {str(lead): one for lead, one in (facts | others).items()}
    world = replay(journeys, known, events, since=since, until=now, may=may_of(actor))
    more = len(rows) > MOST_EVENTS or len(leads) > MOST_LEADS or left_out
    count = sum(event.type not in silent for _, event in events)
    return {**_told(world, journey_id), "leads": len(facts), "events": count, "more": more}


def _graph(actor: Actor, journey_id: UUID, document: Mapping[str, Any] | None) -> Graph:
    journey = journey_get(actor=actor, journey_id=journey_id)
    return compiled(checked(actor=actor, document=document if document is not None else journey.draft).require())


def _others(actor: Actor, journey_id: UUID) -> list[Played]:
    """The organisation's other published journeys, as they are now."""
    loaded: list[Loaded] = []
    for row in sql.rows("journeys", "versions_of_org", org=actor.org_id, but=journey_id):
        if (graph := graph_of(row["id"], row["document"])) is not None:
            loaded.append(made_ready(row, graph))
    return [Played(str(one.journey_id), one.graph) for one in loaded]


def _started(graph: Graph, others: Sequence[Played]) -> list[Played]:
    """Those of them that the journey starts or ends, and those that these do; begun by nothing else."""
    known = {one.id: one for one in others}
    found: dict[str, Played] = {}
    open = [graph]
    while open:
        for step in open.pop().steps.values():
            named = (
                str(step.params.get("journey") or "").lower() if step.type in ("start_journey", "stop_journey") else ""
            )
            if named in known and named not in found:
                found[named] = Played(named, known[named].graph, within=True)
                open.append(known[named].graph)
    return list(found.values())


def may_of(actor: Actor) -> May:
    """What the post room asks as it sends: the organisation's hours and caps, as they are now."""
    gates = messages.PostGates(org_id=actor.org_id)

    def may(
        facts: Mapping[str, Any], channel: str, quiet: Mapping[str, str] | None, sent: Sequence[datetime],
        now: datetime,
    ) -> tuple[datetime | None, str]:  # fmt: skip
        zones = (facts.get("reach", {}).get("zones") or {}).get(channel) or (facts.get("zone") or "UTC",)
        return gates.may(channel=channel, zones=zones, quiet=quiet, sent=sent, now=now)

    return may


def facts_of_leads(actor: Actor, leads: Sequence[UUID], journeys: Sequence[Played]) -> dict[UUID, dict[str, Any]]:
    """Of each lead what journeys ask, and what the simulation does: where messages to it may go."""
    found = {lead: facts for lead, facts in campaigns.leads_facts(leads).items() if facts["org"] == str(actor.org_id)}
    kinds = _kinds(journeys)
    if "wait_hours" in kinds:
        for lead, windows in campaigns.leads_windows(list(found)).items():
            found[lead]["windows"] = windows
    if kinds & {"send_sms", "send_email"}:
        reach = campaigns.leads_reach(list(found))
        for lead, facts in found.items():
            # Of one who was erased there is nothing left.
            facts |= {"reach": reach[lead]} if lead in reach else {"gone": True}
    return found


def others_of(
    actor: Actor, leads: Mapping[UUID, Mapping[str, Any]], journeys: Sequence[Played]
) -> tuple[dict[UUID, dict[str, Any]], bool]:
    """The other leads of the same contacts, where these journeys place leads on campaigns, or change what all leads of
    a contact have in common; whether there are more of them than can be looked at."""
    if not any(_concerns_others(step) for one in journeys for step in one.graph.steps.values()):
        return {}, False
    contacts = {UUID(one["contact_id"]) for one in leads.values()}
    found = campaigns.leads_of_contacts(sorted(contacts))
    others = sorted({id for together in found.values() for id, _campaign in together} - set(leads))
    return facts_of_leads(actor, others[:MOST_LEADS], journeys), len(others) > MOST_LEADS


def _concerns_others(step: Step) -> bool:
    field = str(step.params.get("field") or "") if step.type == "set_field" else ""
    return step.type in ("add_to_campaign", "move_to_campaign") or field.startswith("contact.")


def _kinds(journeys: Sequence[Played]) -> set[str]:
    return {step.type for one in journeys for step in one.graph.steps.values()}


def _told(world: World, journey_id: UUID) -> dict[str, Any]:
    effects = [
        {
            "at": one.at, "lead": one.lead, "type": one.effect.type, "node": one.effect.node, "status": one.status,
            "reason": one.reason,
        }
        for one in world.done
        if one.journey == str(journey_id)
    ]  # fmt: skip
    return {"figures": stand(world)[str(journey_id)].to_json(), "effects": effects[:MOST_STORY]}


def _story(world: World, journey_id: UUID, lead: str) -> list[dict[str, Any]]:
    """Of the lead that is asked for, and of those that were made of it; the contact's other leads are not told of."""
    lines = [
        {"at": at, "node": line.node, "what": line.what, "detail": line.detail}
        for one in world.runs.values()
        if one.journey.id == str(journey_id) and (one.lead == lead or one.lead.startswith(f"{lead}@"))
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
