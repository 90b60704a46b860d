"""What has become of an order: what it means for the charge, the refund, the mandate or the change that it was for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import sql
from ringround.infra.unit import action
from ringround.onboarding.actions.agreements.changes import Applied, period_freed, subscription_act
from ringround.onboarding.actions.agreements.collecting import (
    charge_cancel,
    charge_make,
    charge_put_off,
    charge_said,
)
from ringround.onboarding.actions.agreements.refunds import refund_done, refund_failed
from ringround.onboarding.actions.agreements.said import mandate_note
from ringround.onboarding.actions.agreements.store import audit_write, charge_lock, subscription_lock
from ringround.onboarding.actions.intake import events_add
from ringround.onboarding.actions.orders import PATIENCE, Outcome, order_end, order_rename, put_off
from ringround.onboarding.gateways.port import ChargeView, GatewayEvent, MandateView
from ringround.onboarding.models import Charge, GatewayOrder, Mandate, Refund, Session

# Told when a change that a session waits for has been done (no reason) or refused: (session's id, reason, now). Rooms'
# part of sessions puts itself here.
SessionTold = Callable[[UUID, str, datetime], None]
SESSION_TOLD: list[SessionTold] = []

# The day of a charge is too near: by our own reckoning, before it is asked for; or by the rail's.
MISSED = Outcome(kind="again", code="too_soon")
_TOO_LATE = ("too_soon", "past_cut_off")
# What a rail says of a charge that it has taken and not collected yet.
_UNDER_WAY = ("pending", "scheduled", "submitted", "reserved", "")
GIVEN_UP = Outcome(kind="refused", code="given_up")


@action
def order_noted(*, order_id: UUID, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    """Note what came of a try, where the claim is still the latest; whether it was noted. Locks what the order is about
    before the order itself."""
    peek = GatewayOrder.objects.filter(id=order_id).first()
    if peek is None:
        return False
    return _OF[peek.what](peek, claim_no, outcome, now)


@action
def charges_handed(*, back: Mapping[UUID, tuple[int, Outcome]], now: datetime) -> set[UUID]:
    """Of these orders, by their id (number of the claim, outcome), note those at once whose charge its rail has taken
    and has said no more of; which they are. The others, and those that somebody else holds, are noted alone."""
    plain = {one: known for one, known in back.items() if _taken(known[1])}
    if not plain:
        return set()
    rows = sql.rows(
        "onboarding", "charges_handed", now=now, orders=list(plain), claims=[claim for claim, _ in plain.values()],
        refs=[outcome.ref for _, outcome in plain.values()],
    )  # fmt: skip
    return {row["id"] for row in rows}


def _taken(outcome: Outcome) -> bool:
    """Whether a charge that was handed over is under way, and there is no more to say of it."""
    return outcome.kind == "done" and outcome.state in _UNDER_WAY and not (outcome.code or outcome.detail)


def _mine(order_id: UUID, claim_no: int) -> GatewayOrder | None:
    return (
        GatewayOrder.objects.select_for_update(no_key=True)
        .filter(id=order_id, claim_no=claim_no, state="pending", lease_until__isnull=False)
        .first()
    )


def _later(order: GatewayOrder, outcome: Outcome, now: datetime) -> Outcome | None:
    """None when it is tried again; else how it has ended."""
    if outcome.kind not in ("again", "unknown"):
        return outcome
    return None if put_off(order, outcome, now=now) else GIVEN_UP


def _charge(peek: GatewayOrder, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    charge = charge_lock(peek.subject_id)
    order = _mine(peek.id, claim_no)
    if order is None:
        return False
    if outcome.kind in ("again", "unknown") and called_back(charge):
        # It is wanted no more. What may have been done after all is asked back by our reference.
        order_end(order, "dropped", outcome, now=now)
        if outcome.kind == "again" and not order.data.get("doubt"):
            charge_cancel(charge, "called_back", now=now)
        return True
    if outcome.code in _TOO_LATE and charge.state == "scheduled":
        # Surely not done. Another day, and another key: the rail may remember this one with its day.
        if now - order.created_at > PATIENCE:
            outcome = GIVEN_UP
        elif charge_put_off(charge, now=now):
            order_rename(order, f"charge:{charge.id.hex}:{charge.due_on.isoformat()}", outcome, now=now)
            return True
        else:
            outcome = replace(outcome, kind="refused")
    ended = _later(order, outcome, now)
    if ended is None:
        return True
    order_end(order, "done" if ended.kind == "done" else "failed", ended, now=now)
    if ended.kind == "done":
        charge_said(charge, "charge.submitted", now=now, ref=ended.ref)
        if ended.state not in _UNDER_WAY:
            charge_said(charge, f"charge.{ended.state}", now=now, reason=ended.code, ref=ended.ref)
    elif ended.kind == "declined":
        charge_said(charge, "charge.failed", now=now, reason=ended.code)
    else:
        charge_said(charge, "charge.rejected", now=now, reason=ended.code)
        if ended.kind == "final" and charge.mandate_id is not None:
            mandate_note(mandate_id=charge.mandate_id, kind="mandate.stopped", reason="mandate_stopped", now=now)
    return True


def called_back(charge: Charge) -> bool:
    """Whether the order to cancel it waits."""
    return GatewayOrder.objects.filter(subject_id=charge.id, what="cancel_charge", state="pending").exists()


def _cancel_charge(peek: GatewayOrder, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    charge = charge_lock(peek.subject_id)
    order = _mine(peek.id, claim_no)
    if order is None:
        return False
    ended = _later(order, outcome, now)
    if ended is None:
        return True
    order_end(order, "done" if ended.kind in ("done", "final") else "failed", ended, now=now)
    if ended.ref and not charge.ref:
        # Found by our reference: the rail has it.
        charge_said(charge, "charge.submitted", now=now, ref=ended.ref)
    elif ended.kind != "done" and charge.state == "scheduled":
        # Whether the rail has it nobody could say. It is not handed over again, and money that comes of it counts.
        charge_cancel(charge, "unknown_outcome", now=now)
    # Already active: the money is on its way, and its own word comes.
    gone = ended.kind == "done" and ended.state in ("cancelled", "already_final")
    if gone and charge_cancel(charge, "called_back", now=now) and charge.subscription:
        owner = subscription_lock(charge.subscription.id)
        if owner.state == "on_hold" and not charge.one_off:
            period_freed(owner, charge.period_on, now=now)
        elif owner.state == "active" and order.data.get("moved"):
            charge_make(
                subscription=owner, period_on=charge.period_on, now=now, one_off=charge.one_off, least=charge.due_on
            )  # fmt: skip
    return True


def _refund(peek: GatewayOrder, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    charge = charge_lock(Refund.objects.values_list("charge_id", flat=True).get(id=peek.subject_id))
    refund = Refund.objects.get(id=peek.subject_id)
    order = _mine(peek.id, claim_no)
    if order is None:
        return False
    ended = _later(order, outcome, now)
    if ended is None:
        return True
    if ended is GIVEN_UP and order.data.get("again"):
        # The rail has it, and may have done it: it is asked again another day.
        ended = Outcome(kind="done", state="ordered")
    order_end(order, "done" if ended.kind == "done" else "failed", ended, now=now)
    if refund.state != "ordered":
        # Its own word came first.
        return True
    if ended.kind != "done":
        refund_failed(refund, reason=ended.code, now=now)
    elif ended.state == "done":
        refund_done(refund, charge, now=now)
    return True


def _cancel_mandate(peek: GatewayOrder, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    mandate = (
        Mandate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("merchant")
        .filter(id=peek.subject_id)
        .first()
    )
    order = _mine(peek.id, claim_no)
    if order is None:
        return False
    ended = _later(order, outcome, now)
    if ended is None:
        return True
    done = ended.kind in ("done", "final")
    order_end(order, "done" if done else "failed", ended, now=now)
    if mandate is not None and done and mandate.state in ("pending", "active"):
        mandate.state, mandate.reason, mandate.ended_at = "stopped", "cancelled_by_merchant", now
        mandate.save(update_fields=["state", "reason", "ended_at"])
        audit_write(mandate.merchant, "mandate.stopped", "mandate", mandate.id, data={"reason": mandate.reason})
    return True


def _update_mandate(peek: GatewayOrder, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    session_id = UUID(peek.data["session"]) if peek.data.get("session") else None
    wanted = True
    if session_id is not None:
        # The session comes before the subscription. What has ended without the rail's answer wants it no more.
        session = Session.objects.select_for_update(no_key=True).filter(id=session_id).first()
        wanted = session is not None and session.status == "Processing"
    subscription_id = UUID(peek.data["subscription"])
    row = subscription_lock(subscription_id)
    order = _mine(peek.id, claim_no)
    if order is None:
        return False
    ended = _later(order, outcome, now)
    if ended is None:
        return True
    refused = ""
    if not wanted:
        refused = "not_applicable"
    elif ended.kind == "done":
        done = subscription_act(
            subscription_id=subscription_id, what=peek.data["action"], params=peek.data["params"], now=now,
            session_id=session_id, agreed=True,
        )  # fmt: skip
        refused = "" if isinstance(done, Applied) else "not_applicable"
    else:
        refused = "refused_by_rail"
        audit_write(row.merchant, "subscription.refused", "subscription", row.id, data={"reason": ended.code})
    order_end(order, "done" if ended.kind == "done" else "failed", ended, now=now)
    if session_id is not None:
        for told in SESSION_TOLD:
            told(session_id, refused, now)
    return True


def _look(peek: GatewayOrder, claim_no: int, outcome: Outcome, now: datetime) -> bool:
    order = _mine(peek.id, claim_no)
    if order is None:
        return False
    ended = _later(order, outcome, now)
    if ended is None:
        return True
    order_end(order, "done" if ended.kind == "done" else "failed", ended, now=now)
    told = told_by(ended.view, event_id=f"look:{order.id.hex}", now=now, known=order.data) if ended.view else []
    if told:
        events_add(account_id=order.account_id, told=told, now=now)
    return True


def told_by(
    view: MandateView | ChargeView, *, event_id: str, now: datetime, known: Mapping[str, Any] | None = None
) -> list[GatewayEvent]:
    """What a look says, as events that the rail could have sent. `known`: the state that would be no news, and how much
    was given back."""
    before = known or {}
    kind = "mandate" if isinstance(view, MandateView) else "charge"
    told = []
    if view.state != before.get("state") and (kind, view.state) != ("mandate", "pending"):
        told.append(
            GatewayEvent(
                event_id=event_id, kind=f"{kind}.{view.state}", ref=view.ref, occurred_at=now,
                reference=view.reference, reason_code=view.reason_code, detail=view.detail, amount=view.amount,
                currency=view.currency, instrument=view.instrument,
                mandate_ref=view.mandate_ref if isinstance(view, ChargeView) else "",
            )
        )  # fmt: skip
    if isinstance(view, ChargeView) and view.refunded > int(before.get("refunded") or 0):
        told.append(
            GatewayEvent(
                event_id=f"{event_id}:refunded", kind="charge.refunded", ref=view.ref, occurred_at=now,
                reference=view.reference, amount=view.refunded, in_all=True, currency=view.currency,
                mandate_ref=view.mandate_ref,
            )
        )  # fmt: skip
    return told


_OF: dict[str, Callable[[GatewayOrder, int, Outcome, datetime], bool]] = {
    "schedule_charge": _charge,
    "cancel_charge": _cancel_charge,
    "refund": _refund,
    "cancel_mandate": _cancel_mandate,
    "update_mandate": _update_mandate,
    "look": _look,
}
