"""Facts by what events tell: a lead as it was before a row of events, and as each leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from ringround.journeys.rules.simulate.effects import NO_CALL, REDIALS, Facts, become, reset
from ringround.journeys.rules.values import OPEN, Event, moment, zone_of


def imprint(facts: Facts, event: Event) -> None:
    """Change the facts as the event tells."""
    lead: Facts = facts.setdefault("lead", {})
    data = event.data
    match event.type:
        case "campaigns.lead.status_changed":
            _status(lead, data.get("to"))
        case "campaigns.lead.attempted":
            # Whoever was called has no callback to come but what is booked now.
            lead |= {"attempts": data.get("attempts"), "last_contacted_at": event.at, "callback": False, **NO_CALL}
        case "campaigns.lead.released":
            lead |= NO_CALL
        case "campaigns.callback.scheduled" | "campaigns.callback.moved":
            lead |= {"next_contact_at": moment(data.get("at"), zone_of(facts, None)), "callback": True}
        case "campaigns.callback.cancelled":
            lead |= {"next_contact_at": None, "callback": False}
        case "contacts.contact.erased":
            facts["gone"] = True
            facts["contact"] = {"id": facts.get("contact", {}).get("id"), "fields": {}}
        case "messaging.message.bounced" if data.get("reason") == "mailbox" and not facts.get("reach", {}).get("email"):
            facts["reach"] = {**facts.get("reach", {}), "email": "bounced_before"}


def _status(lead: Facts, to: Any) -> None:
    booked = lead.get("callback") if to in REDIALS else False
    owner = lead.get("owner")
    if to == "new":
        reset(lead)
    else:
        become(lead, to)
        # Whose callback it is the event does not say.
        lead["owner"] = owner if to == "private_redial" else None
    lead |= {"open": to in OPEN, "callback": bool(booked)}


def rewound(facts: Mapping[str, Any], events: Sequence[Event]) -> Facts:
    """The facts of now as they were before these events (in their order), as far as events tell."""
    before = deepcopy({name: value for name, value in facts.items() if name != "windows"})
    before["windows"] = facts.get("windows")
    if "reach" in before:
        # What has been sent since then is among the events, or nobody asks for it.
        before["reach"].pop("sent", None)
    lead: Facts = before.setdefault("lead", {})
    if lead.get("in_call"):
        # The call of now was not under way then.
        lead |= NO_CALL
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
            case "contacts.contact.erased":
                # What was known of it is gone for good, its addresses too; but it was there and could be reached.
                before.pop("gone", None)
                before.pop("reach", None)
            case "messaging.message.bounced" if event.data.get("reason") == "mailbox":
                if before.get("reach", {}).get("email") == "bounced_before":
                    before["reach"]["email"] = ""
    return before
