"""Placing contacts on a campaign, and changing leads by hand, singly and in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.actions.turn import make_common
from ringround.campaigns.models import CampaignMember, Lead
from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.filters import LeadFilter, filtered
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import Kept, kept_of
from ringround.campaigns.rules.dispose import reset
from ringround.campaigns.rules.lead import CLOSED, OPEN, LeadFacts
from ringround.campaigns.rules.place import place
from ringround.contacts import queries as contacts
from ringround.infra import audit, clock, events, sql
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """A contact to be placed, with what the caller says about it."""

    contact_id: UUID
    external_lead_id: str | None = None
    urgent: bool = False
    priority: int = 50
    next_contact_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Added:
    created: list[UUID]
    existing: list[UUID]


@transaction.atomic
def leads_add(*, actor: Actor, campaign_id: UUID, leads: Sequence[NewLead]) -> Added:
    """Place contacts on a campaign, in their order. A contact that is a lead here already stays as it is: `existing`.

    An `external_lead_id` that another lead of the campaign has is 409 `external_id_taken`.
    """
    require(actor, "campaigns.leads.add")
    if not visible_campaigns(actor).filter(id=campaign_id).exists():
        raise NotFound("campaign")
    now = clock.now()
    plan = plan_load(campaign_id=campaign_id)
    created: list[UUID] = []
    existing: list[UUID] = []
    pending = iter(leads)
    while batch := list(islice(pending, BATCH)):
        new, old = _place_batch(plan, batch, now, actor)
        created += new
        existing += old
    if created:
        audit.write(
            actor=actor, action="campaigns.leads.added", org_id=plan.merchant_id, subject_type="campaign", subject_id=campaign_id,
            data={"count": len(created)},
        )  # fmt: skip
    return Added(created, existing)


def list_leads_add(*, campaign_id: UUID, contact_ids: Iterable[UUID]) -> int:
    """Place contacts of a followed list: one transaction a batch, safe to run again. How many leads were made."""
    plan = plan_load(campaign_id=campaign_id)
    made = 0
    pending = iter(contact_ids)
    while batch := list(islice(pending, BATCH)):
        with transaction.atomic():
            new, _old = _place_batch(plan, [NewLead(contact_id=one) for one in batch], clock.now(), None)
            made += len(new)
    return made


_INSERT_COLUMNS = (
    "id, campaign_id, merchant_id, contact_id, external_lead_id, status, active, attempts, priority, urgent_at, position, next_contact_at,"
    " expires_at, expired, result, engaged, created_at, handout_rule, suppressed, deactivated, numbers, order_text, zone_id,"
    " queue, for_agent, rank, rank_text, turn_at, event_no"
)
_INSERT = (
    f"INSERT INTO campaigns_lead ({_INSERT_COLUMNS}) VALUES ({', '.join(['%s'] * 29)})"  # noqa: S608
    " ON CONFLICT (campaign_id, contact_id) DO NOTHING"
)


def _place_batch(
    plan: Plan, batch: Sequence[NewLead], now: datetime, actor: Actor | None
) -> tuple[list[UUID], list[UUID]]:
    """Place one batch. Positions are drawn under the campaign's row lock, so they follow each other."""
    by_contact = {one.contact_id: one for one in batch}
    found = {one.id: one for one in contacts.contacts_for_leads(list(by_contact), org_id=plan.merchant_id)}
    missing = [one for one in by_contact if one not in found]
    if missing:
        raise Invalid(
            [Fault(("contacts",), "unknown_contact", _("There is no such contact."), {"contact": str(missing[0])})]
        )
    row = sql.row("campaigns", "positions_take", campaign=plan.id, n=len(by_contact))
    assert row is not None
    there = dict(Lead.objects.filter(campaign=plan.id, contact__in=list(by_contact)).values_list("contact_id", "id"))
    _check_external(plan, [one for one in by_contact.values() if one.contact_id not in there])
    fresh = [one for one in by_contact.values() if one.contact_id not in there]
    kept = kept_of([found[one.contact_id] for one in fresh], plan)
    made = [_new_lead(plan, one, kept[one.contact_id], row["first"] + n, now) for n, one in enumerate(fresh)]
    if made:
        _insert(plan, made, now)
    return [lead.id for lead in made], list(there.values())


def _new_lead(plan: Plan, one: NewLead, kept: Kept, position: int, now: datetime) -> LeadFacts:
    days = plan.settings["expiry_days"]
    return LeadFacts(
        id=new_id(),
        campaign_id=plan.id,
        merchant_id=plan.merchant_id,
        contact_id=one.contact_id,
        external_lead_id=one.external_lead_id,
        priority=one.priority,
        urgent_at=now if one.urgent else None,
        position=position,
        next_contact_at=one.next_contact_at,
        expires_at=now + timedelta(days=days) if days else None,
        created_at=now,
        numbers=kept.numbers,
        suppressed=kept.suppressed,
        deactivated=kept.deactivated,
        order_text=kept.order_text,
        zone_id=kept.zone_id,
        event_no=1,
    )


def _insert(plan: Plan, leads: Sequence[LeadFacts], now: datetime) -> None:
    rows = []
    for lead in leads:
        at = place(lead, plan.order, now)
        rows.append(
            (
                lead.id, lead.campaign_id, lead.merchant_id, lead.contact_id, lead.external_lead_id, lead.status, lead.active, 0,
                lead.priority, lead.urgent_at, lead.position, lead.next_contact_at, lead.expires_at, False, Jsonb({}), False,
                lead.created_at, "", lead.suppressed, lead.deactivated, lead.numbers, lead.order_text, lead.zone_id,
                at.queue, at.for_agent, at.rank, at.rank_text, at.turn_at, lead.event_no,
            )
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
        cursor.executemany(
            "INSERT INTO campaigns_count_delta (campaign_id, key, n) VALUES (%s, %s, %s)",
            [(plan.id, "leads", len(leads)), (plan.id, "status:new", len(leads))],
        )
    events.record_all(
        events.Record(
            org_id=plan.merchant_id,
            also_org_id=plan.also_org_id,
            type="campaigns.lead.created",
            subject_type="lead",
            subject_id=lead.id,
            subject_no=1,
            at=now,
            data={"campaign": str(plan.id), "contact": str(lead.contact_id)},
        )
        for lead in leads
    )


def _check_external(plan: Plan, leads: Sequence[NewLead]) -> None:
    wanted = [one.external_lead_id for one in leads if one.external_lead_id is not None]
    taken = set(
        Lead.objects.filter(campaign=plan.id, external_lead_id__in=wanted).values_list("external_lead_id", flat=True)
    )
    if taken or len(wanted) != len(set(wanted)):
        raise Conflict("external_id_taken", _("Another lead of the campaign has this external id."))


# --- by hand --------------------------------------------------------------------------------


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


# --- when something elsewhere changes -------------------------------------------------------


def leads_unassign(*, actor: Actor | None, campaign_id: UUID, user_id: UUID) -> int:
    """An agent is off the campaign: what they hold goes back, what was kept for them is free, their callbacks are common."""
    done = 0
    plan = plan_load(campaign_id=campaign_id)
    while True:
        with transaction.atomic():
            rows = sql.rows("campaigns", "leads_of_agent", campaign=campaign_id, user=user_id, limit=BATCH)
            writer = Writer(plan, clock.now(), actor)
            for row in rows:
                lead = writer.open(row)
                if lead.reserved_by_id == user_id:
                    release(writer, lead, reason="agent_removed")
                if lead.assigned_to_id == user_id:
                    lead.assigned_to_id = None
                if lead.owner_id == user_id:
                    if lead.status == "private_redial":
                        make_common(writer, lead, reason="owner_removed")
                    lead.owner_id = None
            writer.flush()
            done += len(rows)
        if len(rows) < BATCH:
            return done


def leads_replace(*, campaign_id: UUID) -> int:
    """Compute all placements of a campaign again, after a setting that decides them has changed. Batches, resumable."""
    plan = plan_load(campaign_id=campaign_id)
    after = UUID(int=0)
    done = 0
    while True:
        with transaction.atomic():
            rows = sql.rows("campaigns", "leads_of_campaign", campaign=campaign_id, after=after, limit=BATCH)
            if not rows:
                return done
            _refresh(plan, rows)
            after = rows[-1]["id"]
            done += len(rows)


def leads_refresh(*, contact_ids: Sequence[UUID]) -> int:
    """Contacts have changed (numbers, suppression, data): what their leads keep of them is written again."""
    done = 0
    for start in range(0, len(contact_ids), BATCH):
        with transaction.atomic():
            rows = sql.rows("campaigns", "leads_of_contacts", contacts=list(contact_ids[start : start + BATCH]))
            for campaign in sorted({row["campaign_id"] for row in rows}):
                _refresh(plan_load(campaign_id=campaign), [row for row in rows if row["campaign_id"] == campaign])
            done += len(rows)
    return done


def _refresh(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> None:
    most = plan.settings["max_attempts_per_number"]
    used = {
        row["lead_id"]: row["numbers"]
        for row in sql.rows("campaigns", "numbers_used_up", leads=[row["id"] for row in rows], most=most)
    }
    by_contact = {row["contact_id"]: used[row["id"]] for row in rows if row["id"] in used}
    found = contacts.contacts_for_leads([row["contact_id"] for row in rows])
    kept = kept_of(found, plan, by_contact)
    writer = Writer(plan, clock.now())
    for row in rows:
        lead = writer.open(row)
        of = kept.get(lead.contact_id)
        if of is None:
            continue
        lead.numbers, lead.suppressed, lead.deactivated = of.numbers, of.suppressed, of.deactivated
        lead.order_text, lead.zone_id = of.order_text, of.zone_id
        days = plan.settings["expiry_days"]
        expires = lead.created_at + timedelta(days=days) if days else None
        if expires != lead.expires_at:
            lead.expires_at, lead.expired = expires, False
    writer.flush(quiet=True)
