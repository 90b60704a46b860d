"""The outbox to payment providers: orders are written down in the transaction that wants them, and carried by the
courier. Of one lane (a mandate; a charge of a single payment) only the earliest that is not done is under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from ringround.infra.unit import action
from ringround.onboarding.gateways.port import ChargeView, MandateView
from ringround.onboarding.models import GatewayAccount, GatewayOrder

Kind = Literal["done", "again", "unknown", "declined", "final", "refused"]
# For so long an order is tried again that surely was not done, or of which it is not known.
PATIENCE = timedelta(days=14)
LONGEST_PAUSE = timedelta(hours=6)
LONGEST_REST = timedelta(minutes=15)
MAX_DETAIL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one try. `again`: surely not done, and may be later; `down`: nor anything else of this account.
    `unknown`: it may have been done. `declined`: by the debtor or their bank. `final`: what it was asked of has ended.
    `refused`: for good."""

    kind: Kind
    code: str = ""
    detail: str = ""
    down: bool = False
    retry_after_s: int = 0
    # Of what was done: the rail's reference, the state it answers with, and of a look what it saw.
    ref: str = ""
    state: str = ""
    view: MandateView | ChargeView | None = field(default=None)


def order_put(
    *, account_id: UUID, what: str, subject_id: UUID, lane_id: UUID, key: str, at: datetime,
    data: Mapping[str, Any] | None = None, created_at: datetime | None = None,
) -> None:  # fmt: skip
    """Write an order down; one with this key that is there already stays as it is."""
    row = GatewayOrder(
        account_id=account_id, what=what, subject_id=subject_id, lane_id=lane_id, key=key, data=dict(data or {}),
        created_at=created_at or at, next_at=at,
    )  # fmt: skip
    GatewayOrder.objects.bulk_create([row], ignore_conflicts=True)


def order_anew(
    *, account_id: UUID, what: str, subject_id: UUID, lane_id: UUID, at: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Write an order down, also where there was one before that has ended: by then it may be needed again. One that
    waits serves. Its subject is locked by the caller."""
    there = GatewayOrder.objects.select_for_update(no_key=True).filter(subject_id=subject_id, what=what)
    before = list(there.order_by("id"))
    waiting = next((one for one in before if one.state == "pending"), None)
    if waiting is None:
        # By the last one's id: earlier ones may have been forgotten.
        key = f"{what}:{subject_id.hex}" + (f":{before[-1].id.hex}" if before else "")
        order_put(
            account_id=account_id, what=what, subject_id=subject_id, lane_id=lane_id, key=key, at=at, data=data
        )  # fmt: skip
    elif data:
        waiting.data = {**waiting.data, **data}
        waiting.save(update_fields=["data"])


def order_drop(*, subject_id: UUID, what: str, now: datetime, doubtful: bool = False) -> bool | None:
    """Take back an order that surely has not gone; True. False: it is under way or may have been done. None: there is
    none that waits. Its subject is locked by the caller. `doubtful`: what may have been done is not tried again."""
    row = (
        GatewayOrder.objects.select_for_update(no_key=True)
        .filter(subject_id=subject_id, what=what, state="pending")
        .order_by("id")
        .first()
    )
    if row is None:
        return None
    sure = not row.data.get("doubt")
    if row.lease_until is not None or not (sure or doubtful):
        return False
    row.state, row.done_at = "dropped", now
    row.save(update_fields=["state", "done_at"])
    return sure


def put_off(order: GatewayOrder, outcome: Outcome, *, now: datetime) -> bool:
    """Another try later, of an order that is locked; False when there have been enough."""
    order.reason, order.detail = outcome.code[:100], outcome.detail[:MAX_DETAIL]
    if outcome.kind == "unknown":
        order.data = {**order.data, "doubt": True}
    if now - order.created_at > PATIENCE:
        return False
    order.lease_until = None
    # Where all of the account is down, its rest is the pause.
    pause = timedelta(0) if outcome.down else _pause(order.tries)
    order.next_at = now + max(pause, timedelta(seconds=outcome.retry_after_s))
    order.save(update_fields=["reason", "detail", "data", "lease_until", "next_at"])
    return True


def order_rename(order: GatewayOrder, key: str, outcome: Outcome, *, now: datetime) -> None:
    """An order that is locked goes out as another, by a new key: at once where the rail was not asked."""
    order.key, order.reason, order.detail = key, outcome.code[:100], outcome.detail[:MAX_DETAIL]
    order.lease_until = None
    order.next_at = now if outcome.kind == "again" else now + _pause(order.tries)
    order.save(update_fields=["key", "reason", "detail", "lease_until", "next_at"])


def order_end(order: GatewayOrder, state: str, outcome: Outcome, *, now: datetime) -> None:
    """An order that is locked is done, failed or dropped."""
    order.state, order.done_at, order.lease_until = state, now, None
    order.reason, order.detail = outcome.code[:100], outcome.detail[:MAX_DETAIL]
    order.save(update_fields=["state", "done_at", "lease_until", "reason", "detail"])


@action
def health_note(*, account_id: UUID, outcome: Outcome, real: datetime) -> None:
    """What a try says of its account: one that is down rests, for longer each time."""
    row = GatewayAccount.objects.select_for_update(no_key=True).get(id=account_id)
    if outcome.down:
        row.failures += 1
        rest = min(timedelta(seconds=5 * 2 ** min(row.failures, 10)), LONGEST_REST)
        row.rests_until = real + max(rest, timedelta(seconds=outcome.retry_after_s))
        row.fault, row.fault_at = f"{outcome.code} {outcome.detail}".strip()[:MAX_DETAIL], real
        row.save(update_fields=["failures", "rests_until", "fault", "fault_at"])
    elif row.failures:
        row.failures, row.fault = 0, ""
        row.save(update_fields=["failures", "fault"])


def _pause(tries: int) -> timedelta:
    """2, 4, 8 … minutes, at most six hours."""
    return min(timedelta(minutes=2 ** min(tries, 12)), LONGEST_PAUSE)
