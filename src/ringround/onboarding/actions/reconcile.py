"""Asking payment providers how things stand of which they should have told us. Their answers come as if they had: what
is new is applied, what is known is ignored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ringround.infra import sql
from ringround.infra.unit import unit
from ringround.onboarding.models import GatewayOrder

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
    """Order looks at what is overdue: sessions of which a webhook seems lost at any hour, charges too; mandates by
    night. Whether more is to be looked at now: what is done by day is done a batch at a time, however much it is after
    a provider's bad day, for agents are at work."""
    local = now.astimezone(_ZONE)
    since = now - QUIET
    found: list[tuple[dict[str, Any], str]] = []
    for row in sql.rows("onboarding", "lost_sessions", since=since, ended=now - LATE, limit=BATCH):
        found.append((row, "charge" if row["payment_type"] == "single" else "mandate"))
    charges = sql.rows("onboarding", "lost_charges", day=local.date(), since=since, limit=BATCH)
    found += [(row, "charge") for row in charges]
    with unit():
        mandates: list[dict[str, Any]] = []
        if local.hour in NIGHT:
            mandates = sql.rows("onboarding", "mandates_look", now=now, since=now - WEEK, limit=BATCH)
            found += [(row, "mandate") for row in mandates]
        if not found:
            return False
        GatewayOrder.objects.bulk_create(
            [_look(row, of, now) for row, of in found], ignore_conflicts=True
        )  # fmt: skip
    return len(mandates) >= BATCH


def _look(row: dict[str, Any], of: str, now: datetime) -> GatewayOrder:
    return GatewayOrder(
        account_id=row["account_id"], what="look", subject_id=row["id"], lane_id=row["id"],
        key=f"look:{row['id'].hex}:{now.isoformat(timespec='seconds')}", data={"ref": row["ref"], "of": of},
        created_at=now, next_at=now,
    )  # fmt: skip
