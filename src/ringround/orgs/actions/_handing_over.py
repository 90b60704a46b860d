"""What happens when a managed merchant gets an owner of its own: its agency keeps what a link gives, and no more."""

from __future__ import annotations

from uuid import UUID

from ringround.http import actions as http
from ringround.infra import audit, clock
from ringround.kernel.ids import hash_token, new_token
from ringround.orgs.actions.links import link_end
from ringround.orgs.actor import Actor
from ringround.orgs.events import AgencyLinkClaimed, OrganisationHandedOver
from ringround.orgs.models import AgencyLink, ApiToken, Invitation, Organisation
from ringround.orgs.queries.invitations import WAITING
from ringround.orgs.queries.links import LIVE


def hand_over(*, actor: Actor, organisation: Organisation) -> None:
    """End the management; `actor` is the new owner, the organisation is locked. Acting for it ends with the commit.

    1. The agency is linked as any other from now on, so that its people go on with the campaigns they have.
    2. What opens the merchant's data besides a link is shut: other invitations, agency tokens nobody has used, tokens
       of external systems, webhooks. Rooms above do the same by the event: scheduled reports, external sites.
       The agency has made them and knows them; the owner opens again what they want to keep.
    """
    agency_id = organisation.managed_by_id
    assert agency_id is not None
    now = clock.real_now()
    organisation.managed_by = None
    organisation.save(update_fields=["managed_by"])
    link_make(actor=actor, merchant=organisation, agency_id=agency_id)
    Invitation.objects.filter(WAITING, organisation=organisation).update(revoked_at=now)
    unused = AgencyLink.objects.select_for_update().filter(merchant=organisation, claimed_at=None, revoked_at=None)
    for link in unused.order_by("id"):
        link_end(actor=actor, link=link, merchant=organisation)
    ApiToken.objects.filter(organisation=organisation, revoked_at=None).update(revoked_at=now)
    http.webhooks_switch_off(actor=actor)
    OrganisationHandedOver(subject_id=organisation.id, agency=agency_id, user=actor.user_id).record(
        organisation, also_org_id=agency_id
    )
    for org_id in (organisation.id, agency_id):
        audit.write(
            actor=actor,
            action="orgs.client.handed_over",
            org_id=org_id,
            subject_type="organisation",
            subject_id=organisation.id,
            data={"agency": str(agency_id)},
        )


def link_make(*, actor: Actor, merchant: Organisation, agency_id: UUID) -> None:
    """A live link that needed no token, unless there is one; the merchant is locked."""
    if AgencyLink.objects.filter(LIVE, merchant=merchant, agency_id=agency_id).exists():
        return
    now = clock.real_now()
    link = AgencyLink.objects.create(
        merchant=merchant,
        agency_id=agency_id,
        # Nobody has it: the column is of links that are claimed by one.
        token_hash=hash_token(new_token("rrl")),
        created_by=actor.user,
        created_at=now,
        expires_at=now,
        claimed_at=now,
    )
    assert link.agency_id is not None
    AgencyLinkClaimed(subject_id=link.id, merchant=merchant.id, agency=link.agency_id).record(
        merchant, also_org_id=link.agency_id
    )
