"""What was made of a client's data at the end of the work for it."""

from __future__ import annotations

from uuid import UUID

from ringround.kernel.errors import NotFound
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.reports.models import ClientDeletion, ClientExport


def client_exports(*, actor: Actor, client_id: UUID, size: int = 10, before: UUID | None = None) -> list[ClientExport]:
    """The archives of a client, or of the actor's own organisation, newest first; NotFound."""
    client = orgs.client_of(actor=actor, client_id=client_id)
    require(actor, "reports.clients.export")
    found = ClientExport.objects.filter(organisation=client)
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:size])


def client_export_get(*, actor: Actor, client_id: UUID, export_id: UUID) -> ClientExport:
    """One of them; NotFound."""
    client = orgs.client_of(actor=actor, client_id=client_id)
    found = ClientExport.objects.filter(organisation=client, id=export_id).first()
    if found is None:
        raise NotFound("export")
    require(actor, "reports.clients.export")
    return found


def client_deletion(*, actor: Actor, client_id: UUID) -> ClientDeletion | None:
    """How far the deletion of a client's data is, None where none was asked for."""
    client = orgs.client_of(actor=actor, client_id=client_id)
    require(actor, "orgs.clients.read")
    return ClientDeletion.objects.filter(organisation=client).first()
