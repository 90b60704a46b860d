"""The overview of leads: who was won, or all who were attempted; and one person's page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from ringround.campaigns import queries as campaigns
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.onboarding.models import Session
from ringround.onboarding.queries.access import visible_sessions
from ringround.onboarding.queries.sessions import session_json, sessions_of_person
from ringround.onboarding.rules.session import Status
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

_BESIDE = ("merchant", "agency", "campaign", "user", "workflow_version__workflow", "subscription__agreement")


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One person on a campaign: the session that stands for them (the one that succeeded last, or else the newest), and
    when (the moment of success, or of the submitting)."""

    session: Session
    at: datetime


@dataclass(frozen=True, slots=True)
class LeadOverview:
    items: list[LeadRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class LeadPage:
    """All attempts on a person: `sessions` newest first, `calls` that led to none, and the merchant's other `campaigns`
    on which the same id was attempted, as (campaign id, name, a session there)."""

    external_lead_id: str
    session: Session
    created_at: datetime
    sessions: list[Session]
    calls: list[Any] = field(default_factory=list)
    campaigns: list[tuple[UUID, str, UUID]] = field(default_factory=list)


def lead_overview(
    *, actor: Actor, campaign: UUID | None = None, merchant: UUID | None = None, attempted: bool = False,
    size: int = 50, after: str | None = None,
) -> LeadOverview:  # fmt: skip
    """One row for each person and campaign, newest first: those who were won; `attempted`: all."""
    require(actor, "onboarding.sessions.read")
    found = visible_sessions(actor)
    if campaign is not None:
        found = found.filter(campaign=campaign)
    if merchant is not None:
        found = found.filter(merchant=merchant)
    by = "created_at" if attempted else "completed_at"
    if not attempted:
        found = found.filter(status=Status.COMPLETE.value)
    # Of a person's sessions the last: no other of theirs that counts comes after it.
    later = visible_sessions(actor).filter(campaign=OuterRef("campaign"), external_lead_id=OuterRef("external_lead_id"))
    if not attempted:
        later = later.filter(status=Status.COMPLETE.value)
    newer = Q(**{f"{by}__gt": OuterRef(by)}) | (Q(**{by: OuterRef(by)}) & Q(id__gt=OuterRef("id")))
    found = found.filter(~Exists(later.filter(newer)))
    if after:
        at, row_id = cursors.decode_at(after)
        found = found.filter(Q(**{f"{by}__lte": at}) & (Q(**{f"{by}__lt": at}) | Q(id__lt=row_id)))
    shown = found.select_related(*_BESIDE).defer("workflow_version__definition")
    rows = list(shown.order_by(f"-{by}", "-id")[: size + 1])
    last = rows[size - 1] if len(rows) > size else None
    following = cursors.encode_at(getattr(last, by), last.id) if last is not None else None
    return LeadOverview([LeadRow(one, getattr(one, by)) for one in rows[:size]], following)


def lead_page(*, actor: Actor, lead_id: UUID) -> LeadPage:
    """A person's page, by the id of one of their sessions, or of the campaign's lead; NotFound."""
    seen = visible_sessions(actor).select_related(*_BESIDE)
    found = seen.filter(id=lead_id).first() or seen.filter(lead=lead_id).order_by("-created_at", "-id").first()
    if found is None:
        raise NotFound("lead")
    require(actor, "onboarding.sessions.read")
    sessions = sessions_of_person(actor=actor, campaign_id=found.campaign_id, external_lead_id=found.external_lead_id)
    won = [one.completed_at for one in sessions if one.completed_at is not None]
    elsewhere: dict[UUID, tuple[UUID, str, UUID]] = {}
    same = visible_sessions(actor).filter(merchant=found.merchant_id, external_lead_id=found.external_lead_id)
    others = same.exclude(campaign=found.campaign_id).order_by("-created_at")
    for campaign, name, session in others.values_list("campaign_id", "campaign__name", "id")[:200]:
        elsewhere.setdefault(campaign, (campaign, name, session))
    ids = {one.lead_id for one in sessions if one.lead_id is not None}
    calls = [call for one in ids for call in campaigns.calls_without_session(actor=actor, lead_id=one)]
    return LeadPage(
        found.external_lead_id, found, won[0] if won else sessions[-1].created_at, sessions, calls,
        list(elsewhere.values()),
    )  # fmt: skip


def overview_json(row: LeadRow) -> dict[str, Any]:
    """A row of the overview, in the API's shape. Its id is the session's that stands for the person."""
    one = row.session
    return {
        "id": one.id,
        "created_at": row.at,
        "external_lead_id": one.external_lead_id,
        "lead": one.lead_id,
        "status": one.status,
        "campaign": {"id": one.campaign_id, "name": one.campaign.name},
        "merchant": {"id": one.merchant_id, "name": one.merchant.name},
        "agency": {"id": one.agency_id, "name": one.agency.name},
    }


def lead_page_json(actor: Actor, page: LeadPage) -> dict[str, Any]:
    """The page, in the API's shape."""
    one = page.session
    return {
        **overview_json(LeadRow(one, page.created_at)),
        "sessions": [session_json(actor, each) for each in page.sessions],
        "calls": page.calls,
        "other_campaigns": [{"id": id, "name": name, "session": session} for id, name, session in page.campaigns],
    }
