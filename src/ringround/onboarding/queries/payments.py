"""Reading: when money of subscriptions is taken next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db.models import Q

from ringround.infra import clock
from ringround.onboarding.models import Charge, Subscription
from ringround.onboarding.rules.subscription import Waiting, next_payment
from ringround.onboarding.standing import notice_of, standing_of, today_of


def charges_waiting(rows: Collection[Subscription]) -> dict[UUID, list[Waiting]]:
    """{subscription: its charges that are to be collected, or tried anew}."""
    there = Charge.objects.filter(subscription__in=[one.id for one in rows])
    there = there.filter(Q(state__in=["scheduled", "submitted"]) | Q(retry_on__isnull=False))
    found = defaultdict(list)
    for owner, period, one_off, due_on, retry_on in there.values_list(
        "subscription", "period_on", "one_off", "due_on", "retry_on"
    ):
        assert owner is not None
        found[owner].append(Waiting(period, one_off, retry_on or due_on, again=retry_on is not None))
    return found


def next_payments(rows: Collection[Subscription]) -> dict[UUID, date | None]:
    """{subscription: the bank day on which its next payment is collected; None: none is known}, of those that the
    caller has found visible, each with its merchant, its mandate and that one's account."""
    waiting, now = charges_waiting(rows), clock.now()
    found = {}
    for one in rows:
        if one.merchant.closing_at is not None:
            continue
        standing = standing_of(one)
        if one.state == "active" and one.schedule_on is None:
            # The charge run makes nothing more of it.
            standing = replace(standing, next_due_on=None)
        found[one.id] = next_payment(
            standing, waiting[one.id], today=today_of(one.merchant, now), notice=notice_of(one)
        )
    return found
