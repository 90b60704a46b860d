"""Money given back: part of a charge or all that is left of it, never more than was taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from ringround.infra import clock
from ringround.infra.unit import action
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.onboarding import events
from ringround.onboarding.actions.agreements.store import (
    audit_write,
    charge_lock,
    charge_tell,
)
from ringround.onboarding.actions.orders import order_put
from ringround.onboarding.models import Charge, GatewayEvent, Refund
from ringround.onboarding.queries.access import own_charges
from ringround.onboarding.rules.charge import refundable
from ringround.onboarding.standing import rail_of
from ringround.orgs import actions as orgs
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

MAX_REASON = 500


@action
def charge_refund(
    *, actor: Actor, charge_id: UUID, amount: int | None = None, reason: str = "", key: UUID | None = None
) -> Refund:
    """Give money of a charge back, in minor units; None is all that is left. Conflict `wrong_state` for what was not
    collected, `not_refundable` where the rail does not; Invalid `too_much`. `key`: asked twice with it, given once."""
    if not own_charges(actor).filter(id=charge_id).exists():
        raise NotFound("charge")
    permissions.require(actor, "onboarding.refunds.make")
    orgs.still_acting(actor=actor)
    now = clock.now()
    charge = charge_lock(charge_id)
    before = Refund.objects.filter(id=key).first() if key is not None else None
    if before is not None:
        if before.charge_id != charge.id:
            raise NotFound("refund")
        return before
    if charge.state != "charged":
        raise Conflict("wrong_state", N_("Only what was collected can be given back."), ["charged"])
    left = refundable(
        state=charge.state, amount=charge.amount, refunded=charge.refunded, ordered=_ordered(charge)
    )  # fmt: skip
    asked = left if amount is None else amount
    if not 0 < asked <= left:
        raise Invalid.one(("amount",), "too_much", N_("There is not so much left of the charge."), left=left)
    # A single payment has no mandate; what it was paid by is the account's all the same.
    method = charge.mandate.method if charge.mandate is not None else next(iter(charge.account.methods), "")
    rail = rail_of(charge.account, method)
    if not rail.refunds or (asked < charge.amount and not rail.partial_refunds):
        raise Conflict("not_refundable", N_("The payment provider does not give this back."))
    made = Refund.objects.create(
        id=key or new_id(), charge=charge, amount=asked, reason=reason[:MAX_REASON], by=actor.user, created_at=now
    )  # fmt: skip
    order_put(
        account_id=charge.account_id, what="refund", subject_id=made.id, lane_id=charge.mandate_id or charge.id,
        key=f"refund:{made.id.hex}", at=now,
    )  # fmt: skip
    audit_write(
        charge.merchant, "refund.ordered", "charge", charge.id, actor=actor,
        data={"refund": str(made.id), "amount": asked},
    )  # fmt: skip
    return made


def refund_done(refund: Refund, charge: Charge, *, now: datetime) -> bool:
    """The money has left. The charge is locked."""
    if refund.state == "refunded":
        return False
    refund.state, refund.ended_at = "refunded", now
    refund.save(update_fields=["state", "ended_at"])
    charge.refunded = min(charge.amount, charge.refunded + refund.amount)
    charge_tell(charge, events.CHARGE_REFUNDED, now=now, refunded=charge.refunded)
    charge.save(update_fields=["refunded", "event_no"])
    audit_write(charge.merchant, "charge.refunded", "charge", charge.id, data={"refunded": charge.refunded})
    return True


def refund_failed(refund: Refund, *, reason: str, now: datetime) -> None:
    """The rail has refused it for good."""
    refund.state, refund.ended_at, refund.reason = "failed", now, reason or refund.reason
    refund.save(update_fields=["state", "ended_at", "reason"])


def refund_heard(charge: Charge, row: GatewayEvent, *, now: datetime) -> bool:
    """A rail says that money went back: of what we have ordered, or by somebody at the rail itself. The charge is
    locked. Told twice in different words it still counts once: what is told in all is compared with what we know, be it
    one by one or as the sum that a look has seen."""
    earlier = GatewayEvent.objects.filter(
        account=row.account_id, ref=row.ref, kind="charge.refunded", state__in=["applied", "ignored"]
    )
    told = [*earlier.values_list("data", flat=True), {**row.data, "amount": row.data.get("amount") or charge.amount}]
    sums = [int(one.get("amount") or 0) for one in told if one.get("in_all")]
    in_all = max(*sums, sum(int(one.get("amount") or 0) for one in told if not one.get("in_all")), 0)
    waiting = list(Refund.objects.filter(charge=charge, state="ordered").order_by("id"))
    known = charge.refunded + sum(one.amount for one in waiting)
    changed = False
    for one in waiting:
        if charge.refunded + one.amount <= in_all:
            changed = refund_done(one, charge, now=now) or changed
    more = min(in_all, charge.amount) - known
    if more > 0:
        made = Refund.objects.create(charge=charge, amount=more, reason="at_gateway", created_at=now)
        changed = refund_done(made, charge, now=now) or changed
    return changed


def _ordered(charge: Charge) -> int:
    found = Refund.objects.filter(charge=charge, state="ordered").aggregate(sum=Sum("amount"))["sum"]
    return int(found or 0)
