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
    channel: Literal["phone", "sms", "email", "any"] = "any"
    """`phone` bars calls and SMS, `sms` SMS alone."""
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
    channel: Literal["phone", "sms", "email"] | None = None
    """What it is about to be contacted by: `phone` to call it. Left out: all that bars it by any channel."""
    phone: str = ""
    email: str = ""
    contact: Id | None = None


class CheckOut(Out):
    suppressed: bool
    lists: list[SuppressionOut]
    """What bars it."""


class HitsOfRegister(Out):
    exact: int
    """Barred, since name and address are the same."""
    open: int
    """Near: to be looked at."""
    accepted: int
    """Near, and barred."""
    refused: int


class RegisterOut(Out):
    id: Id
    source: str
    date: date | None
    scope: str
    channel: str
    issue: Id | None
    """The import of the issue that stands; null until the first is whole."""
    entries: int
    hits: HitsOfRegister


class HitContact(Out):
    id: Id
    list: Id
    name: str
    address: str
    place: str


class HitEntry(Out):
    name: str
    address: str
    place: str


class HitOut(Out):
    id: Id
    state: Literal["exact", "open", "accepted", "refused"]
    register_id: Id
    source: str
    """What the register is called."""
    date: date | None
    """Of the issue that stands."""
    scope: str
    contact: HitContact
    entry: HitEntry
    """As the register has it."""
    decided_by: Id | None
    decided_at: datetime | None


class HitFilter(Paging):
    state: Literal["open", "exact", "accepted", "refused", "all"] = "open"
    register_id: Id | None = None
    contact: Id | None = None


Decision = Literal["accepted", "refused", "open"]


class HitIn(Schema):
    state: Decision


class HitsIn(Schema):
    ids: list[Id]
    state: Decision


class DecidedOut(Out):
    count: int


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
    """With `channel` only what bars that one: who has answered STOP to an SMS (`sms`) may still be called (`phone`).
    Without it `suppressed` is true for whatever is barred by any channel."""
    found = queries.suppression_check(
        actor=request.actor, phone=filter.phone, email=filter.email, contact_id=filter.contact, channel=filter.channel
    )
    return {"suppressed": bool(found), "lists": [queries.suppression_json(one) for one in found]}


@suppressions.post("/import", response={202: ImportOut}, summary="Suppress what a file holds")
def suppression_import(request: ApiRequest, file: UploadedFile, options: Form[str] = "{}") -> object:
    """A column of phone numbers or e-mail addresses, or a register by name and address (Robinson). `options` is JSON:
    scope, channel, source, date, dry_run, header, delimiter, sheet; by (value, name_address; else seen from the
    columns); mapping (column of the file to name, first_name, last_name, company, address, address2, post_code, city;
    null to leave one out). By name and address each issue of a source takes the place of the one before: exact hits are
    barred, near ones are listed by `GET /suppressions/hits`, and contacts that come or change later are found too."""
    made = actions.suppression_import_start(
        actor=request.actor,
        file=file.chunks(),
        file_name=file.name or "file",
        options=actions.options_from_text(options),
    )
    return Status(202, queries.import_json(queries.import_get(actor=request.actor, import_id=made.id)))


@suppressions.get("/registers", response=Page[RegisterOut], summary="List registers by name and address")
def register_list(request: ApiRequest) -> object:
    """By name, with how many stand in each and how many contacts they hit."""
    found = queries.register_list(actor=request.actor)
    return {"items": [queries.register_json(one) for one in found], "next": None}


@suppressions.delete("/registers/{register_id}", response={204: None}, summary="Take a register away")
def register_remove(request: ApiRequest, register_id: Id) -> HttpResponse:
    """What it bars is lifted, and what was decided of its hits is forgotten. 409 `import_running` while it is read."""
    actions.register_remove(actor=request.actor, register_id=register_id)
    return no_content()


@suppressions.get("/hits", response=Page[HitOut], summary="List hits in registers")
def hit_list(request: ApiRequest, filter: Query[HitFilter]) -> object:
    """Contacts that are, or may be, in the issues that stand, newest first; those to be looked at, unless `state` says
    otherwise."""
    found, following = queries.hit_list(
        actor=request.actor, state="" if filter.state == "all" else filter.state, register_id=filter.register_id,
        contact_id=filter.contact, size=filter.size, after=filter.after or "",
    )  # fmt: skip
    return {"items": [queries.hit_json(one) for one in found], "next": following}


@suppressions.post("/hits/decide", response=DecidedOut, summary="Decide several hits")
def hits_decide(request: ApiRequest, body: HitsIn) -> object:
    """At most 500 at a time; those that are said to be so already do not count."""
    return {"count": actions.hits_decide(actor=request.actor, hit_ids=body.ids, state=body.state)}


@suppressions.get("/hits/{hit_id}", response=HitOut, summary="A hit in a register")
def hit_get(request: ApiRequest, hit_id: Id) -> object:
    return queries.hit_json(queries.hit_get(actor=request.actor, hit_id=hit_id))


@suppressions.patch("/hits/{hit_id}", response=HitOut, summary="Decide a hit")
def hit_decide(request: ApiRequest, hit_id: Id, body: HitIn) -> object:
    """`accepted`: it is the contact, who is barred; `refused`: it is somebody else; `open`: to be looked at again, an
    exact one bars by itself. Remembered for the next issues, as long as the contact is written so."""
    actions.hit_decide(actor=request.actor, hit_id=hit_id, state=body.state)
    return queries.hit_json(queries.hit_get(actor=request.actor, hit_id=hit_id))


@suppressions.get("/{suppression_id}", response=SuppressionOut, summary="A suppression")
def suppression_get(request: ApiRequest, suppression_id: Id) -> object:
    return queries.suppression_json(queries.suppression_get(actor=request.actor, suppression_id=suppression_id))


@suppressions.delete("/{suppression_id}", response={204: None}, summary="Allow again")
def suppression_remove(request: ApiRequest, suppression_id: Id) -> HttpResponse:
    actions.suppression_remove(actor=request.actor, suppression_id=suppression_id)
    return no_content()
