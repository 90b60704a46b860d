"""Contact lists over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ringround.contacts import actions, queries
from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Line,
    Name,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
)

lists = Router(tags=["Contact lists"])

# The declaration is checked by the room's own rules, which name each fault; here only its shape is told.
ColumnIn = Annotated[dict[str, Any], Field(description="name, type, role, required, editable, hidden, options")]


class ListIn(Schema):
    name: Name
    """Unique in the organisation."""
    region: Line | None = None
    """ISO 3166 alpha-2; how numbers without a country code are read. By default the organisation's."""
    columns: list[ColumnIn] = []
    """At most 100; see the columns of an answer."""


class ListPatch(Schema):
    name: Name | None = None
    region: Line | None = None
    columns: list[ColumnIn] | None = None
    archived: bool | None = None


class ListOut(Out):
    id: Id
    name: str
    region: str
    columns: list[dict[str, Any]]
    contacts: int
    archived: bool
    created_at: datetime


class ListFilter(Paging):
    q: str = ""
    """Part of the name."""
    archived: bool = False


@lists.get("", response=Page[ListOut], summary="List contact lists")
def list_list(request: ApiRequest, filter: Query[ListFilter]) -> object:
    """Newest first."""
    found, following = queries.contact_list_list(
        actor=request.actor, q=filter.q, archived=filter.archived, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.contact_list_json(one) for one in found], "next": following}


@lists.post("", response={201: ListOut}, summary="Make a contact list")
def list_create(request: ApiRequest, body: ListIn) -> object:
    """Types: text, long_text, number, date, datetime, choice, multi_choice, bool, phone, email, url, external_id."""
    made = actions.contact_list_create(actor=request.actor, name=body.name, region=body.region, columns=body.columns)
    return Status(201, queries.contact_list_json(made))


@lists.get("/{list_id}", response=ListOut, summary="A contact list")
def list_get(request: ApiRequest, list_id: Id) -> object:
    return queries.contact_list_json(queries.contact_list_get(actor=request.actor, list_id=list_id))


@lists.patch("/{list_id}", response=ListOut, summary="Change a contact list")
def list_change(request: ApiRequest, list_id: Id, body: ListPatch) -> object:
    """Columns that hold data stay and keep their type; new ones may be added. `archived` puts the list away."""
    given = body.given()
    archived = given.pop("archived", None)
    changed = None
    if archived is False:
        changed = actions.contact_list_restore(actor=request.actor, list_id=list_id)
    if given:
        changed = actions.contact_list_change(actor=request.actor, list_id=list_id, **given)
    if archived is True:
        changed = actions.contact_list_archive(actor=request.actor, list_id=list_id)
    return queries.contact_list_json(changed or queries.contact_list_get(actor=request.actor, list_id=list_id))
