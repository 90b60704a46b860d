"""Reading figures in short steps: one local day of the period after the other, a bounded statement each.

A report of a year is many small statements and no long one: none keeps the database from clearing up behind it. What
happens while it runs may be in a later day's figures and not in an earlier's; a day that is over is the same each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ringround.campaigns.queries import figures
from ringround.dialer import queries as dialer
from ringround.infra.bounded import bounded
from ringround.onboarding import queries as onboarding
from ringround.reports.queries.shape import Asked
from ringround.reports.rules.sums import Attained, Hours, Tally


@dataclass(slots=True)
class Times:
    """Agents' time: of each agent, of each day, in all, and each agent's first and last moment."""

    agents: dict[UUID, Hours] = field(default_factory=lambda: defaultdict(Hours))
    days: dict[date, Hours] = field(default_factory=lambda: defaultdict(Hours))
    edges: dict[UUID, tuple[datetime, datetime]] = field(default_factory=dict)


@dataclass(slots=True)
class Results:
    """Tries and calls: by agent, day, campaign, disposition, hour of the day, and weekday with hour."""

    agents: dict[UUID | None, Tally] = field(default_factory=lambda: defaultdict(Tally))
    days: dict[date, Tally] = field(default_factory=lambda: defaultdict(Tally))
    campaigns: dict[UUID, Tally] = field(default_factory=lambda: defaultdict(Tally))
    dispositions: dict[tuple[UUID, UUID | None], Tally] = field(default_factory=lambda: defaultdict(Tally))
    hours: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))
    week: dict[tuple[int, int], Tally] = field(default_factory=lambda: defaultdict(Tally))


@dataclass(slots=True)
class Signed:
    """Sessions: by agent, campaign and day."""

    agents: dict[UUID | None, Attained] = field(default_factory=lambda: defaultdict(Attained))
    campaigns: dict[UUID, Attained] = field(default_factory=lambda: defaultdict(Attained))
    days: dict[date, Attained] = field(default_factory=lambda: defaultdict(Attained))


def days_of(asked: Asked) -> Iterator[tuple[date, datetime, datetime]]:
    """The period's days that have begun, oldest first."""
    for day, since, until in asked.period.slices():
        if since > asked.now:
            return
        yield day, since, until


def times(asked: Asked) -> Times:
    """Agents' time, clipped to each day; a stretch over midnight is cut there."""
    found = Times()
    if not asked.campaigns:
        return found
    first = True
    for day, since, until in days_of(asked):
        # Who is carried over from the day before was there on one of the days read, or at the period's beginning.
        carried = None if first else list(found.agents)
        first = False
        with bounded():
            rows = dialer.hours(
                campaign_ids=asked.campaign_ids, since=since, until=until, now=asked.now, agent_ids=asked.agent_ids,
                carried=carried,
            )  # fmt: skip
        for row in rows:
            # Whole seconds here, in the smallest part: so days, agents and campaigns give the same sum.
            seconds = round(row.seconds)
            found.agents[row.user_id].add(row.state, row.reason, seconds)
            found.days[day].add(row.state, row.reason, seconds)
            begun, ended = found.edges.get(row.user_id, (row.first_at, row.last_at))
            found.edges[row.user_id] = (min(begun, row.first_at), max(ended, row.last_at))
    return found


def results(asked: Asked) -> Results:
    """Tries and calls of the period."""
    found = Results()
    if not asked.campaigns:
        return found
    for day, since, until in days_of(asked):
        with bounded():
            tried, hourly = figures.tries(
                campaign_ids=asked.campaign_ids, since=since, until=until, zone=asked.period.zone.key,
                agent_ids=asked.agent_ids,
            )  # fmt: skip
        with bounded():
            calls = figures.calls(
                campaign_ids=asked.campaign_ids, merchant_ids=asked.merchant_ids, since=since, until=until,
                agent_ids=asked.agent_ids,
            )  # fmt: skip
        for one in tried:
            for tally in (
                found.agents[one.user_id],
                found.days[day],
                found.campaigns[one.campaign_id],
                found.dispositions[one.campaign_id, one.disposition_id],
            ):
                tally.add(attempts=one.attempts, contacts=one.contacts, engaged=one.engaged)
        for one in hourly:
            assert one.hour is not None
            for tally in (found.hours[one.hour], found.week[day.weekday(), one.hour]):
                tally.add(attempts=one.attempts, contacts=one.contacts, engaged=one.engaged)
        for row in calls:
            for tally in (found.agents[row["agent_id"]], found.days[day], found.campaigns[row["campaign_id"]]):
                tally.add(calls=row["calls"])
    return found


def sessions(asked: Asked) -> Signed:
    """Sessions that were submitted in the period, as they stand now."""
    found = Signed()
    if not asked.campaigns:
        return found
    for day, since, until in days_of(asked):
        with bounded():
            rows = onboarding.session_counts(
                actor=asked.actor, campaign_ids=asked.campaign_ids, since=since, until=until, agent_ids=asked.agent_ids
            )
        for one in rows:
            for attained in (found.agents[one.user_id], found.campaigns[one.campaign_id], found.days[day]):
                attained.add(one.status, one.payment_type, one.sessions)
    return found
