"""Links between merchants and agencies."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse

from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Time,
    no_content,
)
from ringround.kernel import cursors
from ringround.orgs import actions, queries
from ringround.orgs.models import AgencyLink
from ringround.orgs.queries import Link

links_router = Router(tags=["Agencies"])


class LinkOut(Out):
    id: Id
    state: str
    """waiting, live, expired or revoked"""
    merchant: Id
    agency: Id | None
    other: str | None
    """The name of the organisation on the other side, once it is claimed."""
    created_at: Time
    expires_at: Time
    """Until when the token may be claimed."""
    claimed_at: Time | None
    revoked_at: Time | None


class LinkMade(Out):
    id: Id
    token: str
    """Shown here and never again."""
    expires_at: Time


class Claim(Schema):
    token: Annotated[str, Field(min_length=1, max_length=200)]


def _link(link: Link) -> dict[str, object]:
    return {
        "id": link.id,
        "state": link.state,
        "merchant": link.merchant_id,
        "agency": link.agency_id,
        "other": link.other,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
        "claimed_at": link.claimed_at,
        "revoked_at": link.revoked_at,
    }


@links_router.get("", response=Page[LinkOut], summary="List agency links")
def link_list(request: ApiRequest, paging: Query[Paging]) -> object:
    """From either side, newest first."""
    after = cursors.decode_at(paging.after) if paging.after else None
    rows = queries.link_list(actor=request.actor, after=after, size=paging.size + 1)
    shown = rows[: paging.size]
    more = len(rows) > paging.size
    return {
        "items": [_link(row) for row in shown],
        "next": cursors.encode_at(shown[-1].created_at, shown[-1].id) if more else None,
    }


@links_router.post("", response={201: LinkMade}, summary="Make a token for an agency")
def link_create(request: ApiRequest) -> object:
    """For merchants. The agency claims it."""
    link, token = actions.agency_link_create(actor=request.actor)
    return {"id": link.id, "token": token, "expires_at": link.expires_at}


@links_router.post("/claim", response=LinkOut, summary="Claim a merchant's token")
def link_claim(request: ApiRequest, body: Claim) -> object:
    """For agencies. 409 `link_used`, `link_expired`, `link_revoked`, `already_linked`."""
    link = actions.agency_link_claim(actor=request.actor, token=body.token)
    return _one(request, link)


@links_router.delete("/{link_id}", response={204: None}, summary="Revoke a link or its token")
def link_revoke(request: ApiRequest, link_id: Id) -> HttpResponse:
    """From either side, at once."""
    actions.agency_link_revoke(actor=request.actor, link_id=link_id)
    return no_content()


def _one(request: ApiRequest, link: AgencyLink) -> dict[str, object]:
    return _link(queries.link_get(actor=request.actor, link_id=link.id))
