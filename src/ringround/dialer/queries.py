"""Reading presence."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ringround.dialer.models import Presence
from ringround.infra import sql
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """Where an agent stands. `lost`: the screen fell silent, and the agent is waited for; then `state` is offline."""

    user_id: UUID
    name: str
    campaign_id: UUID | None
    mode: str
    state: str
    since: datetime | None
    pause_reason: str
    pause_wanted: bool
    wrap_until: datetime | None
    lost: bool

    @property
    def joined(self) -> bool:
        return self.state != "offline"


def agent_state(*, actor: Actor) -> AgentState:
    """The actor's own."""
    assert actor.user is not None
    row = Presence.objects.select_related("user").filter(user=actor.user, organisation_id=actor.org_id).first()
    if row is not None:
        return _state(row)
    return AgentState(
        user_id=actor.user.id, name=str(actor.user), campaign_id=None, mode="", state="offline", since=None,
        pause_reason="", pause_wanted=False, wrap_until=None, lost=False,
    )  # fmt: skip


def agents_on(*, actor: Actor, campaign_ids: Iterable[UUID]) -> list[AgentState]:
    """Everyone who works on these campaigns (which the caller has found visible), by name."""
    require(actor, "dialer.agents.read")
    rows = _present().filter(campaign_id__in=list(campaign_ids)).order_by("user__name", "user_id")
    return [_state(row) for row in rows]


def agents_of_campaign(*, campaign_id: UUID) -> list[tuple[UUID, UUID]]:
    """(organisation, user) of everyone on a campaign: whose screens a change of it concerns."""
    return list(_present().filter(campaign_id=campaign_id).values_list("organisation_id", "user_id"))


def joined(*, campaign_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these users work on the campaign at this moment; not who is only waited for."""
    rows = Presence.objects.filter(campaign_id=campaign_id, user_id__in=list(user_ids))
    return set(rows.exclude(state=Presence.State.OFFLINE).values_list("user_id", flat=True))


def agents_for_merchant(*, merchant_id: UUID, agency_id: UUID) -> list[UUID]:
    """Users of an agency who work on campaigns of a merchant now."""
    found = _present().filter(merchant_id=merchant_id, organisation_id=agency_id)
    return list(found.values_list("user_id", flat=True))


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long an agent was in one state on one campaign within a period; `reason` that of a break."""

    user_id: UUID
    campaign_id: UUID
    state: str
    reason: str
    seconds: float
    first_at: datetime
    last_at: datetime


def hours(
    *,
    campaign_ids: Iterable[UUID],
    since: datetime,
    until: datetime,
    now: datetime,
    agent_ids: Collection[UUID] | None = None,
    carried: Collection[UUID] | None = None,
) -> list[Stretch]:
    """Agents' time in `[since, until)` on campaigns that the caller has found visible; a stretch that runs counts
    until `now`. One statement, meant for a day or less. `carried`: who alone can have a stretch that began before,
    where the caller knows."""
    found = sql.rows(
        "dialer", "hours", campaigns=list(campaign_ids), since=since, until=until, now=now,
        agents=None if agent_ids is None else list(agent_ids), carried=None if carried is None else list(carried),
    )  # fmt: skip
    return [Stretch(**row) for row in found]


def _present() -> QuerySet[Presence]:
    return Presence.objects.select_related("user").filter(~Q(state=Presence.State.OFFLINE) | ~Q(back_to=""))


def _state(row: Presence) -> AgentState:
    return AgentState(
        user_id=row.user_id,
        name=str(row.user),
        campaign_id=row.campaign_id,
        mode=row.mode,
        state=row.state,
        since=row.since,
        pause_reason=row.pause_reason,
        pause_wanted=row.pause_wanted,
        wrap_until=row.wrap_until,
        lost=bool(row.back_to),
    )
