"""What an effect does to a lead in the simulation: the facts changed, the events told, nothing done.

A small likeness of what campaigns do with the same order: enough for a journey to see what it has brought about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ringround.journeys.rules.run import Effect
from ringround.journeys.rules.values import OPEN

Facts = dict[str, Any]
Told = tuple[str, dict[str, Any]]

# Fields of a lead by the names in `campaigns.lead.updated`.
_TOLD = {"urgent": "urgent_at"}


class NotDone(Exception):
    """It could not be done: the reason under which it is skipped."""


def carry_out(effect: Effect, facts: Facts, now: datetime) -> list[Told]:
    """Change the lead as the effect says, and tell the events in the order of the real thing. Raises NotDone."""
    lead: Facts = facts.setdefault("lead", {})
    before = dict(lead)
    change = _CHANGES.get(effect.type)
    if change is not None:
        change(lead, facts, effect.data, now)
    lead["open"] = lead.get("status") in OPEN
    told: list[Told] = []
    if lead.get("status") != before.get("status"):
        told.append(("campaigns.lead.status_changed", {"from": before.get("status"), "to": lead.get("status")}))
    fields = [_TOLD.get(name, name) for name in _TELLS if lead.get(name) != before.get(name)]
    if fields:
        told.append(("campaigns.lead.updated", {"fields": fields}))
    return told


_TELLS = (
    "active", "priority", "urgent", "assigned_to", "owner", "next_contact_at", "snoozed_until", "expires_at", "result",
)  # fmt: skip


def _reset(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    lead |= {"status": "new", "attempts": 0, "active": True, "urgent": False, "result": {}}
    lead |= dict.fromkeys(("next_contact_at", "owner", "snoozed_until"))


def _status(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    if lead.get("status") == data["status"]:
        raise NotDone("as_it_was")
    lead["status"] = data["status"]
    if data["status"] != "private_redial":
        lead["owner"] = None
    if data["status"] not in OPEN:
        lead["next_contact_at"] = None


def _set(name: str, value: Any = None, *, of: str = "") -> Callable[..., None]:
    def change(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
        lead[name] = data[of] if of else value

    return change


def _next_contact(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    there = lead.get("next_contact_at")
    earlier = data["keep"] == "earliest" and isinstance(there, datetime) and there <= data["at"]
    lead["next_contact_at"] = there if earlier else data["at"]


def _fast_forward(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    there = lead.get("next_contact_at")
    if not isinstance(there, datetime) or there <= now:
        raise NotDone("as_it_was")
    lead["next_contact_at"] = now


def _set_field(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    path: str = data["field"]
    if path.startswith("lead.result."):
        lead["result"] = {**(lead.get("result") or {}), path.removeprefix("lead.result."): data["value"]}
    else:
        contact = facts.setdefault("contact", {})
        contact["fields"] = {
            **(contact.get("fields") or {}),
            path.removeprefix("contact.fields."): data["value"],
        }


_CHANGES: dict[str, Callable[..., None]] = {
    "reset": _reset,
    "deactivate": _set("active", False),
    "activate": _set("active", True),
    "close": _status,
    "set_status": _status,
    "assign": _set("assigned_to", of="user"),
    "release": _set("assigned_to"),
    "priority": _set("priority", of="value"),
    "urgent": _set("urgent", of="on"),
    "snooze": _set("snoozed_until", of="until"),
    "next_contact": _next_contact,
    "fast_forward": _fast_forward,
    "set_field": _set_field,
}
