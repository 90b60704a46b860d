"""What an effect does to a lead in the simulation: the facts changed, the events told, nothing done.

A small likeness of what campaigns do with the same order, outcome for outcome; the property test holds it to the real
thing (`tests/property/journeys/test_simulation_is_the_engine.py`). Beside what conditions may ask, facts know here
`lead.callback` (one is booked), `reach` ({channel: why no message can go}) and `gone` (the contact was erased).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ringround.journeys.rules.run import Effect
from ringround.journeys.rules.values import OPEN

Facts = dict[str, Any]
Told = tuple[str, dict[str, Any]]

REDIALS = frozenset({"common_redial", "private_redial"})
# Done when the call on the lead has ended.
AFTER_CALL = frozenset(
    {
        "reset", "deactivate", "activate", "close", "set_status", "next_contact", "fast_forward", "assign", "release",
        "snooze", "move_to_campaign",
    }
)  # fmt: skip
NO_CALL: Facts = {"in_call": False, "held": False, "held_until": None}
# As `campaigns.lead.updated` tells them, in its order; by another name than the facts'.
_TELLS = (
    "active", "priority", "urgent", "assigned_to", "owner", "next_contact_at", "snoozed_until", "expires_at", "result",
)  # fmt: skip
_TOLD = {"urgent": "urgent_at"}
# Of the messages that cannot go for these reasons the suppression is told first.
_BEHIND_SUPPRESSION = ("", "bounced_before")


class NotDone(Exception):
    """It could not be done, and why."""

    def __init__(self, reason: str, status: str = "skipped") -> None:
        super().__init__(reason)
        self.status = status


def meant_still(effect: Effect, lead: Mapping[str, Any]) -> bool:
    """Whether the lead has the status that an effect which waited for a call was decided on."""
    return effect.status is None or lead.get("status") == effect.status


def carry_out(effect: Effect, facts: Facts, now: datetime) -> list[Told]:
    """Change the lead as the effect says, and tell the events in the order of the real thing. Raises NotDone."""
    lead: Facts = facts.setdefault("lead", {})
    if not meant_still(effect, lead):
        raise NotDone("status_changed")
    before = dict(lead)
    change = _CHANGES.get(effect.type)
    if change is not None:
        change(lead, facts, effect.data, now)
    return follow(lead, before)


def follow(lead: Facts, before: Mapping[str, Any]) -> list[Told]:
    """What is told of a lead that was like `before`; its callback follows it."""
    lead["open"] = lead.get("status") in OPEN
    told = _callback(lead, before)
    if lead.get("status") != before.get("status"):
        told.append(("campaigns.lead.status_changed", {"from": before.get("status"), "to": lead.get("status")}))
    fields = [_TOLD.get(name, name) for name in _TELLS if (lead.get(name) or None) != (before.get(name) or None)]
    if fields:
        told.append(("campaigns.lead.updated", {"fields": fields}))
    return told


def _callback(lead: Facts, before: Mapping[str, Any]) -> list[Told]:
    booked = before.get("callback")
    if booked is None:
        booked = before.get("status") in REDIALS and before.get("next_contact_at") is not None
    if not booked:
        lead["callback"] = False
        return []
    if all(lead.get(name) == before.get(name) for name in ("status", "owner", "next_contact_at")):
        return []
    at = lead.get("next_contact_at")
    if lead.get("status") not in REDIALS or not isinstance(at, datetime):
        lead["callback"] = False
        return [("campaigns.callback.cancelled", {})]
    private = lead["status"] == "private_redial"
    owner = lead.get("owner") if private else None
    return [("campaigns.callback.moved", {"at": at.isoformat(), "private": private, "owner": owner})]


def reset(lead: Facts) -> None:
    """New again."""
    lead |= {"status": "new", "attempts": 0, "active": True, "urgent": False, "engaged": False, "result": {}}
    lead |= dict.fromkeys(("next_contact_at", "owner", "snoozed_until", "no_callback_at"))
    lead["held"] = False


def become(lead: Facts, status: str) -> None:
    """Another status, with all that hangs on it."""
    lead["status"] = status
    if status != "success":
        lead["engaged"] = False
    if status != "private_redial":
        lead["owner"] = None
    if status not in OPEN:
        lead |= {"next_contact_at": None, "snoozed_until": None, "held": False}


def suppress(facts: Facts, channel: str) -> None:
    """Messages of this channel (any, phone, sms, email) do not reach the lead any more; phone is SMS, too."""
    # A lead that was made of this one has the same, and is not barred by it.
    reach = facts["reach"] = dict(facts.get("reach") or {})
    for name, barred_by in (("sms", ("any", "phone", "sms")), ("email", ("any", "email"))):
        if channel in barred_by and reach.get(name, "") in _BEHIND_SUPPRESSION:
            reach[name] = "suppressed"


def _reset(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    if facts.get("gone"):
        raise NotDone("contact_gone")
    reset(lead)


def _close(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    _open(lead)
    become(lead, data["status"])


def _set_status(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    status = data["status"]
    if status == lead.get("status"):
        return
    if facts.get("gone") and status in OPEN and lead.get("status") not in OPEN:
        raise NotDone("contact_gone", "failed")
    become(lead, status)


def _set(name: str, value: Any = None, *, of: str = "") -> Callable[..., None]:
    def change(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
        lead[name] = data[of] if of else value

    return change


def _assign(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    lead["assigned_to"] = data["user"]
    if lead.get("status") == "private_redial":
        lead["owner"] = data["user"]


def _release(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    if not lead.get("held"):
        raise NotDone("not_held")
    lead["held"] = False


def _snooze(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    _open(lead)
    lead["snoozed_until"] = data["until"]


def _next_contact(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    """The earlier of a time and none is none: the lead may be called at once. A callback always has a time."""
    _open(lead)
    wanted, there = data["at"], lead.get("next_contact_at")
    if data["keep"] != "earliest":
        lead["next_contact_at"] = wanted
    elif isinstance(there, datetime):
        lead["next_contact_at"] = min(there, wanted)
    elif lead.get("status") in REDIALS:
        lead["next_contact_at"] = wanted


def _fast_forward(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    if lead.get("status") != "automatic_redial":
        raise NotDone("not_in_quarantine")
    there = lead.get("next_contact_at")
    if isinstance(there, datetime):
        lead["next_contact_at"] = min(there, now)


def _set_field(lead: Facts, facts: Facts, data: Mapping[str, Any], now: datetime) -> None:
    name = data["field"].removeprefix("lead.result.")
    lead["result"] = {**(lead.get("result") or {}), name: data["value"]}


def _open(lead: Facts) -> None:
    if lead.get("status") not in OPEN:
        raise NotDone("closed")


_CHANGES: dict[str, Callable[..., None]] = {
    "reset": _reset,
    "deactivate": _set("active", False),
    "activate": _set("active", True),
    "close": _close,
    "set_status": _set_status,
    "assign": _assign,
    "release": _release,
    "priority": _set("priority", of="value"),
    "urgent": _set("urgent", of="on"),
    "snooze": _snooze,
    "next_contact": _next_contact,
    "fast_forward": _fast_forward,
    "set_field": _set_field,
}
