"""Asking payment providers how things stand of which they should have told us. Their answers come as if they had: what
is new is applied, what is known is ignored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.infra import sql
from ringround.infra.unit import unit
from ringround.onboarding.models import GatewayAccount, GatewayOrder
from ringround.onboarding.rules.charge import next_look
from ringround.onboarding.standing import rail_of

# What is heard of within a day is not asked about.
QUIET = timedelta(days=1)
# So long after its end a session is asked about that had begun at its gateway.
LATE = timedelta(days=7)
# A mandate is asked about so often, whatever is heard of it.
WEEK = timedelta(days=7)
BATCH = 500
# At night, when providers and we have little to do.
NIGHT = range(2, 5)
_ZONE = ZoneInfo("Europe/Copenhagen")


def reconcile(*, now: datetime) -> bool:
    """Order looks at what is overdue: sessions of which a webhook seems lost at any hour, charges and refunds too; by
    night mandates, and a few times in its life what was collected: its money may have gone back. Whether more is to be
    looked at now: what is done by day is done a batch at a time, however much it is after a provider's bad day, for
    agents are at work."""
    local = now.astimezone(_ZONE)
    since = now - QUIET
    found: list[GatewayOrder] = []
    for row in sql.rows("onboarding", "lost_sessions", since=since, ended=now - LATE, limit=BATCH):
        found.append(_look(row, "charge" if row["payment_type"] == "single" else "mandate", now))
    charges = sql.rows("onboarding", "lost_charges", day=local.date(), since=since, limit=BATCH)
    found += [_look(row, "charge", now) for row in charges]
    more = False
    with unit():
        sql.run("onboarding", "refunds_again", now=now, since=since)
        if local.hour in NIGHT:
            mandates = sql.rows("onboarding", "mandates_look", now=now, since=now - WEEK, limit=BATCH)
            collected = sql.rows("onboarding", "charges_look", day=local.date(), limit=BATCH)
            found += [_look(row, "mandate", now) for row in mandates]
            found += _gone_back(collected, now)
            more = len(mandates) >= BATCH or len(collected) >= BATCH
        if found:
            GatewayOrder.objects.bulk_create(found, ignore_conflicts=True)
    return more


def _gone_back(rows: Sequence[dict[str, Any]], now: datetime) -> list[GatewayOrder]:
    """Looks at charges that were collected, and are locked; each is noted for its next one. None for a rail that would
    not say, nor where the work is over."""
    if not rows:
        return []
    today = now.astimezone(_ZONE).date()
    accounts = GatewayAccount.objects.in_bulk({row["account_id"] for row in rows})
    windows: dict[tuple[UUID, str], int] = {}
    days: list[date | None] = []
    found = []
    for row in rows:
        key = (row["account_id"], row["method"])
        if key not in windows:
            account = accounts[row["account_id"]]
            # A single payment has no mandate; what it was paid by is the account's all the same.
            windows[key] = rail_of(account, row["method"] or next(iter(account.methods), "")).back_days
        window = 0 if row["closing"] else windows[key]
        day = next_look(collected_on=row["ended_at"].astimezone(_ZONE).date(), window=window, today=today)
        days.append(day)
        if window and row["ref"]:
            found.append(_look(row, "charge", now, state="charged", refunded=row["refunded"]))
    sql.run("onboarding", "charges_looked", ids=[row["id"] for row in rows], days=days)
    return found


def _look(row: dict[str, Any], of: str, now: datetime, **known: Any) -> GatewayOrder:
    """`known`: what would be no news of it."""
    return GatewayOrder(
        account_id=row["account_id"], what="look", subject_id=row["id"], lane_id=row["id"],
        key=f"look:{row['id'].hex}:{now.isoformat(timespec='seconds')}", data={"ref": row["ref"], "of": of, **known},
        created_at=now, next_at=now,
    )  # fmt: skip
