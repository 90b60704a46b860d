"""Changing leads by hand, singly and in bulk: one rule table, the same events as from anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from ringround.campaigns.actions.callbacks import callback_follows, promise
from ringround.campaigns.actions.calls import numbers_take
from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.access import is_agent, require_lead
from ringround.campaigns.queries.filters import LeadFilter, filtered
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import kept_of
from ringround.campaigns.rules.dispose import reset
from ringround.campaigns.rules.lead import CLOSED, OPEN, Change, LeadFacts
from ringround.contacts import queries as contacts
from ringround.infra import audit, clock, sql
from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

BATCH = 1000
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
    _lock_agents(changes)
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    assert row is not None
    plan = plan_load(campaign_id=row["campaign_id"])
    writer = Writer(plan, clock.now(), actor)
    apply(writer, plan, writer.open(row), changes)
    writer.flush()
    audit.write(
        actor=actor, action="campaigns.lead.changed", org_id=plan.merchant_id, subject_type="lead", subject_id=lead_id,
        data={"fields": sorted(changes)},
    )  # fmt: skip


def leads_bulk(
    *,
    actor: Actor,
    filter: LeadFilter | None = None,
    ids: Sequence[UUID] | None = None,
    set: Mapping[str, Any] | None = None,
    action: str | None = None,
    all: bool = False,
    most: int | None = None,
) -> int:
    """The same change on many leads, a batch a transaction; how many. `action`: `reset` or `release`.

    Which leads: `ids`, a `filter` that asks for something, or `all` that the actor may see. An empty selection is
    refused and never taken for all: it is what a program sends whose own list came out empty. More than `most`, the
    number that somebody was shown, is 409 `more_than_shown`.
    """
    require(actor, "campaigns.leads.change")
    if (set is None) == (action is None) or [filter is not None, ids is not None, all].count(True) != 1:
        raise Invalid.one("body", "one_of", _("Give a filter, ids or all, and a change or an action."))
    if action not in (None, "reset", "release"):
        raise Invalid.one("action", "unknown_action", _("There is no such action."))
    if ids is not None and not ids:
        raise Invalid.one("ids", "empty_selection", _("No lead is chosen."))
    if filter is not None and not filter.asks:
        raise Invalid.one("filter", "empty_selection", _("The filter asks for nothing: to mean every lead, say all."))
    by = ((set or {}).get("reservation") or {}).get("by")
    if by is not None and (ids is None or len(ids) > 1):
        raise Invalid.one("reservation", "one_lead", _("An agent holds one contact at a time: reserve a single one."))
    # The ids are fixed first, so that a change which takes leads out of the filter does not move the rest past it.
    chosen = LeadFilter(ids=tuple(ids)) if ids is not None else filter or LeadFilter()
    wanted = list(filtered(actor, chosen).order_by("id").values_list("id", flat=True))
    if most is not None and len(wanted) > most:
        raise Conflict(
            "more_than_shown", _("More leads are found now: %(count)s. Look again first.") % {"count": len(wanted)}
        )
    changed = 0
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic():
            changed += _bulk(actor, wanted[start : start + BATCH], set or {}, action)
    return changed


def _bulk(actor: Actor, ids: Sequence[UUID], changes: Mapping[str, Any], action: str | None) -> int:
    now = clock.now()
    _lock_agents(changes)
    rows = sql.rows("campaigns", "leads_lock", leads=list(ids))
    changed = 0
    for campaign_id in sorted({row["campaign_id"] for row in rows}):
        plan = plan_load(campaign_id=campaign_id)
        writer = Writer(plan, now, actor)
        mine = [row for row in rows if row["campaign_id"] == campaign_id]
        if action == "release":
            mine = [row for row in mine if row["reserved_by_id"] is not None]
        leads = [writer.open(row) for row in mine]
        if action == "reset":
            leads_reset(writer, leads)
        for lead in leads if action != "reset" else ():
            apply(writer, plan, lead, {"reservation": None} if action == "release" else changes)
        writer.flush()
        changed += len(leads)
        audit.write(
            actor=actor, action=f"campaigns.leads.{action or 'changed'}", org_id=plan.merchant_id,
            subject_type="campaign", subject_id=plan.id, data={"count": len(leads), "fields": sorted(changes)},
        )  # fmt: skip
    return changed


def _lock_agents(changes: Mapping[str, Any]) -> None:
    """Who gives a lead to somebody takes that one's lock before any lead's: they are not taken off in between."""
    named = {changes.get("owner"), changes.get("assigned_to"), (changes.get("reservation") or {}).get("by")}
    sql.rows("campaigns", "agents_lock", users=list(named - {None}))


def leads_reset(writer: Writer, leads: Sequence[LeadFacts]) -> None:
    """New again; what was answered is kept in the history. Whoever holds one gives it back first."""
    ids = [lead.id for lead in leads]
    off = {row["lead_id"] for row in sql.rows("campaigns", "callbacks_end", leads=ids, state="cancelled")}
    sql.run("campaigns", "numbers_reset", leads=ids)
    kept = kept_of(contacts.contacts_for_leads([lead.contact_id for lead in leads]), writer.plan, writer.now)
    for lead in leads:
        if lead.id in off:
            writer.event(lead, "campaigns.callback.cancelled")
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="reset")
        if lead.result:
            sql.run(
                "campaigns", "answers_add", id=new_id(), lead=lead.id, at=writer.now,
                user=writer.actor.user_id if writer.actor else None, why="reset", answers=Jsonb(lead.result),
            )  # fmt: skip
        reset(lead)
        # A release may just have counted a call that was under way: that, too, is forgotten.
        lead.numbers = kept[lead.contact_id].numbers if lead.contact_id in kept else []
        writer.tell(lead, "change", "reset")
    sql.run("campaigns", "numbers_reset", leads=ids)


def apply(writer: Writer, plan: Plan, lead: LeadFacts, changes: Mapping[str, Any]) -> None:
    """Set fields on one lead; Invalid with every fault."""
    faults = [Fault((name,), "unknown_field", _("There is no such field.")) for name in changes if name not in SETTABLE]
    before = promise(lead)
    for name in SETTABLE:
        if name in changes:
            fault = _set(writer, plan, lead, name, changes[name])
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


def _set(writer: Writer, plan: Plan, lead: LeadFacts, name: str, value: Any) -> Fault | None:
    match name:
        case "assigned_to" | "owner":
            if value is not None and not is_agent(plan=plan, user_id=value):
                return Fault((name,), "not_an_agent", _("This person is not an agent of the campaign."))
            setattr(lead, f"{name}_id", value)
        case "status":
            return _set_status(writer, lead, value)
        case "reservation":
            return _set_reservation(writer, plan, lead, value)
        case "urgent":
            lead.urgent_at = (lead.urgent_at or writer.now) if value else None
        case _:
            if not _FIT[name](value):
                return Fault((name,), "out_of_range", _("This value cannot be set."))
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


def _set_status(writer: Writer, lead: LeadFacts, status: Any) -> Fault | None:
    if status not in OPEN | CLOSED:
        return Fault(("status",), "unknown_status", _("There is no such status."))
    before = lead.status
    if status == before:
        return None
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
    writer.tell(lead, "change", "status_set", params={"from": before, "to": status})
    return None


def _set_reservation(writer: Writer, plan: Plan, lead: LeadFacts, value: Mapping[str, Any] | None) -> Fault | None:
    """None releases; `{"by": user}` reserves for that agent, now and for the campaign's reservation time."""
    if value is None:
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="by_supervisor")
        return None
    user = value.get("by")
    if user is None or not is_agent(plan=plan, user_id=user):
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
