"""The sandbox's books: what it was asked, known again by its key, and what it does by itself when time has come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ringround.kernel.ids import new_id, parse_id
from ringround.onboarding.gateways.port import Account, NoSuch, Permanent
from ringround.onboarding.gateways.sandbox import profiles
from ringround.onboarding.models import SandboxNotice, SandboxOrder

BATCH = 100
# Refs look like a provider's own.
PREFIXES = {"mandate": "sbm", "payment": "sbp", "charge": "sbc", "refund": "sbr"}
FINAL = {"rejected", "expired", "stopped", "failed", "cancelled", "chargeback"}


@contextmanager
def writing() -> Iterator[None]:
    """One transaction. A thread that had no connection, as a courier's, is left without one."""
    had = connection.connection is not None
    try:
        with transaction.atomic():
            yield
    finally:
        if not had and not connection.in_atomic_block:
            connection.close()


def ref_of(order: SandboxOrder) -> str:
    return f"{PREFIXES[order.what]}_{order.id.hex}"


def find(account: Account, ref: str, *whats: str) -> SandboxOrder:
    """The thing by its ref, locked; NoSuch."""
    head, _, tail = ref.partition("_")
    what = next((one for one, prefix in PREFIXES.items() if prefix == head), "")
    known = parse_id(f"{tail[:8]}-{tail[8:12]}-{tail[12:16]}-{tail[16:20]}-{tail[20:]}") if len(tail) == 32 else None
    if known is None or what not in whats:
        raise NoSuch
    found = SandboxOrder.objects.select_for_update().filter(id=known, account_id=account.id, what=what).first()
    if found is None:
        raise NoSuch
    return found


def once(
    account: Account, key: str, what: str, asked: Sequence[Any], make: Callable[[SandboxOrder], None]
) -> tuple[SandboxOrder, bool]:
    """The order of this key, `make`d when it is new, and whether it is. Permanent when the key was used for something
    else, as providers say it."""
    body = [asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in asked]
    digest = hashlib.sha256(json.dumps([what, body], default=str, sort_keys=True).encode()).hexdigest()
    lock(account.id, key)
    found = SandboxOrder.objects.filter(account_id=account.id, key=key).first()
    if found is None:
        found = SandboxOrder(id=new_id(), account_id=account.id, key=key, digest=digest, what=what, state="done")
        make(found)
        found.save(force_insert=True)
        return found, True
    if found.digest != digest:
        raise Permanent("key_reused", "this key was used for another request")
    return found, False


def lock(account_id: UUID, key: str) -> None:
    """Two calls with one key go one after the other."""
    number = int.from_bytes(hashlib.sha256(f"{account_id}:{key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


# --- what it says ---------------------------------------------------------------------------------


def tell(order: SandboxOrder, kind: str, now: datetime, *, forged: bool = False, times: int = 1, **more: Any) -> None:
    """Have it said of this order, `times` over as the very same event."""
    body = {
        "id": f"sbe_{new_id().hex}",
        "kind": kind,
        "ref": ref_of(order),
        "reference": order.reference,
        "mandate_ref": ref_of(order.mandate) if order.mandate else "",
        "amount": order.amount,
        "currency": order.currency,
        "instrument": order.instrument,
        "reason_code": order.reason,
        "actor": order.actor,
        "occurred_at": now.isoformat(),
        **more,
    }
    text = json.dumps(body, ensure_ascii=False)
    for _ in range(times):
        SandboxNotice.objects.create(order=order, body=text, forged=forged, next_at=now)


def tell_by_fate(order: SandboxOrder, kinds: tuple[str, ...], began: str, now: datetime) -> None:
    """The donor's answer, as the fate has it told."""
    if order.fate == profiles.LOST:
        return
    for kind in kinds:
        tell(
            order, kind, now,
            forged=order.fate == profiles.FORGED, times=2 if order.fate == profiles.TWICE else 1,
        )  # fmt: skip
    if order.fate == profiles.REVERSED:
        tell(order, began, now)


# --- what it does by itself -----------------------------------------------------------------------


def act_due(now: datetime) -> int:
    """Do what time has made due; how many. One a transaction: who holds several could wait for who waits for them."""
    for done in range(BATCH):
        with writing():
            due = SandboxOrder.objects.select_for_update(skip_locked=True, of=("self",)).filter(next_at__lte=now)
            order = due.select_related("mandate", "account").order_by("next_at", "id").first()
            if order is None:
                return done
            act, order.next_act, order.next_at = order.next_act, "", None
            _ACTS[act](order, now)
            order.save()
    return BATCH


def plan(order: SandboxOrder, act: str, at: datetime) -> None:
    order.next_act, order.next_at = act, at


def _accept(order: SandboxOrder, now: datetime) -> None:
    if order.state != "pending":
        return
    if order.what == "payment":
        failing = order.fate == profiles.FAILS
        order.state, order.reason = ("failed", "insufficient_funds") if failing else ("charged", "")
        kinds = ("charge.reserved", "charge.failed") if failing else ("charge.charged",)
        if order.fate == profiles.STOPPED:
            plan(order, "charge_back", now + profiles.STOPPED_AFTER)
        tell_by_fate(order, kinds, "charge.pending", now)
        return
    order.state = "active"
    if order.fate == profiles.STOPPED:
        plan(order, "stop", now + profiles.STOPPED_AFTER)
    tell_by_fate(order, ("mandate.active",), "mandate.pending", now)
    for charge in order.charges.select_for_update().filter(what="charge", state="pending"):
        charge.state = "scheduled"
        plan(charge, "collect", now)
        charge.save()


def _reject(order: SandboxOrder, now: datetime) -> None:
    end(order, "rejected", now, reason="debtor_declined", actor="debtor")


def _expire(order: SandboxOrder, now: datetime) -> None:
    """Without a word: who is never answered is never told of it either."""
    if order.state == "pending":
        order.state, order.reason, order.actor = "expired", "expired", "gateway"
        order.charges.filter(state="pending").update(state="cancelled")


def _stop(order: SandboxOrder, now: datetime) -> None:
    if order.state == "active":
        end(order, "stopped", now, reason="cancelled_by_debtor", actor="debtor")


def _charge_back(order: SandboxOrder, now: datetime) -> None:
    if order.state == "charged":
        order.state = "chargeback"
        tell(order, "charge.chargeback", now, actor="debtor")


def _collect(order: SandboxOrder, now: datetime) -> None:
    if order.state != "scheduled":
        return
    if order.method == "direct_debit" and order.due_on is not None:
        settle_days = profiles.days(order.account.settings, "settle_days", profiles.SETTLE_DAYS)
        order.state = "submitted"
        plan(order, "settle", max(now, profiles.settled_at(order.due_on, settle_days)))
        return
    _settle(order, now)


def _settle(order: SandboxOrder, now: datetime) -> None:
    if order.state not in ("scheduled", "submitted"):
        return
    if _is_to_fail(order):
        order.state, order.reason, order.actor = "failed", "insufficient_funds", "gateway"
        tell(order, "charge.failed", now)
    else:
        order.state = "charged"
        tell(order, "charge.charged", now)


def _is_to_fail(order: SandboxOrder) -> bool:
    """The first charge of a mandate with that fate, or one whose own metadata says so."""
    if order.fate == profiles.FAILS:
        return True
    mandate = order.mandate
    if mandate is None or mandate.fate != profiles.FAILS:
        return False
    return not mandate.charges.filter(what="charge", state__in=["charged", "failed", "chargeback"]).exists()


_ACTS: dict[str, Callable[[SandboxOrder, datetime], None]] = {
    "accept": _accept,
    "reject": _reject,
    "expire": _expire,
    "stop": _stop,
    "charge_back": _charge_back,
    "collect": _collect,
    "settle": _settle,
}


def end(order: SandboxOrder, state: str, now: datetime, *, reason: str, actor: str) -> None:
    """A mandate, payment or charge has ended, and with a mandate what was to be collected by it; not saved here."""
    order.state, order.reason, order.actor = state, reason, actor
    order.next_act, order.next_at = "", None
    head = "mandate" if order.what == "mandate" else "charge"
    tell(order, f"{head}.{state}", now)
    if order.what != "mandate":
        return
    for charge in order.charges.select_for_update().filter(what="charge", state__in=["pending", "scheduled"]):
        end(charge, "cancelled", now, reason="mandate_stopped", actor=actor)
        charge.save()


def next_due(now: datetime) -> datetime | None:
    """The next moment after `now` at which the sandbox does or says something; for the virtual clock."""
    times = (
        model.objects.filter(next_at__gt=now).order_by("next_at").values_list("next_at", flat=True).first()
        for model in (SandboxOrder, SandboxNotice)
    )
    return min((at for at in times if at is not None), default=None)


def idle(now: datetime) -> bool:
    """Whether nothing is overdue."""
    return not any(model.objects.filter(next_at__lte=now).exists() for model in (SandboxOrder, SandboxNotice))
