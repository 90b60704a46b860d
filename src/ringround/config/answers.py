"""What lower rooms ask of upper ones, answered: a list asks which campaigns there are, a contact whether it may go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries.contact import contact_is_lead
from ringround.dialer import queries as dialer
from ringround.orgs.actor import Actor


def campaigns_of(actor: Actor) -> Sequence[tuple[UUID, str]]:
    """For `contacts.ports`: id and name of the campaigns of the actor's own organisation, by name.

    Without those of merchants that an agency works for: contacts and what bars them stay with their merchant.
    """
    own = campaigns.visible_campaigns(actor).filter(merchant_id=actor.org_id, state__in=campaigns.ALIVE)
    return list(own.order_by("name", "id").values_list("id", "name"))


def joined(campaign_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """For `campaigns.ports`: which of these users work on a campaign now."""
    return dialer.joined(campaign_id=campaign_id, user_ids=user_ids)


def is_a_lead(contact_id: UUID) -> bool:
    """For `contacts.ports`: whether a contact is or was on a campaign."""
    return contact_is_lead(contact_id=contact_id)
