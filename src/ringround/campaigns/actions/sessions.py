"""What an onboarding session of the room above does to its lead: submitting processes it, and how it ends decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.calls import number_tried, numbers_tried, unsaid_call
from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.actions.work import attempt_add, contact_of, number_of, verdict_of
from ringround.campaigns.queries.access import is_agent
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.rules.dispose import Booking, book
from ringround.campaigns.rules.lead import Change, LeadFacts
from ringround.infra import sql
from ringround.infra.unit import action
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.telephony import actions as telephony

ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What submitting did: the attempt that was counted, and the campaign's wrap-up time. `held`: the agent had the
    lead in hand, and has nothing any more."""

    attempt_id: UUID
    wrap_up_s: int
    held: bool


@action
def lead_submitted(*, actor: Actor, lead_id: UUID, session_id: UUID, until: datetime, now: datetime) -> Submitted:
    """A session is submitted for a lead that the caller has found the actor to see; 409 `lead_held` by another agent.

    1. The call under way ends as answered; where the agent holds the lead and none is, one of their own is recorded.
    2. The attempt is counted, and a callback that was booked is done. The status stays.
    3. The lead is given back, and waits until then.
    """
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    if row is None:
        raise NotFound("lead")
    plan = plan_load(campaign_id=row["campaign_id"], user_id=actor.user_id)
    writer = Writer(plan, now, actor)
    lead = writer.open(row)
    held = lead.reserved_by_id is not None and lead.reserved_by_id == actor.user_id
    if lead.reserved_by_id is not None and not held:
        if lead.reserved_until is not None and lead.reserved_until > now:
            raise Conflict("lead_held", _("Another agent has this contact."))
        # Their time has run out, and nobody has noticed yet.
        release(writer, lead, reason="lapsed")
    contact, barred = contact_of(lead, now)()

    # 1.
    tried = numbers_tried(lead)
    call_id = number = None
    unsaid = unsaid_call(lead, actor.user_id, None) if held else None
    if unsaid is not None:
        call_id, number = telephony.call_restate(call_id=unsaid.id, outcome=ANSWERED, now=now).id, unsaid.number
    elif lead.call_id is not None:
        call = telephony.call_end(call_id=lead.call_id, outcome=ANSWERED, now=now)
        call_id, number, lead.call_id = call.id, call.number, None
    elif held and (number := number_of(contact, lead, None)) is not None:
        call_id = telephony.call_record(
            merchant_id=plan.merchant_id, agency_id=plan.agency_id, agent_id=actor.user_id, number=number,
            outcome=ANSWERED, now=now,
        ).id  # fmt: skip

    # 2.
    lead.attempts += 1
    lead.last_contacted_by_id, lead.last_contacted_at = actor.user_id, now
    lead.urgent_at = lead.callback_due_at = lead.unsaid_call_id = None
    verdict = verdict_of(contact, plan, number, barred, now).to_json() if number else {}
    attempt_id = attempt_add(writer, lead, None, call_id, number, ANSWERED, False, verdict, now)
    number_id = next((str(one.id) for one in contact.numbers if one.e164 == number), None)
    writer.event(
        lead, "campaigns.lead.attempted", call=str(call_id) if call_id else None, outcome=ANSWERED, number=number_id,
        attempts=lead.attempts, disposition=None, kind="session", engaged=False,
    )  # fmt: skip
    if number is not None:
        number_tried(lead, writer, number, ANSWERED, again=unsaid is None, before=tried)
    writer.tell(lead, "session", "session_submitted", ref=("session", session_id))

    # 3.
    if lead.open:
        lead.next_contact_at = until
    if held:
        writer.free(lead, "dispositioned", user=actor.user_id, reason="session")
    writer.flush()
    return Submitted(attempt_id, plan.settings["wrap_up_s"], held)


@action
def lead_waits(*, lead_id: UUID, until: datetime, now: datetime) -> None:
    """The session that the lead waits for may be accepted for longer, or another one still can."""
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    if row is None:
        return
    writer = Writer(plan_load(campaign_id=row["campaign_id"]), now)
    lead = writer.open(row)
    if lead.open:
        lead.next_contact_at = until
    writer.flush(quiet=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a session ended. `status`: Complete, Rejected, Failed or Expired; `reason`: its code. `taken_back`: Rejected
    by who had submitted it, and nobody has said no. `note`: a sentence for who calls again. `waits_until`: another
    session of the lead is still pending until then."""

    session_id: UUID
    status: str
    reason: str = ""
    taken_back: bool = False
    note: str = ""
    agent_id: UUID | None = None
    attempt_id: UUID | None = None
    waits_until: datetime | None = None


@action
def lead_settle(*, lead_id: UUID, ended: Ended, now: datetime, cause: Mapping[str, Any] | None = None) -> None:
    """A session of the lead has ended. Nothing where the lead is gone.

    Complete: success, and engaged, which counts once. Rejected: not interested. Failed, Expired, or taken back: a
    private redial of its agent, due now, with a note; common where they are not on the campaign any more. Whoever has
    closed the lead meanwhile, or has it in hand, goes before these three.
    """
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    if row is None:
        return
    writer = Writer(plan_load(campaign_id=row["campaign_id"]), now, cause=cause)
    lead = writer.open(row)
    writer.tell(
        lead, "session", f"session_{ended.status.lower()}", text=ended.note, ref=("session", ended.session_id),
        by=ended.agent_id,
    )  # fmt: skip
    if ended.status == "Complete":
        _close(writer, lead, "success")
        if not lead.engaged:
            lead.engaged = True
            if ended.attempt_id is not None:
                sql.run("campaigns", "attempt_engaged", id=ended.attempt_id)
    elif lead.open and ended.waits_until is not None:
        lead.next_contact_at = ended.waits_until
    elif lead.open and ended.status == "Rejected" and not ended.taken_back:
        _close(writer, lead, "not_interested")
    elif lead.open and lead.reserved_by_id is None:
        _call_again(writer, lead, ended)
    writer.flush()


def _close(writer: Writer, lead: LeadFacts, status: str) -> None:
    if lead.status != status:
        lead.become(Change.DISPOSE, status)
    lead.owner_id = lead.next_contact_at = lead.snoozed_until = lead.callback_due_at = None
    sql.run("campaigns", "callback_end", lead=lead.id, state="cancelled")
    # Who talks to them just now says themselves what came of it.
    if lead.reserved_by_id is not None and lead.call_id is None:
        release(writer, lead, reason="closed")


def _call_again(writer: Writer, lead: LeadFacts, ended: Ended) -> None:
    now = writer.now
    there = ended.agent_id is not None and is_agent(plan=writer.plan, user_id=ended.agent_id)
    owner = ended.agent_id if there else None
    sql.run("campaigns", "callback_end", lead=lead.id, state="cancelled")
    book(lead, Booking(now, private=there), owner)
    sql.run(
        "campaigns", "callback_book", id=new_id(), lead=lead.id, campaign=writer.plan.id, at=now, private=there,
        owner=owner, number="", note=ended.note, by=ended.agent_id, now=now,
    )  # fmt: skip
    writer.event(lead, "campaigns.callback.scheduled", at=now.isoformat(), private=there)
