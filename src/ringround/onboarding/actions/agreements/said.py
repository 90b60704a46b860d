"""What a rail says of mandates and charges that exist: applied when it is new, passed over when it is not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ringround.onboarding.actions.agreements.changes import subscription_back, subscription_end
from ringround.onboarding.actions.agreements.collecting import charge_said
from ringround.onboarding.actions.agreements.refunds import refund_heard
from ringround.onboarding.actions.agreements.store import audit_write, charge_lock, subscription_lock
from ringround.onboarding.models import Charge, GatewayEvent, Mandate, Subscription
from ringround.onboarding.rules import mandate as mandates


def rail_said(*, row: GatewayEvent, now: datetime) -> bool | None:
    """Apply a rail's word. True: it changed something; False: known, and nothing changed; None: it is about nothing
    that there is here yet."""
    if row.kind.startswith("mandate."):
        return _mandate_said(row, now)
    if row.kind.startswith("charge."):
        return _charge_said(row, now)
    return False


def _mandate_said(row: GatewayEvent, now: datetime) -> bool | None:
    found = Mandate.objects.filter(account=row.account_id, ref=row.ref).first()
    if found is None:
        return None
    return mandate_note(mandate_id=found.id, kind=row.kind, reason=row.reason, now=now,
                        instrument=str(row.data.get("instrument", "")))  # fmt: skip


def mandate_note(*, mandate_id: UUID, kind: str, reason: str, now: datetime, instrument: str = "") -> bool:
    """A mandate's new state, and what it means for what is collected by it; whether anything is new."""
    ids = Subscription.objects.filter(mandate=mandate_id).order_by("id").values_list("id", flat=True)
    owners = [subscription_lock(one) for one in ids]
    mandate = Mandate.objects.select_for_update(no_key=True, of=("self",)).select_related("merchant").get(id=mandate_id)
    before = mandate.state
    if not mandate_heard(mandate, kind=kind, reason=reason, now=now, instrument=instrument):
        return False
    mandate.save()
    if mandate.state == before:
        return True
    for row in owners:
        # The one that counts: what was loaded with the subscription is the state before.
        if row.mandate_id == mandate.id:
            row.mandate = mandate
            if mandate.state in mandates.ENDED:
                subscription_end(row, reason="mandate_stopped", now=now)
            elif mandate.state == mandates.State.ACTIVE and subscription_back(row, now=now):
                row.save()
    return True


def mandate_heard(mandate: Mandate, *, kind: str, reason: str, now: datetime, instrument: str = "") -> bool:
    """A gateway's word into a mandate that is locked; whether it says anything new, which the caller saves."""
    masked = bool(instrument) and instrument != mandate.masked
    if masked:
        mandate.masked = instrument
    after = mandates.after(mandate.state, kind)
    if after is None:
        return masked
    mandate.state, mandate.reason = after.value, reason
    if after is mandates.State.ACTIVE:
        mandate.activated_at, mandate.ended_at = mandate.activated_at or now, None
    else:
        mandate.ended_at = now
    audit_write(mandate.merchant, f"mandate.{after.value}", "mandate", mandate.id, data={"reason": reason})
    return True


def _charge_said(row: GatewayEvent, now: datetime) -> bool | None:
    found = _charge_of(row)
    if found is None:
        return None
    charge = charge_lock(found)
    if row.kind == "charge.refunded":
        return refund_heard(charge, row, now=now)
    return charge_said(charge, row.kind, now=now, reason=row.reason, ref=row.ref)


def _charge_of(row: GatewayEvent) -> UUID | None:
    """By the rail's reference; by ours, where its answer is not noted yet."""
    known = (
        Charge.objects.filter(account=row.account_id, ref=row.ref).exclude(ref="").values_list("id", flat=True).first()
    )
    if known is not None:
        return known
    try:
        ours = UUID(hex=str(row.data.get("reference", "")))
    except ValueError:
        return None
    return Charge.objects.filter(id=ours, account=row.account_id).values_list("id", flat=True).first()
