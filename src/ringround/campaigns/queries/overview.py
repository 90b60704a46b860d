"""What a campaign's page shows of how it is going."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from ringround.campaigns.models import Attempt, Campaign
from ringround.kernel.calendar import day_start, local_date


@dataclass(frozen=True, slots=True)
class Day:
    """One day of work, and how far the campaign had come by its end."""

    day: date
    attempts: int
    engaged: int
    total: int


def burn_up(*, campaign: Campaign, now: datetime, zone: ZoneInfo, days: int = 30) -> list[Day]:
    """The last days of work up to today, without the quiet ones before the first. The caller sees the campaign."""
    today = local_date(now, zone)
    first = today - timedelta(days=days - 1)
    since = day_start(first, zone)
    before = Attempt.objects.filter(campaign=campaign, engaged=True, at__lt=since).count()
    rows = {
        row["day"]: row
        for row in Attempt.objects.filter(campaign=campaign, at__gte=since)
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values("day")
        .annotate(attempts=Count("id"), hits=Count("id", filter=Q(engaged=True)))
    }
    found: list[Day] = []
    total = before
    for number in range(days):
        day = first + timedelta(days=number)
        row = rows.get(day)
        attempts, hits = (row["attempts"], row["hits"]) if row else (0, 0)
        total += hits
        if found or attempts or before:
            found.append(Day(day, attempts, hits, total))
    return found
