"""What the boards show: who is at work, how far the campaigns are, what is due, and what holds leads back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Campaign, Lead, boards
from ringround.campaigns.queries.leads import Progress
from ringround.campaigns.queries.plan import campaign_get, visible_campaigns
from ringround.campaigns.texts import SHUT_GATES
from ringround.dialer import queries as dialer
from ringround.dialer.queries import AgentState
from ringround.infra import clock
from ringround.kernel.calendar import day_start, local_date
from ringround.kernel.errors import NotFound
from ringround.onboarding import queries as onboarding
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.reports.queries.shape import zone_of

# In the order of the board: who works, who could, who does not.
STATES = ("talking", "dialling", "wrapping", "previewing", "reserved", "ready", "paused", "lost")
# A board of more campaigns than this is not read by anybody; the stream takes as many topics.
MOST_CAMPAIGNS = 40


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent at work, with what they hold."""

    agent: AgentState
    campaign: Campaign
    lead: Lead | None

    @property
    def state(self) -> str:
        return "lost" if self.agent.lost else self.agent.state

    @property
    def tense(self) -> bool:
        """Long in a state that should be short: somebody to look after."""
        limits = {"wrapping": 180, "reserved": 420, "previewing": 420}
        if self.agent.since is None or self.state not in limits:
            return False
        return (clock.now() - self.agent.since).total_seconds() > limits[self.state]


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign's figures at this moment."""

    campaign: Campaign
    progress: Progress
    due: int
    states: dict[str, int]
    # Sessions that have not ended, and those completed today; None of a campaign without a workflow.
    sessions: tuple[int, int] | None = None

    @property
    def agents(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Board:
    """All of it. `chosen` is the one campaign that is looked at, if one is, and `team` the one whose agents are."""

    chosen: Campaign | None
    campaigns: list[CampaignRow]
    agents: list[AgentRow]
    states: dict[str, int] = field(default_factory=dict)
    team: UUID | None = None

    @property
    def topics(self) -> str:
        """What the board's part of the page listens to."""
        return ",".join(f"campaign:{row.campaign.id}" for row in self.campaigns) or "org:me"

    @property
    def due(self) -> int:
        return sum(row.due for row in self.campaigns)

    @property
    def engaged(self) -> int:
        return sum(row.progress.engaged for row in self.campaigns)

    @property
    def left(self) -> int:
        return sum(row.progress.open for row in self.campaigns)


def choices(*, actor: Actor) -> list[Campaign]:
    """The campaigns one may look at: those that run or are paused, running ones first."""
    require(actor, "reports.board")
    found = visible_campaigns(actor).filter(state__in=("running", "paused")).order_by("name")[:MOST_CAMPAIGNS]
    return sorted(found, key=lambda one: one.state != "running")


def teams(*, actor: Actor) -> list[tuple[UUID, str]]:
    """The teams whose agents one may look at: those of one's own organisation."""
    require(actor, "reports.board")
    return [(one.id, one.name) for one in orgs.teams(organisation_ids=[actor.org_id])]


def _in_team(actor: Actor, team_id: UUID) -> set[UUID]:
    if team_id not in {known for known, _name in teams(actor=actor)}:
        raise NotFound("team")
    return {one.id for one in orgs.members(organisation_ids=[actor.org_id]) if one.team_id == team_id}


def board(*, actor: Actor, campaign_id: UUID | None = None, team_id: UUID | None = None) -> Board:
    """The board of one campaign or of all that are under way, with all agents or those of one team.

    A handful of queries, however many there are.
    """
    require(actor, "reports.board")
    team = _in_team(actor, team_id) if team_id is not None else None
    chosen = campaign_get(actor=actor, campaign_id=campaign_id) if campaign_id is not None else None
    shown = [chosen] if chosen is not None else choices(actor=actor)
    by_id = {one.id: one for one in shown}
    progress = campaigns.progress(campaigns=shown)
    due = _due(by_id)
    agents = dialer.agents_on(actor=actor, campaign_ids=by_id)
    held = _held(by_id)
    sessions = _sessions(actor, shown)
    rows = [
        AgentRow(agent, by_id[agent.campaign_id], held.get((agent.campaign_id, agent.user_id)))
        for agent in agents
        if agent.campaign_id is not None and (team is None or agent.user_id in team)
    ]
    rows.sort(key=lambda row: (STATES.index(row.state), row.agent.name.casefold()))
    per: dict[UUID, Counter[str]] = {one.id: Counter() for one in shown}
    for row in rows:
        per[row.campaign.id][row.state] += 1
    return Board(
        chosen=chosen,
        campaigns=[
            CampaignRow(one, progress[one.id], due.get(one.id, 0), dict(per[one.id]), sessions.get(one.id))
            for one in shown
        ],
        agents=rows,
        states={name: sum(counts[name] for counts in per.values()) for name in STATES},
        team=team_id,
    )


def _due(by_id: dict[UUID, Campaign]) -> dict[UUID, int]:
    """Callbacks whose time has come, by campaign."""
    return boards.callbacks_due(campaign_ids=list(by_id))


def _sessions(actor: Actor, shown: list[Campaign]) -> dict[UUID, tuple[int, int]]:
    """Of campaigns with a workflow: sessions under way, and completed since the organisation's day began."""
    with_workflow = [one.id for one in shown if one.workflow is not None]
    if not with_workflow:
        return {}
    zone = zone_of(actor)
    since = day_start(local_date(clock.now(), zone), zone)
    found = onboarding.sessions_standing(actor=actor, campaign_ids=with_workflow, since=since)
    return {id: found.get(id, (0, 0)) for id in with_workflow}


def _held(by_id: dict[UUID, Campaign]) -> dict[tuple[UUID, UUID], Lead]:
    """Leads in hand, by campaign and agent."""
    return {
        (lead.campaign_id, lead.reserved_by_id): lead
        for lead in boards.leads_held_on(campaign_ids=list(by_id))
        if lead.reserved_by_id is not None
    }


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    words: str
    n: int
    share: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a campaign is not dialling (or how much it could): each gate that holds leads back, the worst first."""

    campaign: Campaign
    callable_now: int
    leads: int
    open: int
    gates: list[Gate]
    next_at: datetime | None
    agents: int


def standing(*, actor: Actor, campaign_id: UUID) -> Standing | None:
    """Counted over all leads of the campaign: asked for seldom, not with each change. None: being counted."""
    require(actor, "reports.board")
    campaign = campaign_get(actor=actor, campaign_id=campaign_id)
    found = campaigns.why_not_dialling(actor=actor, campaign_id=campaign_id)
    if found is None:
        return None
    left = found.leads - found.by_gate.get("open", 0)
    gates = [
        Gate(name, str(SHUT_GATES[name]), n, n / left if left else 0.0)
        for name, n in sorted(found.by_gate.items(), key=lambda pair: -pair[1])
        if n and name != "open"
    ]
    agents = len(dialer.agents_on(actor=actor, campaign_ids=[campaign_id]))
    return Standing(campaign, found.callable_now, found.leads, left, gates, found.next_at, agents)


def snapshot_json(found: Board, still: Standing | None) -> dict[str, Any]:
    """One campaign's board as the API shows it."""
    row = found.campaigns[0]
    return {
        "at": clock.now(),
        "campaign": row.campaign.id,
        "state": row.campaign.state,
        "progress": {"engaged": row.progress.engaged, "target": row.progress.target},
        "leads": {
            "total": row.progress.leads,
            "open": row.progress.open,
            "callable_now": still.callable_now if still else None,
            "by_status": row.progress.by_status,
        },
        "attempts": row.progress.attempts,
        "callbacks_due": row.due,
        "sessions": {"pending": row.sessions[0], "completed_today": row.sessions[1]} if row.sessions else None,
        "agents": [
            {
                "id": one.agent.user_id,
                "name": one.agent.name,
                "state": one.agent.state,
                "lost": one.agent.lost,
                "since": one.agent.since,
                "pause_reason": one.agent.pause_reason or None,
                "lead": one.lead.id if one.lead else None,
            }
            for one in found.agents
        ],
        "agents_by_state": {name: n for name, n in found.states.items() if n},
        "why_not_dialling": {
            "callable_now": still.callable_now,
            "leads": still.leads,
            "by_gate": {gate.name: gate.n for gate in still.gates},
            "next_at": still.next_at,
        }
        if still
        else None,
    }
