"""Contacts over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from pydantic import Field

from ringround.contacts import actions, queries
from ringround.contacts.queries.contacts import SORTS
from ringround.http.kit import (
    ApiRequest,
    Id,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
    no_content,
)
from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_

contacts = Router(tags=["Contacts"])


class NumberOut(Out):
    id: Id
    label: str
    e164: str | None
    written: str
    type: str
    valid: bool
    suppressed: bool


# Named here: inside a shape with a field called `list` the built-in is out of reach.
Numbers = list[NumberOut]


class ContactOut(Out):
    id: Id
    list: Id
    external_id: str | None
    name: str
    fields: dict[str, Any]
    """By column name; phone columns as they were written."""
    numbers: Numbers
    suppressed: bool
    """The contact itself, on all its numbers."""
    timezone: str | None
    country: str | None


class SaidOut(Out):
    column: str
    before: Any
    after: Any


Changes = list[SaidOut]


class ChangeOut(Out):
    id: Id
    at: datetime
    via: Literal["person", "api", "agent", "import", "revert"]
    """On screen, by API, by an agent who called, by a file, or by taking a file back."""
    by: Id | None
    import_: Id | None = Field(alias="import", serialization_alias="import")
    changes: Changes


class ContactFilter(Paging):
    list: Id | None = None
    q: str = ""
    """Any part of a name, number, external id or e-mail address."""
    phone: str = ""
    """Whose number is this, however it is written."""
    sort: Literal["newest", "name"] = "newest"
    """By name within a list."""


class ContactIn(Schema):
    list: Id
    fields: dict[str, Any]
    """By column name; phone columns among them."""


class ContactPatch(Schema):
    fields: dict[str, Any]
    """Only the columns that change; null empties one."""


@contacts.get("", response=Page[ContactOut], summary="Find contacts")
def contact_list(request: ApiRequest, filter: Query[ContactFilter]) -> object:
    """Newest first."""
    if filter.sort == SORTS[1] and filter.list is None:
        raise Invalid.one(("query", "sort"), "needs_list", N_("By name only within a list."))
    found, following = queries.contacts_search(
        actor=request.actor,
        list_id=filter.list,
        q=filter.q,
        phone=filter.phone,
        sort=filter.sort,
        size=filter.size,
        after=filter.after or "",
    )
    return {"items": [queries.contact_json(one) for one in found], "next": following}


@contacts.post("", response={201: ContactOut}, summary="Make a contact")
def contact_create(request: ApiRequest, body: ContactIn) -> object:
    made = actions.contact_create(actor=request.actor, list_id=body.list, fields=body.fields)
    return Status(201, queries.contact_json(queries.contact_get_for_lead(made.id)))


@contacts.get("/{contact_id}", response=ContactOut, summary="A contact")
def contact_get(request: ApiRequest, contact_id: Id) -> object:
    return queries.contact_json(queries.contact_get(actor=request.actor, contact_id=contact_id))


@contacts.get("/{contact_id}/history", response=Page[ChangeOut], summary="Who changed a contact", by_alias=True)
def contact_history(request: ApiRequest, contact_id: Id, filter: Query[Paging]) -> object:
    """Which columns, when, and what they said before and after; newest first."""
    found, following = queries.contact_history(
        actor=request.actor, contact_id=contact_id, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.history_json(one) for one in found], "next": following}


@contacts.patch("/{contact_id}", response=ContactOut, summary="Change a contact")
def contact_change(request: ApiRequest, contact_id: Id, body: ContactPatch) -> object:
    changed = actions.contact_change(actor=request.actor, contact_id=contact_id, fields=body.fields)
    return queries.contact_json(queries.contact_get_for_lead(changed.id))


@contacts.delete("/{contact_id}", response={204: None}, summary="Erase a contact")
def contact_erase(request: ApiRequest, contact_id: Id, suppress: bool = False) -> HttpResponse:
    """For good: data, numbers, history, notes, answers, rejected rows; the bare counts stay. Who must not be contacted
    stays barred by number and e-mail address; `suppress=true` bars who was not. 409 `import_running` while a file goes
    into the list."""
    actions.contact_erase(actor=request.actor, contact_id=contact_id, suppress=suppress)
    return no_content()
