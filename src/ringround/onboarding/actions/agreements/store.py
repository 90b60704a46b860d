"""Locking agreements, and what is told of a change of them: the event, the audit row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import audit
from ringround.infra import events as log
from ringround.onboarding import events
from ringround.onboarding.models import Charge, Subscription
from ringround.onboarding.rules.due import collected_on
from ringround.onboarding.rules.subscription import Standing
from ringround.onboarding.standing import notice_of
from ringround.orgs.actor import Actor, Organisation, system


def subscription_lock(subscription_id: UUID) -> Subscription:
    """A subscription with its mandate, locked; the session's lock comes before."""
    return (
        Subscription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("agreement", "mandate__account", "merchant")
        .get(id=subscription_id)
    )


def charge_lock(charge_id: UUID) -> Charge:
    """A charge, locked after its subscription."""
    owner = Charge.objects.filter(id=charge_id).values_list("subscription_id", flat=True).get()
    if owner is not None:
        subscription_lock(owner)
    return (
        Charge.objects.select_for_update(no_key=True, of=("self",))
        .select_related("agreement", "subscription", "mandate", "merchant", "account")
        .get(id=charge_id)
    )


def put(row: Subscription, after: Standing) -> None:
    """The rules' word into the row, and where it begins while nothing of it was collected; not saved."""
    row.state, row.amount, row.schedule, row.anchor_day = (
        after.state.value,
        after.amount,
        after.schedule,
        after.anchor_day,
    )
    row.expires_on, row.hold, row.held_until = (
        after.expires_on,
        dict(after.hold) if after.hold else None,
        after.held_until,
    )
    moved = after.next_due_on != row.next_due_on
    row.next_due_on, row.version = after.next_due_on, after.version
    if moved and row.next_due_on is not None and not has_begun(row):
        row.starts_on = collected_on(row.next_due_on, notice_of(row))


def has_begun(row: Subscription, *, but: UUID | None = None) -> bool:
    """Whether a payment of its schedule was to be collected, and was not called back before; `but`: beside this one."""
    made = Charge.objects.filter(subscription=row, one_off=False).exclude(state="cancelled")
    return (made.exclude(id=but) if but is not None else made).exists()


def subscription_tell(
    row: Subscription, kind: str, *, now: datetime, session_id: UUID | None = None, **more: Any
) -> None:
    """The event of a change; the row is locked, and saved by the caller after it."""
    row.event_no += 1
    data = {
        "contact": _text(row.agreement.contact_id),
        "agreement": str(row.agreement_id),
        "campaign": _text(row.agreement.campaign_id),
        "session": _text(session_id),
        "version": row.version,
        "state": row.state,
        **more,
    }
    log.record(
        org_id=row.merchant_id, type=kind, subject_type="subscription", subject_id=row.id, subject_no=row.event_no,
        data=data, at=now,
    )  # fmt: skip


def charge_tell(row: Charge, kind: str, *, now: datetime, **more: Any) -> None:
    """The event of a charge; the row is locked, and saved by the caller after it."""
    row.event_no += 1
    data = {
        "contact": _text(row.agreement.contact_id),
        "agreement": str(row.agreement_id),
        "subscription": _text(row.subscription_id),
        "amount": row.amount,
        "currency": row.currency,
        "due_on": row.due_on.isoformat(),
        "attempt": row.attempt,
        **more,
    }
    log.record(
        org_id=row.merchant_id, type=kind, subject_type="charge", subject_id=row.id, subject_no=row.event_no,
        data=data, at=now,
    )  # fmt: skip


def audit_write(
    merchant: Organisation, action: str, subject_type: str, subject_id: UUID, *, actor: Actor | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """A row of the audit log: by the actor, or by the product itself."""
    audit.write(
        actor=actor or system(merchant), action=f"onboarding.{action}", org_id=merchant.id, subject_type=subject_type,
        subject_id=subject_id, data=data,
    )  # fmt: skip


OF_ACTION: dict[str, tuple[str, dict[str, Any]]] = {
    "change_amount": (events.SUBSCRIPTION_CHANGED, {"fields": ["amount"]}),
    "change_frequency": (events.SUBSCRIPTION_CHANGED, {"fields": ["schedule"]}),
    "set_expiry": (events.SUBSCRIPTION_CHANGED, {"fields": ["expires_on"]}),
    "change_payment_method": (events.SUBSCRIPTION_CHANGED, {"fields": ["payment_method"]}),
    "pause": (events.SUBSCRIPTION_HELD, {}),
    "restart": (events.SUBSCRIPTION_RESTARTED, {}),
    "cancel": (events.SUBSCRIPTION_ENDED, {"reason": "cancelled"}),
}


def _text(one: UUID | None) -> str | None:
    return str(one) if one is not None else None
