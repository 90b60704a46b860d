"""Background jobs: those that are under way, and those that a killed worker left behind."""

from __future__ import annotations

import json
from typing import Any

from ringround.infra import sql

# Workers say every ten seconds that they live, and forget each other after as many as this (Procrastinate's own).
SILENT_S = 30.0
MOST_ATTEMPTS = 5


def under_way(task: str) -> list[dict[str, Any]]:
    """The arguments of the jobs of this task that wait or are being done. What is written down as under way, and is not
    found here by a reader who looked there first, nobody does any more."""
    return [json.loads(row["args"]) for row in sql.rows("infra", "jobs_open", task=task)]


def take_back() -> int:
    """Put what killed workers were doing into the queue again, for the relay; how many jobs that were."""
    return len(sql.rows("infra", "jobs_take_back", silent_s=SILENT_S, most=MOST_ATTEMPTS))
