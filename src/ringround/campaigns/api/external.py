"""External systems over HTTP. What they themselves call is the desk's: `/external/{system}`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse

from ringround.campaigns import actions, queries
from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Name,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
    no_content,
)

router = Router(tags=["External systems"])

Agents = Annotated[dict[str, str], Field(max_length=2000)]


class SystemIn(Schema):
    key: Annotated[str, Field(min_length=1, max_length=63)]
    """What stands in the addresses that it calls: `/external/{key}/…`."""
    name: Name
    agents: Agents = {}
    """Its own ids of agents, and who each is: a user's id or e-mail address."""


class SystemPatch(Schema):
    name: Name | None = None
    agents: Agents | None = None
    """The whole table."""


class SystemOut(Out):
    id: UUID
    key: str
    name: str
    agents: dict[str, str]
    created_at: datetime


class SystemMade(SystemOut):
    token: str
    """Shown only here."""


def _made(row: Any, token: str) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in ("id", "key", "name", "agents", "created_at")}, "token": token}


@router.get("", response=Page[SystemOut], summary="List external systems")
def system_list(request: ApiRequest, filter: Query[Paging]) -> object:
    """Newest first."""
    rows, following = queries.external_system_list(actor=request.actor, size=filter.size, after=filter.after)
    return {"items": rows, "next": following}


@router.post("", response={201: SystemMade}, summary="Make an external system")
def system_create(request: ApiRequest, body: SystemIn) -> object:
    """Its token calls `POST /external/{key}/click-to-call` and `/dispositions`, and nothing else."""
    row, token = actions.external_system_create(actor=request.actor, key=body.key, name=body.name, agents=body.agents)
    return Status(201, _made(row, token))


@router.get("/{system_id}", response=SystemOut, summary="An external system")
def system(request: ApiRequest, system_id: Id) -> object:
    return queries.external_system_get(actor=request.actor, system_id=system_id)


@router.patch("/{system_id}", response=SystemOut, summary="Change an external system")
def system_change(request: ApiRequest, system_id: Id, body: SystemPatch) -> object:
    return actions.external_system_change(actor=request.actor, system_id=system_id, **body.given())


@router.delete("/{system_id}", response={204: None}, summary="Delete an external system")
def system_delete(request: ApiRequest, system_id: Id) -> HttpResponse:
    """409 `in_use` while a campaign names it."""
    actions.external_system_delete(actor=request.actor, system_id=system_id)
    return no_content()


@router.post("/{system_id}/token", response=SystemMade, summary="A new token")
def system_renew(request: ApiRequest, system_id: Id) -> object:
    """The one before ends at once."""
    row, token = actions.external_system_renew(actor=request.actor, system_id=system_id)
    return _made(row, token)
