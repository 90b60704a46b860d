"""A made-up lead and a script for it: a journey tried out before there is any lead that it concerns.

By the interpreter that runs it for real (`rules/simulate`), on a clock of its own; nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from ringround.infra import clock
from ringround.journeys.queries.journeys import checked, journey_get
from ringround.journeys.rules.catalogue import TRIGGERS, field_of
from ringround.journeys.rules.document import Document
from ringround.journeys.rules.durations import Duration
from ringround.journeys.rules.graph import compiled
from ringround.journeys.rules.run import State
from ringround.journeys.rules.simulate import Played, World
from ringround.journeys.rules.values import OPEN, Event
from ringround.kernel.errors import Invalid
from ringround.orgs.actor import Actor

MOST_STEPS = 50
# How long after the last step of a script is looked: a run that waits longer is told as waiting.
AFTERWARDS = timedelta(days=3660)
LEAD = "lead"


def try_lead(
    *, actor: Actor, journey_id: UUID, facts: Mapping[str, Any], script: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """One lead with these facts (by their paths), to which these things happen: `[{"after": duration, "event":
    {"type", "params"}}]`, each so long after the one before. What the journey does, line by line."""
    document = _document(actor, journey_id)
    now = clock.now()
    zone = document.settings.zone or "Europe/Copenhagen"
    world = World([Played("it", compiled(document))], now)
    lead: dict[str, Any] = {"id": LEAD, "status": "new", "active": True, "attempts": 0, "created_at": now, "result": {}}
    world.add(
        LEAD,
        {
            "lead": lead,
            "contact": {"id": "contact", "fields": {}},
            "campaign": {"id": document.campaigns[0]},
            "zone": zone,
        },
    )
    world.change(LEAD, _facts(facts))
    lead["open"] = lead.get("status") in OPEN
    at = now
    for index, (after, kind, params) in enumerate(_script(script)):
        at = after.after(at, ZoneInfo(zone))
        world.run_until(at)
        if kind == "by_hand":
            world.start_by_hand(LEAD, "it")
        else:
            world.happen(LEAD, _event(lead, document, kind, params, at, first=index == 0), _changes(kind, params))
    world.run_until(at + AFTERWARDS)
    playing = list(world.runs.values())
    waits = next((one.run for one in playing if one.run.state is not State.FINISHED), None)
    lines = [
        {"at": when.isoformat(), "node": line.node, "what": line.what, "detail": line.detail}
        for one in playing
        for when, line in one.story
    ]
    return {
        "lines": sorted(lines, key=lambda one: str(one["at"])),
        "waiting": {"node": waits.node, "until": waits.due.isoformat() if waits.due else None} if waits else None,
        "refused": "" if playing else next(iter(world.figures["it"].refused), "trigger"),
    }


def _document(actor: Actor, journey_id: UUID) -> Document:
    """The draft, or Invalid with what is wrong with it."""
    return checked(actor=actor, document=journey_get(actor=actor, journey_id=journey_id).draft).require()


def _facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """By their paths, moments as moments; Invalid for a field that nobody has."""
    if len(given) > MOST_STEPS:
        raise Invalid.one("facts", "too_many", _("There are too many fields."))
    found: dict[str, Any] = {}
    for path, value in given.items():
        field = field_of(path) if not path.startswith("event.") else None
        if field is None:
            raise Invalid.one("facts", "unknown_field", _("There is no such field."))
        found[path] = _moment(value) if field.kind == "moment" and isinstance(value, str) else value
    return found


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid.one("facts", "bad_time", _("Write a time as 2026-12-01T10:00:00+01:00."))
    return at


def _script(raw: Sequence[Any]) -> list[tuple[Duration, str, Mapping[str, Any]]]:
    """The steps, or Invalid at the first that is none."""
    if not raw or len(raw) > MOST_STEPS:
        raise Invalid.one(
            "script", "required", _("Say what happens, in at most %(most)s steps.") % {"most": MOST_STEPS}
        )
    found = []
    for one in raw:
        step = one if isinstance(one, Mapping) else {}
        event = step.get("event")
        after = Duration.read(step.get("after") or {"n": 0, "unit": "minutes"})
        kind = event.get("type") if isinstance(event, Mapping) else None
        if after is None or not isinstance(kind, str) or not _can_happen(kind):
            raise Invalid.one("script", "bad_step", _("Say of each step what happens, and how much later."))
        params = event.get("params") if isinstance(event, Mapping) else None
        found.append((after, kind, params if isinstance(params, Mapping) else {}))
    return found


def _can_happen(kind: str) -> bool:
    return kind == "by_hand" or (kind in TRIGGERS and bool(TRIGGERS[kind].events))


def _first(params: Mapping[str, Any], name: str, otherwise: Any = None) -> Any:
    """A trigger says what it takes; what happens in a script is the first of it."""
    value = params.get(name)
    if isinstance(value, list):
        return value[0] if value else otherwise
    return otherwise if value is None else value


def _event(
    lead: Mapping[str, Any], document: Document, kind: str, params: Mapping[str, Any], at: datetime, *, first: bool
) -> Event:
    """What a step of the script is in the log."""
    attempts = lead.get("attempts")
    had = attempts if isinstance(attempts, int) else 0
    data: dict[str, Any] = {"campaign": document.campaigns[0]}
    text = None
    match kind:
        case "status_changed":
            data |= {"from": _first(params, "from", lead.get("status")), "to": _first(params, "to", lead.get("status"))}
        case "call_ended" | "lead_saved" | "attempts_reached":
            wanted = params.get("attempts")
            # Of the first step the lead's own attempts speak; each call after that is one more.
            tried = wanted if isinstance(wanted, int) else had if first and had else had + 1
            data |= {"outcome": _first(params, "outcomes", "no_answer"), "attempts": tried}
            data |= {"kind": _first(params, "kinds", "no_contact")}
        case "callback_scheduled":
            there = lead.get("next_contact_at")
            due = there if isinstance(there, datetime) and there > at else at + timedelta(days=1)
            data |= {"at": due.isoformat(), "private": params.get("kind") != "common"}
        case "field_changed":
            fields = params.get("fields")
            data |= {"fields": [str(one).rpartition(".")[2] for one in fields] if isinstance(fields, list) else []}
        case "lead_expired":
            data |= {"status": lead.get("status")}
        case "lead_deactivated":
            data |= {"fields": ["active"]}
        case "journey_finished":
            data |= {"journey": params.get("journey"), "reason": _first(params, "reasons", "end")}
        case "event_emitted":
            data |= {"name": params.get("name")}
        case "sms_received":
            text = str(_first(params, "words", ""))
        case _ if kind.startswith("message_"):
            named = ("channel", "template", "nth", "link")
            data |= {"nth": 1} | {name: params[name] for name in named if params.get(name) is not None}
    return Event(TRIGGERS[kind].events[0], at, data, text=text)


def _changes(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What goes with it on the lead, beside what the event itself tells."""
    if kind == "callback_scheduled":
        status = "common_redial" if params.get("kind") == "common" else "private_redial"
        return {"lead.status": status, "lead.open": True}
    return {"lead.active": False} if kind == "lead_deactivated" else {}
