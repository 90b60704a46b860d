"""A held lead's lease, numbers and calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import Lead
from ringround.campaigns.queries.whereabouts import left_of
from ringround.campaigns.rules.dispose import without_numbers
from ringround.campaigns.rules.lead import REDIALS, LeadFacts
from ringround.campaigns.rules.settings import retry_rule
from ringround.infra import sql
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import new_id
from ringround.telephony import actions as telephony
from ringround.telephony import queries as telephony_calls
from ringround.telephony.queries import Call


def call_drop(lead: LeadFacts, writer: Writer, *, outcome: str = "cancelled") -> None:
    """The call under way, if any, ends without a disposition: its agent is free to call again, the number was tried."""
    if lead.call_id is not None:
        call = telephony.call_end(call_id=lead.call_id, outcome=outcome, now=writer.now)
        lead.call_id = lead.unsaid_call_id = None
        sql.run("campaigns", "call_dropped", call=call.id, lead=lead.id, campaign=lead.campaign_id)
        number_tried(lead, writer, call.number, call.outcome or outcome)


def rest(lead: LeadFacts, writer: Writer) -> None:
    """Called, and given back without a word: nobody calls again before the quarantine is over. A callback stands."""
    if lead.open and lead.status not in REDIALS:
        after = writer.now + timedelta(seconds=retry_rule(writer.plan.settings, "no_answer").delay(lead.attempts))
        lead.next_contact_at = max(after, lead.next_contact_at or after)


def unsaid_call(lead: Lead | LeadFacts, agent_id: UUID | None, number: str | None) -> Call | None:
    """The call that this agent's disposition is of though it has ended: their lease ran out, no call was made since.

    None for another agent, and where another number is named: that one they have called by themselves.
    """
    if lead.call_id is not None or lead.unsaid_call_id is None:
        return None
    call = telephony_calls.call_of(call_id=lead.unsaid_call_id)
    return call if call.agent_id == agent_id and number in (None, call.number) else None


def unlogged(lead: Lead | LeadFacts, agent_id: UUID | None) -> bool:
    """Whether the call that this agent is making is not in the log: made on a telephone of their own, it comes there
    when they say what happened."""
    return lead.call_id is None and unsaid_call(lead, agent_id, None) is None


def numbers_tried(lead: LeadFacts) -> sql.Coming:
    """How often each of the lead's numbers was tried, for `number_tried`. Nobody else tries one while it is locked."""
    return sql.soon("campaigns", "numbers_tried", lead=lead.id)


def number_tried(
    lead: LeadFacts, writer: Writer, number: str, outcome: str, *, again: bool = True, before: sql.Coming | None = None
) -> None:
    """One more try of this number; numbers that may not be tried again leave the lead, and with the last it closes.

    Not `again`: what came of a try that has been counted. `before`: `numbers_tried`, where it has been asked already.
    """
    rows = (before or numbers_tried(lead)).rows()
    tried = {row["number"]: (row["attempts"], row["outcome"]) for row in rows}
    tried[number] = tried[number][0] + again if number in tried else 1, outcome
    sql.later(
        "campaigns", "number_tried", id=new_id(), lead=lead.id, number=number, outcome=outcome, now=writer.now,
        tries=int(again),
    )  # fmt: skip
    most = writer.plan.settings["max_attempts_per_number"]
    invalid = {one: came == "invalid_number" for one, (_times, came) in tried.items()}
    lead.numbers = left_of(lead, {one: invalid[one] for one in tried if invalid[one] or tried[one][0] >= most})
    if without_numbers(lead, outcome) and lead.status == "exhausted":
        writer.event(lead, "campaigns.lead.exhausted", attempts=lead.attempts)


def lease(lead: LeadFacts, until: datetime) -> set[str]:
    """The held lead and its numbers are its agent's until then, for its call; which numbers those are.

    Written at once and apart from all else of the lead: a call begins and ends oftener than anything else happens.
    """
    lead.reserved_until, lead.unsaid_call_id = until, None
    rows = sql.rows("campaigns", "lead_lease", lead=lead.id, call=lead.call_id, until=until)
    return {row["number"] for row in rows}


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
