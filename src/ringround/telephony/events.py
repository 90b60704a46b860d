"""Events of the exchange. Subject `call`; they carry ids and outcomes, never a number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ringround.infra import events
from ringround.infra.event_types import declare
from ringround.telephony.models import Call

_DATA = {
    "call": "the call's id",
    "agent": "the agent's id, or null",
    "agency": "the id of the organisation that calls",
    "exchange": "the exchange that carries it: device",
    "direction": "out, or in",
}
_OUTCOME = {
    "outcome": "answered, no_answer, busy, machine, invalid_number, failed, abandoned or cancelled",
    "duration_s": "whole seconds from answer (on a device from dialling) to the end; 0 when nobody answered",
}
STARTED = declare("telephony.call.started", "A call has begun.", subject="call", data=_DATA)
ANSWERED = declare(
    "telephony.call.answered", "The exchange reports that a call is answered.", subject="call", data=_DATA
)
ENDED = declare(
    "telephony.call.ended",
    "A call is over, and its outcome is known.",
    subject="call",
    data={**_DATA, **_OUTCOME},
)


RESTATED = declare(
    "telephony.call.restated",
    "What came of a call that ended without its agent's word was said afterwards: it has another outcome.",
    subject="call",
    data={**_DATA, **_OUTCOME},
)


def call_event(call: Call, kind: str, *, at: datetime | None = None) -> events.Record:
    """The event of a call whose `event_no` has just been drawn under its lock; `at` where the call does not say."""
    data: dict[str, Any] = {
        "call": str(call.id),
        "agent": str(call.agent_id) if call.agent_id else None,
        "agency": str(call.agency_id) if call.agency_id else None,
        "exchange": call.exchange,
        "direction": call.direction,
    }
    if kind in (ENDED, RESTATED):
        talked = call.answered_at or (call.started_at if call.outcome == Call.Outcome.ANSWERED else None)
        data["outcome"] = call.outcome
        data["duration_s"] = int((call.ended_at - talked).total_seconds()) if talked and call.ended_at else 0
    return events.Record(
        org_id=call.organisation_id,
        also_org_id=call.agency_id,
        type=kind,
        subject_type="call",
        subject_id=call.id,
        subject_no=call.event_no,
        at=at or (call.ended_at if kind == ENDED else call.answered_at if kind == ANSWERED else call.started_at),
        data=data,
    )
