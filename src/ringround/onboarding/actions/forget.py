"""What goes with a person, and with time: personal values of sessions. What the law wants of accounting stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from ringround.infra.unit import action
from ringround.onboarding.models import Agreement, OnboardingSettings, Session

BATCH = 500
_EMPTY = {"given": {}, "secrets": "", "metadata": {}, "detail": "", "redirect_url": ""}


@action
def contacts_erase(*, contact_ids: Iterable[UUID]) -> int:
    """Empty the sessions of contacts that were erased, and take what is personal from their agreements: amounts, dates
    and what was collected stay. How many sessions. Safe to run again."""
    ids = list(contact_ids)
    sessions = Session.objects.filter(contact__in=ids)
    locked = list(sessions.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    Session.objects.filter(id__in=locked).update(contact=None, **_EMPTY)
    Agreement.objects.filter(contact__in=ids).update(contact=None, secrets="", metadata={})
    return len(locked)


def sessions_forget(*, now: datetime) -> bool:
    """Empty sessions that ended longer ago than their merchant keeps them; whether more waits."""
    done = 0
    for row in OnboardingSettings.objects.filter(keep_days__isnull=False).order_by("merchant_id"):
        assert row.keep_days is not None
        before = now - timedelta(days=row.keep_days)
        done = max(done, _forget(row.merchant_id, before))
    return done >= BATCH


@action
def _forget(merchant_id: UUID, before: datetime) -> int:
    over = Session.objects.filter(merchant=merchant_id, ended_at__lt=before).exclude(given={}, secrets="", metadata={})
    locked = list(
        over.select_for_update(no_key=True, skip_locked=True).order_by("id").values_list("id", flat=True)[:BATCH]
    )
    Session.objects.filter(id__in=locked).update(**_EMPTY)
    return len(locked)
