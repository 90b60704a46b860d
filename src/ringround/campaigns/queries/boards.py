"""What boards ask of campaigns that they have found visible: a query each, however many leads there are."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count

from ringround.campaigns.models import Lead
from ringround.infra import clock


def callbacks_due(*, campaign_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many callbacks have come due and not been taken, by campaign."""
    found = Lead.objects.filter(
        campaign__in=list(campaign_ids),
        status__in=("private_redial", "common_redial"),
        next_contact_at__lte=clock.now(),
        active=True,
        reserved_by__isnull=True,
    )
    return dict(found.values_list("campaign_id").annotate(n=Count("id")))


def leads_held_on(*, campaign_ids: Iterable[UUID]) -> list[Lead]:
    """The leads that agents have in hand."""
    return list(
        Lead.objects.filter(reserved_by__isnull=False, reserved_until__gt=clock.now(), campaign__in=list(campaign_ids))
    )
