"""The hand-out: giving an agent the next lead, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.calls import call_drop, rest
from ringround.campaigns.actions.held import lock_held
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.actions.turn import turn_due
from ringround.campaigns.queries.access import check_agent
from ringround.campaigns.queries.packs import asked_of
from ringround.campaigns.queries.plan_facts import Plan, plan_load, zones_open
from ringround.campaigns.rules.lead import LeadFacts
from ringround.infra import clock, sql
from ringround.infra.unit import action
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor

# Times a claim is sent anew: after the overdue changes of its campaign were made (in the last rounds the rest is left
# to the relay), or since the campaign was changed in between.
_ROUNDS, _TURNS = 8, 4


@dataclass(frozen=True, slots=True)
class Handout:
    """A lead given: by which rule (`held`: it was this agent's already), and until when it is theirs."""

    lead_id: UUID
    campaign_id: UUID
    rule: str
    until: datetime


@dataclass(frozen=True, slots=True)
class NoLead:
    """Nothing to give: `no_lead_due`, `outside_hours` or `campaign_not_running`."""

    reason: str


def lead_next(*, actor: Actor, campaign_id: UUID) -> Handout | NoLead:
    """*Get customer*: the same lead as long as one is held, else the first eligible one, now leased to this agent.

    No transaction of its own: the claim is one statement, and asks itself whether the campaign is still as it was read.
    """
    now = clock.now()
    assert actor.user_id is not None
    plan = _plans.get(campaign_id)
    for sent in range(_ROUNDS):
        zones = zones_open(plan=plan, now=now) if plan is not None and _may_serve(plan, actor, now) else []
        if plan is None or not zones:
            plan = plan_load(campaign_id=campaign_id, user_id=actor.user_id)
            check_agent(actor=actor, plan=plan)
            # Without zones the claim still answers what is held already.
            zones = zones_open(plan=plan, now=now) if plan.serves(now) else []
        found = _claim(plan, actor.user_id, now, zones, turned=sent >= _TURNS)
        match found["what"]:
            case "given" | "held":
                _remember(plan)
                return Handout(found["lead_id"], found["campaign_id"], found["rule"], found["until"])
            case "none" if not plan.serves(now):
                return NoLead("campaign_not_running")
            case "none":
                return NoLead("outside_hours" if plan.zones and not zones else "no_lead_due")
            case "turn":
                turn_due(now=now, campaign_id=campaign_id)
            case _:
                plan = None
    return NoLead("no_lead_due")


# Campaigns as they were last read here. Never believed: the claim compares the version, the zones, the agent and the
# link, and says "stale" when one is not so any more. It spares reading the campaign before each claim.
_plans: dict[UUID, Plan] = {}
_MOST_PLANS = 500


def _remember(plan: Plan) -> None:
    if len(_plans) >= _MOST_PLANS:
        _plans.clear()
    _plans[plan.id] = plan


def _may_serve(plan: Plan, actor: Actor, now: datetime) -> bool:
    return actor.org_id in (plan.agency_id, plan.merchant_id) and plan.serves(now)


def _claim(plan: Plan, user_id: UUID, now: datetime, zones: list[int], *, turned: bool) -> dict[str, Any]:
    found = sql.row(
        "campaigns",
        "claim",
        campaign=plan.id,
        version=plan.version,
        user=user_id,
        now=now,
        until=now + plan.reservation(),
        zones=zones,
        known_zones=len(plan.zones),
        max_attempts=plan.settings["max_attempts"],
        new_per_retried=plan.settings["new_per_retried"],
        log_id=new_id(),
        event_id=new_id(),
        turned=turned,
        packs=asked_of(plan, now),
    )
    assert found is not None
    return found


@action
def lead_skip(*, actor: Actor, lead_id: UUID, reason: str = "") -> None:
    """Give the lead back unworked: not offered to this agent again for the cool-down, pre-assignment kept."""
    now = clock.now()
    row, plan = lock_held(actor=actor, lead_id=lead_id, now=now)
    rule = plan.settings["skip"]
    if rule == "no":
        raise Conflict("skip_not_allowed", _("Contacts may not be skipped on this campaign."))
    if rule == "reason" and not reason.strip():
        raise Invalid.one("reason", "required", _("Say why you skip this contact."))
    if row["call_id"] is not None:
        raise Conflict("in_call", _("A call is under way. Say what happened instead."))
    writer = Writer(plan, now, actor)
    lead = writer.open(row)
    agent = lead.reserved_by_id
    cool_down(lead, plan, agent, now)
    writer.free(lead, "skipped", reason=reason.strip())
    writer.event(lead, "campaigns.lead.skipped", agent=str(agent))
    writer.tell(lead, "handout", "skipped", text=reason.strip())
    writer.flush()


def cool_down(lead: LeadFacts, plan: Plan, agent_id: UUID | None, now: datetime) -> None:
    """Do not offer this lead to this agent for a while."""
    seconds = plan.settings["skip_cooldown_s"]
    if agent_id is not None and seconds:
        sql.run(
            "campaigns", "skip_add", id=new_id(), lead=lead.id, user=agent_id, until=now + timedelta(seconds=seconds)
        )


@transaction.atomic
def leads_release_held(*, actor: Actor) -> int:
    """Give back all that the actor holds, who leaves; how many."""
    now = clock.now()
    user = actor.user_id
    held = sql.rows("campaigns", "held", user=user, now=now)
    for one in sorted(held, key=lambda row: (row["campaign_id"], row["id"])):
        row = sql.row("campaigns", "lead_lock", lead=one["id"])
        if row is None or row["reserved_by_id"] != user:
            continue
        plan = plan_load(campaign_id=row["campaign_id"])
        writer = Writer(plan, now, actor)
        release(writer, writer.open(row), reason="left")
        writer.flush()
    return len(held)


def release(writer: Writer, lead: LeadFacts, *, reason: str) -> None:
    """End a lease without a result."""
    agent = lead.reserved_by_id
    called = lead.call_id is not None
    call_drop(lead, writer)
    if called:
        rest(lead, writer)
    writer.free(lead, "released", reason=reason)
    writer.event(lead, "campaigns.lead.released", agent=str(agent), reason=reason)
    writer.tell(lead, "handout", "released", params={"reason": reason})
