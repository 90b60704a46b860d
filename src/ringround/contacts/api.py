"""Contact lists, contacts, imports and suppression over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse, StreamingHttpResponse

from ringround.contacts import actions, queries
from ringround.contacts.queries.contacts import SORTS
from ringround.http.kit import (
    ApiRequest,
    Field,
    Form,
    Id,
    Line,
    Name,
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
from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_

lists = Router(tags=["Contact lists"])
contacts = Router(tags=["Contacts"])
imports = Router(tags=["Imports"])
suppressions = Router(tags=["Suppression"])

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


# --- contacts -----------------------------------------------------------------------------------


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
Rows = list[dict[str, Any]]


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


# --- imports ------------------------------------------------------------------------------------


class CountsOut(Out):
    rows: int
    new: int
    updated: int
    duplicate: int
    suppressed: int
    """Besides new, updated or duplicate."""
    left_out: int
    """Taken without a cell that cannot be read; told by `rejected_url?left_out=true`."""
    rejected: int


class ImportOut(Out):
    id: Id
    kind: Literal["contacts", "suppressions"]
    list: Id | None
    state: Literal["draft", "queued", "running", "done", "failed", "reverted"]
    dry_run: bool
    file_name: str
    code: str | None
    """Why the file was refused whole."""
    detail: str | None
    line: int | None
    """The physical line of the file that is at fault."""
    counts: CountsOut
    progress: int
    """In percent."""
    rejected_url: str | None
    """The rejected rows as CSV: line, column, code, reason, then the row as it was."""
    detected: dict[str, Any]
    """Encoding, delimiter, header and columns of the file."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    kept: Rows = []


class ImportFilter(Paging):
    list: Id | None = None


@lists.post("/{list_id}/imports", response={202: ImportOut}, summary="Import a file into a list")
def import_start(request: ApiRequest, list_id: Id, file: UploadedFile, options: Form[str] = "{}") -> object:
    """CSV or TSV. `options` is JSON: dry_run, match (phone, external_id, email), on_match (update, skip, allow),
    mapping (column of the file to column of the list, null to leave one out), campaign, invalid_numbers (reject, keep),
    invalid_values (leave_out: the row is taken without such a cell and listed apart; reject),
    header, delimiter. A bad file fails as an import: ask for its state."""
    made = actions.import_start(
        actor=request.actor,
        list_id=list_id,
        file=file.chunks(),
        file_name=file.name or "file",
        options=actions.options_from_text(options),
    )
    return Status(202, queries.import_json(queries.import_get(actor=request.actor, import_id=made.id)))


@imports.get("", response=Page[ImportOut], summary="List imports")
def import_list(request: ApiRequest, filter: Query[ImportFilter]) -> object:
    """Newest first."""
    found, following = queries.import_list(
        actor=request.actor, list_id=filter.list, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.import_json(one) for one in found], "next": following}


@imports.get("/{import_id}", response=ImportOut, summary="An import")
def import_get(request: ApiRequest, import_id: Id) -> object:
    return queries.import_json(queries.import_get(actor=request.actor, import_id=import_id))


@imports.get("/{import_id}/rejected", summary="The rejected rows as CSV")
def import_rejected(request: ApiRequest, import_id: Id, left_out: bool = False) -> StreamingHttpResponse:
    """line, column, code, reason, then the row as it was; formulas made harmless. `left_out=true`: instead of the rows
    that were not taken, those that were taken without a cell."""
    return StreamingHttpResponse(
        queries.rejected_file(actor=request.actor, import_id=import_id, left_out=left_out),
        content_type="text/csv; charset=utf-8",
    )


# --- suppression --------------------------------------------------------------------------------


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


ROUTERS = [
    ("/contact-lists", lists),
    ("/contacts", contacts),
    ("/imports", imports),
    ("/suppressions", suppressions),
]
