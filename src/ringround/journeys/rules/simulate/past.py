"""Facts by what events tell: a lead as it was before a row of events, and as each leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from ringround.journeys.rules.simulate.effects import Facts
from ringround.journeys.rules.values import OPEN, Event, moment, zone_of


def imprint(facts: Facts, event: Event) -> None:
    """Change the facts as the event tells."""
    lead: Facts = facts.setdefault("lead", {})
    data = event.data
    match event.type:
        case "campaigns.lead.status_changed":
            lead["status"] = data.get("to")
            lead["open"] = lead["status"] in OPEN
        case "campaigns.lead.attempted":
            lead |= {"attempts": data.get("attempts"), "last_contacted_at": event.at}
        case "campaigns.callback.scheduled" | "campaigns.callback.moved":
            lead["next_contact_at"] = moment(data.get("at"), zone_of(facts, None))
        case "campaigns.callback.cancelled":
            lead["next_contact_at"] = None


def rewound(facts: Mapping[str, Any], events: Sequence[Event]) -> Facts:
    """The facts of now as they were before these events (in their order), as far as events tell."""
    before = deepcopy({name: value for name, value in facts.items() if name != "windows"})
    before["windows"] = facts.get("windows")
    lead: Facts = before.setdefault("lead", {})
    for event in reversed(events):
        match event.type:
            case "campaigns.lead.status_changed":
                lead["status"] = event.data.get("from")
                lead["open"] = lead["status"] in OPEN
            case "campaigns.lead.attempted":
                had = event.data.get("attempts")
                lead["attempts"] = had - 1 if isinstance(had, int) and had > 0 else 0
            case "campaigns.callback.scheduled":
                lead["next_contact_at"] = None
    return before
