"""What a disposition does to a lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns.rules.lead import OPEN, REDIALS, Change, LeadFacts
from ringround.campaigns.rules.settings import Retry
from ringround.kernel.calendar import add_days_local

# What is called in the field "call outcome", by kind, where the disposition does not say.
_OUTCOME = {"no_contact": "no_answer", "invalid": "invalid_number"}
# The status a kind sets, where the disposition does not say. Callbacks and do-not-call-back set their own.
STATUS = {
    "engaged": "success",
    "not_engaged": "not_interested",
    "no_contact": "automatic_redial",
    "invalid": "invalid",
}
CALLBACKS = frozenset({"callback_private", "callback_common"})


@dataclass(frozen=True, slots=True)
class Said:
    """The disposition as saved: its kind, and what it overrides."""

    kind: str
    status: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A callback asked for with the disposition."""

    at: datetime
    private: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What of the campaign decides. `retry` is the rule for this result, `tries` how often the lead has had it."""

    max_attempts: int
    retry: Retry
    no_callback_days: int
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of the lead besides the changes made on it."""

    counted: bool  # an attempt was made
    engaged: bool  # it counts towards the target, for the first time since a reset
    exhausted: bool


def outcome_of(said: Said, chosen: str | None) -> str:
    """The call outcome: what the agent chose, else the disposition's own, else by kind."""
    return chosen or said.outcome or _OUTCOME.get(said.kind, "answered")


def dispose(
    lead: LeadFacts,
    said: Said,
    booking: Booking | None,
    terms: Terms,
    agent_id: UUID | None,
    zone: ZoneInfo,
    now: datetime,
) -> Effect:
    """Change the lead as the disposition says.

    1. The attempt is counted, unless nothing was tried.
    2. The status, and with it when the lead may be tried again.
    3. Attempts used up: exhausted, when it is still open and no callback is booked.
    """
    if said.kind == "no_action":
        return Effect(False, False, False)
    lead.attempts += 1
    lead.last_contacted_by_id, lead.last_contacted_at = agent_id, now
    lead.urgent_at = None

    if said.kind in CALLBACKS:
        assert booking is not None
        book(lead, booking, agent_id)
    elif said.kind == "do_not_call_back":
        # The status stays, and with it whose redial it is; a booked callback is off.
        lead.next_contact_at = lead.callback_due_at = None
        lead.no_callback_at = now
        lead.snoozed_until = add_days_local(now, terms.no_callback_days, zone)
    else:
        lead.become(Change.DISPOSE, said.status or STATUS[said.kind])
        lead.owner_id = lead.callback_due_at = None
        lead.next_contact_at = retry_at(lead, terms.retry, now) if lead.status in OPEN else None
        if lead.status == "private_redial":
            # A disposition of the campaign's own that keeps the lead for its agent without an appointment.
            lead.owner_id = agent_id

    used_up = lead.attempts >= terms.max_attempts
    if terms.retry.max_attempts is not None:
        used_up = used_up or terms.tries >= terms.retry.max_attempts
    exhausted = used_up and lead.status in OPEN and said.kind not in CALLBACKS
    if exhausted:
        _close(lead, Change.EXHAUST, "exhausted")
    engaged = said.kind == "engaged" and not lead.engaged
    lead.engaged = lead.engaged or engaged
    return Effect(True, engaged, exhausted)


def without_numbers(lead: LeadFacts, outcome: str) -> bool:
    """Close an open lead whose last number has just gone with this outcome: nobody could ever call it. Whether it did.

    Exhausted, or invalid where the number does not exist. A promised callback keeps its numbers, and a suppressed
    contact gets them back when the suppression ends (docs/adr/0105).
    """
    if lead.numbers or lead.suppressed or lead.status not in OPEN - REDIALS:
        return False
    _close(lead, Change.LOSE_NUMBERS, "invalid" if outcome == "invalid_number" else "exhausted")
    return True


def _close(lead: LeadFacts, change: Change, status: str) -> None:
    lead.become(change, status)
    lead.owner_id = lead.next_contact_at = lead.snoozed_until = None


def book(lead: LeadFacts, booking: Booking, owner_id: UUID | None) -> None:
    """Put the lead on callback. The pre-assignment stays, and counts again when a private one is released."""
    lead.become(Change.BOOK, "private_redial" if booking.private else "common_redial")
    lead.owner_id = owner_id if booking.private else None
    lead.next_contact_at = lead.callback_due_at = booking.at
    lead.no_callback_at = lead.snoozed_until = None


def retry_at(lead: LeadFacts, retry: Retry, now: datetime) -> datetime:
    """When the lead may be tried again, after the attempt that it has just had."""
    return now + timedelta(seconds=retry.delay(lead.attempts))


def reset(lead: LeadFacts) -> None:
    """New again: attempts, next contact, owner and snooze empty, active; result data is cleared, its history kept."""
    lead.become(Change.RESET, "new")
    lead.attempts = 0
    lead.unsaid_call_id = None
    lead.active = True
    lead.engaged = False
    lead.next_contact_at = lead.owner_id = lead.snoozed_until = lead.no_callback_at = lead.callback_due_at = None
    lead.urgent_at = None
    lead.result = {}
