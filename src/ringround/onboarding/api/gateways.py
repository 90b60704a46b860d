"""Accounts with payment providers over HTTP, and the providers' own calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ringround.http.kit import ApiRequest, Field, Id, Name, Out, Page, Router, Schema, Status, calls_out, own_body
from ringround.infra import clock
from ringround.kernel.errors import TooLarge
from ringround.onboarding.actions import gateways as actions
from ringround.onboarding.actions.intake import most_of, webhook_called
from ringround.onboarding.queries import gateways as queries

router = Router(tags=["Payments"])

Method = Literal["card", "mobile", "direct_debit"]
Slug = Annotated[str, Field(min_length=1, max_length=100)]
Secret = Annotated[str, Field(min_length=1, max_length=5000)]


class GatewayIn(Schema):
    name: Name
    kind: Literal["sandbox", "vipps", "quickpay"]
    account: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    """Its name in the address that the provider calls; made up where none is given."""
    settings: dict[str, Any] = {}
    """By kind."""
    secrets: Annotated[dict[str, str], Field(max_length=20)] = {}
    """By kind; never shown again."""
    webhook_secret: Secret | None = None
    """What the provider signs its calls with."""
    methods: Annotated[list[Method], Field(max_length=3)] | None = None
    """Those that it is used for; all that it has where none are named."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    """Of those that serve a method the lowest active one is used for new agreements."""
    active: bool = True


class GatewayPatch(Schema):
    name: Name | None = None
    settings: dict[str, Any] | None = None
    """As a whole."""
    secrets: Annotated[dict[str, str | None], Field(max_length=20)] | None = None
    """Those that are named; null takes one away."""
    webhook_secret: Secret | None = None
    """A new one; the one before counts beside it until `forget_before`."""
    forget_before: bool = False
    methods: Annotated[list[Method], Field(max_length=3)] | None = None
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    active: bool | None = None
    """One that is switched off makes no new agreements; what is live on it goes on."""
    anyway: bool = False
    """Switch it off although agreements are collected by it."""


class GatewayOut(Out):
    id: UUID
    name: str
    kind: str
    account: str
    webhook_url: str
    settings: dict[str, Any]
    secrets: list[str]
    """The names of those that there are."""
    readable: bool
    """Whether a key of ours opens them."""
    webhook_secrets: int
    """How many are believed: two while one is being exchanged."""
    methods: list[str]
    active: bool
    priority: int
    forged: int
    """Calls that were not signed by the provider."""
    fault: str | None
    """What went wrong at the latest try, while it does."""
    fault_at: datetime | None
    created_at: datetime
    updated_at: datetime


class CheckedOut(Out):
    ok: bool
    fault: str | None


@router.get("", response=Page[GatewayOut], summary="List payment accounts")
def gateway_list(request: ApiRequest) -> object:
    """In the order in which they are used."""
    rows = queries.gateway_list(actor=request.actor)
    return {"items": [queries.gateway_json(row) for row in rows], "next": None}


@router.post("", response={201: GatewayOut}, summary="Make a payment account")
def gateway_create(request: ApiRequest, body: GatewayIn) -> object:
    """An account of the merchant's with a payment provider."""
    given = body.model_dump()
    made = actions.gateway_create(actor=request.actor, slug=given.pop("account"), **given)
    return Status(201, queries.gateway_json(made))


@router.get("/{gateway_id}", response=GatewayOut, summary="A payment account")
def gateway(request: ApiRequest, gateway_id: Id) -> object:
    return queries.gateway_json(queries.gateway_get(actor=request.actor, account_id=gateway_id))


@router.patch("/{gateway_id}", response=GatewayOut, summary="Change a payment account")
def gateway_change(request: ApiRequest, gateway_id: Id, body: GatewayPatch) -> object:
    changed = actions.gateway_change(actor=request.actor, account_id=gateway_id, **body.given())
    return queries.gateway_json(changed)


@router.post("/{gateway_id}/rotate", response=GatewayOut, summary="Exchange the webhook's secret")
@calls_out
def gateway_rotate(request: ApiRequest, gateway_id: Id) -> object:
    """A new one, where the provider gives it by a call; the one before counts beside it until it is forgotten."""
    return queries.gateway_json(actions.gateway_rotate(actor=request.actor, account_id=gateway_id))


@router.post("/{gateway_id}/check", response=CheckedOut, summary="Try a payment account")
@calls_out
def gateway_check(request: ApiRequest, gateway_id: Id) -> object:
    """Whether the provider answers and takes our sign-in. Nothing is begun."""
    wrong = actions.gateway_check(actor=request.actor, account_id=gateway_id)
    return {"ok": not wrong, "fault": wrong or None}


@router.post("/{key}/{account}/webhook", auth=None, response={200: None}, summary="A payment provider's webhook")
@own_body
def webhook(request: HttpRequest, key: Slug, account: Slug) -> HttpResponse:
    """Called by the provider, signed as it signs. Repetitions and any order are well; a wrong signature is 401."""
    most = most_of(key)
    length = request.META.get("CONTENT_LENGTH") or "0"
    # A number of any length is no reason to reckon with it.
    if not length.isdecimal() or len(length) > 12 or int(length) > most or len(request.body) > most:
        raise TooLarge(limit=most)
    webhook_called(
        kind=key, slug=account, headers=request.headers, raw=request.body, path=request.get_full_path(),
        now=clock.now(), real=clock.real_now(),
    )  # fmt: skip
    return HttpResponse(status=200)
