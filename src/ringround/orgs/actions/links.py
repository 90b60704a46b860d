"""Links between a merchant and its agencies: a token, claimed once, revoked at once by either side."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import hash_token, new_token
from ringround.kernel.messages import N_
from ringround.orgs import rules
from ringround.orgs.actions._common import lock, still_acting
from ringround.orgs.actor import Actor
from ringround.orgs.events import AgencyLinkClaimed, AgencyLinkRevoked
from ringround.orgs.models import AgencyLink, Organisation
from ringround.orgs.permissions import require
from ringround.orgs.queries.links import LIVE


@transaction.atomic
def agency_link_create(*, actor: Actor) -> tuple[AgencyLink, str]:
    """A merchant makes a token for an agency; it is given here and never again."""
    require(actor, "orgs.links.change")
    if actor.organisation.kind != Organisation.Kind.MERCHANT:
        raise Conflict("not_a_merchant", N_("Only a merchant can connect an agency."))
    still_acting(actor=actor)
    now = clock.real_now()
    token = new_token("rrl")
    link = AgencyLink.objects.create(
        merchant=actor.organisation,
        token_hash=hash_token(token),
        created_by=actor.user,
        created_at=now,
        expires_at=now + rules.LINK_LIFE,
    )
    _write(actor, "orgs.agency_link.created", link)
    return link, token


@transaction.atomic
def agency_link_claim(*, actor: Actor, token: str) -> AgencyLink:
    """An agency takes a merchant's token. Codes: `link_used`, `link_revoked`, `link_expired`, `already_linked`."""
    require(actor, "orgs.links.change")
    if actor.organisation.kind != Organisation.Kind.AGENCY:
        raise Conflict("not_an_agency", N_("Only an agency can use such a token."))
    known = AgencyLink.objects.filter(token_hash=hash_token(token.strip())).first()
    if known is None:
        raise NotFound("agency_link", N_("There is no such token. Check that all of it was copied."))
    merchant = lock(known.merchant_id)
    link = AgencyLink.objects.select_for_update().get(id=known.id)
    now = clock.real_now()
    if link.revoked_at is not None:
        raise Conflict("link_revoked", N_("The merchant has withdrawn this token."))
    if link.claimed_at is not None:
        raise Conflict("link_used", N_("This token has been used already."))
    if link.expires_at <= now:
        raise Conflict("link_expired", N_("This token has run out. Ask the merchant for a new one."))
    if AgencyLink.objects.filter(LIVE, merchant=merchant, agency=actor.organisation).exists():
        raise Conflict("already_linked", N_("You are connected to this merchant already."))
    link.agency = actor.organisation
    link.claimed_at = now
    link.save(update_fields=["agency", "claimed_at"])
    AgencyLinkClaimed(subject_id=link.id, merchant=merchant.id, agency=actor.org_id).record(
        merchant, also_org_id=actor.org_id
    )
    _write(actor, "orgs.agency_link.claimed", link)
    return link


@transaction.atomic
def agency_link_revoke(*, actor: Actor, link_id: UUID) -> AgencyLink:
    """End a link, or withdraw its token, from either side; what hung on it ends with the commit."""
    own = Q(merchant=actor.organisation) | Q(agency=actor.organisation)
    known = AgencyLink.objects.filter(own, id=link_id).first()
    if known is None:
        raise NotFound("agency_link")
    require(actor, "orgs.links.change")
    merchant = lock(known.merchant_id)
    link = AgencyLink.objects.select_for_update().get(id=known.id)
    if link.revoked_at is not None:
        raise Conflict("already_revoked", N_("This has been revoked already."), allowed=["waiting", "live", "expired"])
    if link.agency_id is not None and link.agency_id == merchant.managed_by_id and merchant.closing_at is None:
        # Nobody could reach the merchant's data any more, not even to return or delete it.
        words = N_("This merchant is managed by its agency. Hand it over, or delete its data.")
        raise Conflict("managed", words)
    link_end(actor=actor, link=link, merchant=merchant)
    return link


def link_end(*, actor: Actor, link: AgencyLink, merchant: Organisation) -> None:
    """Revoke a link; it and its merchant are locked."""
    link.revoked_at = clock.real_now()
    link.save(update_fields=["revoked_at"])
    AgencyLinkRevoked(subject_id=link.id, merchant=merchant.id, agency=link.agency_id).record(
        merchant, also_org_id=link.agency_id
    )
    _write(actor, "orgs.agency_link.revoked", link)


def _write(actor: Actor, action: str, link: AgencyLink) -> None:
    """In the logs of both sides: each must be able to say who opened its data, and who closed it."""
    data = {"merchant": str(link.merchant_id), "agency": str(link.agency_id) if link.agency_id else None}
    for org_id in {link.merchant_id, link.agency_id} - {None}:
        audit.write(
            actor=actor, action=action, org_id=org_id, subject_type="agency_link", subject_id=link.id, data=data
        )
