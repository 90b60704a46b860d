"""A made-up lead, or a real one as it is now, and a script for it: a journey tried out before anybody is touched.

By the interpreter that runs it for real (`rules/simulate`), on a clock of its own; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import LeadFilter
from ringround.infra import clock
from ringround.journeys.models import Run, RunEnd, Version
from ringround.journeys.queries.journeys import checked, journey_get
from ringround.journeys.queries.simulation import facts_of_leads, may_of, others_of
from ringround.journeys.rules.catalogue import TRIGGERS, field_of
from ringround.journeys.rules.catalogue.words import AGREEMENT_CHANGES, SESSION_STATUSES
from ringround.journeys.rules.document import Document
from ringround.journeys.rules.durations import Duration
from ringround.journeys.rules.graph import compiled
from ringround.journeys.rules.run import State
from ringround.journeys.rules.simulate import Played, World
from ringround.journeys.rules.values import OPEN, Event
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor

MOST_STEPS = 50
# How long after the last step of a script is looked: a run that waits longer is told as waiting.
AFTERWARDS = timedelta(days=3660)
LEAD = "lead"
MOST_FOUND = 10


def try_lead(
    *, actor: Actor, journey_id: UUID, facts: Mapping[str, Any], script: Sequence[Mapping[str, Any]],
    lead_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One lead to which these things happen: `[{"after": duration, "event": {"type", "params"}}]`, each so long after
    the one before. What the journey does, line by line. `facts`, by their paths, are what a made-up lead is, and what
    is otherwise than it is now with `lead_id`, which is one of the journey's campaigns; 404 for any other."""
    graph = compiled(_document(actor, journey_id))
    now = clock.now()
    it = Played("it", graph)
    world = World([it], now, may=may_of(actor))
    others: dict[UUID, dict[str, Any]] = {}
    if lead_id is None:
        world.add(LEAD, _made_up(graph.document, now))
    else:
        real = _as_it_is(actor, lead_id, it)
        world.add(LEAD, real)
        # What the journey would do with these is not told here: one lead is tried.
        others, _ = others_of(actor, {lead_id: real}, [it])
    for other, one in others.items():
        world.add(str(other), one)
    world.change(LEAD, _facts(facts))
    of = world.leads[LEAD]
    lead, zone = of["lead"], graph.document.settings.zone or of["zone"]
    lead["open"] = lead.get("status") in OPEN
    at = now
    for index, (after, kind, params) in enumerate(_script(script)):
        at = after.after(at, ZoneInfo(zone))
        world.run_until(at)
        if kind == "by_hand":
            world.start_by_hand(LEAD, "it")
        else:
            event = _event(lead, of["campaign"]["id"], kind, params, at, first=index == 0)
            world.happen(LEAD, event, _changes(kind, params))
    world.run_until(at + AFTERWARDS)
    playing = [one for one in world.runs.values() if parse_id(one.lead) not in others]
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


def _made_up(document: Document, now: datetime) -> dict[str, Any]:
    lead = {"id": LEAD, "status": "new", "active": True, "attempts": 0, "created_at": now, "result": {}}
    return {
        "lead": lead,
        "contact": {"id": "contact", "fields": {}},
        "campaign": {"id": document.campaigns[0]},
        "zone": document.settings.zone or "Europe/Copenhagen",
    }


def _as_it_is(actor: Actor, lead_id: UUID, it: Played) -> dict[str, Any]:
    """What conditions see of a lead now. Its name is the simulation's own: nothing leads back to it."""
    found = facts_of_leads(actor, [lead_id], [it]).get(lead_id)
    if found is None or found["campaign"]["id"] not in it.graph.campaigns:
        raise NotFound("lead")
    return found


def leads_to_try(*, actor: Actor, journey_id: UUID, q: str) -> list[dict[str, Any]]:
    """Leads of the draft's campaigns that these words find, and how often each has been in this journey."""
    draft = journey_get(actor=actor, journey_id=journey_id).draft
    scope = draft.get("scope")
    named = scope.get("campaigns") if isinstance(scope, Mapping) else None
    own = campaigns.campaigns_owned(org_id=actor.org_id)
    wanted = tuple(id for one in named or () if (id := parse_id(one)) is not None and id in own)
    if not wanted or not q.strip():
        return []
    found = campaigns.lead_list(actor=actor, filter=LeadFilter(campaign=wanted, q=q), size=MOST_FOUND).items
    ids = [one.id for one in found]
    people = campaigns.contacts_of(found)
    plans = campaigns.campaign_names(ids=[one.campaign_id for one in found])
    versions = list(Version.objects.filter(journey=journey_id).values_list("id", flat=True))
    been = Counter(RunEnd.objects.filter(lead_id__in=ids, journey_id=journey_id).values_list("lead_id", flat=True))
    been.update(Run.objects.filter(lead_id__in=ids, version_id__in=versions).values_list("lead_id", flat=True))
    return [
        {
            "id": str(one.id), "name": people[one.contact_id].name if one.contact_id in people else "",
            "campaign": plans.get(one.campaign_id, ""), "status": one.status, "attempts": one.attempts,
            "been": been[one.id],
        }
        for one in found
    ]  # fmt: skip


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
    lead: Mapping[str, Any], campaign: str, kind: str, params: Mapping[str, Any], at: datetime, *, first: bool
) -> Event:
    """What a step of the script is in the log."""
    attempts = lead.get("attempts")
    had = attempts if isinstance(attempts, int) else 0
    data: dict[str, Any] = {"campaign": campaign}
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
        case "session_changed":
            status, action = _first(params, "to", "Complete"), _first(params, "actions", "sign_up")
            wanted = _first(params, "intentions", "signup" if action == "sign_up" else "upgrade")
            payment = _first(params, "payment_types", "recurring")
            data |= {"status": status, "intention": wanted, "action": action, "payment_type": payment, "lead": LEAD}
        case "agreement_changed":
            data |= {"attempt": params.get("attempt") or 1, "contact": "contact"}
        case "sms_received":
            text = str(_first(params, "words", ""))
        case _ if kind.startswith("message_"):
            named = ("channel", "template", "nth", "link")
            data |= {"nth": 1} | {name: params[name] for name in named if params.get(name) is not None}
    return Event(_type(kind, params), at, data, text=text)


def _type(kind: str, params: Mapping[str, Any]) -> str:
    """Under which type the log has it: of sessions and agreements there is one for each thing that can happen."""
    if kind == "agreement_changed":
        what = _first(params, "what", "activated")
        return AGREEMENT_CHANGES[what][0] if what in AGREEMENT_CHANGES else TRIGGERS[kind].events[0]
    at = 0
    if kind == "session_changed":
        statuses = [one.value for one in SESSION_STATUSES]
        status = _first(params, "to", "Complete")
        at = statuses.index(status) if status in statuses else 0
    return TRIGGERS[kind].events[at]


def _changes(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What goes with it on the lead, beside what the event itself tells."""
    if kind == "callback_scheduled":
        status = "common_redial" if params.get("kind") == "common" else "private_redial"
        return {"lead.status": status, "lead.open": True}
    return {"lead.active": False} if kind == "lead_deactivated" else {}
