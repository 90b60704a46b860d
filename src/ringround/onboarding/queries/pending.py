"""Which leads wait for a session."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.onboarding.models import Session
from ringround.onboarding.rules.session import LIVE


def pending_leads(*, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these leads with a session that has not ended, which the caller has found visible."""
    found = Session.objects.filter(lead__in=list(lead_ids), status__in=[one.value for one in LIVE])
    return set(found.values_list("lead_id", flat=True))
