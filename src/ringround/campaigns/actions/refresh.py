"""When something elsewhere changes: an agent leaves, a setting or a contact is another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.actions.turn import tell_common
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import kept_of, numbers_left
from ringround.campaigns.rules.turn import make_common
from ringround.contacts import queries as contacts
from ringround.infra import clock, jobs, sql
from ringround.orgs.actor import Actor

BATCH = 1000


def leads_unassign(*, actor: Actor | None, campaign_id: UUID, user_id: UUID) -> int:
    """An agent is off the campaign: what they hold goes back, what was kept is free, their callbacks are common.

    The agent's own lock first: a claim in flight is waited for, and one that comes after finds no agent.
    """
    done = 0
    plan = plan_load(campaign_id=campaign_id)
    while True:
        with transaction.atomic():
            sql.rows("campaigns", "agents_lock", users=[user_id])
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
                        make_common(lead)
                        tell_common(writer, lead, user_id, reason="owner_removed")
                    lead.owner_id = None
            writer.flush()
            done += len(rows)
        if len(rows) < BATCH:
            return done
        jobs.look_up()


def leads_replace(*, campaign_id: UUID) -> int:
    """Compute all placements of a campaign again, after a setting that decides them has changed. In batches."""
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
        jobs.look_up()


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
    now = clock.now()
    found = contacts.contacts_for_leads([row["contact_id"] for row in rows])
    kept = kept_of(found, plan, now)
    writer = Writer(plan, now)
    leads = [writer.open(row) for row in rows]
    for lead in leads:
        of = kept.get(lead.contact_id)
        if of is None:
            continue
        lead.numbers, lead.suppressed, lead.deactivated = of.numbers, of.suppressed, of.deactivated
        lead.order_text, lead.zone_id = of.order_text, of.zone_id
        days = plan.settings["expiry_days"]
        expires = lead.created_at + timedelta(days=days) if days else None
        if expires != lead.expires_at:
            lead.expires_at, lead.expired = expires, False
    left = numbers_left(leads, plan)
    for lead in leads:
        lead.numbers = left[lead.id]
    writer.flush(quiet=True)
