"""What the relay does for this room as time goes on."""

from __future__ import annotations

from datetime import datetime

from ringround.campaigns.actions.bulk import bulk_clear, bulk_rescue
from ringround.campaigns.actions.plan import campaigns_complete_due, preassign_rescue
from ringround.campaigns.actions.sites import site_deliveries_clear
from ringround.campaigns.actions.turn import turn_due
from ringround.campaigns.queries.plan import next_end
from ringround.infra import clock, sql
from ringround.infra.relay.loop import Tick


def turn() -> bool:
    """Leases that lapsed, leads that expired, callbacks fallen due, private redials to release."""
    return turn_due(now=clock.now()) >= 500


def fold() -> bool:
    """Counts appended by hot transactions into the rows that are read."""
    sql.run("campaigns", "counts_fold")
    sql.run("campaigns", "skips_forget", now=clock.now())
    return False


def complete() -> bool:
    """Campaigns whose end time, target or last lead has come."""
    campaigns_complete_due(now=clock.now())
    return False


def rescue() -> bool:
    """What is shown as under way and nobody does any more is given up, and says so."""
    bulk_rescue()
    preassign_rescue()
    return False


def clear() -> bool:
    """What is done with is forgotten."""
    bulk_clear()
    return site_deliveries_clear()


def next_due() -> datetime | None:
    """The next moment at which time changes a lead, or ends a campaign; for the virtual clock."""
    row = sql.row("campaigns", "next_turn")
    times = [at for at in (row["at"] if row else None, next_end()) if at is not None]
    return min(times, default=None)


def idle(now: datetime) -> bool:
    """Whether nothing is overdue."""
    at = next_due()
    return at is None or at > now


TICKS = [
    Tick("campaigns.turn", 0.5, turn),
    Tick("campaigns.fold", 2.0, fold),
    Tick("campaigns.complete", 2.0, complete),
    Tick("campaigns.rescue", 10.0, rescue),
    Tick("campaigns.clear", 3600.0, clear),
]
