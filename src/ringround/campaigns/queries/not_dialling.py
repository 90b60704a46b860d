"""Why is this campaign not dialling: all its leads counted by gate.

The count reads every lead, so that of a large campaign is kept for a while and shared by all who ask, and only one of
them counts at a time. Worked example: 10 million leads that take 40 s to count, 50 pages open and 500 agents waiting:
one count in about seven minutes, and the rest is a look into the cache. What is the campaign's own (state, window,
hours, agents) is asked anew each time, so that what is shown is late in the leads alone, and says since when.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.core.cache import cache

from ringround.campaigns.models import Campaign, CampaignMember
from ringround.campaigns.queries.packs import asked_of
from ringround.campaigns.queries.plan import campaign_get, counts
from ringround.campaigns.queries.plan_facts import Plan, plan_load, zone_facts
from ringround.compliance import rules as compliance
from ringround.infra import clock, sql
from ringround.kernel.windows import Window, all_open, next_all_open
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# Up to so many leads a count is cheap enough to be made each time.
FEW = 20_000
# A count is kept for so many times as long as it took: it costs the server a tenth of one processor at most.
REST = 10
LONGEST_COUNT_S = 600
RETRY_S = 5
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class NotDialling:
    """How many leads could be called now, and how many each gate holds back (a lead may fail several)."""

    callable_now: int
    leads: int
    by_gate: dict[str, int]
    next_at: datetime | None
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class _Count:
    """The leads of each zone by gate, as they were `at`, and how long the counting took."""

    rows: list[dict[str, Any]]
    at: datetime
    took: timedelta


def why_not_dialling(*, actor: Actor, campaign_id: UUID) -> NotDialling | None:
    """Counts by gate over all leads that are not closed; closed ones are counted under `open`.

    None while a large campaign is being counted for the first time: ask again in `RETRY_S`.
    """
    campaign = campaign_get(actor=actor, campaign_id=campaign_id)
    require(actor, "campaigns.overview")
    return standing(campaign=campaign)


def standing(*, campaign: Campaign, late_s: int = 0) -> NotDialling | None:
    """The same of a campaign that the caller has found the actor may work on or see; `late_s`: the leads as they were
    so many seconds ago will do, for those who ask often and by the hundred."""
    now = clock.now()
    plan = plan_load(campaign_id=campaign.id)
    count = _counted(plan, now, timedelta(seconds=late_s))
    return _told(plan, count, now) if count is not None else None


def _counted(plan: Plan, now: datetime, late: timedelta) -> _Count | None:
    few = counts(campaign_ids=[plan.id]).get(plan.id, {}).get("leads", 0) <= FEW
    key = f"campaigns.standing:{plan.id}"
    kept: _Count | None = cache.get(key)
    if kept is not None and now - kept.at < (late if few else max(late, kept.took * REST)):
        return kept
    counting = f"campaigns.standing.counting:{plan.id}"
    if not few and not cache.add(counting, 1, LONGEST_COUNT_S):
        return kept
    try:
        kept = _count(plan, now)
        cache.set(key, kept, DAY_S)
    finally:
        if not few:
            cache.delete(counting)
    return kept


def _count(plan: Plan, now: datetime) -> _Count:
    began = monotonic()
    rows = sql.rows(
        "campaigns", "why_not_dialling", campaign=plan.id, merchant=plan.merchant_id, now=now,
        max_attempts=plan.settings["max_attempts"], packs=asked_of(plan, now),
    )  # fmt: skip
    return _Count([dict(row) for row in rows], now, timedelta(seconds=monotonic() - began))


def _told(plan: Plan, count: _Count, now: datetime) -> NotDialling:
    total = callable_now = 0
    by_gate: Counter[str] = Counter()
    times: list[datetime] = []
    for kept in count.rows:
        row = dict(kept)
        leads, free, first_at, windows = row.pop("leads"), row.pop("free"), row.pop("first_at"), _windows(plan, row)
        total += leads
        by_gate.update(row)
        if all_open(windows, now):
            callable_now += free
        else:
            by_gate["lead_hours"] += leads - row["open"]
        # All must be open at once: the lead's own time, the campaign's start, and then the hours of its zone.
        if first_at is not None:
            earliest = max(one for one in (first_at, now, plan.facts.starts_at) if one is not None)
            if (at := next_all_open(windows, earliest, until=plan.facts.ends_at)) is not None:
                times.append(at)
    agents = CampaignMember.objects.filter(campaign=plan.id, duty="agent").exists()
    whole = {
        "campaign_running": plan.state == "running",
        "campaign_window": plan.in_window(now),
        "assigned_to_me": agents,
        # Leads that known packs bar are counted one by one.
        "frequency": compliance.knows_packs(plan.facts),
        "basis": compliance.knows_packs(plan.facts),
    }
    shut = [gate for gate, ok in whole.items() if not ok]
    by_gate.update(dict.fromkeys(shut, total))
    if shut:
        callable_now = 0
    waiting_helps = set(shut) <= {"campaign_window"} and times
    next_at = now if callable_now else min(times) if waiting_helps else None
    return NotDialling(callable_now, total, {name: n for name, n in by_gate.items() if n}, next_at, count.at)


def _windows(plan: Plan, row: dict[str, Any]) -> tuple[Window, ...]:
    key = plan.zones.get(row.pop("zone_id"), "|")
    return compliance.lead_windows(zone_facts(key), plan.facts)
