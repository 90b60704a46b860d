"""What time alone does to leads: leases lapse, leads expire, callbacks fall due, private redials become common."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.place import has_expired, release_turn
from ringround.infra import sql

# A call that nobody ends holds its lead at most this long.
LONGEST_CALL = timedelta(hours=4)


def turn_due(*, now: datetime, campaign_id: UUID | None = None, limit: int = 500) -> int:
    """Carry out what is due for at most `limit` leads, oldest first; how many there were.

    Rows that another transaction has locked are left to it. Safe to run anywhere and at once: the claim does, the relay does.
    """
    with transaction.atomic():
        rows = sql.rows("campaigns", "leads_due_for_turn", now=now, campaign=campaign_id, limit=limit)
        rows.sort(key=lambda row: row["campaign_id"])
        for campaign, mine in groupby(rows, key=lambda row: row["campaign_id"]):
            plan = plan_load(campaign_id=campaign)
            writer = Writer(plan, now)
            for row in mine:
                _turn(writer, plan, writer.open(row), now)
            writer.flush()
        return len(rows)


def _turn(writer: Writer, plan: Plan, lead: LeadFacts, now: datetime) -> None:
    """One lead; each step at most once, and placement afterwards says when the next is."""
    if lead.reserved_until is not None:
        if lead.reserved_until > now:
            return
        if lead.call_id is not None and lead.reserved_at is not None and now < lead.reserved_at + LONGEST_CALL:
            # A call under way extends the lease.
            lead.reserved_until = now + plan.reservation()
            sql.run("campaigns", "holds_extend", lead=lead.id, until=lead.reserved_until)
            return
        agent = lead.reserved_by_id
        writer.free(lead, "lapsed")
        writer.event(lead, "campaigns.lead.released", agent=str(agent), reason="lapsed")
        writer.tell(lead, "handout", "lapsed", by=agent)
    if not lead.open:
        return
    if not lead.expired and has_expired(lead, now):
        lead.expired = True
        writer.event(lead, "campaigns.lead.expired", status=lead.status)
        writer.tell(lead, "change", "expired")
    if lead.callback_due_at is not None and lead.callback_due_at <= now:
        lead.callback_due_at = None
        writer.event(lead, "campaigns.callback.due", owner=str(lead.owner_id) if lead.owner_id else None)
    released = release_turn(lead, plan.order)
    if released is not None and released <= now:
        make_common(writer, lead, reason="not_taken")


def make_common(writer: Writer, lead: LeadFacts, *, reason: str) -> None:
    """A private redial becomes everybody's: not taken in time, or its owner has left the campaign."""
    owner = lead.owner_id
    lead.status, lead.owner_id = "common_redial", None
    sql.run("campaigns", "callback_common", lead=lead.id)
    writer.tell(lead, "change", "private_released", params={"reason": reason}, by=owner)
