"""Events of the conductor. Subject `run`; they carry ids, never what a condition asked about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ringround.infra.event_types import declare
from ringround.journeys.rules.run import Run

_RUN = {
    "journey": "the journey's id",
    "lead": "the lead's id",
    "campaign": "the id of the lead's campaign, or null where the lead is gone",
}
STARTED = declare(
    "journeys.run.started", "A lead has entered a journey.", subject="run", data={**_RUN, "version": "its number"}
)
FINISHED = declare(
    "journeys.run.finished",
    "A lead has come to the end of a journey.",
    subject="run",
    data={
        **_RUN,
        "version": "its number",
        "reason": "why: end, goal, exit, exit_when, max_age, failed, skipped, stopped and others",
        "name": "what the journey calls this end; may be empty",
    },
)
EMITTED = declare(
    "journeys.event.emitted", "A journey has emitted an event of its own.", subject="run",
    data={**_RUN, "name": "the event's name"},
)  # fmt: skip
NOTIFIED = declare(
    "journeys.notice.made", "A journey has something to tell a user.", subject="run",
    data={"journey": "the journey's id", "lead": "the lead's id", "user": "the user's id"},
)  # fmt: skip
NOTICES_SEEN = declare(
    "journeys.notice.seen", "A user has seen what a journey told them.", subject="notice",
    data={"user": "the user's id"},
)  # fmt: skip
NOTICED = declare(
    "journeys.notice.written", "A user is told of something beside any journey.", subject="notice",
    data={"user": "the user's id"},
)  # fmt: skip
_JOURNEY = {"version": "the version's number"}
PUBLISHED = declare("journeys.journey.published", "A journey was published.", subject="journey", data=_JOURNEY)
PAUSED = declare("journeys.journey.paused", "A journey stands still.", subject="journey", data={})
RESUMED = declare("journeys.journey.resumed", "A journey goes on.", subject="journey", data={})
ARCHIVED = declare("journeys.journey.archived", "A journey was put away; its runs end.", subject="journey", data={})
# What a webhook comes in as. It is in no log of events: what it carries may be personal.
HOOK = "journeys.hook.received"


def cause_of(journey_id: UUID, run: Run) -> dict[str, Any]:
    """What leads to whatever this run does."""
    return {"journey": str(journey_id), "run": run.id, "depth": run.depth}
