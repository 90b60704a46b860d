"""Placing contacts on a campaign."""

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

from ringround.campaigns.models import Campaign, Lead, TimelineItem
from ringround.campaigns.queries.packs import packs_of
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import Kept, kept_of
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.place import NO_PACKS, place
from ringround.contacts import queries as contacts
from ringround.contacts.actions import contacts_keep
from ringround.infra import audit, clock, events, jobs, sql
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

BATCH = 1000
Causes = Mapping[UUID, Mapping[str, Any] | None]


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

    An `external_lead_id` that another lead of the campaign has is 409 `external_id_taken`, one contact said to be two
    different leads is 422 `contact_twice`. An agency places contacts of the lists that the campaign has, and no others.
    """
    require(actor, "campaigns.leads.add")
    if not visible_campaigns(actor).filter(id=campaign_id).exists():
        raise NotFound("campaign")
    now = clock.now()
    plan = plan_load(campaign_id=campaign_id)
    wanted = list(dict.fromkeys(leads))
    _check_once(wanted)
    created: list[UUID] = []
    existing: list[UUID] = []
    pending = iter(wanted)
    while batch := list(islice(pending, BATCH)):
        new, old = _place_batch(plan, batch, now, actor)
        created += new
        existing += old
    if created:
        audit.write(
            actor=actor, action="campaigns.leads.added", org_id=plan.merchant_id, subject_type="campaign",
            subject_id=campaign_id, data={"count": len(created)},
        )  # fmt: skip
    return Added(created, existing)


def _check_once(leads: Sequence[NewLead]) -> None:
    seen: set[UUID] = set()
    for one in leads:
        if one.contact_id in seen:
            where = {"contact": str(one.contact_id)}
            raise Invalid(
                [Fault(("contacts",), "contact_twice", _("A contact is one lead of a campaign, not two."), where)]
            )
        seen.add(one.contact_id)


def list_leads_add(*, campaign_id: UUID, contact_ids: Iterable[UUID]) -> int:
    """Place contacts of a followed list: one transaction a batch, safe to run again. How many leads were made."""
    plan = plan_load(campaign_id=campaign_id)
    made = 0
    pending = iter(contact_ids)
    while batch := list(islice(pending, BATCH)):
        # A list is read again whenever its campaign has not looked for a while: nearly all of it is there already.
        there = set(Lead.objects.filter(campaign=campaign_id, contact__in=batch).values_list("contact_id", flat=True))
        if fresh := [NewLead(contact_id=one) for one in batch if one not in there]:
            with transaction.atomic():
                new, _old = _place_batch(plan, fresh, clock.now(), None)
                made += len(new)
        jobs.look_up()
    return made


def leads_place(*, plan: Plan, leads: Sequence[NewLead], now: datetime, causes: Causes) -> dict[UUID, UUID]:
    """Place contacts on a campaign in the caller's transaction, at most a batch; the new leads by contact. Who is a
    lead there already stays as they are, and a contact that is gone is left out."""
    made, _there = _place_batch(plan, leads, now, None, causes)
    return dict(Lead.objects.filter(id__in=made).values_list("contact_id", "id"))


def leads_place_again(*, campaign_id: UUID, leads: Sequence[UUID], actor: Actor | None) -> int:
    """Place the contacts of these leads on another campaign, in their order; how many. In the caller's transaction.

    Each new lead's history says from which it came: what was done there is read there.
    """
    there = dict(Lead.objects.filter(id__in=leads).values_list("id", "contact_id"))
    contact_ids = [there[one] for one in leads if one in there]
    made = list_leads_add(campaign_id=campaign_id, contact_ids=contact_ids)
    if not made:
        return 0
    came = {contact: lead for lead, contact in there.items()}
    now = clock.now()
    new = Lead.objects.filter(campaign=campaign_id, contact__in=contact_ids).values_list("id", "contact_id")
    TimelineItem.objects.bulk_create(
        TimelineItem(
            lead_id=lead, at=now, kind="change", key="recycled", ref_type="lead", ref_id=came[contact],
            by_id=actor.user_id if actor else None,
        )
        for lead, contact in new
    )  # fmt: skip
    return made


_INSERT_COLUMNS = (
    "id, campaign_id, merchant_id, contact_id, external_lead_id, status, active, attempts, priority, urgent_at,"
    " position, next_contact_at, expires_at, expired, result, engaged, created_at, handout_rule, suppressed,"
    " deactivated, numbers, order_text, zone_id, queue, for_agent, rank, rank_text, turn_at, event_no"
)
_INSERT = (
    f"INSERT INTO campaigns_lead ({_INSERT_COLUMNS}) VALUES ({', '.join(['%s'] * 29)})"  # noqa: S608 - constants
    " ON CONFLICT (campaign_id, contact_id) DO NOTHING"
)


def _place_batch(
    plan: Plan, batch: Sequence[NewLead], now: datetime, actor: Actor | None, causes: Causes | None = None
) -> tuple[list[UUID], list[UUID]]:
    """Place one batch. Positions are drawn under the campaign's row lock, so they follow each other.

    An unknown contact is refused where somebody (`actor`) names it; on a list it was deleted meanwhile: left out.
    `causes`: by contact, what led to it.
    """
    by_contact = {one.contact_id: one for one in batch}
    kept_ids = contacts_keep(contact_ids=list(by_contact))
    found = {one.id: one for one in _contacts_for(plan, kept_ids, actor)}
    missing = [one for one in by_contact if one not in found]
    if missing and actor is not None:
        raise Invalid(
            [Fault(("contacts",), "unknown_contact", _("There is no such contact."), {"contact": str(missing[0])})]
        )
    by_contact = {one: new for one, new in by_contact.items() if one in found}
    row = sql.row("campaigns", "positions_take", campaign=plan.id, n=len(by_contact))
    assert row is not None
    there = dict(Lead.objects.filter(campaign=plan.id, contact__in=list(by_contact)).values_list("contact_id", "id"))
    _check_external(plan, [one for one in by_contact.values() if one.contact_id not in there])
    fresh = [one for one in by_contact.values() if one.contact_id not in there]
    kept = kept_of([found[one.contact_id] for one in fresh], plan, now)
    made = [_new_lead(plan, one, kept[one.contact_id], row["first"] + n, now) for n, one in enumerate(fresh)]
    if made:
        _insert(plan, made, now, causes or {})
    return [lead.id for lead in made], [there[one] for one in by_contact if one in there]


def _contacts_for(plan: Plan, ids: Sequence[UUID], actor: Actor | None) -> list[contacts.ContactFacts]:
    """Those that may become leads: the merchant's; for its agency only what is on the campaign's lists already."""
    found = contacts.contacts_for_leads(ids, org_id=plan.merchant_id)
    if actor is None or actor.org_id == plan.merchant_id:
        return found
    lists = set(Campaign.lists.through.objects.filter(campaign_id=plan.id).values_list("contactlist_id", flat=True))
    return [one for one in found if one.list_id in lists]


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


def _insert(plan: Plan, leads: Sequence[LeadFacts], now: datetime, causes: Causes) -> None:
    rows: list[tuple[Any, ...]] = []
    packs = packs_of(leads, plan, now)
    for lead in leads:
        at = place(lead, plan.order, now, packs.get(lead.id, NO_PACKS))
        rows.append(
            (
                lead.id, lead.campaign_id, lead.merchant_id, lead.contact_id, lead.external_lead_id, lead.status,
                lead.active, 0, lead.priority, lead.urgent_at, lead.position, lead.next_contact_at, lead.expires_at,
                False, Jsonb({}), False, lead.created_at, "", lead.suppressed, lead.deactivated, lead.numbers,
                lead.order_text, lead.zone_id, at.queue, at.for_agent, at.rank, at.rank_text, at.turn_at, lead.event_no,
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
            cause=causes.get(lead.contact_id),
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
