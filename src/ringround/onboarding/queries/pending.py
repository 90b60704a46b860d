"""Which leads wait for a session, and which contacts have had to do with one."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.onboarding.models import Agreement, Session
from ringround.onboarding.rules.session import LIVE


def pending_leads(*, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these leads with a session that has not ended, which the caller has found visible."""
    found = Session.objects.filter(lead__in=list(lead_ids), status__in=[one.value for one in LIVE])
    return set(found.values_list("lead_id", flat=True))


def contact_signed(*, contact_id: UUID) -> bool:
    """Whether a contact has or had a session or an agreement."""
    return Session.objects.filter(contact=contact_id).exists() or Agreement.objects.filter(contact=contact_id).exists()
