"""An agency's clients: the merchants that it manages, with the offer to hand one over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.orgs import rules
from ringround.orgs.actor import Actor
from ringround.orgs.models import Invitation, Organisation
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True)
class Offer:
    """The latest invitation of an owner: `open`, `accepted`, `declined`, `revoked` or `expired`."""

    email: str
    name: str
    state: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """`managed`, `closing` or `closed`; `own` for the asker's own organisation, which nobody manages."""

    id: UUID
    name: str
    state: str
    created_at: datetime
    closing_at: datetime | None
    closed_at: datetime | None
    offer: Offer | None


def client_list(*, actor: Actor, after: tuple[datetime, UUID] | None = None, size: int = 50) -> list[Client]:
    """The merchants that the actor's own organisation manages or has managed to the end, newest first."""
    require(actor, "orgs.clients.read")
    rows = Organisation.objects.filter(managed_by=actor.home_id)
    if after is not None:
        rows = rows.filter(Q(created_at__lt=after[0]) | Q(created_at=after[0], id__lt=after[1]))
    found = list(rows.order_by("-created_at", "-id")[:size])
    offers = _offers(found)
    return [_client(one, offers.get(one.id)) for one in found]


def client_get(*, actor: Actor, client_id: UUID) -> Client:
    """A client, or the organisation acted for itself; NotFound."""
    found = client_of(actor=actor, client_id=client_id)
    require(actor, "orgs.clients.read")
    return _client(found, _offers([found]).get(found.id))


def client_of(*, actor: Actor, client_id: UUID) -> Organisation:
    """The organisation with this id, when it is the actor's, or managed by the actor's own; NotFound."""
    found = Organisation.objects.filter(Q(id=actor.org_id) | Q(managed_by=actor.home_id), id=client_id).first()
    if found is None:
        raise NotFound("organisation")
    return found


def _offers(clients: Iterable[Organisation]) -> dict[UUID, Offer]:
    managed = [one.id for one in clients if one.managed_by_id is not None]
    rows = Invitation.objects.filter(organisation__in=managed).order_by("created_at", "id") if managed else []
    now = clock.real_now()
    return {
        row.organisation_id: Offer(
            email=row.email,
            name=row.name,
            state=rules.invitation_state(
                accepted_at=row.accepted_at,
                declined_at=row.declined_at,
                revoked_at=row.revoked_at,
                expires_at=row.expires_at,
                now=now,
            ),
            made_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows
    }


def _client(found: Organisation, offer: Offer | None) -> Client:
    state = rules.client_state(
        managed=found.managed_by_id is not None, closing_at=found.closing_at, closed_at=found.closed_at
    )
    return Client(
        id=found.id,
        name=found.name,
        state=state,
        created_at=found.created_at,
        closing_at=found.closing_at,
        closed_at=found.closed_at,
        offer=offer,
    )
