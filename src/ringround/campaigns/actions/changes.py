"""Changing leads by hand, singly and in bulk: one rule table, the same events as from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import CampaignMember
from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.filters import LeadFilter, filtered
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import kept_of
from ringround.campaigns.rules.dispose import reset
from ringround.campaigns.rules.lead import CLOSED, OPEN, LeadFacts
from ringround.contacts import queries as contacts
from ringround.infra import audit, clock, sql
from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

BATCH = 1000
# What a supervisor may set, singly and in bulk; the names of the API.
SETTABLE = frozenset(
    {
        "assigned_to",
        "position",
        "priority",
        "urgent",
        "active",
        "snoozed_until",
        "next_contact_at",
        "status",
        "owner",
        "reservation",
    }
)


@transaction.atomic
def lead_change(*, actor: Actor, lead_id: UUID, **changes: Any) -> None:
    """Change one lead as a supervisor; `changes` by the API's names (`SETTABLE`)."""
    require_lead(actor=actor, lead_id=lead_id)
    require(actor, "campaigns.leads.change")
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
) -> int:
    """The same change on many leads, a batch a transaction; how many. `action`: `reset` or `release`."""
    require(actor, "campaigns.leads.change")
    if (set is None) == (action is None) or (filter is None) == (ids is None):
        raise Invalid.one("body", "one_of", _("Give a filter or ids, and a change or an action."))
    if action not in (None, "reset", "release"):
        raise Invalid.one("action", "unknown_action", _("There is no such action."))
    # The ids are fixed first, so that a change which takes leads out of the filter does not move the rest past it.
    wanted = list(
        filtered(actor, filter if filter is not None else LeadFilter(ids=tuple(ids or ())))
        .order_by("id")
        .values_list("id", flat=True)
    )
    changed = 0
    plans: dict[UUID, Plan] = {}
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic():
            now = clock.now()
            rows = sql.rows("campaigns", "leads_lock", leads=wanted[start : start + BATCH])
            writers: dict[UUID, Writer] = {}
            for row in rows:
                campaign = row["campaign_id"]
                plan = (
                    plans.setdefault(campaign, plan_load(campaign_id=campaign))
                    if campaign not in plans
                    else plans[campaign]
                )
                writer = writers.setdefault(campaign, Writer(plan, now, actor))
                lead = writer.open(row)
                if action == "release":
                    changed += lead.reserved_by_id is not None
                    apply(writer, plan, lead, {"reservation": None})
                elif action == "reset":
                    reset_lead(writer, lead)
                    changed += 1
                else:
                    apply(writer, plan, lead, set or {})
                    changed += 1
            for writer in writers.values():
                writer.flush()
                audit.write(
                    actor=actor, action=f"campaigns.leads.{action or 'changed'}", org_id=writer.plan.merchant_id, subject_type="campaign",
                    subject_id=writer.plan.id, data={"count": len(rows), "fields": sorted(set or {})},
                )  # fmt: skip
    return changed


def reset_lead(writer: Writer, lead: LeadFacts) -> None:
    """New again; what was answered is kept in the history. Whoever holds it gives it back first."""
    if lead.reserved_by_id is not None:
        release(writer, lead, reason="reset")
    if lead.result:
        sql.run(
            "campaigns", "answers_add", id=new_id(), lead=lead.id, at=writer.now, user=writer.actor.user_id if writer.actor else None,
            why="reset", answers=Jsonb(lead.result),
        )  # fmt: skip
    if lead.engaged:
        # A reset lead may be won again; until then it does not count.
        writer.count("engaged_reset")
    sql.run("campaigns", "callback_end", lead=lead.id, state="cancelled")
    sql.run("campaigns", "numbers_reset", leads=[lead.id])
    reset(lead)
    contact = contacts.contacts_for_leads([lead.contact_id])[0]
    lead.numbers = kept_of([contact], writer.plan)[contact.id].numbers
    writer.tell(lead, "change", "reset")


def apply(writer: Writer, plan: Plan, lead: LeadFacts, changes: Mapping[str, Any]) -> None:
    """Set fields on one open lead; Invalid with every fault."""
    faults: list[Fault] = []
    for name, value in changes.items():
        fault = _set(writer, plan, lead, name, value)
        if fault is not None:
            faults.append(fault)
    if faults:
        raise Invalid(faults)
    if lead.status == "private_redial" and lead.owner_id is None:
        raise Invalid.one("owner", "required", _("A private callback needs an owner."))
    if lead.status == "private_redial" and lead.assigned_to_id not in (None, lead.owner_id):
        lead.assigned_to_id = lead.owner_id
    if lead.status not in ("private_redial", "common_redial"):
        lead.callback_due_at = None
        sql.run("campaigns", "callback_end", lead=lead.id, state="cancelled")


def _set(writer: Writer, plan: Plan, lead: LeadFacts, name: str, value: Any) -> Fault | None:
    match name:
        case "assigned_to" | "owner":
            if value is not None and not _is_agent(plan, value):
                return Fault((name,), "not_an_agent", _("This person is not an agent of the campaign."))
            setattr(lead, f"{name}_id", value)
        case "position" | "priority" | "active" | "snoozed_until":
            setattr(lead, name, value)
        case "next_contact_at":
            lead.next_contact_at = value
            if lead.callback_due_at is not None or lead.status in ("private_redial", "common_redial"):
                lead.callback_due_at = value
        case "urgent":
            lead.urgent_at = (lead.urgent_at or writer.now) if value else None
        case "status":
            _set_status(writer, lead, value)
        case "reservation":
            return _set_reservation(writer, plan, lead, value)
        case _:
            return Fault((name,), "unknown_field", _("There is no such field."))
    return None


def _set_status(writer: Writer, lead: LeadFacts, status: str) -> None:
    if status not in OPEN | CLOSED:
        raise Invalid.one("status", "unknown_status", _("There is no such status."))
    before = lead.status
    if status == before:
        return
    lead.status = status
    if status != "private_redial":
        lead.owner_id = None
    if status in CLOSED:
        lead.next_contact_at = lead.snoozed_until = None
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="closed")
    writer.tell(lead, "change", "status_set", params={"from": before, "to": status})


def _set_reservation(writer: Writer, plan: Plan, lead: LeadFacts, value: Mapping[str, Any] | None) -> Fault | None:
    """None releases; `{"by": user}` reserves for that agent, now and for the campaign's reservation time."""
    if value is None:
        if lead.reserved_by_id is not None:
            release(writer, lead, reason="by_supervisor")
        return None
    user = value.get("by")
    if user is None or not _is_agent(plan, user):
        return Fault(("reservation", "by"), "not_an_agent", _("This person is not an agent of the campaign."))
    if lead.reserved_by_id == user:
        return None
    if lead.reserved_by_id is not None:
        raise Conflict("lead_held", _("Another agent has this contact. Release it first."))
    if not lead.open:
        raise Conflict("wrong_state", _("The lead is closed."), allowed=sorted(OPEN))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('campaigns.agent:' || %s::text, 0))", [user])
    if sql.rows("campaigns", "held", user=user, now=writer.now):
        raise Conflict("lead_held", _("This agent has another contact at the moment."))
    until = writer.now + plan.reservation()
    if not sql.row(
        "campaigns",
        "holds_take",
        merchant=plan.merchant_id,
        numbers=sorted(lead.numbers),
        lead=lead.id,
        until=until,
        now=writer.now,
    )["ok"]:  # type: ignore[index]
        raise Conflict("number_busy", _("A number of this contact is in use through another lead."))
    lead.reserved_by_id, lead.reserved_until, lead.reserved_at, lead.handout_rule = user, until, writer.now, "reserved"
    writer.event(lead, "campaigns.lead.handed_out", agent=str(user), rule="reserved")
    sql.run(
        "campaigns",
        "log_add",
        id=new_id(),
        campaign=plan.id,
        lead=lead.id,
        user=user,
        what="handed_out",
        now=writer.now,
        reason="reserved",
    )
    writer.tell(lead, "handout", "reserved", params={"agent": str(user)})
    return None


def _is_agent(plan: Plan, user: UUID) -> bool:
    return CampaignMember.objects.filter(campaign=plan.id, user=user, duty="agent").exists()
