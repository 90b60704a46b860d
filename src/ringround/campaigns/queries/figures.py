"""Figures for reports, of campaigns that the caller has found visible. Each function is one bounded statement: a
stretch of time that the caller keeps short, or a batch of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns.models import Disposition, Lead
from ringround.campaigns.queries.leads import contacts_of
from ringround.infra import sql


@dataclass(frozen=True, slots=True)
class Tries:
    """Attempts with what came of them, by campaign, agent, disposition and outcome; `hour` where that is told apart."""

    campaign_id: UUID
    user_id: UUID | None
    disposition_id: UUID | None
    outcome: str
    hour: int | None
    attempts: int
    contacts: int
    engaged: int


def _ids(agent_ids: Collection[UUID] | None) -> list[UUID] | None:
    return None if agent_ids is None else list(agent_ids)


def tries(
    *,
    campaign_ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    zone: str,
    agent_ids: Collection[UUID] | None = None,
) -> tuple[list[Tries], list[Tries]]:
    """Attempts in `[since, until)`: by agent and disposition, and by hour of the local day."""
    rows = sql.rows(
        "campaigns",
        "figures_tries",
        campaigns=list(campaign_ids),
        since=since,
        until=until,
        zone=zone,
        agents=_ids(agent_ids),
    )
    found: tuple[list[Tries], list[Tries]] = ([], [])
    for row in rows:
        found[bool(row.pop("by_hour"))].append(Tries(**row))
    return found


def calls(
    *,
    campaign_ids: Sequence[UUID],
    merchant_ids: Iterable[UUID],
    since: datetime,
    until: datetime,
    agent_ids: Collection[UUID] | None = None,
) -> list[dict[str, Any]]:
    """Calls that began in `[since, until)` and have ended: campaign_id, agent_id, outcome, calls."""
    return sql.rows(
        "campaigns", "figures_calls", campaigns=list(campaign_ids), merchants=list(merchant_ids), since=since,
        until=until, agents=_ids(agent_ids),
    )  # fmt: skip


def call_page(
    *,
    campaign_ids: Sequence[UUID],
    merchant_ids: Iterable[UUID],
    since: datetime,
    until: datetime,
    size: int,
    agent_ids: Collection[UUID] | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> list[dict[str, Any]]:
    """At most `size` calls that began in `[since, until)`, newest first, with lead, campaign and disposition."""
    at, last = after or (None, None)
    return sql.rows(
        "campaigns", "figures_call_page", campaigns=list(campaign_ids), merchants=list(merchant_ids), since=since,
        until=until, agents=_ids(agent_ids), at=at, id=last, size=size,
    )  # fmt: skip


def callbacks(
    *,
    campaign_ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    now: datetime,
    agent_ids: Collection[UUID] | None = None,
) -> list[dict[str, Any]]:
    """Callbacks agreed for `[since, until)`: campaign_id, owner_id, state, n, and overdue of them."""
    return sql.rows(
        "campaigns", "figures_callbacks", campaigns=list(campaign_ids), since=since, until=until, now=now,
        agents=_ids(agent_ids),
    )  # fmt: skip


def callback_page(
    *,
    campaign_ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    size: int,
    agent_ids: Collection[UUID] | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> list[dict[str, Any]]:
    """At most `size` callbacks agreed for `[since, until)`, the earliest first."""
    at, last = after or (None, None)
    return sql.rows(
        "campaigns", "figures_callback_page", campaigns=list(campaign_ids), since=since, until=until,
        agents=_ids(agent_ids), after=at, id=last, size=size,
    )  # fmt: skip


def contact_names(*, lead_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these leads' contacts, by lead."""
    leads = list(Lead.objects.filter(id__in=set(lead_ids)))
    contacts = contacts_of(leads)
    return {one.id: contacts[one.contact_id].name for one in leads if one.contact_id in contacts}


def dispositions_named(*, ids: Iterable[UUID]) -> dict[UUID, Disposition]:
    """Dispositions by id, those that were taken off their campaign among them."""
    return Disposition.objects.in_bulk(set(ids))
