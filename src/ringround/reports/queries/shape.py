"""What a report is asked for, and what it is made of: columns, tables, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Campaign
from ringround.infra import clock
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.reports.rules import period as rules
from ringround.reports.rules.period import Period
from ringround.reports.words import COLUMNS
from ringround.ui.charts import Chart

# Figures, and the ways in which each can be broken down; the first is the usual one.
AGGREGATES: dict[str, tuple[str, ...]] = {
    "agent_hours": ("agent", "day"),
    "agent_results": ("agent", "day"),
    "campaign_results": ("campaign", "day", "hour"),
    "dispositions": ("disposition", "day"),
    "sessions_by_agent": ("agent", "campaign", "day"),
}
# Lists of single things, read page by page.
LOGS = ("call_log", "callbacks", "sessions")
NAMES = (*AGGREGATES, *LOGS)
# Kinds of columns: how a figure is written on a screen, in a file and in a spreadsheet.
KINDS = ("text", "id", "int", "seconds", "share", "rate", "moment", "day", "phone", "money")


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: object
    kind: str = "text"

    def of(self, row: Mapping[str, Any]) -> Any:
        """The row's value; `pauses.<reason>` lies one deeper."""
        outer, dot, inner = self.key.partition(".")
        return row[outer].get(inner, 0) if dot else row.get(self.key)


def column(key: str, kind: str = "text", label: object = None) -> Column:
    return Column(key, label if label is not None else COLUMNS[key], kind)


@dataclass(frozen=True, slots=True)
class Table:
    """One way of breaking a report down. `totals` has the columns that can be summed."""

    by: str
    columns: Sequence[Column]
    rows: list[dict[str, Any]]
    totals: dict[str, Any] | None = None

    @property
    def shown(self) -> list[Column]:
        """Without the ids, which are for programs."""
        return [one for one in self.columns if one.kind != "id"]


@dataclass(frozen=True, slots=True)
class Team:
    """Some of an organisation's agents, under a name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, its period, and what of it: one campaign or all that the actor sees, one agent,
    one team or all."""

    name: str
    actor: Actor
    period: Period
    now: datetime
    campaigns: list[Campaign]
    campaign: Campaign | None = None
    agent_id: UUID | None = None
    team: Team | None = None
    # Whose figures these are; None: everybody's, what no agent has done among them.
    agent_ids: frozenset[UUID] | None = None

    @property
    def campaign_ids(self) -> list[UUID]:
        return [one.id for one in self.campaigns]

    @property
    def merchant_ids(self) -> list[UUID]:
        return list({one.merchant_id for one in self.campaigns})


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of a period: the first table is the usual one, `totals` are its figures in all."""

    asked: Asked
    tables: dict[str, Table]
    totals: dict[str, Any]
    charts: Sequence[Chart] = field(default_factory=tuple)

    @property
    def main(self) -> Table:
        return next(iter(self.tables.values()))

    def table(self, by: str) -> Table:
        """Broken down that way; Invalid `unknown_choice`."""
        if not by:
            return self.main
        if by not in self.tables:
            raise Invalid.one(("query", "by"), "unknown_choice", N_("This report cannot be broken down that way."))
        return self.tables[by]


def zone_of(actor: Actor) -> ZoneInfo:
    """Reports count the organisation's days, so that everyone who reads one reads the same figures."""
    return find_zone(actor.organisation.timezone) or ZoneInfo("UTC")


def ask(
    *,
    actor: Actor,
    name: str,
    since: str = "",
    until: str = "",
    campaign_id: UUID | None = None,
    agent_id: UUID | None = None,
    team_id: UUID | None = None,
) -> Asked:
    """What is asked for, read and allowed: NotFound for a report, campaign or team that there is not for this actor."""
    require(actor, "reports.read")
    if name not in NAMES:
        raise NotFound("report")
    now = clock.now()
    period = rules.parse(since, until, zone=zone_of(actor), now=now)
    campaign = campaigns.campaign_get(actor=actor, campaign_id=campaign_id) if campaign_id is not None else None
    seen = [campaign] if campaign is not None else list(campaigns.visible_campaigns(actor).order_by("name", "id"))
    team = _team(actor, team_id) if team_id is not None else None
    chosen = frozenset([agent_id]) if agent_id is not None else None
    if team is not None:
        # Who has left the organisation is still in the figures of what they did.
        found = orgs.members(organisation_ids=[actor.org_id], states=("active", "invited", "inactive"))
        members = frozenset(one.id for one in found if one.team_id == team.id)
        chosen = members if chosen is None else chosen & members
    return Asked(name, actor, period, now.astimezone(UTC), seen, campaign, agent_id, team, chosen)


def teams(*, actor: Actor) -> list[Team]:
    """The teams whose agents one may ask for: those of one's own organisation."""
    require(actor, "reports.read")
    return [Team(one.id, one.name) for one in orgs.teams(organisation_ids=[actor.org_id])]


def _team(actor: Actor, team_id: UUID) -> Team:
    found = next((one for one in teams(actor=actor) if one.id == team_id), None)
    if found is None:
        raise NotFound("team")
    return found
