"""Leads of one contact in the simulation: placed on another campaign, and changed together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ringround.journeys.rules.run import Effect
from ringround.journeys.rules.simulate.effects import Facts, NotDone, Told, become, follow, reset
from ringround.journeys.rules.values import OPEN, plain

if TYPE_CHECKING:
    from ringround.journeys.rules.simulate.world import World


def contact_of(facts: Mapping[str, Any]) -> Any:
    """The contact's id, where it is known."""
    return facts.get("contact", {}).get("id") or facts.get("contact_id")


def campaign_of(facts: Mapping[str, Any]) -> Any:
    """The id of the lead's campaign."""
    return facts.get("campaign", {}).get("id")


def lead_there(world: World, lead: str, effect: Effect) -> str | None:
    """The contact's lead on the campaign that the effect places it on, where there is one by now."""
    on = {
        plain(campaign_of(world.leads[one])): one
        for one in world.leads_of(world.leads[lead])
        if one == lead or _is_made(world.leads[one], world.now)
    }
    return on.get(plain(effect.data["campaign"]))


def _is_made(facts: Facts, now: datetime) -> bool:
    """Whether it was there then: of the days that were all leads of now are known."""
    made = facts.get("lead", {}).get("created_at")
    return not isinstance(made, datetime) or made <= now


def place(world: World, lead: str, effect: Effect) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A lead of the contact on another campaign: (lead, event, data) of what is told. Raises NotDone."""
    facts, campaign, duplicate = world.leads[lead], effect.data["campaign"], effect.data["duplicate"]
    there = lead_there(world, lead, effect)
    if there == lead:
        raise NotDone("same_campaign")
    if there is None and facts.get("gone"):
        raise NotDone("contact_gone")
    if there is not None and duplicate == "skip":
        raise NotDone("duplicate")
    at = effect.data["next_contact_at"]
    if there is None:
        name = f"{lead}@{campaign}"
        world.add(name, _made(facts, name, campaign, at, world.now))
        yield name, "campaigns.lead.created", {"campaign": campaign, "contact": contact_of(facts)}
    if effect.type == "move_to_campaign" and facts["lead"].get("status") in OPEN:
        yield from _changed(lead, facts["lead"], lambda one: become(one, "unqualified"))
    if there is not None:
        yield from _changed(there, world.leads[there]["lead"], lambda one: _anew(one, duplicate, at))


def column_set(world: World, facts: Facts, effect: Effect) -> Iterator[tuple[str, dict[str, Any]]]:
    """A column of the contact says something else: what each of its leads is told of it. Raises NotDone."""
    if facts.get("gone"):
        raise NotDone("contact_gone")
    name = effect.data["field"].removeprefix("contact.fields.")
    contact = facts.setdefault("contact", {})
    fields = contact.get("fields") or {}
    value = effect.data["value"]
    if (fields.get(name) or None) == (value or None):
        return
    contact["fields"] = {**fields, name: value}
    contacts = [contact_of(facts)]
    for lead in world.leads_of(facts):
        if world.leads[lead] is not facts and not _is_made(world.leads[lead], world.now):
            continue
        yield lead, {"contacts": contacts, "columns": [name]}


def _made(facts: Facts, name: str, campaign: str, at: datetime | None, now: datetime) -> Facts:
    lead: Facts = {}
    reset(lead)
    lead |= {"id": name, "campaign": campaign, "open": True, "priority": 50, "next_contact_at": at, "created_at": now}
    lead |= dict.fromkeys(("assigned_to", "last_contacted_by", "last_contacted_at", "expires_at"))
    return {**facts, "lead": lead, "campaign": {**facts.get("campaign", {}), "id": campaign}}


def _anew(lead: Facts, duplicate: str, at: datetime | None) -> None:
    if duplicate == "reset":
        reset(lead)
        lead["next_contact_at"] = at
    elif lead.get("status") in OPEN:
        lead["next_contact_at"] = at or lead.get("next_contact_at")


def _changed(name: str, lead: Facts, change: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    before = dict(lead)
    change(lead)
    told: list[Told] = follow(lead, before)
    for type, data in told:
        yield name, type, data
