"""Callbacks: booking one with a disposition, and moving or cancelling one afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.access import is_agent, require_lead
from ringround.campaigns.queries.callbacks import callback_version, callbacks_owned
from ringround.campaigns.queries.leads import callback_of
from ringround.campaigns.queries.packs import Person, with_person
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import facts_of
from ringround.campaigns.rules.dispose import Booking, book
from ringround.campaigns.rules.lead import REDIALS, Change, LeadFacts
from ringround.compliance.rules import earliest, lead_windows, packs_gates
from ringround.compliance.texts import describe
from ringround.contacts.queries import ContactFacts as Contact
from ringround.contacts.queries import contacts_for_leads
from ringround.infra import audit, clock, sql
from ringround.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.windows import all_open, nearest_all_open
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows, require


@dataclass(frozen=True, slots=True)
class Wanted:
    """A callback whose time and number have been found good."""

    booking: Booking
    number: str
    note: str
    owner_id: UUID | None

    def save(self, *, lead: LeadFacts, plan: Plan, actor: Actor, now: datetime) -> None:
        sql.run(
            "campaigns", "callback_book", id=new_id(), lead=lead.id, campaign=plan.id, at=self.booking.at,
            private=self.booking.private, owner=self.owner_id if self.booking.private else None, number=self.number,
            note=self.note, by=actor.user_id, now=now,
        )  # fmt: skip

    def params(self) -> dict[str, Any]:
        return {"at": self.booking.at.isoformat(), "private": self.booking.private}


def booking_of(
    *,
    actor: Actor,
    plan: Plan,
    lead: LeadFacts,
    contact: Contact,
    kind: str,
    asked: Mapping[str, Any] | None,
    now: datetime,
    calling: bool,
) -> Wanted:
    """The callback that a disposition asks for; Invalid with every fault (`outside_hours` names the nearest time).
    `calling`: as `time_faults` has it."""
    asked = asked or {}
    at = asked.get("at")
    if at is None:
        raise Invalid.one("at", "required", _("Say when to call back."))
    private = asked.get("private")
    private = kind == "callback_private" if private is None else bool(private)
    number = str(asked.get("number") or "")
    faults = time_faults(
        plan=plan, contact=contact, at=at, now=now, number=_e164(contact, number), expires_at=lead.expires_at,
        calling=calling,
    )  # fmt: skip
    faults += number_faults(contact, number, lead.id)
    if private and actor.user_id is not None:
        faults += owner_faults(plan=plan, owner_id=actor.user_id, lead_id=lead.id)
    if faults:
        raise Invalid(faults)
    return Wanted(
        Booking(at, private), _e164(contact, number) or "", str(asked.get("note") or "").strip(), actor.user_id
    )


def time_faults(
    *,
    plan: Plan,
    contact: Contact,
    at: datetime,
    now: datetime,
    number: str | None,
    expires_at: datetime | None,
    days: int | None = None,
    calling: bool = False,
    person: Person | None = None,
) -> list[Fault]:
    """In the future, within the days the organisation allows (`days` where the caller has read them), before the
    campaign and the lead's time on it end, inside the calling hours where the lead is, and when the campaign's rule
    packs let the person be called again. `calling`: a call is being made that the log does not have yet; `person`: what
    the packs ask of them, where the caller has read it."""
    if at.tzinfo is None:
        return [Fault(("at",), "no_zone", _("Say the time with its zone."))]
    if at <= now:
        return [Fault(("at",), "in_the_past", _("This time has passed."))]
    if days is None:
        days = orgs.limits(org_id=plan.merchant_id).callback_max_days
    if at > now + timedelta(days=days):
        return [
            Fault(
                ("at",),
                "too_far_ahead",
                _("Callbacks can be booked at most %(days)s days ahead.") % {"days": days},
                {"days": days},
            )
        ]
    ends = [one for one in (plan.facts.ends_at, expires_at) if one is not None]
    if ends and at >= min(ends):
        return [
            Fault(
                ("at",),
                "after_the_end",
                _("By then the campaign, or the time of this contact on it, is over."),
                {"until": min(ends).isoformat()},
            )
        ]
    # Where the lead is, and where the number is: the hand-out asks the one, the call the other.
    windows = [window for one in (None, number) for window in lead_windows(facts_of(contact, plan, one), plan.facts)]
    facts = with_person(facts_of(contact, plan, number), plan, contact.id, now, person)
    if calling and plan.facts.packs:
        facts = replace(facts, calls=(*facts.calls, now))
    if shut := [gate for gate in packs_gates(facts, plan.facts, at) if not gate.ok]:
        first = earliest(lambda then: packs_gates(facts, plan.facts, then), at)
        nearest = nearest_all_open(windows, first, not_before=first) if first is not None else None
        words = describe(shut[0].detail) or shut[0].gate
        return [Fault(("at",), shut[0].gate, words, {"nearest": nearest.isoformat() if nearest else None})]
    if not all_open(windows, at):
        # Not before the packs let the person be called, should the nearest lie before the time that was asked for.
        first = earliest(lambda then: packs_gates(facts, plan.facts, then), now) or at
        nearest = nearest_all_open(windows, at, not_before=max(now, first))
        return [
            Fault(
                ("at",),
                "outside_hours",
                _("This is outside the calling hours where the contact is."),
                {"nearest": nearest.isoformat() if nearest else None},
            )
        ]
    return []


def number_faults(contact: Contact, number: str, lead_id: UUID) -> list[Fault]:
    """The number is the contact's, and may be called when the time comes, however often it was."""
    if not number:
        return []
    chosen = _e164(contact, number)
    if chosen is None:
        return [Fault(("number",), "unknown_number", _("This is not a number of the contact."))]
    gone = sql.rows("campaigns", "numbers_gone", leads=[lead_id], most=2**31 - 1)
    good = {one.e164 for one in contact.numbers if one.valid and not one.suppressed} - {row["number"] for row in gone}
    if chosen not in good:
        return [Fault(("number",), "number_not_callable", _("This number may not be called."))]
    return []


def owner_faults(*, plan: Plan, owner_id: UUID, lead_id: UUID) -> list[Fault]:
    """How many private callbacks one agent may keep."""
    most = orgs.organisation_get(organisation_id=plan.merchant_id).callbacks_per_agent
    row = sql.row("campaigns", "callbacks_of_owner", merchant=plan.merchant_id, owner=owner_id, lead=lead_id)
    if row is not None and row["n"] >= most:
        return [
            Fault(
                ("private",),
                "too_many_callbacks",
                _("An agent can keep at most %(n)s callbacks.") % {"n": most},
                {"limit": most},
            )
        ]
    return []


@transaction.atomic
def callback_change(
    *,
    actor: Actor,
    lead_id: UUID,
    at: datetime | None = None,
    owner: UUID | None = None,
    private: bool | None = None,
    number: str | None = None,
    note: str | None = None,
    version: str | None = None,
    kept_by: UUID | None = None,
) -> None:
    """Move or reassign a booked callback: supervisors any, an agent their own.

    `version` is that of what was read, `kept_by` who kept it privately then; where somebody has changed it since: 409
    `changed_meanwhile`.
    """
    now = clock.now()
    # Of whom it is given to, before the lead's: they are not taken off the campaign in between.
    sql.rows("campaigns", "agents_lock", users=[one for one in (owner or actor.user_id,) if one is not None])
    writer, lead, plan, contact, booked = open_booked(actor, lead_id, now)
    _not_in_other_hands(lead, actor)
    given_away = kept_by is not None and not (booked["private"] and booked["owner_id"] == kept_by)
    if given_away or (version is not None and version != _version(lead_id)):
        raise Conflict("changed_meanwhile", _("Somebody else has changed this callback meanwhile."))
    new_at = at or booked["at"]
    new_private = booked["private"] if private is None else private
    if owner is not None and private is None:
        new_private = True
    new_owner = (owner or booked["owner_id"] or actor.user_id) if new_private else None
    new_number = booked["number"] if number is None else number
    faults = (
        time_faults(
            plan=plan,
            contact=contact,
            at=new_at,
            now=now,
            number=_e164(contact, new_number),
            expires_at=lead.expires_at,
        )
        if new_at != booked["at"] or new_number != booked["number"]
        else []
    )
    faults += number_faults(contact, new_number, lead_id) if new_number != booked["number"] else []
    if new_owner is not None and new_owner != booked["owner_id"]:
        if not is_agent(plan=plan, user_id=new_owner):
            faults.append(Fault(("owner",), "not_an_agent", _("This person is not an agent of the campaign.")))
        else:
            faults += owner_faults(plan=plan, owner_id=new_owner, lead_id=lead_id)
        if new_owner != actor.user_id and not allows(actor, "campaigns.callbacks.change"):
            raise Forbidden("campaigns.callbacks.change")
    if faults:
        raise Invalid(faults)
    book(lead, Booking(new_at, new_private), new_owner)
    if new_at == booked["at"] and new_at <= now:
        lead.callback_due_at = None
    sql.run(
        "campaigns", "callback_move", lead=lead_id, at=new_at, private=new_private, owner=new_owner,
        number=_e164(contact, new_number) or "", note=booked["note"] if note is None else note.strip(),
    )  # fmt: skip
    writer.event(
        lead,
        "campaigns.callback.moved",
        at=new_at.isoformat(),
        private=new_private,
        owner=str(new_owner) if new_owner else None,
    )
    writer.tell(lead, "change", "callback_moved", params={"at": new_at.isoformat(), "private": new_private})
    writer.flush()
    audit.write(
        actor=actor, action="campaigns.callback.moved", org_id=plan.merchant_id, subject_type="lead", subject_id=lead_id
    )


@transaction.atomic
def callback_cancel(*, actor: Actor, lead_id: UUID) -> None:
    """Take a callback off: the lead is an automatic redial, due now."""
    now = clock.now()
    writer, lead, plan, _contact, _booked = open_booked(actor, lead_id, now)
    _not_in_other_hands(lead, actor)
    sql.run("campaigns", "callback_end", lead=lead_id, state="cancelled")
    lead.become(Change.CANCEL, "automatic_redial")
    lead.next_contact_at = now
    lead.owner_id = lead.callback_due_at = None
    writer.event(lead, "campaigns.callback.cancelled")
    writer.tell(lead, "change", "callback_cancelled")
    writer.flush()
    audit.write(
        actor=actor,
        action="campaigns.callback.cancelled",
        org_id=plan.merchant_id,
        subject_type="lead",
        subject_id=lead_id,
    )


MOST_REASSIGNED = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """A callback that stays where it was, and why."""

    lead_id: UUID
    code: str
    detail: str


def callbacks_reassign(
    *, actor: Actor, from_id: UUID, to_id: UUID | None, campaign_id: UUID | None = None
) -> tuple[int, list[Refused]]:
    """Give all private callbacks of an agent who is away to another (None: to anybody); how many, and which stay.

    Each by itself: one that is in a call just now, or whose campaign the other is not on, holds no other up; and one
    that somebody else has given away meanwhile stays where it is.
    """
    require(actor, "campaigns.callbacks.change")
    moved, refused = 0, []
    leads = callbacks_owned(actor=actor, agent_id=from_id, campaign_id=campaign_id, most=MOST_REASSIGNED)
    for lead_id in sorted(leads):  # in the order of locks: they may all be of one transaction
        try:
            callback_change(actor=actor, lead_id=lead_id, owner=to_id, private=to_id is not None, kept_by=from_id)
        except (Conflict, Invalid, NotFound) as wrong:
            faults = getattr(wrong, "errors", ())
            code = str(faults[0].code) if faults else str(getattr(wrong, "code", "not_found"))
            refused.append(Refused(lead_id, code, str(faults[0].detail) if faults else str(wrong)))
        else:
            moved += 1
    return moved, refused


def _not_in_other_hands(lead: LeadFacts, actor: Actor) -> None:
    if lead.reserved_by_id is not None and lead.reserved_by_id != actor.user_id:
        raise Conflict("lead_held", _("An agent has this contact at the moment."))


def _version(lead_id: UUID) -> str:
    found = callback_of(lead_id=lead_id)
    return callback_version(found) if found is not None else ""


Promise = tuple[str, UUID | None, datetime | None]


def promise(lead: LeadFacts) -> Promise:
    """What a booked callback repeats of its lead: read before a change, and given to `callback_follows` after it."""
    return lead.status, lead.owner_id, lead.next_contact_at


def callback_follows(writer: Writer, lead: LeadFacts, before: Promise) -> None:
    """The booked callback is what the lead says: moved, reassigned, or off."""
    callbacks_follow(writer, [(lead, before)])


def callbacks_follow(writer: Writer, changed: Sequence[tuple[LeadFacts, Promise]]) -> None:
    """As `callback_follows`, of many leads in a statement or two."""
    ended: list[LeadFacts] = []
    moved: list[LeadFacts] = []
    for lead, before in changed:
        if before[0] not in REDIALS or promise(lead) == before:
            continue
        if lead.status not in REDIALS or lead.next_contact_at is None:
            lead.callback_due_at = None
            ended.append(lead)
            continue
        if lead.next_contact_at != before[2]:
            lead.callback_due_at = lead.next_contact_at
        moved.append(lead)
    if ended:
        ids = [lead.id for lead in ended]
        off = {row["lead_id"] for row in sql.rows("campaigns", "callbacks_end", leads=ids, state="cancelled")}
        for lead in ended:
            if lead.id in off:
                writer.event(lead, "campaigns.callback.cancelled")
    if moved:
        rows = sql.rows(
            "campaigns", "callbacks_follow", leads=[lead.id for lead in moved],
            times=[lead.next_contact_at for lead in moved],
            private=[lead.status == "private_redial" for lead in moved],
            owners=[lead.owner_id if lead.status == "private_redial" else None for lead in moved],
        )  # fmt: skip
        there = {row["lead_id"] for row in rows}
        for lead in moved:
            if lead.id in there and lead.next_contact_at is not None:
                private = lead.status == "private_redial"
                owner = str(lead.owner_id) if private else None
                at = lead.next_contact_at.isoformat()
                writer.event(lead, "campaigns.callback.moved", at=at, private=private, owner=owner)


def open_booked(actor: Actor, lead_id: UUID, now: datetime) -> tuple[Writer, LeadFacts, Plan, Contact, dict[str, Any]]:
    """The locked lead of a booked callback that the actor may change, with all that a change asks for."""
    require_lead(actor=actor, lead_id=lead_id)
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    assert row is not None
    plan = plan_load(campaign_id=row["campaign_id"], user_id=actor.user_id)
    writer = Writer(plan, now, actor)
    lead = writer.open(row)
    if not allows(actor, "campaigns.callbacks.change") and not (
        allows(actor, "campaigns.work") and actor.user_id is not None and lead.owner_id == actor.user_id
    ):
        raise Forbidden("campaigns.callbacks.change")
    booked = sql.row("campaigns", "callback_read", lead=lead_id)
    if booked is None or lead.status not in REDIALS:
        raise Conflict("no_callback", _("No callback is booked for this contact."), allowed=sorted(REDIALS))
    return writer, lead, plan, contacts_for_leads([lead.contact_id])[0], booked


def _e164(contact: Contact, number: str) -> str | None:
    if not number:
        return None
    return next((n.e164 for n in contact.numbers if n.e164 and number in (str(n.id), n.e164)), None)
