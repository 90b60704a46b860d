"""Reading: journeys and their versions, runs, figures, notices."""

from ringround.journeys.queries.journeys import (
    backfill_count,
    checked,
    journey_get,
    journey_json,
    journey_list,
    journeys_to_start,
    known_of,
    version_list,
)
from ringround.journeys.queries.notices import MOST_COUNTED, notice_get, notice_list, notices_seen_last, notices_waiting
from ringround.journeys.queries.runs import (
    Way,
    lead_runs,
    migration_preview,
    run_get,
    run_json,
    run_list,
    run_way,
    runs_by_node,
    runs_stuck,
    stats,
    stats_rebuilt,
)
from ringround.journeys.queries.simulation import events_read, simulate_lead, simulate_past
from ringround.journeys.queries.takeover import Stands, Takeover, any_behind, takeover

__all__ = [
    "MOST_COUNTED",
    "Stands",
    "Takeover",
    "Way",
    "any_behind",
    "backfill_count",
    "checked",
    "events_read",
    "journey_get",
    "journey_json",
    "journey_list",
    "journeys_to_start",
    "known_of",
    "lead_runs",
    "migration_preview",
    "notice_get",
    "notice_list",
    "notices_seen_last",
    "notices_waiting",
    "run_get",
    "run_json",
    "run_list",
    "run_way",
    "runs_by_node",
    "runs_stuck",
    "simulate_lead",
    "simulate_past",
    "stats",
    "stats_rebuilt",
    "takeover",
    "version_list",
]
