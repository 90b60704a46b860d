"""The boards over HTTP: a snapshot to begin with; what changes after is told by the live stream."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ringround.http.kit import ApiRequest, Id, Out, Router
from ringround.reports import queries

router = Router(tags=["Live"])


class AgentOut(Out):
    id: Id
    name: str
    state: str
    lost: bool
    """The agent's screen has fallen silent; they are waited for."""
    since: datetime | None
    pause_reason: str | None
    lead: Id | None


class SnapshotOut(Out):
    at: datetime
    campaign: Id
    state: str
    progress: dict[str, int | None]
    leads: dict[str, Any]
    attempts: int
    callbacks_due: int
    agents: list[AgentOut]
    agents_by_state: dict[str, int]
    why_not_dialling: dict[str, Any] | None  # null while a large campaign is counted for the first time


@router.get("/campaigns/{campaign_id}", response=SnapshotOut, summary="A campaign at this moment")
def snapshot(request: ApiRequest, campaign_id: Id) -> object:
    """Listen to `/live/stream?topics=campaign:<id>` for changes, and ask again."""
    found = queries.board(actor=request.actor, campaign_id=campaign_id)
    return queries.snapshot_json(found, queries.standing(actor=request.actor, campaign_id=campaign_id))


ROUTERS = [("/live", router)]
