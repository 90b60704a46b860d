"""Reading sessions: one, lists by keyset, the API's shape, and the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet

from ringround.infra import audit, clock
from ringround.infra.secrets import KeyTrouble
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.onboarding.accounts import unseal
from ringround.onboarding.models import Session
from ringround.onboarding.queries.access import visible_sessions
from ringround.onboarding.rules.identifiers import masked
from ringround.onboarding.rules.session import TITLES, service_type, title_key
from ringround.onboarding.rules.workflow import CONTACT_ROLES
from ringround.onboarding.texts import reason_text
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

_BESIDE = ("merchant", "agency", "campaign", "user", "workflow_version__workflow", "subscription__agreement")
# What is shown of these where many sessions are: not a workflow's whole text, nor a campaign's hours. One person's
# sessions have the most in common: each of these is read once and not with every row.
_SHOWN_BESIDE = {
    "merchant": ("name",), "agency": ("name",), "campaign": ("name",), "user": ("name", "email"),
    "workflow_version": ("number", "workflow__name"),
    "subscription": ("amount", "currency", "schedule", "state", "agreement__name", "agreement__description"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SessionPage:
    items: list[Session]
    next: str | None


def session_get(*, actor: Actor, session_id: UUID) -> Session:
    """A session that the actor sees; NotFound."""
    found = session_find(actor=actor, session_id=session_id)
    if found is None:
        raise NotFound("session")
    require(actor, "onboarding.sessions.read")
    return found


def session_find(*, actor: Actor, session_id: UUID) -> Session | None:
    """The session, or None for who does not see it."""
    return visible_sessions(actor).select_related(*_BESIDE).filter(id=session_id).first()


def session_page(
    *,
    actor: Actor,
    campaign: UUID | None = None,
    merchant: UUID | None = None,
    statuses: Sequence[str] = (),
    from_: datetime | None = None,
    to: datetime | None = None,
    lead: UUID | None = None,
    size: int = 50,
    after: str | None = None,
) -> SessionPage:
    """Newest first, by when they were submitted: `from_` and later, before `to`."""
    require(actor, "onboarding.sessions.read")
    found = visible_sessions(actor)
    if campaign is not None:
        found = found.filter(campaign=campaign)
    if merchant is not None:
        found = found.filter(merchant=merchant)
    if statuses:
        found = found.filter(status__in=list(statuses))
    if lead is not None:
        found = found.filter(lead=lead)
    if from_ is not None:
        found = found.filter(created_at__gte=from_)
    if to is not None:
        found = found.filter(created_at__lt=to)
    return _page(found, "created_at", size, after)


def _page(found: QuerySet[Session], by: str, size: int, after: str | None) -> SessionPage:
    if after:
        at, row_id = cursors.decode_at(after)
        found = found.filter(Q(**{f"{by}__lte": at}) & (Q(**{f"{by}__lt": at}) | Q(id__lt=row_id)))
    shown = found.select_related(*_BESIDE).defer("workflow_version__definition")
    rows = list(shown.order_by(f"-{by}", "-id")[: size + 1])
    last = rows[size - 1] if len(rows) > size else None
    return SessionPage(rows[:size], cursors.encode_at(getattr(last, by), last.id) if last is not None else None)


def sessions_of_person(*, actor: Actor, campaign_id: UUID, external_lead_id: str, most: int = 200) -> list[Session]:
    """All attempts on one person on a campaign, as far as the actor sees them, newest first."""
    found = visible_sessions(actor).filter(campaign=campaign_id, external_lead_id=external_lead_id)
    return list(found.prefetch_related(*_beside()).order_by("-created_at", "-id")[:most])


def _beside() -> Iterator[Prefetch[Any]]:
    for name, columns in _SHOWN_BESIDE.items():
        model: Any = Session._meta.get_field(name).related_model
        joined = {column.rpartition("__")[0] for column in columns} - {""}
        rows = model._base_manager.only(*columns)
        yield Prefetch(name, rows.select_related(*joined) if joined else rows)


def session_log(session: Session, *, size: int = 200) -> list[audit.Entry]:
    """What happened to a session that the caller has found visible: its rows of the audit log, newest first."""
    return audit.read(org_id=session.merchant_id, prefix="onboarding.session.", subject_id=session.id, size=size)


def title_of(session: Session) -> str:
    """Its heading, in the reader's language."""
    return str(TITLES[title_key(session.action, session.payment_type)])


def reason_of(session: Session) -> str:
    """Why it ended as it did, for people; "" where nothing is known."""
    return reason_text(session.reason)


def contact_shown(session: Session) -> dict[str, str]:
    """{role: value} as it was filled in, in the order that forms ask; of what is secret the end alone."""
    shown = dict(session.given)
    if session.secrets:
        try:
            shown |= {role: masked(value) for role, value in unseal(session.secrets).items()}
        except KeyTrouble:
            # Which fields there are is not known either.
            shown["national_id"] = "••••"
    # JSON in the database forgets the order.
    order = {role: at for at, role in enumerate(CONTACT_ROLES)}
    return dict(sorted(shown.items(), key=lambda one: order.get(one[0], len(order))))


def agreement_shown(session: Session) -> dict[str, Any]:
    """What was agreed, or the agreement that an upgrade is about; empty where there is none."""
    if session.agreed:
        return {**session.agreed, "method": session.payment_method or session.agreed.get("method") or None}
    one = session.subscription
    if was := session.snapshot.get("agreement"):
        # As it was then: what becomes of it later is the merchant's alone to see.
        return {"method": None, **was}
    if one is None:
        return {}
    return {
        "name": one.agreement.name, "description": one.agreement.description, "amount": one.amount,
        "currency": one.currency, "schedule": one.schedule,
        "method": one.mandate.method if one.mandate is not None else None, "state": one.state,
    }  # fmt: skip


def approval_url(actor: Actor, session: Session) -> str | None:
    """The link that works now: in a demo alone, and to the merchant's owner."""
    kept = session.snapshot.get("link")
    owner = actor.role == "owner" and actor.org_id == session.merchant_id
    if not kept or not owner or not (clock.is_virtual() or (settings.RINGROUND.data / "demo.json").is_file()):
        return None
    try:
        return f"{settings.RINGROUND.base_url}/a/{unseal(kept)['token']}"
    except KeyTrouble:
        return None


def session_json(actor: Actor, session: Session) -> dict[str, Any]:
    """The API's shape."""
    version = session.workflow_version
    user = session.user
    return {
        "id": session.id,
        "status": session.status,
        "phase": session.phase,
        "created_at": session.created_at,
        "completed_at": session.completed_at,
        "ended_at": session.ended_at,
        "expires_at": session.expires_at,
        "intention": session.intention,
        "action": session.action,
        "service_type": service_type(session.action, session.payment_type),
        "title": title_of(session),
        "campaign": {"id": session.campaign_id, "name": session.campaign.name},
        "workflow": {"id": version.workflow_id, "name": version.workflow.name, "version": version.number},
        "merchant": {"id": session.merchant_id, "name": session.merchant.name},
        "agency": {"id": session.agency_id, "name": session.agency.name},
        "user": {"id": user.id, "name": user.name} if user is not None else None,
        "lead": session.lead_id,
        "external_lead_id": session.external_lead_id,
        "subscription": session.subscription_id,
        "contact": {"id": session.contact_id, **contact_shown(session)},
        "agreement": agreement_shown(session),
        "payment_method": session.payment_method or None,
        "params": session.params,
        "metadata": session.metadata,
        "reason": session.reason or None,
        "reason_text": reason_of(session) or None,
        "late": session.late,
        "approval_url": approval_url(actor, session),
    }
