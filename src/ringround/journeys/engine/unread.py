"""Runs of a version that this release cannot read: they can be ended, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ringround.infra import sql
from ringround.journeys.models import Version


def end(rows: Sequence[Mapping[str, Any]], reason: str, now: datetime) -> None:
    """End these runs, which are locked."""
    journeys = dict(
        Version.objects.filter(id__in={row["version_id"] for row in rows}).values_list("id", "journey_id")
    )  # fmt: skip
    rows = [row for row in rows if row["version_id"] in journeys]
    if not rows:
        return
    ids = [row["id"] for row in rows]
    versions = [row["version_id"] for row in rows]
    sql.run(
        "journeys", "runs_end", now=now, old=ids, ids=ids, leads=[row["lead_id"] for row in rows],
        journeys=[journeys[one] for one in versions], versions=versions, nodes=[row["node"] for row in rows],
        entered=[row["entered_at"] for row in rows], hows=["stopped" for _ in rows], reasons=[reason for _ in rows],
        steps=[row["steps"] for row in rows],
    )  # fmt: skip
    sql.run(
        "journeys", "counts_add", versions=versions, nodes=["" for _ in rows], keys=["finished:stopped" for _ in rows],
        ns=[1 for _ in rows],
    )  # fmt: skip
