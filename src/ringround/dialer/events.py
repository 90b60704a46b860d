"""Events of the agents' presence. Subject `presence`: one for each agent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ringround.infra import events
from ringround.infra.event_types import declare

if TYPE_CHECKING:
    from ringround.dialer.store import AgentRow

CHANGED = declare(
    "dialer.agent.state_changed",
    "An agent is in another state, or works on another campaign.",
    subject="presence",
    data={
        "agent": "the agent's id",
        "campaign": "the campaign they work on, or null",
        "from": "the state before",
        "to": "the state now",
        "lost": "true when the agent's screen fell silent rather than being left",
    },
)


def changed(presence: AgentRow, *, before: str, campaign_id: UUID | None, at: datetime) -> None:
    """Record a change of a locked presence; `campaign_id` is the one it is about (the one left, on leaving)."""
    presence.event_no += 1
    events.record(
        org_id=presence.organisation_id,
        also_org_id=presence.merchant_id,
        type=CHANGED,
        subject_type="presence",
        subject_id=presence.id,
        subject_no=presence.event_no,
        at=at,
        data={
            "agent": str(presence.user_id),
            "campaign": str(campaign_id) if campaign_id else None,
            "from": before,
            "to": presence.state,
            "lost": bool(presence.back_to),
        },
    )
