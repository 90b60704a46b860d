"""What comes of an effect in the simulation, whatever it is on: the lead, its contact, a message, another journey."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ringround.journeys.rules.run import Effect
from ringround.journeys.rules.simulate.effects import (
    AFTER_CALL,
    NO_CALL,
    Facts,
    NotDone,
    carry_out,
    meant_still,
    suppress,
)
from ringround.journeys.rules.simulate.placing import campaign_of, column_set, lead_there, place
from ringround.journeys.rules.simulate.posting import write

if TYPE_CHECKING:
    from ringround.journeys.rules.simulate.parts import Playing
    from ringround.journeys.rules.simulate.world import World

# Effects of many runs at once are done kind by kind, the kind that is asked for first before the others.
_KINDS = {
    "send_sms": "message", "send_email": "message", "limit": "limit", "call_url": "call_url",
    "notify_user": "notify_user", "emit_event": "emit_event", "start_journey": "other", "stop_journey": "other",
}  # fmt: skip
_PLACING = frozenset({"add_to_campaign", "move_to_campaign"})
_CONTACT_FIELD = "contact.fields."
# How long a call may last of which nobody knows when it ends; and how soon after its end its lead is looked at.
_LONGEST, _MOMENT = timedelta(minutes=5), timedelta(seconds=1)


def kinds_first(effects: Sequence[Effect]) -> list[int]:
    """The order in which these are done: by kind, and what concerns the contact before what concerns the lead."""
    kinds: dict[str, list[int]] = {}
    for at, effect in enumerate(effects):
        kinds.setdefault(_KINDS.get(effect.type, "lead"), []).append(at)
    order: list[int] = []
    for kind, places in kinds.items():
        order += sorted(places, key=lambda at: not _of_contact(effects[at])) if kind == "lead" else places
    return order


def in_call(world: World, lead: str, effect: Effect) -> datetime | None:
    """Until when the effect waits for a call to end, on the lead or on the one that it is placed upon; None: it does
    not."""
    until = _call_over(world.leads[lead], world.now) if effect.type in AFTER_CALL else None
    meant = meant_still(effect, world.leads[lead].get("lead", {}))
    if until is None and meant and effect.type in _PLACING and effect.data["duplicate"] != "skip":
        there = lead_there(world, lead, effect)
        until = _call_over(world.leads[there], world.now) if there not in (None, lead) else None
    return until


def _call_over(facts: Facts, now: datetime) -> datetime | None:
    """When the call on the lead is looked at again; None: there is none, or it is over by now."""
    lead = facts.get("lead", {})
    if not lead.get("in_call"):
        return None
    until = lead.get("held_until")
    if not isinstance(until, datetime):
        until = lead["held_until"] = now + _LONGEST
    if until < now:
        lead |= NO_CALL
        return None
    return until + _MOMENT


def outcome_of(world: World, playing: Playing, effect: Effect) -> tuple[str, str]:
    """Do its likeness; what came of it, and why."""
    try:
        _do(world, playing, effect)
    except NotDone as why:
        return why.status, str(why)
    return "ok", ""


def _do(world: World, playing: Playing, effect: Effect) -> None:
    facts = world.leads[playing.lead]
    match effect.type:
        case "limit":
            _limit(world, playing, effect)
        case one if one in _PLACING:
            if not meant_still(effect, facts.get("lead", {})):
                raise NotDone("status_changed")
            for lead, type, data in place(world, playing.lead, effect):
                world.tell(playing, type, data, lead)
        case "start_journey" | "stop_journey":
            world.take(playing, "enter" if effect.type == "start_journey" else "stop", effect.data["journey"])
        case "send_sms" | "send_email":
            write(world, playing, effect)
        case "emit_event":
            world.tell(playing, "journeys.event.emitted", {"name": effect.data["name"]})
        case "suppress":
            _suppress(world, facts, effect)
        case "set_field" if effect.data["field"].startswith(_CONTACT_FIELD):
            for lead, data in column_set(world, facts, effect):
                world.tell(playing, "contacts.contact.changed", data, lead)
        case _:
            for type, data in carry_out(effect, facts, world.now):
                world.tell(playing, type, data)


def _limit(world: World, playing: Playing, effect: Effect) -> None:
    times = world.let_through.setdefault((playing.journey.id, effect.node), [])
    if sum(at > effect.data["since"] for at in times) >= effect.data["most"]:
        raise NotDone("limit")
    times.append(world.now)


def _suppress(world: World, facts: Facts, effect: Effect) -> None:
    campaign = campaign_of(facts) if effect.data["scope"] == "campaign" else None
    for lead in world.leads_of(facts):
        if campaign in (None, campaign_of(world.leads[lead])):
            suppress(world.leads[lead], effect.data["channel"])


def _of_contact(effect: Effect) -> bool:
    return effect.type == "suppress" or (effect.type == "set_field" and effect.data["field"].startswith(_CONTACT_FIELD))
