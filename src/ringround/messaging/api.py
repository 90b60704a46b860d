"""Templates, transports and settings over HTTP; the providers' calls; the sandbox. Messages of leads are campaigns'."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse

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
    Words,
    no_content,
    own_body,
)
from ringround.infra import clock
from ringround.kernel.errors import Invalid, NotFound, TooLarge
from ringround.kernel.messages import N_
from ringround.messaging import actions, queries
from ringround.messaging.actions.called import provider_called
from ringround.messaging.models import Template
from ringround.messaging.transports.port import Call, NotRead, NotTheirs

templates = Router(tags=["Messages"])
transports = Router(tags=["Messages"])
room = Router(tags=["Messages"])
sandbox = Router(tags=["Messages"])

Channel = Literal["sms", "email"]
Token = Annotated[str, Field(min_length=1, max_length=100)]
Language = Annotated[str, Field(min_length=2, max_length=5)]
Html = Annotated[str, Field(max_length=200_000)]
Values = Annotated[dict[str, str | None], Field(max_length=200)]
# A receipt is small; a mail that comes back carries the one that was sent.
MOST_RECEIPT, MOST_MAIL = 65_536, 1_048_576


class TextIn(Schema):
    subject: Line = ""
    text: Words = ""
    html: Html = ""


class TemplateIn(Schema):
    name: Name
    channel: Channel
    language: Language = "da"
    """The language of the text here, and the one that is taken where another is missing."""
    subject: Line = ""
    text: Words = ""
    """With merge fields: `{{ contact.Fornavn | "du" }}`, `lead.`, `campaign.`, `agent.`, `organisation.`, and
    `{{ unsubscribe_link }}`. Without a fallback an empty field keeps the message from being sent."""
    html: Html = ""
    texts: dict[Language, TextIn] = {}
    """The same in more languages."""


class TemplatePatch(Schema):
    name: Name | None = None
    language: Language | None = None
    subject: Line | None = None
    text: Words | None = None
    html: Html | None = None
    """These three are the text in `language`, or else in the template's own."""
    texts: dict[Language, TextIn | None] | None = None
    """By language; null takes one away."""


class TextOut(Out):
    subject: str
    text: str
    html: str


class TemplateOut(TextOut):
    id: UUID
    name: str
    channel: str
    language: str
    texts: dict[str, TextOut]
    parts: int
    """How many SMS its own text takes, before the fields are filled in."""
    created_at: datetime
    updated_at: datetime


class TemplateQuery(Paging):
    channel: Channel | None = None


class PreviewIn(Schema):
    values: Values = {}
    """By field: `{"contact.Fornavn": "Åse"}`."""
    language: Language | None = None


class PreviewOut(TextOut):
    language: str
    parts: int
    reason: str | None
    """Why it would not be sent: `missing_value`, `empty`, `too_long`."""
    detail: str | None
    """The field, or the number of parts."""


class TestIn(Schema):
    to: Annotated[str, Field(max_length=254)]
    values: Values = {}
    language: Language | None = None


class QueuedOut(Out):
    id: UUID
    status: str
    reason: str | None


class TransportIn(Schema):
    name: Name
    kind: Literal["sandbox", "smtp", "gatewayapi", "cpsms", "http", "smpp"]
    channel: Channel
    sender: Line = ""
    """SMS: at most 11 letters and digits, or a number. E-mail: an address, or `Name <address>`."""
    settings: dict[str, Any] = {}
    """By kind."""
    secrets: Annotated[dict[str, str], Field(max_length=20)] = {}
    """By kind; never shown again."""
    throttle_per_s: Annotated[float, Field(gt=0, le=1000)] | None = None
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    """The lowest that is active and does not rest is used."""
    active: bool = True


class TransportPatch(Schema):
    name: Name | None = None
    sender: Line | None = None
    settings: dict[str, Any] | None = None
    """As a whole."""
    secrets: Annotated[dict[str, str | None], Field(max_length=20)] | None = None
    """Those that are named; null takes one away."""
    throttle_per_s: Annotated[float, Field(gt=0, le=1000)] | None = None
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    active: bool | None = None
    """While none is active, messages wait."""
    rotate: bool = False
    """Another address for the provider's calls; the one before is nobody's at once."""


class TransportOut(Out):
    id: UUID
    name: str
    kind: str
    channel: str
    sender: str
    settings: dict[str, Any]
    has_secrets: bool
    active: bool
    priority: int
    throttle_per_s: float | None
    receipts_url: str | None
    """Where the provider is to send receipts and what people write."""
    fault: str | None
    """What went wrong at the latest try, while it does."""
    fault_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Quiet(Schema):
    from_: Annotated[str, Field(alias="from", pattern=r"^\d\d:\d\d$")]
    to: Annotated[str, Field(pattern=r"^\d\d:\d\d$")]


class Cap(Schema):
    channel: Channel
    most: Annotated[int, Field(ge=1, le=1000)]
    days: Annotated[int, Field(ge=1, le=366)]


class SettingsPatch(Schema):
    quiet: Quiet | None = None
    """When nothing is sent, on the recipient's wall clock; null for none."""
    caps: Annotated[list[Cap], Field(max_length=10)] | None = None
    """At most so many messages to one person within so many days."""
    over_cap: Literal["skip", "wait"] | None = None
    track_opens: bool | None = None
    track_clicks: bool | None = None
    sms_sender: Line | None = None
    """Who its SMS are from, whichever way they go; empty: the transport's sender."""
    email_sender: Line | None = None
    """The same for e-mails: an address, or a name and the address in <…>."""


class SettingsOut(Out):
    quiet: dict[str, str] | None
    caps: list[dict[str, Any]]
    over_cap: str
    track_opens: bool
    track_clicks: bool
    sms_sender: str
    email_sender: str


class ActIn(Schema):
    text: Words = ""
    link: Annotated[int, Field(ge=0, le=1000)] = 0


@templates.get("", response=Page[TemplateOut], summary="List message templates")
def template_list(request: ApiRequest, filter: Query[TemplateQuery]) -> object:
    """Newest first."""
    rows, following = queries.template_list(
        actor=request.actor, channel=filter.channel, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.template_json(row) for row in rows], "next": following}


@templates.post("", response={201: TemplateOut}, summary="Make a message template")
def template_create(request: ApiRequest, body: TemplateIn) -> object:
    own = {"subject": body.subject, "text": body.text, "html": body.html}
    texts = {**{language: one.model_dump() for language, one in body.texts.items()}, body.language: own}
    made = actions.template_create(
        actor=request.actor, name=body.name, channel=body.channel, language=body.language, texts=texts
    )
    return Status(201, queries.template_json(made))


@templates.get("/{template_id}", response=TemplateOut, summary="A message template")
def template(request: ApiRequest, template_id: Id) -> object:
    return queries.template_json(queries.template_get(actor=request.actor, template_id=template_id))


@templates.patch("/{template_id}", response=TemplateOut, summary="Change a message template")
def template_change(request: ApiRequest, template_id: Id, body: TemplatePatch) -> object:
    """What was sent by it stays as it was."""
    given = body.given()
    texts: dict[str, dict[str, str] | None] = {
        language: one.model_dump() if one is not None else None for language, one in (body.texts or {}).items()
    }
    parts = {name: given[name] for name in ("subject", "text", "html") if given.get(name) is not None}
    if parts:
        found = queries.template_get(actor=request.actor, template_id=template_id)
        language = body.language or found.language
        texts[language] = {**_text_of(found, language), **parts}
    changed = actions.template_change(
        actor=request.actor, template_id=template_id, name=body.name, language=body.language, texts=texts
    )
    return queries.template_json(changed)


@templates.delete("/{template_id}", response={204: None}, summary="Delete a message template")
def template_delete(request: ApiRequest, template_id: Id) -> HttpResponse:
    actions.template_delete(actor=request.actor, template_id=template_id)
    return no_content()


@templates.post("/{template_id}/preview", response=PreviewOut, summary="Preview a message template")
def template_preview(request: ApiRequest, template_id: Id, body: PreviewIn) -> object:
    """As it would be sent with these values. Nothing is sent."""
    written, composed = queries.template_preview(
        actor=request.actor, template_id=template_id, values=body.values, language=body.language
    )
    return {
        "language": written.language,
        "subject": composed.subject,
        "text": composed.text,
        "html": composed.html,
        "parts": composed.parts,
        "reason": composed.reason or None,
        "detail": composed.detail or None,
    }


@templates.post("/{template_id}/test", response={202: QueuedOut}, summary="Send a test message")
def template_test(request: ApiRequest, template_id: Id, body: TestIn) -> object:
    """To a number or address of one's own; fields without a value stand as their names. Quiet hours and caps are not
    asked."""
    queued = actions.template_test(
        actor=request.actor, template_id=template_id, to=body.to, language=body.language, values=body.values
    )
    return Status(202, {"id": queued.message_id, "status": queued.status, "reason": queued.reason or None})


@transports.get("", response=Page[TransportOut], summary="List message transports")
def transport_list(request: ApiRequest) -> object:
    """In the order in which they are used."""
    rows = queries.transport_list(actor=request.actor)
    return {"items": [queries.transport_json(row, actor=request.actor) for row in rows], "next": None}


@transports.post("", response={201: TransportOut}, summary="Make a message transport")
def transport_create(request: ApiRequest, body: TransportIn) -> object:
    """A provider of SMS or a mail server. Without one, messages of its channel are skipped with `no_transport`."""
    made = actions.transport_create(actor=request.actor, **body.model_dump())
    return Status(201, queries.transport_json(made, actor=request.actor))


@transports.get("/{transport_id}", response=TransportOut, summary="A message transport")
def transport(request: ApiRequest, transport_id: Id) -> object:
    return queries.transport_json(
        queries.transport_get(actor=request.actor, transport_id=transport_id), actor=request.actor
    )


@transports.patch("/{transport_id}", response=TransportOut, summary="Change a message transport")
def transport_change(request: ApiRequest, transport_id: Id, body: TransportPatch) -> object:
    changed = actions.transport_change(actor=request.actor, transport_id=transport_id, **body.given())
    return queries.transport_json(changed, actor=request.actor)


@room.get("/settings", response=SettingsOut, summary="Rules for messages")
def settings(request: ApiRequest) -> object:
    return queries.message_settings(actor=request.actor)


@room.patch("/settings", response=SettingsOut, summary="Change the rules for messages")
def settings_change(request: ApiRequest, body: SettingsPatch) -> object:
    """They count for what is sent from now on, whenever it was written."""
    given = {name: value for name, value in body.given().items() if value is not None or name == "quiet"}
    if body.quiet is not None:
        given["quiet"] = {"from": body.quiet.from_, "to": body.quiet.to}
    if body.caps is not None:
        given["caps"] = [one.model_dump() for one in body.caps]
    return actions.message_settings_change(actor=request.actor, **given)


@room.post("/in/{token}", auth=None, response={200: None}, summary="A provider's receipt or message")
@own_body
def called(request: HttpRequest, token: Token) -> HttpResponse:
    """Called by the provider, as it documents its receipts, inbound SMS or returned mails; the token is the
    transport's. Repetitions and any order are well. A wrong token is 404."""
    return _called(request, token)


@room.get("/in/{token}", auth=None, response={200: None}, summary="A provider's receipt by GET")
def called_by_get(request: HttpRequest, token: Token) -> HttpResponse:
    """The same for providers that put all of it into the query."""
    return _called(request, token)


@sandbox.post("/messages/{message_id}/{act}", response=QueuedOut, include_in_schema=False)
def sandbox_act(
    request: ApiRequest,
    message_id: Id,
    act: Literal["deliver", "open", "machine_open", "click", "bounce", "fail", "reply"],
    body: ActIn = ActIn(),  # noqa: B008 - it is frozen
) -> object:
    """What the recipient does with a message that the sandbox has kept; 409 for any that was really sent."""
    message = actions.sandbox_act(
        actor=request.actor, message_id=message_id, act=act, text=body.text, link=body.link, now=clock.now()
    )
    return {"id": message.id, "status": message.status, "reason": message.reason or None}


def _text_of(template: Template, language: str) -> dict[str, str]:
    written = queries.template_texts(template).get(language)
    return {"subject": written.subject, "text": written.text, "html": written.html} if written else {}


def _called(request: HttpRequest, token: str) -> HttpResponse:
    kind = (request.content_type or "").lower()
    most = MOST_MAIL if kind in ("message/rfc822", "multipart/report") else MOST_RECEIPT
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = most + 1
    if length > most:
        raise TooLarge(limit=most)
    call = Call(
        method=request.method or "",
        query={name: value for name, value in request.GET.items() if isinstance(value, str)},
        headers={name.lower(): value for name, value in request.headers.items()},
        content_type=kind,
        body=request.body if request.method == "POST" else b"",
    )
    try:
        provider_called(token=token, call=call, now=clock.now())
    except NotTheirs:
        raise NotFound from None
    except NotRead:
        raise Invalid.one(("body",), "bad_format", N_("This cannot be read as a receipt or a message.")) from None
    return HttpResponse(status=200)


ROUTERS = [("/templates", templates), ("/transports", transports), ("/messaging", room), ("/_sandbox", sandbox)]
