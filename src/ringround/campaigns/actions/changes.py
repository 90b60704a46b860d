"""Changing leads by hand: one rule table for one and for many (`bulk`), the same events as from anywhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.callbacks import callback_follows, promise
from ringround.campaigns.actions.calls import numbers_take
from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.access import is_agent, require_lead
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import kept_of
from ringround.campaigns.rules.dispose import reset
from ringround.campaigns.rules.lead import CLOSED, OPEN, Change, LeadFacts
from ringround.contacts import queries as contacts
from ringround.contacts.actions import contacts_keep
from ringround.infra import audit, clock, sql
from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# What a supervisor may set, singly and in bulk; the names of the API. In this order, so that a reservation is asked for
# when the rest is as it will be.
SETTABLE = (
    "status", "owner", "assigned_to", "position", "priority", "urgent", "active", "snoozed_until", "next_contact_at",
    "reservation",
)  # fmt: skip
_LEAST, _MOST = 1900, 2200


@transaction.atomic
def lead_change(*, actor: Actor, lead_id: UUID, **changes: Any) -> None:
    """Change one lead as a supervisor; `changes` by the API's names (`SETTABLE`)."""
    require_lead(actor=actor, lead_id=lead_id)
    require(actor, "campaigns.leads.change")
    lock_agents(changes)
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    assert row is not None
    plan = plan_load(campaign_id=row["campaign_id"])
    writer = Writer(plan, clock.now(), actor)
    check(changes)
    apply(writer, plan, writer.open(row), changes, partial(is_agent, plan=plan))
    writer.flush()
    audit.write(
        actor=actor, action="campaigns.lead.changed", org_id=plan.merchant_id, subject_type="lead", subject_id=lead_id,
        data={"fields": sorted(changes)},
    )  # fmt: skip


def lock_agents(changes: Mapping[str, Any]) -> None:
    """Who gives a lead to somebody takes that one's lock before any lead's: they are not taken off in between."""
    named = {changes.get("owner"), changes.get("assigned_to"), (changes.get("reservation") or {}).get("by")}
    sql.rows("campaigns", "agents_lock", users=list(named - {None}))


def leads_reset(writer: Writer, leads: Sequence[LeadFacts], *, tell: bool = True) -> None:
    """New again; what was answered is kept in the history. Whoever holds one gives it back first. Not `tell`: the
    caller writes the lines on the timelines."""
    ids = [lead.id for lead in leads]
    off = {row["lead_id"] for row in sql.rows("campaigns", "callbacks_end", leads=ids, state="cancelled")}
    sql.run("campaigns", "numbers_reset", leads=ids)
    kept = kept_of(contacts.contacts_for_leads([lead.contact_id for lead in leads]), writer.plan, writer.now)
    answered = [lead for lead in leads if lead.result]
    if answered:
        sql.run(
            "campaigns", "answers_put_by", ids=[new_id() for _ in answered], leads=[lead.id for lead in answered],
            at=writer.now, user=writer.actor.user_id if writer.actor else None, why="reset",
            answers=[json.dumps(lead.result) for lead in answered],
        )  # fmt: skip
    for lead in leads:
        if lead.id in off:
            writer.event(lead, "campaigns.callback.cancelled")
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="reset")
        reset(lead)
        # A release may just have counted a call that was under way: that, too, is forgotten.
        lead.numbers = kept[lead.contact_id].numbers if lead.contact_id in kept else []
        if tell:
            writer.tell(lead, "change", "reset")
    sql.run("campaigns", "numbers_reset", leads=ids)


class AsksAgent(Protocol):
    """Whether this person is an agent of the campaign."""

    def __call__(self, *, user_id: UUID) -> bool: ...


def check(changes: Mapping[str, Any]) -> None:
    """Invalid with every fault that does not depend on the lead."""
    faults = [_fault(name, value) for name, value in changes.items()]
    if found := [fault for fault in faults if fault is not None]:
        raise Invalid(found)


def _fault(name: str, value: Any) -> Fault | None:
    if name not in SETTABLE:
        return Fault((name,), "unknown_field", _("There is no such field."))
    if name == "status" and value not in OPEN | CLOSED:
        return Fault((name,), "unknown_status", _("There is no such status."))
    if name in _FIT and not _FIT[name](value):
        return Fault((name,), "out_of_range", _("This value cannot be set."))
    return None


def apply(writer: Writer, plan: Plan, lead: LeadFacts, changes: Mapping[str, Any], agent: AsksAgent) -> None:
    """Set fields, which `check` has found good, on one lead; Invalid with every fault, or a Conflict."""
    faults: list[Fault] = []
    before = promise(lead)
    for name in SETTABLE:
        if name in changes:
            fault = _set(writer, plan, lead, name, changes[name], agent)
            if fault is not None:
                faults.append(fault)
    if faults:
        raise Invalid(faults)
    if lead.status == "private_redial" and lead.assigned_to_id and "owner" not in changes and "assigned_to" in changes:
        # Whom a supervisor gives a private callback to has it from now on.
        lead.owner_id = lead.assigned_to_id
    if lead.status == "private_redial" and lead.owner_id is None:
        raise Invalid.one("owner", "required", _("A private callback needs an owner."))
    callback_follows(writer, lead, before)


def _set(writer: Writer, plan: Plan, lead: LeadFacts, name: str, value: Any, agent: AsksAgent) -> Fault | None:
    match name:
        case "assigned_to" | "owner":
            if value is not None and not agent(user_id=value):
                return Fault((name,), "not_an_agent", _("This person is not an agent of the campaign."))
            setattr(lead, f"{name}_id", value)
        case "status":
            _set_status(writer, lead, value)
        case "reservation":
            return _set_reservation(writer, plan, lead, value, agent)
        case "urgent":
            lead.urgent_at = (lead.urgent_at or writer.now) if value else None
        case _:
            setattr(lead, name, value)
    return None


def _moment(value: Any) -> bool:
    return value is None or (isinstance(value, datetime) and value.tzinfo is not None and _LEAST <= value.year <= _MOST)


def _number(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_FIT: dict[str, Callable[[Any], bool]] = {
    "position": _number(0, 2**53), "priority": _number(0, 100), "active": lambda value: isinstance(value, bool),
    "snoozed_until": _moment, "next_contact_at": _moment,
}  # fmt: skip


def _set_status(writer: Writer, lead: LeadFacts, status: str) -> None:
    before = lead.status
    if status == before:
        return
    there = status in OPEN and before in CLOSED and bool(contacts_keep(contact_ids=[lead.contact_id]))
    status_set(writer, lead, status, there=there)
    writer.tell(lead, "change", "status_set", params={"from": before, "to": status})


def status_set(writer: Writer, lead: LeadFacts, status: str, *, there: bool) -> None:
    """Another status, with all that hangs on it. `there`: whether the contact still is, who is to be opened again."""
    if status in OPEN and lead.status in CLOSED and not there:
        raise Conflict("contact_gone", _("The contact is no longer there."))
    lead.become(Change.SET, status)
    if status != "success":
        # What was taken for won and is not: it counts no more.
        lead.engaged = False
    if status != "private_redial":
        lead.owner_id = None
    if status in CLOSED:
        lead.next_contact_at = lead.snoozed_until = None
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="closed")


def _set_reservation(
    writer: Writer, plan: Plan, lead: LeadFacts, value: Mapping[str, Any] | None, agent: AsksAgent
) -> Fault | None:
    """None releases; `{"by": user}` reserves for that agent, now and for the campaign's reservation time."""
    if value is None:
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="by_supervisor")
        return None
    user = value.get("by")
    if user is None or not agent(user_id=user):
        return Fault(("reservation", "by"), "not_an_agent", _("This person is not an agent of the campaign."))
    if lead.reserved_by_id == user and lead.reserved_until is not None and lead.reserved_until > writer.now:
        return None
    if lead.reserved_by_id is not None:
        raise Conflict("lead_held", _("Another agent has this contact. Release it first."))
    if not lead.open:
        raise Conflict("wrong_state", _("The lead is closed."), allowed=sorted(OPEN))
    if not plan.serves(writer.now):
        raise Conflict("wrong_state", _("The campaign is not running."), allowed=["running"])
    if sql.rows("campaigns", "held", user=user, now=writer.now):
        raise Conflict("lead_held", _("This agent has another contact at the moment."))
    reserve(writer, plan, lead, user, rule="reserved")
    writer.tell(lead, "handout", "reserved", params={"agent": str(user)})
    return None


def reserve(writer: Writer, plan: Plan, lead: LeadFacts, user: UUID, *, rule: str) -> None:
    """Lease a lead to an agent who was named, not found by the order; 409 `not_callable` without a number to call."""
    kept = kept_of(contacts.contacts_for_leads([lead.contact_id]), plan, writer.now)[lead.contact_id]
    numbers = [number for number in lead.numbers if number in kept.numbers]
    if kept.suppressed or not numbers:
        raise Conflict("not_callable", _("No number of this contact may be called."))
    lead.reserved_by_id, lead.reserved_at, lead.handout_rule = user, writer.now, rule
    lead.reserved_until = writer.now + plan.reservation()
    numbers_take(lead, numbers, writer.now)
    writer.event(lead, "campaigns.lead.handed_out", agent=str(user), rule=rule)
    writer.log(lead, user, "handed_out", rule)
