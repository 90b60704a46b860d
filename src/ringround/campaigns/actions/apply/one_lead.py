"""One step on one lead: the rules of the single actions, without a statement of its own."""

from __future__ import annotations

from ringround.campaigns.actions.apply.steps import LeadStep, Refused
from ringround.campaigns.actions.changes import AsksAgent, status_set
from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.place_on import Placed
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.rules.lead import CLOSED, OPEN, REDIALS, LeadFacts


def change(
    writer: Writer, lead: LeadFacts, step: LeadStep, agent: AsksAgent, *, alive: bool, placed: Placed | None
) -> None:
    """Change the opened lead; Refused where it does not take it. `alive`: the contact is still there."""
    params = step.params
    match step.action:
        case "deactivate" | "activate":
            lead.active = step.action == "activate"
        case "close":
            if not lead.open:
                raise Refused("skipped", "closed")
            if params["status"] not in CLOSED:
                raise Refused("failed", "unknown_status")
            status_set(writer, lead, params["status"], there=alive)
        case "set_status":
            if params["status"] not in OPEN | CLOSED:
                raise Refused("failed", "unknown_status")
            if params["status"] == "private_redial" and lead.owner_id is None:
                lead.owner_id = lead.assigned_to_id or lead.last_contacted_by_id
                if lead.owner_id is None or not agent(user_id=lead.owner_id):
                    raise Refused("skipped", "no_owner")
            if params["status"] != lead.status:
                status_set(writer, lead, params["status"], there=alive)
        case "next_contact":
            _open(lead)
            wanted = params["at"]
            now = lead.next_contact_at
            lead.next_contact_at = wanted if not params.get("earliest") else min(now, wanted) if now else None
            if lead.status in REDIALS and lead.next_contact_at is None:
                lead.next_contact_at = wanted
        case "fast_forward":
            if lead.status != "automatic_redial":
                raise Refused("skipped", "not_in_quarantine")
            if lead.next_contact_at is not None:
                lead.next_contact_at = min(lead.next_contact_at, writer.now)
        case "assign":
            user = params.get("user")
            if user is not None and not agent(user_id=user):
                raise Refused("failed", "not_an_agent")
            lead.assigned_to_id = user
            if lead.status == "private_redial" and user is not None:
                lead.owner_id = user
        case "release":
            if lead.reserved_by_id is None:
                raise Refused("skipped", "not_held")
            release(writer, lead, reason="by_journey")
        case "priority":
            lead.priority = max(0, min(100, int(params["value"])))
        case "urgent":
            lead.urgent_at = (lead.urgent_at or writer.now) if params.get("value", True) else None
        case "snooze":
            _open(lead)
            lead.snoozed_until = params["until"]
        case "add" | "move":
            assert placed is not None
            _placing(lead, step, placed)
            if step.action == "move" and lead.open:
                status_set(writer, lead, "unqualified", there=alive)


def _placing(lead: LeadFacts, step: LeadStep, placed: Placed) -> None:
    if placed.reason:
        raise Refused("skipped" if placed.reason == "contact_gone" else "failed", placed.reason)
    if placed.there == lead.id:
        raise Refused("skipped", "same_campaign")
    if placed.there is not None and step.params.get("duplicate", "skip") == "skip":
        raise Refused("skipped", "duplicate")


def _open(lead: LeadFacts) -> None:
    if not lead.open:
        raise Refused("skipped", "closed")
