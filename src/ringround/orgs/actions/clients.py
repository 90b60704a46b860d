"""Managed merchants: made by an agency for clients that never sign in; handed over, or closed at the end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict
from ringround.kernel.messages import N_
from ringround.orgs.actions._common import clean_email, clean_name, lock
from ringround.orgs.actions._handing_over import link_make
from ringround.orgs.actions.invitations import Invite, invite_make
from ringround.orgs.actions.links import link_end
from ringround.orgs.actor import Actor
from ringround.orgs.events import OrganisationClosed, OrganisationClosing, OrganisationCreated
from ringround.orgs.models import AgencyLink, ApiToken, Invitation, Membership, Organisation, User
from ringround.orgs.permissions import require
from ringround.orgs.queries.clients import client_of
from ringround.orgs.queries.invitations import WAITING


@transaction.atomic
def client_create(*, actor: Actor, name: str) -> Organisation:
    """Make a merchant that the actor's agency manages and is linked to, with the agency's own settings.

    Codes: `not_an_agency`, `name_taken` (by another client of the agency).
    """
    require(actor, "orgs.clients.change")
    if actor.organisation.kind != Organisation.Kind.AGENCY:
        raise Conflict("not_an_agency", N_("Only an agency makes clients."))
    tidy = clean_name(name)
    agency = lock(actor.org_id)
    # A client is confirmed by its name before it is deleted, so no two may share one.
    if Organisation.objects.filter(managed_by=agency, name__iexact=tidy, closed_at__isnull=True).exists():
        raise Conflict("name_taken", N_("There is a client with this name already."))
    client = Organisation.objects.create(
        kind=Organisation.Kind.MERCHANT,
        name=tidy,
        managed_by=agency,
        created_at=clock.now(),
        region=agency.region,
        language=agency.language,
        timezone=agency.timezone,
        currency=agency.currency,
        pause_reasons=agency.pause_reasons,
        callback_max_days=agency.callback_max_days,
        callbacks_per_agent=agency.callbacks_per_agent,
    )
    OrganisationCreated(subject_id=client.id, agency=agency.id, user=actor.user_id).record(
        client, also_org_id=agency.id
    )
    link_make(actor=actor, merchant=client, agency_id=agency.id)
    _write(actor, "orgs.client.created", client)
    return client


@transaction.atomic
def client_hand_over(*, actor: Actor, client_id: UUID, email: str, name: str = "") -> Invite:
    """Invite the client's own owner. With their acceptance the management ends; until then nothing changes.

    One invitation at a time. Codes: `not_managed`, `closed`, `already_invited`.
    """
    client = _managed(actor, client_id, "orgs.clients.hand_over")
    address = clean_email(email)
    cleaned = clean_name(name, required=False)
    if Invitation.objects.filter(WAITING, organisation=client, expires_at__gt=clock.real_now()).exists():
        raise Conflict("already_invited", N_("An owner is invited already. Withdraw that first."))
    # One that ran out makes room.
    Invitation.objects.filter(WAITING, organisation=client).update(revoked_at=clock.real_now())
    invite = invite_make(actor=actor, organisation=client, address=address, name=cleaned, role="owner")
    _write(actor, "orgs.client.offered", client, user=str(invite.user.id))
    return invite


@transaction.atomic
def client_keep(*, actor: Actor, client_id: UUID) -> Organisation:
    """Withdraw the invitation of an owner; its link stops working. 409 `not_invited`."""
    client = _managed(actor, client_id, "orgs.clients.hand_over")
    if not Invitation.objects.filter(WAITING, organisation=client).update(revoked_at=clock.real_now()):
        raise Conflict("not_invited", N_("There is no invitation waiting for an answer."), allowed=["invited"])
    _write(actor, "orgs.client.kept", client)
    return client


@transaction.atomic
def client_closing(*, actor: Actor, client_id: UUID, permission: str) -> Organisation:
    """The work for a client is over: from the commit on nobody acts or calls for it, and nobody can take it over.

    For the room that then deletes its data, whose `permission` is asked; part of its transaction.
    """
    client = _managed(actor, client_id, permission)
    now = clock.real_now()
    client.closing_at = now
    client.save(update_fields=["closing_at"])
    Invitation.objects.filter(WAITING, organisation=client).update(revoked_at=now)
    ApiToken.objects.filter(organisation=client, revoked_at=None).update(revoked_at=now)
    assert client.managed_by_id is not None
    OrganisationClosing(subject_id=client.id, agency=client.managed_by_id, user=actor.user_id).record(
        client, also_org_id=client.managed_by_id
    )
    # Also those that wait to be claimed.
    for link in AgencyLink.objects.select_for_update().filter(merchant=client, revoked_at=None).order_by("id"):
        link_end(actor=actor, link=link, merchant=client)
    _write(actor, "orgs.client.closing", client)
    return client


@transaction.atomic
def client_closed(*, actor: Actor, client_id: UUID) -> None:
    """All else of the client is deleted: who was invited to it goes too, and it is closed. Safe to run again."""
    client = lock(client_id)
    if client.closing_at is None or client.closed_at is not None:
        return
    invited = list(Membership.objects.filter(organisation=client).values_list("user", flat=True))
    Invitation.objects.filter(organisation=client).delete()
    Membership.objects.filter(organisation=client).delete()
    ApiToken.objects.filter(organisation=client).delete()
    # Accounts that the invitation made, and nobody has ever used.
    for user in User.objects.filter(id__in=invited, last_login__isnull=True, memberships__isnull=True).order_by("id"):
        if not user.has_usable_password():
            user.delete()
    client.closed_at = clock.real_now()
    client.save(update_fields=["closed_at"])
    assert client.managed_by_id is not None
    OrganisationClosed(subject_id=client.id, agency=client.managed_by_id).record(
        client, also_org_id=client.managed_by_id
    )
    _write(actor, "orgs.client.closed", client)


def _managed(actor: Actor, client_id: UUID, permission: str) -> Organisation:
    """The client, locked, while it is managed by the actor's own organisation and its work is not over."""
    found = client_of(actor=actor, client_id=client_id)
    require(actor, permission)
    client = lock(found.id)
    if client.managed_by_id is None or client.managed_by_id != actor.home_id:
        raise Conflict("not_managed", N_("This organisation is not managed by yours."))
    if client.closing_at is not None:
        raise Conflict("closed", N_("The work for this organisation is over."))
    return client


def _write(actor: Actor, action: str, client: Organisation, **data: Any) -> None:
    """In the logs of both: the client's goes with it, should it be handed over."""
    assert client.managed_by_id is not None
    for org_id in (client.id, client.managed_by_id):
        audit.write(
            actor=actor,
            action=action,
            org_id=org_id,
            subject_type="organisation",
            subject_id=client.id,
            data={"agency": str(client.managed_by_id)} | data,
        )
