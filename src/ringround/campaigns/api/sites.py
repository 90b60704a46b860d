"""External sites over HTTP: those of the organisation, what they would say of a lead, what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse

from ringround.campaigns import actions, queries
from ringround.campaigns.headers import names_of
from ringround.campaigns.models import ExternalSite, SiteDelivery
from ringround.campaigns.queries.sites import names_known
from ringround.campaigns.rules.site import known
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
from ringround.kernel.targets import MAX_URL
from ringround.orgs.permissions import require

router = Router(tags=["External sites"])

Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]
Method = Literal["get", "post_form", "post_json"]
Opens = Literal["on_connect", "button", "on_disposition"]


class SiteIn(Schema):
    name: Name
    url: Url
    """May have placeholders, `{{lead.id}}`, after the name of the server."""
    method: Method = "get"
    parameters: dict[str, Any] = {}
    """Names and values; placeholders in the values. Under `get` they go into the address, under `post_json` they may
    hold objects and lists."""
    opens: Opens = "button"
    """`on_connect` and `button`: in the agent's browser, JSON by the server. `on_disposition`: by the server."""
    headers: dict[str, str] = {}
    """Sent with what goes by the server: `{"Authorization": "Bearer …"}`. Stored encrypted, and never given back."""


class SitePatch(Schema):
    name: Name | None = None
    url: Url | None = None
    method: Method | None = None
    parameters: dict[str, Any] | None = None
    """All of them."""
    opens: Opens | None = None
    headers: dict[str, str | None] | None = None
    """Those that are named; null takes one away. Where `url` leads to another server all of them (422
    `another_server`)."""


class SiteOut(Out):
    id: UUID
    name: str
    url: str
    method: str
    parameters: dict[str, Any]
    opens: str
    created_at: datetime
    headers: list[str]
    """Their names."""
    failing_since: datetime | None
    """Since when nothing sent from here has been accepted."""


class SiteDeliveryOut(Out):
    id: UUID
    lead: UUID
    campaign: UUID
    agent: UUID | None
    moment: str
    state: str
    method: str
    url: str
    body: str
    tries: int
    status: int | None
    error: str
    answer: str
    created_at: datetime
    last_at: datetime | None
    next_at: datetime | None


class SiteDeliveryFilter(Paging):
    state: Literal["pending", "delivered", "failed"] | None = None


class PreviewIn(Schema):
    lead: Id


class PreviewOut(Out):
    """What is sent, or opened, for this lead. `error`: `too_long` where it cannot be."""

    method: str
    url: str
    content_type: str
    body: str
    error: str


class PlaceholdersOut(Out):
    placeholders: list[str]


class AgainOut(Out):
    count: int


def _site(one: ExternalSite) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in SiteOut.model_fields}, "headers": names_of(one)}


def _delivery(one: SiteDelivery) -> dict[str, Any]:
    return {
        **{
            name: getattr(one, name)
            for name in SiteDeliveryOut.model_fields
            if name not in ("lead", "campaign", "agent", "next_at")
        },
        "lead": one.lead_id,
        "campaign": one.campaign_id,
        "agent": one.agent_id,
        "next_at": one.next_at if one.state == "pending" else None,
    }


@router.get("", response=Page[SiteOut], summary="List external sites")
def site_list(request: ApiRequest, filter: Query[Paging]) -> object:
    """Newest first."""
    rows, following = queries.external_site_list(actor=request.actor, size=filter.size, after=filter.after)
    return {"items": [_site(one) for one in rows], "next": following}


@router.post("", response={201: SiteOut}, summary="Make an external site")
def site_create(request: ApiRequest, body: SiteIn) -> object:
    """422 `unknown_placeholder` (`known` lists those there are), `sensitive_placeholder`, `placeholder_in_host`,
    `bad_url`, `private_target`."""
    return Status(201, _site(actions.external_site_create(actor=request.actor, **dict(body))))


@router.get("/placeholders", response=PlaceholdersOut, summary="Placeholders that may be used")
def placeholders(request: ApiRequest) -> object:
    """The fixed ones, the columns of the organisation's contacts, the questions of its forms."""
    require(request.actor, "campaigns.external.read")
    return {"placeholders": known(names_known(actor=request.actor))}


@router.get("/{site_id}", response=SiteOut, summary="An external site")
def site(request: ApiRequest, site_id: Id) -> object:
    return _site(queries.external_site_get(actor=request.actor, site_id=site_id))


@router.patch("/{site_id}", response=SiteOut, summary="Change an external site")
def site_change(request: ApiRequest, site_id: Id, body: SitePatch) -> object:
    """What waits to be sent goes as it was written down."""
    return _site(actions.external_site_change(actor=request.actor, site_id=site_id, **body.given()))


@router.delete("/{site_id}", response={204: None}, summary="Delete an external site")
def site_delete(request: ApiRequest, site_id: Id) -> HttpResponse:
    """With its log. 409 `in_use` while a campaign names it."""
    actions.external_site_delete(actor=request.actor, site_id=site_id)
    return no_content()


@router.post("/{site_id}/preview", response=PreviewOut, summary="What it says of a lead")
def site_preview(request: ApiRequest, site_id: Id, body: PreviewIn) -> object:
    """With a real lead; nothing is sent."""
    row = queries.external_site_get(actor=request.actor, site_id=site_id)
    made = queries.site_preview(actor=request.actor, site=row, lead_id=body.lead)
    return {name: getattr(made, name) for name in PreviewOut.model_fields}


@router.get("/{site_id}/deliveries", response=Page[SiteDeliveryOut], summary="What was sent")
def site_deliveries(request: ApiRequest, site_id: Id, filter: Query[SiteDeliveryFilter]) -> object:
    """What was, or is to be, sent from here, newest first."""
    rows, following = queries.site_deliveries(
        actor=request.actor, site_id=site_id, state=filter.state, size=filter.size, after=filter.after
    )
    return {"items": [_delivery(one) for one in rows], "next": following}


@router.post("/{site_id}/deliveries/resend", response=AgainOut, summary="Send again what was given up")
def site_resend_all(request: ApiRequest, site_id: Id) -> object:
    """Each lead's in the order in which it happened."""
    return {"count": actions.site_deliveries_again(actor=request.actor, site_id=site_id)}


@router.post("/{site_id}/deliveries/{site_delivery_id}/resend", response=SiteDeliveryOut, summary="Send one again")
def site_resend(request: ApiRequest, site_id: Id, site_delivery_id: Id) -> object:
    """With the `Idempotency-Key` that it had."""
    return _delivery(actions.site_delivery_again(actor=request.actor, site_id=site_id, delivery_id=site_delivery_id))
