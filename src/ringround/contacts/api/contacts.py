"""Contacts over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse

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


@contacts.patch("/{contact_id}", response=ContactOut, summary="Change a contact")
def contact_change(request: ApiRequest, contact_id: Id, body: ContactPatch) -> object:
    changed = actions.contact_change(actor=request.actor, contact_id=contact_id, fields=body.fields)
    return queries.contact_json(queries.contact_get_for_lead(changed.id))


@contacts.delete("/{contact_id}", response={204: None}, summary="Delete a contact")
def contact_delete(request: ApiRequest, contact_id: Id) -> HttpResponse:
    """Only one to which nothing has happened; else 409 `has_history`."""
    actions.contact_delete(actor=request.actor, contact_id=contact_id)
    return no_content()
