"""The agent's work on a lead held: calling it, and saying what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from ringround.campaigns import ports
from ringround.campaigns.actions.callbacks import Wanted, booking_of
from ringround.campaigns.actions.calls import (
    call_drop,
    lease,
    number_tried,
    numbers_take,
    numbers_tried,
    rest,
    unsaid_call,
)
from ringround.campaigns.actions.handout import cool_down
from ringround.campaigns.actions.held import lock_held
from ringround.campaigns.actions.sites import opens_for, site_tell
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.dispositions import DispositionRow, disposition_find, form_fields_of
from ringround.campaigns.queries.packs import with_person
from ringround.campaigns.queries.plan_facts import Plan
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.queries.sites import Said as SaidOutside
from ringround.campaigns.queries.sites import site_alone
from ringround.campaigns.queries.whereabouts import facts_of, zone_of
from ringround.campaigns.rules.dispose import CALLBACKS, Said, Terms, dispose, outcome_of
from ringround.campaigns.rules.dispositions import OUTCOMES
from ringround.campaigns.rules.forms import parse_answers
from ringround.campaigns.rules.lead import LONGEST_CALL, REDIALS, LeadFacts
from ringround.campaigns.rules.settings import retry_rule
from ringround.compliance import rules as compliance
from ringround.compliance.texts import describe
from ringround.contacts.queries import ContactFacts as Contact
from ringround.contacts.queries import contact_to_call
from ringround.infra import clock, sql
from ringround.infra.unit import action
from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.kernel.ids import new_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.telephony import actions as telephony
from ringround.telephony import queries as telephony_calls


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call under way; `dial` is what the agent's own phone opens, None where the exchange dials."""

    call_id: UUID
    dial: str | None
    number: str
    # The campaign's external site is now opened in the agent's browser.
    opens_site: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """A lead as it is after its disposition, its contact, and the campaign's wrap-up time."""

    lead: LeadFacts
    contact: Contact
    wrap_up_s: int

    @property
    def id(self) -> UUID:
        return self.lead.id


@action
def call_start(*, actor: Actor, lead_id: UUID, number: str | UUID | None = None) -> CallStarted:
    """Call a number of the held lead (an id, E.164, or None for the first that may be dialled).

    On a campaign that is paused nothing new is begun: 409 `wrong_state`.
    Asked once more at the moment of dialling: hours in that number's own zone, and suppression; refused with 409
    `may_not_contact`. A call under way keeps the lead with its agent.
    """
    now = clock.now()
    row, plan = lock_held(actor=actor, lead_id=lead_id, now=now)
    if plan.state != "running":
        raise Conflict("wrong_state", _("This campaign is not running."), allowed=("running",))
    writer = Writer(plan, now, actor)
    lead = writer.open(row)
    contact, barred = contact_of(lead, now)()
    chosen = number_of(contact, lead, number)
    if chosen is None:
        raise Invalid.one("number", "no_number", _("There is no number that may be dialled."))
    if lead.call_id is not None:
        under_way = telephony_calls.call_of(call_id=lead.call_id)
        if under_way.number == chosen and under_way.hung_up_at is None:
            # Pressed twice, or in two tabs: one call.
            return CallStarted(under_way.id, telephony_calls.dial_link(chosen, exchange=under_way.exchange), chosen)
        # The agent goes on to another number of the same try, or to the same once more: this one was not reached.
        call_drop(lead, writer, outcome="no_answer")
        writer.flush(quiet=True)
    if chosen not in lead.numbers:
        raise Conflict(
            "number_not_callable", _("This number may not be dialled: it is suppressed, or its attempts are used up.")
        )
    verdict = verdict_of(contact, plan, chosen, barred, now)
    if not verdict.allow:
        raise Conflict(
            "may_not_contact",
            _("This number may not be called now."),
            errors=[
                Fault(("number",), gate.gate, describe(gate.detail) if gate.detail else gate.gate)
                for gate in verdict.reasons
            ],
        )
    opened = telephony.call_place(
        merchant_id=plan.merchant_id,
        agency_id=plan.agency_id,
        agent_id=actor.user_id,
        number=chosen,
        now=now,
        ring_timeout_s=plan.settings["ring_timeout_s"],
    )
    if plan.facts.packs:
        sql.run(
            "campaigns", "dial_verdict_add", call=opened.call.id, lead=lead.id, verdict=json.dumps(verdict.to_json())
        )
    lead.call_id = opened.call.id
    if chosen not in lease(lead, now + LONGEST_CALL):
        # The number has come to the contact, or off a suppression list, since the lead was handed out.
        numbers_take(lead, [chosen], now)
    said = SaidOutside(call_id=opened.call.id)
    site_tell(actor=actor, plan=plan, lead=lead, contact=contact, moment="on_connect", said=said)
    return CallStarted(opened.call.id, opened.dial, chosen, opens_for(plan=plan, moment="on_connect"))


@action
def call_hangup(*, actor: Actor, lead_id: UUID | None = None) -> UUID:
    """The agent's phone has hung up (None: on whichever lead they hold); what happened is said with the disposition.

    The id of the lead. Hanging up twice is no fault.
    """
    now = clock.now()
    row, plan = lock_held(actor=actor, lead_id=lead_id, now=now)
    lead = facts(row)
    # The call ends with its outcome at the disposition; until then the lead is reserved as one just handed out.
    if lead.call_id is not None and telephony.call_hang_up(call_id=lead.call_id, now=now):
        lease(lead, now + plan.reservation())
    return lead.id


@action
def disposition_save(
    *,
    actor: Actor,
    lead_id: UUID,
    disposition: str | UUID,
    outcome: str | None = None,
    number: str | UUID | None = None,
    answers: Mapping[str, Any] | None = None,
    note: str = "",
    callback: Mapping[str, Any] | None = None,
) -> Saved:
    """Say what happened, in one transaction: answers, status, callback, note, attempt, events.

    1. The lead is held by this agent, whatever state its campaign is in by now.
    2. All input is checked before anything is written, and every fault is told.
    3. The call under way ends with its outcome; where none is, what is said is of the call whose lease ran out on this
       agent, or of one that they have made by themselves and that is recorded.
    4. The rules say what becomes of the lead; numbers whose attempts are used up leave it.
    5. The lease ends.
    6. What the campaign's external site is to be told is written down.
    """
    now = clock.now()
    row, plan = lock_held(actor=actor, lead_id=lead_id, now=now)
    writer = Writer(plan, now, actor)
    lead = writer.open(row)
    asked, chosen_one, tried = (
        contact_of(lead, now), disposition_find(campaign_id=plan.id, name_or_id=disposition), numbers_tried(lead)
    )  # fmt: skip
    contact, barred = asked()

    # 2.
    faults: list[Fault] = []
    found = chosen_one()
    if found.kind == "engaged" and ports.pending([lead.id]):
        # How its session ends says whether the lead is won.
        raise Conflict("session_pending", _("This contact has a session that has not ended yet."))
    said = Said(found.kind, found.status, found.outcome)
    if outcome is not None and outcome not in OUTCOMES:
        faults.append(Fault(("outcome",), "unknown_outcome", _("There is no such call outcome.")))
    chosen = number_of(contact, lead, number, faults)
    unsaid = unsaid_call(lead, actor.user_id, chosen if number is not None else None)
    chosen = unsaid.number if unsaid is not None else chosen
    values: dict[str, Any] = {}
    if answers or found.opens_form:
        try:
            values = parse_answers(
                form_fields_of(campaign_id=plan.id), answers or {},
                # Where only the external site stands before the agent, nothing is asked here.
                required=found.opens_form and not site_alone(plan),
                zone=zone_of(contact, plan),
                region=orgs.organisation_get(organisation_id=plan.merchant_id).region, before=lead.result,
            )  # fmt: skip
        except Invalid as wrong:
            faults += [fault.under("answers") for fault in wrong.errors]
    wanted: Wanted | None = None
    if found.kind in CALLBACKS:
        try:
            wanted = booking_of(
                actor=actor, plan=plan, lead=lead, contact=contact, kind=found.kind, asked=callback, now=now,
                calling=lead.call_id is None and unsaid is None,
            )  # fmt: skip
        except Invalid as wrong:
            faults += [fault.under("callback") for fault in wrong.errors]
    if faults:
        raise Invalid(faults)

    # 3.
    result = outcome_of(said, outcome)
    call_id = lead.call_id
    # Of a call that is recorded only now, and so does not count yet.
    verdict = verdict_of(contact, plan, chosen, barred, now).to_json() if chosen else {}
    if found.kind == "no_action":
        call_drop(lead, writer, outcome=outcome or "cancelled")
        if call_id is not None:
            rest(lead, writer)
    elif unsaid is not None:
        call_id = telephony.call_restate(call_id=unsaid.id, outcome=result, now=now).id
    elif call_id is not None:
        call = telephony.call_end(call_id=call_id, outcome=result, now=now)
        chosen, lead.call_id = call.number, None
    elif chosen is not None:
        call_id = telephony.call_record(
            merchant_id=plan.merchant_id,
            agency_id=plan.agency_id,
            agent_id=actor.user_id,
            number=chosen,
            outcome=result,
            now=now,
        ).id

    if plan.facts.packs and call_id is not None:
        begun = sql.row("campaigns", "dial_verdict", call=call_id)
        verdict = json.loads(begun["verdict"]) if begun is not None else verdict

    # 4.
    retry = retry_rule(plan.settings, result, found.retry)
    terms = Terms(
        plan.settings["max_attempts"],
        retry,
        plan.settings["no_callback_days"],
        _tries(lead, found, result) if retry.max_attempts != plan.settings["max_attempts"] else 0,
    )
    if values:
        lead.result = {**lead.result, **values}
        _answers(lead, actor, values, now)
    effect = dispose(lead, said, wanted.booking if wanted else None, terms, actor.user_id, zone_of(contact, plan), now)
    if effect.counted:
        attempt_add(writer, lead, found.id, call_id, chosen, result, effect.engaged, verdict, now)
        if wanted is not None:
            wanted.save(lead=lead, plan=plan, actor=actor, now=now)
        number_id = next((str(one.id) for one in contact.numbers if one.e164 == chosen), None)
        writer.event(
            lead,
            "campaigns.lead.attempted",
            call=str(call_id) if call_id else None,
            outcome=result,
            number=number_id,
            attempts=lead.attempts,
            disposition=str(found.id),
            kind=found.kind,
            engaged=effect.engaged,
        )
        if effect.exhausted:
            writer.event(lead, "campaigns.lead.exhausted", attempts=lead.attempts)
        if chosen is not None:
            number_tried(lead, writer, chosen, result, again=unsaid is None, before=tried)
        lead.unsaid_call_id = None
    else:
        cool_down(lead, plan, actor.user_id, now)
        writer.event(lead, "campaigns.lead.released", agent=str(actor.user_id), reason="no_action")
    writer.tell(
        lead,
        "call" if effect.counted else "change",
        "dispositioned",
        params={"disposition": found.name, "outcome": result, "number": chosen or "", "status": lead.status},
        ref=("call", call_id) if call_id else None,
    )
    if note.strip():
        writer.tell(lead, "note", "", text=note.strip())
    if wanted is not None:
        writer.event(
            lead, "campaigns.callback.scheduled", at=wanted.booking.at.isoformat(), private=wanted.booking.private
        )
        writer.tell(lead, "change", "callback_booked", params=wanted.params())

    # 5.
    writer.free(lead, "dispositioned", user=actor.user_id)
    writer.flush()

    # 6.
    site_tell(
        actor=actor, plan=plan, lead=lead, contact=contact, moment="on_disposition",
        said=SaidOutside(
            disposition_id=str(found.id), disposition=found.name, kind=found.kind, outcome=result, note=note.strip(),
            callback_at=wanted.booking.at.isoformat() if wanted is not None else "", call_id=call_id,
            number=chosen or "",
        ),
    )  # fmt: skip
    return Saved(lead, contact, plan.settings["wrap_up_s"])


def contact_of(lead: LeadFacts, now: datetime) -> Callable[[], tuple[Contact, frozenset[str]]]:
    """The lead's contact, and which of its numbers must not be called now; asked with what is asked next."""
    return contact_to_call(org_id=lead.merchant_id, campaign_id=lead.campaign_id, contact_id=lead.contact_id, now=now)


def number_of(
    contact: Contact, lead: LeadFacts, number: str | UUID | None, faults: list[Fault] | None = None
) -> str | None:
    """E.164 of the contact's number meant: by its id, by itself, or the first that may be dialled."""
    if number is None and lead.status in REDIALS:
        # What was agreed on comes before the order of the numbers.
        booked = sql.row("campaigns", "callback_read", lead=lead.id)
        if booked is not None and booked["number"] in lead.numbers:
            return str(booked["number"])
    if number is None:
        return lead.numbers[0] if lead.numbers else next((n.e164 for n in contact.numbers if n.e164), None)
    match = next((n.e164 for n in contact.numbers if n.e164 and str(number) in (str(n.id), n.e164)), None)
    if match is None:
        fault = Fault(("number",), "unknown_number", _("This is not a number of the contact."))
        if faults is None:
            raise Invalid([fault])
        faults.append(fault)
    return match


def verdict_of(contact: Contact, plan: Plan, number: str, barred: frozenset[str], now: datetime) -> compliance.Verdict:
    facts = with_person(facts_of(contact, plan, number), plan, contact.id, now)
    if number in barred:
        facts = replace(facts, suppressed_by=("suppression",))
    return compliance.may_contact(facts, plan.facts, now)


def attempt_add(
    writer: Writer,
    lead: LeadFacts,
    disposition_id: UUID | None,
    call_id: UUID | None,
    number: str | None,
    outcome: str,
    engaged: bool,
    verdict: Mapping[str, Any],
    now: datetime,
) -> UUID:
    """Write the attempt down, and count it; its id. A callback that was booked is done with it."""
    attempt_id = new_id()
    sql.later(
        "campaigns", "attempt_add", id=attempt_id, lead=lead.id, campaign=lead.campaign_id, call=call_id,
        user=writer.actor.user_id if writer.actor else None, disposition=disposition_id, number=number or "",
        outcome=outcome, engaged=engaged, at=now, attempts=lead.attempts,
        verdict=json.dumps(verdict),
    )  # fmt: skip
    writer.count("attempts")
    return attempt_id


def _tries(lead: LeadFacts, found: DispositionRow, outcome: str) -> int:
    """How many of the lead's attempts since its reset had this result, the one being saved included.

    A limit of the disposition's own counts that disposition; one of the campaign's counts the call outcome.
    """
    own = (found.retry or {}).get("max_attempts") is not None
    row = sql.row(
        "campaigns", "attempts_with_result", lead=lead.id, attempts=lead.attempts,
        disposition=found.id if own else None, outcome=outcome,
    )  # fmt: skip
    assert row is not None
    return int(row["n"]) + 1


def _answers(lead: LeadFacts, actor: Actor, values: Mapping[str, Any], now: datetime) -> None:
    sql.run(
        "campaigns", "answers_add", id=new_id(), lead=lead.id, at=now, user=actor.user_id, why="saved",
        answers=Jsonb(dict(values)),
    )  # fmt: skip
