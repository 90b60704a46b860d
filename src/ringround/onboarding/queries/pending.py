"""Which leads wait for a session, and which contacts have had to do with one."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.kernel.messages import N_, Message
from ringround.onboarding.models import Agreement, Session, Subscription
from ringround.onboarding.rules.session import LIVE

# Subscriptions that are collected, or may be again.
STANDING = ("pending", "active", "on_hold")
# Who erases a person does not end their agreement by the way: that is somebody's decision, and is told to the provider.
END_FIRST = N_("This person has an agreement that has not ended. End it first, on the agreement's page.")


def pending_leads(*, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these leads with a session that has not ended, which the caller has found visible."""
    found = Session.objects.filter(lead__in=list(lead_ids), status__in=[one.value for one in LIVE])
    return set(found.values_list("lead_id", flat=True))


def contact_signed(*, contact_id: UUID) -> bool:
    """Whether a contact has or had a session or an agreement."""
    return Session.objects.filter(contact=contact_id).exists() or Agreement.objects.filter(contact=contact_id).exists()


def contact_held(*, contact_id: UUID) -> Message | None:
    """What is to be done before a contact may be erased; None: nothing."""
    standing = Subscription.objects.filter(agreement__contact=contact_id, state__in=STANDING)
    return END_FIRST if standing.exists() else None
