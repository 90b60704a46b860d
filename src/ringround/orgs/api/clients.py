"""The merchants that an agency manages."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse

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
    Time,
    no_content,
)
from ringround.kernel import cursors
from ringround.orgs import actions, mails, queries

clients_router = Router(tags=["Clients"])


class OfferOut(Out):
    email: str
    name: str
    state: str
    """open, accepted, declined, revoked or expired"""
    made_at: Time
    expires_at: Time


class ClientOut(Out):
    id: Id
    name: str
    state: str
    """managed; closing while its data is being deleted, then closed. `own`: your own organisation."""
    created_at: Time
    closing_at: Time | None
    closed_at: Time | None
    offer: OfferOut | None
    """The latest invitation of an owner of its own."""


class ClientIn(Schema):
    name: Name


class OwnerIn(Schema):
    email: Annotated[str, Field(max_length=254)]
    name: Line = ""


class OfferMade(OfferOut):
    invitation_url: str
    """By which the owner takes over; also mailed to them. Shown here and never again."""


@clients_router.get("", response=Page[ClientOut], summary="List clients")
def client_list(request: ApiRequest, paging: Query[Paging]) -> object:
    """The merchants that your agency manages, newest first."""
    after = cursors.decode_at(paging.after) if paging.after else None
    rows = queries.client_list(actor=request.actor, after=after, size=paging.size + 1)
    shown = rows[: paging.size]
    more = len(rows) > paging.size
    return {"items": shown, "next": cursors.encode_at(shown[-1].created_at, shown[-1].id) if more else None}


@clients_router.post("", response={201: ClientOut}, summary="Make a client")
def client_create(request: ApiRequest, body: ClientIn) -> object:
    """For agencies: a merchant that nobody signs in to. Act for it by its id in the header `Ringround-Acting-For`.
    409 `name_taken`, `not_an_agency`."""
    made = actions.client_create(actor=request.actor, name=body.name)
    return queries.client_get(actor=request.actor, client_id=made.id)


@clients_router.get("/{organisation_id}", response=ClientOut, summary="A client")
def client_get(request: ApiRequest, organisation_id: Id) -> object:
    """Managed by your agency; or your own organisation."""
    return queries.client_get(actor=request.actor, client_id=organisation_id)


@clients_router.post("/{organisation_id}/hand-over", response={201: OfferMade}, summary="Hand a client over")
def client_hand_over(request: ApiRequest, organisation_id: Id, body: OwnerIn) -> object:
    """Invite its own owner. When they accept, it is a merchant as any other that is linked to your agency, and acting
    for it ends at once. For owners. 409 `already_invited`, `not_managed`, `closed`."""
    made = actions.client_hand_over(actor=request.actor, client_id=organisation_id, email=body.email, name=body.name)
    return {
        "email": made.invitation.email,
        "name": made.invitation.name,
        "state": "open",
        "made_at": made.invitation.created_at,
        "expires_at": made.invitation.expires_at,
        "invitation_url": mails.join_url(made.token),
    }


@clients_router.delete("/{organisation_id}/hand-over", response={204: None}, summary="Withdraw the invitation")
def client_keep(request: ApiRequest, organisation_id: Id) -> HttpResponse:
    """Its link stops working. 409 `not_invited`."""
    actions.client_keep(actor=request.actor, client_id=organisation_id)
    return no_content()
