"""Figures of sessions for reports. Each function is one bounded statement: a stretch of time that the caller keeps
short, or a batch of rows; and of no session that the actor may not see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from ringround.onboarding.models import Session
from ringround.onboarding.queries.access import visible_sessions
from ringround.onboarding.rules.session import LIVE, service_type
from ringround.orgs.actor import Actor

After = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Sessions:
    """How many sessions were submitted by one agent on one campaign, of one kind, and stand so now."""

    user_id: UUID | None
    campaign_id: UUID
    payment_type: str
    status: str
    sessions: int


def session_counts(
    *, actor: Actor, campaign_ids: Collection[UUID], since: datetime, until: datetime,
    agent_ids: Collection[UUID] | None = None,
) -> list[Sessions]:  # fmt: skip
    """Sessions that were submitted in `[since, until)`, as they stand now."""
    found = _submitted(actor, campaign_ids, since, until, agent_ids).order_by()
    rows = found.values_list("user_id", "campaign_id", "payment_type", "status").annotate(n=Count("id"))
    return [Sessions(*row) for row in rows]


def session_rows(
    *, actor: Actor, campaign_ids: Collection[UUID], since: datetime, until: datetime, size: int,
    agent_ids: Collection[UUID] | None = None, after: After | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Sessions that were submitted in `[since, until)`, newest first, behind `after`. `agreed` is what a sign-up is of:
    `{"amount", "currency"}`, else None. Nothing personal but who submitted it."""
    found = _submitted(actor, campaign_ids, since, until, agent_ids)
    if after is not None:
        at, id = after
        found = found.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=id))
    rows = found.order_by("-created_at", "-id").values(
        "id", "created_at", "completed_at", "status", "reason", "late", "intention", "action", "payment_type",
        "payment_method", "campaign_id", "agency_id", "user_id", "lead_id", "external_lead_id", "agreed",
        "workflow_version__workflow__name",
    )[:size]  # fmt: skip
    return [
        {
            **{name: value for name, value in row.items() if not name.startswith("workflow_version")},
            "workflow": row["workflow_version__workflow__name"],
            "service_type": service_type(row["action"], row["payment_type"]),
            "agreed": _money(row["agreed"]),
        }
        for row in rows
    ]


def sessions_standing(*, actor: Actor, campaign_ids: Iterable[UUID], since: datetime) -> dict[UUID, tuple[int, int]]:
    """Of each of these campaigns: the sessions that have not ended, and those that were completed since then."""
    found = visible_sessions(actor).filter(campaign__in=list(campaign_ids)).order_by()
    # Two statements, each by an index of its own: few wait, and few were completed since then.
    pending = dict(
        found.filter(status__in=[one.value for one in LIVE]).values_list("campaign_id").annotate(n=Count("id"))
    )
    done = dict(found.filter(completed_at__gte=since).values_list("campaign_id").annotate(n=Count("id")))
    return {one: (pending.get(one, 0), done.get(one, 0)) for one in pending.keys() | done.keys()}


def _submitted(
    actor: Actor, campaign_ids: Collection[UUID], since: datetime, until: datetime, agent_ids: Collection[UUID] | None
) -> QuerySet[Session]:
    found = visible_sessions(actor).filter(campaign__in=list(campaign_ids), created_at__gte=since, created_at__lt=until)
    return found if agent_ids is None else found.filter(user__in=list(agent_ids))


def _money(agreed: Any) -> dict[str, Any] | None:
    if not isinstance(agreed, dict) or not isinstance(agreed.get("amount"), int) or not agreed.get("currency"):
        return None
    return {"amount": agreed["amount"], "currency": agreed["currency"]}
