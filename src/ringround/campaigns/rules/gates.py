"""Every gate of the hand-out, one by one, in the order in which people are told: the same conditions as the claim.

A property test pins the two: `all(gate.ok)` exactly when the claim would take the lead for that agent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ringround.campaigns.rules import place
from ringround.campaigns.rules.lead import LeadFacts
from ringround.compliance import rules as compliance
from ringround.compliance.rules import CampaignFacts, ContactFacts, Detail, Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Everything the answer depends on beside the lead itself."""

    state: str  # the campaign's
    campaign: CampaignFacts
    contact: ContactFacts
    order: place.Order
    agent_id: UUID | None = None  # None: whoever the lead may go to
    numbers_known: bool = True  # the contact has at least one valid number
    skipped_until: datetime | None = None  # this agent skipped it
    busy: dict[str, datetime] = field(default_factory=dict)  # number -> held elsewhere until
    names: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`callable`, the first time it can be (None: not by waiting), and every gate."""

    callable: bool
    next_at: datetime | None
    gates: tuple[Gate, ...]


def why_not(lead: LeadFacts, asked: Asked, now: datetime) -> Answer:
    found = gates(lead, asked, now)
    if all(gate.ok for gate in found):
        return Answer(True, now, found)
    return Answer(False, compliance.earliest(lambda at: gates(lead, asked, at), now), found)


def gates(lead: LeadFacts, asked: Asked, now: datetime) -> tuple[Gate, ...]:
    """All gates, also those after the first that is shut."""
    mine = {gate.gate: gate for gate in compliance.gates(asked.contact, asked.campaign, now)}
    suppressed = mine["suppression"]
    if lead.suppressed and suppressed.ok:
        suppressed = Gate("suppression", False, None, Detail("suppressed"))
    deactivated = mine["deactivation"]
    if lead.deactivated and deactivated.ok:
        deactivated = Gate("deactivation", False, None, Detail("deactivated"))
    return (
        Gate("campaign_running", asked.state == "running", None, Detail("campaign_state", {"state": asked.state})),
        mine["campaign_window"],
        mine["lead_hours"],
        Gate("open", lead.open, None, Detail("status", {"status": lead.status})),
        Gate("active", lead.active, None, None if lead.active else Detail("inactive")),
        _after("not_snoozed", lead.snoozed_until, now, "snoozed"),
        _not_expired(lead, now),
        _after("due", lead.next_contact_at, now, "not_due"),
        _attempts(lead, asked),
        _number_attempts(lead, asked),
        _not_reserved(lead, asked, now),
        _assigned(lead, asked, now),
        _owner(lead, asked, now),
        suppressed,
        deactivated,
        mine["frequency"],
        mine["basis"],
        _number_busy(lead, asked, now),
    )


def _after(name: str, at: datetime | None, now: datetime, code: str) -> Gate:
    if at is None or at <= now:
        return Gate(name, True)
    return Gate(name, False, at, Detail(code, {"at": at.isoformat()}))


def _not_expired(lead: LeadFacts, now: datetime) -> Gate:
    if not place.has_expired(lead, now):
        return Gate("not_expired", True)
    assert lead.expires_at is not None
    return Gate("not_expired", False, None, Detail("expired", {"at": lead.expires_at.isoformat()}))


def _attempts(lead: LeadFacts, asked: Asked) -> Gate:
    ok = place.attempts_left(lead, asked.order)
    return Gate("attempts", ok, None, Detail("attempts", {"attempts": lead.attempts, "max": asked.order.max_attempts}))


def _number_attempts(lead: LeadFacts, asked: Asked) -> Gate:
    # A suppressed contact has no number left either; that is told once, under suppression.
    if lead.numbers or (lead.suppressed and asked.numbers_known):
        return Gate("number_attempts", True)
    return Gate("number_attempts", False, None, Detail("no_number_left" if asked.numbers_known else "no_valid_number"))


def _not_reserved(lead: LeadFacts, asked: Asked, now: datetime) -> Gate:
    if lead.reserved_by_id is None or lead.reserved_until is None or lead.reserved_until <= now:
        return Gate("not_reserved", True)
    who = {"agent": str(lead.reserved_by_id), "name": asked.names.get(lead.reserved_by_id, "")}
    if asked.agent_id == lead.reserved_by_id:
        return Gate("not_reserved", True, None, Detail("reserved_by_me", who))
    detail = Detail("reserved", {**who, "until": lead.reserved_until.isoformat()})
    return Gate("not_reserved", False, lead.reserved_until, detail)


def _assigned(lead: LeadFacts, asked: Asked, now: datetime) -> Gate:
    if asked.skipped_until is not None and asked.skipped_until > now:
        detail = Detail("skipped", {"until": asked.skipped_until.isoformat()})
        return Gate("assigned_to_me", False, asked.skipped_until, detail)
    if lead.assigned_to_id is None or lead.status == "private_redial":
        # A private redial is its owner's, whoever it was kept for before.
        return Gate("assigned_to_me", True)
    detail = Detail("assigned", {"agent": str(lead.assigned_to_id), "name": asked.names.get(lead.assigned_to_id, "")})
    return Gate("assigned_to_me", asked.agent_id in (None, lead.assigned_to_id), None, detail)


def _owner(lead: LeadFacts, asked: Asked, now: datetime) -> Gate:
    if lead.status != "private_redial":
        return Gate("owner", True)
    if lead.owner_id is None:
        return Gate("owner", False, place.release_turn(lead, asked.order), Detail("no_owner"))
    detail = Detail("owned", {"agent": str(lead.owner_id), "name": asked.names.get(lead.owner_id, "")})
    released = place.release_turn(lead, asked.order)
    ok = asked.agent_id in (None, lead.owner_id) or (released is not None and released <= now)
    return Gate("owner", ok, None if ok else released, detail)


def _number_busy(lead: LeadFacts, asked: Asked, now: datetime) -> Gate:
    until = [at for number in lead.numbers if (at := asked.busy.get(number)) is not None and at > now]
    if not until:
        return Gate("number_busy", True)
    return Gate("number_busy", False, max(until), Detail("number_busy", {"until": max(until).isoformat()}))
