"""Contacts over HTTP."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
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
    Time,
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


class RelationOut(Out):
    kind: str
    since: date | None
    until: date | None
    """The last day."""


class ConsentOut(Out):
    id: Id
    channel: str
    given_at: datetime
    withdrawn_at: datetime | None
    source: str
    text_version: str


Consents = list[ConsentOut]


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
    relation: RelationOut | None
    """What the person is to the merchant; null: not known."""
    consents: Consents
    """What the person has agreed to, the newest first; those withdrawn stay."""


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


class RelationIn(Schema):
    kind: Literal["donor", "member", "customer", "none"]
    since: date | None = None
    until: date | None = None
    """The last day; null: it lasts."""


class ConsentIn(Schema):
    channel: Literal["phone", "email", "any"]
    given_at: Time
    source: str
    """Where they agreed: a form, a call, a paper; so that it can be proved."""
    text_version: str = ""
    """Which wording they agreed to."""


ConsentsIn = list[ConsentIn]


class ContactIn(Schema):
    list: Id
    fields: dict[str, Any]
    """By column name; phone columns among them."""
    relation: RelationIn | None = None
    consents: ConsentsIn = []


class ContactPatch(Schema):
    fields: dict[str, Any] = {}
    """Only the columns that change; null empties one."""
    relation: RelationIn | None = None
    """null: it is not known any more. Left out: it stays."""


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
    return {"items": _shown(found), "next": following}


@contacts.post("", response={201: ContactOut}, summary="Make a contact")
def contact_create(request: ApiRequest, body: ContactIn) -> object:
    with transaction.atomic():
        made = actions.contact_create(actor=request.actor, list_id=body.list, fields=body.fields)
        if body.relation is not None:
            actions.relation_set(actor=request.actor, contact_id=made.id, relation=dict(body.relation))
        for one in body.consents:
            actions.consent_add(actor=request.actor, contact_id=made.id, **dict(one))
    return Status(201, _one(made.id))


@contacts.get("/{contact_id}", response=ContactOut, summary="A contact")
def contact_get(request: ApiRequest, contact_id: Id) -> object:
    return _shown([queries.contact_get(actor=request.actor, contact_id=contact_id)])[0]


@contacts.get("/{contact_id}/history", response=Page[ChangeOut], summary="Who changed a contact", by_alias=True)
def contact_history(request: ApiRequest, contact_id: Id, filter: Query[Paging]) -> object:
    """Which columns, when, and what they said before and after; newest first."""
    found, following = queries.contact_history(
        actor=request.actor, contact_id=contact_id, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.history_json(one) for one in found], "next": following}


@contacts.patch("/{contact_id}", response=ContactOut, summary="Change a contact")
def contact_change(request: ApiRequest, contact_id: Id, body: ContactPatch) -> object:
    with transaction.atomic():
        # First: it takes the organisation's marks before the contact.
        changed = actions.contact_change(actor=request.actor, contact_id=contact_id, fields=body.fields)
        if "relation" in body.model_fields_set:
            relation = dict(body.relation) if body.relation is not None else None
            actions.relation_set(actor=request.actor, contact_id=contact_id, relation=relation)
    return _one(changed.id)


@contacts.post("/{contact_id}/consents", response={201: ContactOut}, summary="Record a consent")
def consent_add(request: ApiRequest, contact_id: Id, body: ConsentIn) -> object:
    """That the person has agreed to be contacted. Rule packs of campaigns ask for it."""
    actions.consent_add(actor=request.actor, contact_id=contact_id, **dict(body))
    return Status(201, _one(contact_id))


@contacts.delete("/{contact_id}/consents/{consent_id}", response=ContactOut, summary="Withdraw a consent")
def consent_withdraw(request: ApiRequest, contact_id: Id, consent_id: Id) -> object:
    """It counts no more from now on, and stays in the list as the record of what was."""
    actions.consent_withdraw(actor=request.actor, contact_id=contact_id, consent_id=consent_id)
    return _one(contact_id)


def _one(contact_id: UUID) -> dict[str, Any]:
    return _shown([queries.contact_get_for_lead(contact_id)])[0]


def _shown(found: Sequence[queries.ContactFacts]) -> builtins.list[dict[str, Any]]:
    basis = queries.basis_of(one.id for one in found)
    return [{**queries.contact_json(one), **queries.basis_json(basis[one.id])} for one in found]


@contacts.delete("/{contact_id}", response={204: None}, summary="Erase a contact")
def contact_erase(request: ApiRequest, contact_id: Id, suppress: bool = False) -> HttpResponse:
    """For good: data, numbers, history, notes, answers, rejected rows; the bare counts stay. Who must not be contacted
    stays barred by number and e-mail address; `suppress=true` bars who was not. 409 `import_running` while a file goes
    into the list, `not_ended` while an agreement of theirs is collected."""
    actions.contact_erase(actor=request.actor, contact_id=contact_id, suppress=suppress)
    return no_content()
