"""A session locked, moved on by the table, and saved with its event and its row in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import audit
from ringround.infra import events as log
from ringround.kernel.errors import NotFound
from ringround.onboarding import events
from ringround.onboarding.actions import leads
from ringround.onboarding.models import ApprovalLink, Session
from ringround.onboarding.queries.access import visible_sessions
from ringround.onboarding.rules.session import LIVE, Command, Phase, Standing, Status, service_type, step
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# What each step is called in the audit log; what ends a session is called by its new status.
_STEP = {Command.SEND_LINK: "link_sent", Command.OPEN_LINK: "link_opened"}
_STATUS = {
    Status.NEW: "created", Status.PROCESSING: "processing", Status.COMPLETE: "completed", Status.REJECTED: "rejected",
    Status.FAILED: "failed", Status.EXPIRED: "expired",
}  # fmt: skip


def lock(session_id: UUID) -> Session | None:
    """The session, locked; None where it is gone."""
    found = Session.objects.select_for_update(no_key=True, of=("self",)).filter(id=session_id)
    return found.select_related("workflow_version__workflow", "account").first()


def lock_seen(actor: Actor, session_id: UUID) -> Session:
    """The locked session of an actor who sees it and may work on it; NotFound."""
    if not visible_sessions(actor).filter(id=session_id).exists():
        raise NotFound("session")
    require(actor, "onboarding.sessions.submit")
    found = lock(session_id)
    if found is None:
        raise NotFound("session")
    return found


def doer(session: Session) -> Actor:
    """Who acts where nobody signed in does: the product, for the merchant."""
    return orgs.system_actor(organisation_id=session.merchant_id)


def move(
    session: Session,
    command: Command,
    *,
    now: datetime,
    actor: Actor | None = None,
    reason: str = "",
    detail: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """One step of the locked session, saved; Conflict `wrong_state`. `data`: more for the audit row, no personal
    values. What ends it settles its lead and takes its link back."""
    before = Standing(Status(session.status), Phase(session.phase), session.late)
    after = step(before, command)
    session.status, session.phase, session.late = after.status.value, after.phase.value, after.late or session.late
    if command is Command.SEND_LINK:
        session.sent_at = now
    elif command is Command.OPEN_LINK:
        session.opened_at = session.opened_at or now
    elif command is Command.BEGIN:
        session.began_at = now
    if after.status not in LIVE:
        session.ended_at, session.look_at, session.beginning_at = now, None, None
        session.reason, session.detail = reason, detail[:500]
        session.snapshot.pop("return_url", None)
        if after.status is Status.COMPLETE:
            session.completed_at = now
        if after.status is not Status.EXPIRED:
            # Whoever has it now is the agreement; who expired may still be accepted.
            session.secrets = ""
    changed = after.status is not before.status
    advanced = not changed and after.phase is not before.phase
    if changed or advanced:
        session.event_no += 1
    session.save()
    told = _STEP.get(command) or _STATUS[after.status]
    write(session, told, actor=actor, **({"reason": reason} if reason else {}), **dict(data or {}))
    if changed:
        tell(session, now=now)
    elif advanced:
        log.record(
            org_id=session.merchant_id, also_org_id=session.agency_id, type=events.SESSION_ADVANCED,
            subject_type="session", subject_id=session.id, subject_no=session.event_no, at=now,
            data={"campaign": str(session.campaign_id), "phase": session.phase},
        )  # fmt: skip
    if after.status not in LIVE:
        links_revoke(session, now=now)
        leads.settled(session, now=now)


def links_revoke(session: Session, *, now: datetime) -> None:
    """No link of it works any more."""
    ApprovalLink.objects.filter(session=session, revoked_at__isnull=True, used_at__isnull=True).update(revoked_at=now)


def write(session: Session, what: str, *, actor: Actor | None = None, **data: Any) -> None:
    """A row of the session's log."""
    audit.write(
        actor=actor or doer(session), action=f"onboarding.session.{what}", org_id=session.merchant_id,
        subject_type="session", subject_id=session.id, data={"status": session.status, "phase": session.phase, **data},
    )  # fmt: skip


def tell(session: Session, *, now: datetime, kind: str = "") -> None:
    """The event of the status that it has just got, or another; its number was drawn under its lock."""
    of_status = not kind
    kind = kind or events.OF_STATUS[session.status]
    data: dict[str, Any] = {
        "campaign": str(session.campaign_id),
        "lead": _text(session.lead_id),
        "contact": _text(session.contact_id),
        "external_lead_id": session.external_lead_id,
        "workflow": str(session.workflow_version.workflow_id),
        "workflow_version": session.workflow_version.number,
        "intention": session.intention,
        "action": session.action,
        "payment_type": session.payment_type,
        "service_type": service_type(session.action, session.payment_type),
        "subscription": _text(session.subscription_id),
        "agent": _text(session.user_id),
        "status": session.status,
    }
    if of_status and session.status == Status.COMPLETE:
        data["late"] = session.late
    elif of_status and session.status not in LIVE:
        data["reason"] = session.reason
    log.record(
        org_id=session.merchant_id, also_org_id=session.agency_id, type=kind, subject_type="session",
        subject_id=session.id, subject_no=session.event_no, at=now, data=data,
    )  # fmt: skip


def _text(one: UUID | None) -> str | None:
    return str(one) if one else None
