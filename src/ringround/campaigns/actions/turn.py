"""What time alone does to leads: leases lapse, leads expire, callbacks fall due, private redials become common."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.callbacks import callback_follows, promise
from ringround.campaigns.actions.calls import call_drop, rest
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.access import is_agent
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.rules import turn as rules
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.turn import Happened
from ringround.infra import sql


def turn_due(*, now: datetime, campaign_id: UUID | None = None, limit: int = 500) -> int:
    """Carry out what is due for at most `limit` leads, oldest first; how many there were.

    Rows that another transaction has locked are left to it. Safe to run anywhere and at once: a claim does it for its
    campaign, the relay for all.
    """
    with transaction.atomic():
        rows = sql.rows("campaigns", "leads_due_for_turn", now=now, campaign=campaign_id, limit=limit)
        rows.sort(key=lambda row: row["campaign_id"])
        for campaign, mine in groupby(rows, key=lambda row: row["campaign_id"]):
            writer = Writer(plan_load(campaign_id=campaign), now)
            for row in mine:
                _turn(writer, writer.open(row), now)
            writer.flush()
        return len(rows)


def _turn(writer: Writer, lead: LeadFacts, now: datetime) -> None:
    """One lead; each step at most once, and placement afterwards says when the next is."""
    if rules.has_lapsed(lead, now):
        agent, call_id = lead.reserved_by_id, lead.call_id
        if call_id is not None:
            # First, so that a number whose attempts are used up by this call stays for who comes back to it.
            _unsaid(writer, lead, agent)
            call_drop(lead, writer)
            lead.unsaid_call_id = call_id
        writer.free(lead, "lapsed")
        writer.event(lead, "campaigns.lead.released", agent=str(agent), reason="lapsed")
        writer.tell(lead, "handout", "lapsed", by=agent)
    owner = lead.owner_id
    for happened in rules.elapse(lead, writer.plan.order, now):
        match happened:
            case Happened.EXPIRED:
                writer.event(lead, "campaigns.lead.expired", status=lead.status)
                writer.tell(lead, "change", "expired")
            case Happened.CALLBACK_DUE:
                writer.event(lead, "campaigns.callback.due", owner=str(owner) if owner else None)
            case Happened.PRIVATE_RELEASED:
                tell_common(writer, lead, owner, reason="not_taken")


def _unsaid(writer: Writer, lead: LeadFacts, agent: UUID | None) -> None:
    """The agent has called and said nothing: it waits for them as long as they are on the campaign."""
    if agent is None or not is_agent(plan=writer.plan, user_id=agent):
        rest(lead, writer)
        return
    before = promise(lead)
    rules.bring_back(lead, agent, writer.now)
    callback_follows(writer, lead, before)


def tell_common(writer: Writer, lead: LeadFacts, owner: UUID | None, *, reason: str) -> None:
    """A private redial has become everybody's: not taken in time, or its owner has left the campaign."""
    sql.run("campaigns", "callback_common", lead=lead.id)
    writer.tell(lead, "change", "private_released", params={"reason": reason}, by=owner)
