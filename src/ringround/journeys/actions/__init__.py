"""Writing: one function, one transaction."""

from ringround.journeys.actions.forget import journeys_forget
from ringround.journeys.actions.hooks import Received, hook_create, hook_receive
from ringround.journeys.actions.lifecycle import (
    backfill,
    journey_archive,
    journey_make,
    journey_pause,
    journey_publish,
    journey_resume,
    runs_migrate,
)
from ringround.journeys.actions.notices import notice_seen, notices_seen
from ringround.journeys.actions.outbox import outbox_done
from ringround.journeys.actions.runs import run_retry, run_stop, runs_start
from ringround.journeys.actions.writing import draft_save, journey_create

__all__ = [
    "Received",
    "backfill",
    "draft_save",
    "hook_create",
    "hook_receive",
    "journey_archive",
    "journey_create",
    "journey_make",
    "journey_pause",
    "journey_publish",
    "journey_resume",
    "journeys_forget",
    "notice_seen",
    "notices_seen",
    "outbox_done",
    "run_retry",
    "run_stop",
    "runs_migrate",
    "runs_start",
]
