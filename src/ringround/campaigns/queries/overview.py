"""What a campaign's page shows of how it is going."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from ringround.campaigns.models import Attempt, Campaign
from ringround.kernel.calendar import day_start, local_date


@dataclass(frozen=True, slots=True)
class Day:
    """One day of work, and how far the campaign had come by its end.

    `engaged` is what the day changed of the total: less than nothing where more ceased to count than came.
    """

    day: date
    attempts: int
    engaged: int
    total: int


def burn_up(*, campaign: Campaign, now: datetime, zone: ZoneInfo, days: int = 30) -> list[Day]:
    """The last days of work up to today, without the quiet ones before the first. The caller sees the campaign."""
    today = local_date(now, zone)
    first = today - timedelta(days=days - 1)
    since = day_start(first, zone)
    made = Attempt.objects.filter(campaign=campaign)
    hits = made.filter(engaged=True)
    before = hits.filter(at__lt=since).count() - hits.filter(uncounted_at__lt=since).count()

    def by_day(field: str, of: QuerySet[Attempt]) -> Counter[date]:
        rows = of.filter(**{f"{field}__gte": since}).annotate(day=TruncDate(field, tzinfo=zone))
        return Counter(dict(rows.values("day").annotate(n=Count("id")).values_list("day", "n")))

    attempts, came, went = by_day("at", made), by_day("at", hits), by_day("uncounted_at", hits)
    found: list[Day] = []
    total = before
    for number in range(days):
        day = first + timedelta(days=number)
        engaged = came[day] - went[day]
        total += engaged
        if found or attempts[day] or engaged or before:
            found.append(Day(day, attempts[day], engaged, total))
    return found
