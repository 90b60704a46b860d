"""Suppression over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpResponse

from ringround.contacts import actions, queries
from ringround.contacts.api.imports import ImportOut
from ringround.http.kit import (
    ApiRequest,
    Field,
    Form,
    Id,
    Line,
    Out,
    Page,
    Paging,
    Params,
    Query,
    Router,
    Schema,
    Status,
    Time,
    UploadedFile,
    no_content,
)

suppressions = Router(tags=["Suppression"])

# Beside the class: within it `date` is the field, and the field's default.
Day = Annotated[date, Field(strict=False)]


class SuppressionIn(Schema):
    scope: Line = "organisation"
    """`organisation`, or a campaign's id."""
    channel: Literal["phone", "email", "any"] = "any"
    value: Line
    """A phone number, an e-mail address, or a contact's id."""
    kind: Literal["phone", "email", "contact"] | None = None
    """What the value is; seen from it where it is left out."""
    expires_at: Time | None = None
    source: Line = ""
    date: Day | None = None
    """When the source said so."""


class SuppressionOut(Out):
    id: Id
    scope: str
    channel: str
    kind: str
    value: str
    source: str
    date: date | None
    expires_at: datetime | None
    created_at: datetime


class SuppressionFilter(Paging):
    q: str = ""
    """A number or address, or its beginning."""
    campaign: Id | None = None


class CheckFilter(Params):
    phone: str = ""
    email: str = ""
    contact: Id | None = None


class CheckOut(Out):
    suppressed: bool
    lists: list[SuppressionOut]
    """What bars it."""


@suppressions.get("", response=Page[SuppressionOut], summary="List suppressions")
def suppression_list(request: ApiRequest, filter: Query[SuppressionFilter]) -> object:
    """Those in force, newest first."""
    found, following = queries.suppression_list(
        actor=request.actor, q=filter.q, campaign_id=filter.campaign, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.suppression_json(one) for one in found], "next": following}


@suppressions.post("", response={200: SuppressionOut, 201: SuppressionOut}, summary="Suppress a number or address")
def suppression_add(request: ApiRequest, body: SuppressionIn) -> object:
    """201 when it is new, 200 when it was there; then only its source and expiry change."""
    row, made = actions.suppression_add(
        actor=request.actor,
        value=body.value,
        channel=body.channel,
        scope=body.scope,
        kind=body.kind,
        expires_at=body.expires_at,
        source=body.source,
        source_on=body.date,
    )
    return Status(201 if made else 200, queries.suppression_json(row))


@suppressions.get("/check", response=CheckOut, summary="Whether a number or address is suppressed")
def suppression_check(request: ApiRequest, filter: Query[CheckFilter]) -> object:
    found = queries.suppression_check(
        actor=request.actor, phone=filter.phone, email=filter.email, contact_id=filter.contact
    )
    return {"suppressed": bool(found), "lists": [queries.suppression_json(one) for one in found]}


@suppressions.post("/import", response={202: ImportOut}, summary="Suppress what a file holds")
def suppression_import(request: ApiRequest, file: UploadedFile, options: Form[str] = "{}") -> object:
    """A column of phone numbers or e-mail addresses. `options` is JSON: scope, channel, source, date, dry_run."""
    made = actions.suppression_import_start(
        actor=request.actor,
        file=file.chunks(),
        file_name=file.name or "file",
        options=actions.options_from_text(options),
    )
    return Status(202, queries.import_json(queries.import_get(actor=request.actor, import_id=made.id)))


@suppressions.get("/{suppression_id}", response=SuppressionOut, summary="A suppression")
def suppression_get(request: ApiRequest, suppression_id: Id) -> object:
    return queries.suppression_json(queries.suppression_get(actor=request.actor, suppression_id=suppression_id))


@suppressions.delete("/{suppression_id}", response={204: None}, summary="Allow again")
def suppression_remove(request: ApiRequest, suppression_id: Id) -> HttpResponse:
    actions.suppression_remove(actor=request.actor, suppression_id=suppression_id)
    return no_content()
