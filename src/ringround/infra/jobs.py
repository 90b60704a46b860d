"""Background jobs that a killed worker left behind."""

from __future__ import annotations

from ringround.infra import sql

# Workers say every ten seconds that they live, and forget each other after as many as this (Procrastinate's own).
SILENT_S = 30.0
MOST_ATTEMPTS = 5


def take_back() -> int:
    """Put what killed workers were doing into the queue again, for the relay; how many jobs that were."""
    return len(sql.rows("infra", "jobs_take_back", silent_s=SILENT_S, most=MOST_ATTEMPTS))
