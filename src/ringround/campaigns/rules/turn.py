"""What time alone does to a lead that nobody holds: it expires, its callback falls due, a private one is released."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ringround.campaigns.rules.lead import Change, LeadFacts
from ringround.campaigns.rules.place import Order, has_expired, release_turn


class Happened(StrEnum):
    EXPIRED = "expired"
    CALLBACK_DUE = "callback_due"
    PRIVATE_RELEASED = "private_released"


def has_lapsed(lead: LeadFacts, now: datetime) -> bool:
    """Whether the lease has run out. A call under way has a long one (`LONGEST_CALL`)."""
    return lead.reserved_until is not None and lead.reserved_until <= now


def elapse(lead: LeadFacts, order: Order, now: datetime) -> list[Happened]:
    """Change the lead as time has, and say what happened, each at most once; placement then says when the next is.

    A private redial that is released goes to everybody (`make_common`), which is the caller's to tell.
    """
    if lead.reserved_until is not None or not lead.open:
        return []
    happened = []
    if not lead.expired and has_expired(lead, now):
        lead.expired = True
        happened.append(Happened.EXPIRED)
    if lead.callback_due_at is not None and lead.callback_due_at <= now:
        lead.callback_due_at = None
        happened.append(Happened.CALLBACK_DUE)
    released = release_turn(lead, order)
    if released is not None and released <= now:
        make_common(lead)
        happened.append(Happened.PRIVATE_RELEASED)
    return happened


def bring_back(lead: LeadFacts, agent_id: UUID, now: datetime) -> None:
    """Called, and nobody has said what came of it: the lead waits for its agent, first of all that they get.

    As a private redial due now: nobody else calls the person whom they may just have talked to, and it becomes
    everybody's when they do not come back in time, or leave the campaign.
    """
    if lead.status != "private_redial" and lead.open:
        lead.become(Change.BRING_BACK, "private_redial")
        lead.owner_id, lead.next_contact_at = agent_id, now


def make_common(lead: LeadFacts) -> None:
    """A private redial becomes everybody's."""
    lead.become(Change.RELEASE_PRIVATE, "common_redial")
    lead.owner_id = None
