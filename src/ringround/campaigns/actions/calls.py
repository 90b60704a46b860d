"""A held lead's lease, numbers and calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.queries.plan_facts import Plan
from ringround.campaigns.queries.whereabouts import numbers_left
from ringround.campaigns.rules.lead import LeadFacts
from ringround.infra import sql
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import new_id
from ringround.telephony import actions as telephony


def call_drop(lead: LeadFacts, plan: Plan, now: datetime, *, outcome: str = "cancelled") -> None:
    """The call under way, if any, ends without a disposition: its agent is free to call again, the number was tried."""
    if lead.call_id is not None:
        call = telephony.call_end(call_id=lead.call_id, outcome=outcome, now=now)
        lead.call_id = None
        number_tried(lead, plan, call.number, call.outcome or outcome, now)


def number_tried(lead: LeadFacts, plan: Plan, number: str, outcome: str, now: datetime) -> None:
    """One more try of this number; numbers that may not be tried again leave the lead."""
    sql.run("campaigns", "number_tried", id=new_id(), lead=lead.id, number=number, outcome=outcome, now=now)
    lead.numbers = numbers_left([lead], plan)[lead.id]


def lease(lead: LeadFacts, until: datetime) -> None:
    """The held lead is its agent's until then, and so are its numbers."""
    lead.reserved_until = until
    sql.run("campaigns", "holds_until", lead=lead.id, until=until)


def numbers_take(lead: LeadFacts, numbers: Sequence[str], now: datetime) -> None:
    """Hold these numbers for the held lead; Conflict `number_busy` while one is in use through another lead.

    The same locks as the claim's, and like there none is waited for.
    """
    wanted = set(numbers)
    locked = sql.row("campaigns", "holds_lock", merchant=lead.merchant_id, numbers=sorted(wanted))
    if locked is not None and locked["ok"]:
        taken = sql.run(
            "campaigns", "holds_take", merchant=lead.merchant_id, numbers=sorted(wanted), lead=lead.id,
            until=lead.reserved_until, now=now,
        )  # fmt: skip
        if taken == len(wanted):
            return
    raise Conflict("number_busy", _("A number of this contact is in use through another lead."))
