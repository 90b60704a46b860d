"""The courier of payments: tells providers what is to be collected, called back, given back, stopped and changed.

It runs inside the worker (`infra.courier`); several may run side by side. Of a lane (a mandate) only the first order is
under way. An order keeps its key at every try, so that a provider who has had it knows it again. An account that is
down rests, and what it is to be told waits with it, for days if need be.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from ringround.infra import clock, sql
from ringround.infra.courier import CourierLoop
from ringround.infra.secrets import KeyTrouble
from ringround.kernel.shares import Waiting, share_out
from ringround.onboarding.accounts import account_view
from ringround.onboarding.actions.agreements.collecting import charge_in_time
from ringround.onboarding.actions.agreements.noted import MISSED, called_back, charges_handed, order_noted
from ringround.onboarding.actions.orders import Outcome, health_note
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    ChargeRequest,
    Declined,
    Gateway,
    GatewayError,
    MandateChange,
    NoSuch,
    RefundRequest,
    Takes,
    Transient,
    Unknown,
)
from ringround.onboarding.models import Charge, GatewayOrder, Mandate, Refund

log = logging.getLogger(__name__)

AT_ONCE, EACH_ORG, EACH = 24, 16, 16
# Longer than a try can last.
LEASE = timedelta(seconds=120)
LOCK = 7_264_050  # "payments" among the product's advisory locks

Call = Callable[[Gateway, Account], Outcome]


@dataclass(frozen=True, slots=True)
class Parcel:
    """An order, ready to go: `call` asks the drawer."""

    order_id: UUID
    account_id: UUID
    claim_no: int
    what: str
    kind: str
    account: Account | None
    call: Call | None


class GatewayCourier(CourierLoop[Parcel, Outcome]):
    """Orders to the payment rails."""

    name, at_once, idle_s, notes = "payments", AT_ONCE, 0.5, AT_ONCE

    def claim(self, *, free: int, now: datetime) -> list[Parcel]:
        """What is due and may go, leased. `now` is real time."""
        business = clock.now()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            rows = sql.rows("onboarding", "orders_waiting", now=business, real=now, each=EACH)
            waiting = [
                Waiting(row["id"], row["org_id"], row["failing"], row["ready"], row["under_way"]) for row in rows
            ]
            places = share_out(waiting, free=free, turns=self.turns, each=EACH, each_org=EACH_ORG) if waiting else {}
            if not places:
                return []
            claimed = sql.rows(
                "onboarding", "orders_claim", now=business, real=now, lease=now + LEASE, accounts=list(places),
                places=list(places.values()),
            )  # fmt: skip
            orders = list(
                GatewayOrder.objects.select_related("account")
                .filter(id__in=[row["id"] for row in claimed])
                .order_by("next_at", "id")
            )
            self.served({one.account_id for one in orders} | {one.account.merchant_id for one in orders})
            return _packed(orders)

    def carry(self, parcel: Parcel) -> Outcome:
        """One try. Runs in a thread without a database, but for the sandbox, which is its own provider."""
        if parcel.account is None:
            return Outcome(kind="again", code="credentials", detail="the secrets cannot be read", down=True)
        drawer = DRAWERS.get(parcel.kind)
        if drawer is None:
            return Outcome(kind="again", code="unknown_kind", down=True)
        if parcel.call is None:
            return Outcome(kind="refused", code="nothing_to_do")
        try:
            return parcel.call(drawer, parcel.account)
        except Transient as fault:
            return Outcome(
                kind="again", code=fault.code, detail=fault.detail, down=fault.down, retry_after_s=fault.retry_after_s
            )
        except Unknown as fault:
            return Outcome(kind="unknown", code=fault.code, detail=fault.detail)
        except Declined as fault:
            return Outcome(kind="declined", code=fault.code, detail=fault.detail)
        except AlreadyFinal as fault:
            return Outcome(kind="final", code=fault.code, detail=fault.detail, state=fault.state)
        except NoSuch as fault:
            return Outcome(kind="final" if parcel_ends(parcel) else "refused", code=fault.code, detail=fault.detail)
        except GatewayError as fault:
            return Outcome(kind="refused", code=fault.code, detail=fault.detail)
        finally:
            if parcel.kind == "sandbox" and not connection.in_atomic_block:
                connection.close()

    def done(self, *, back: Sequence[tuple[Parcel, Outcome | None]], now: datetime) -> None:
        """What has become of these tries. Charges that were handed over are noted together, the rest each alone; one
        that cannot be noted fails alone."""
        # A fault of ours may lie behind the handing over.
        broken = Outcome(kind="unknown", code="internal")
        outcomes = [(parcel, came or broken) for parcel, came in back]
        charges = {one.order_id: (one.claim_no, came) for one, came in outcomes if one.what == "schedule_charge"}
        known = _handed(charges)
        for parcel, outcome in outcomes:
            if parcel.order_id not in known:
                _note(parcel, outcome)
        _healths(outcomes, now)


def _handed(back: Mapping[UUID, tuple[int, Outcome]]) -> set[UUID]:
    """Those of these orders that are noted together: none where one of them cannot be, which fails alone then."""
    try:
        return charges_handed(back=back, now=clock.now())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("what became of %s charges cannot be noted together", len(back))
        return set()


def _note(parcel: Parcel, outcome: Outcome) -> None:
    try:
        order_noted(order_id=parcel.order_id, claim_no=parcel.claim_no, outcome=outcome, now=clock.now())
    except (OperationalError, InterfaceError):
        # Noted when the database is back.
        raise
    except Exception:
        # It is tried again after its lease, with the same key.
        log.exception("what became of order %s cannot be noted", parcel.order_id)


def _healths(outcomes: Sequence[tuple[Parcel, Outcome]], real: datetime) -> None:
    """What tries say of their accounts: each that found one down, then of those that did not one for all."""
    well = {}
    for parcel, outcome in outcomes:
        if outcome.down:
            health_note(account_id=parcel.account_id, outcome=outcome, real=real)
        else:
            well[parcel.account_id] = outcome
    for account_id, outcome in sorted(well.items()):
        health_note(account_id=account_id, outcome=outcome, real=real)


def parcel_ends(parcel: Parcel) -> bool:
    """Whether what is not there has thereby ended, as was asked."""
    return getattr(parcel.call, "ends", False)


def _packed(orders: Sequence[GatewayOrder]) -> list[Parcel]:
    """The orders with all that their calls need, read together."""
    ids = [one.subject_id for one in orders]
    related = ("mandate", "agreement", "merchant", "account")
    charges = {one.id: one for one in Charge.objects.select_related(*related).filter(id__in=ids)}
    refunds = {one.id: one for one in Refund.objects.select_related("charge__agreement").filter(id__in=ids)}
    mandates = {one.id: one for one in Mandate.objects.filter(id__in=ids)}
    views: dict[UUID, Account | None] = {}
    parcels = []
    for one in orders:
        if one.account_id not in views:
            try:
                views[one.account_id] = account_view(one.account)
            except KeyTrouble:
                views[one.account_id] = None
        subject = charges.get(one.subject_id) or refunds.get(one.subject_id) or mandates.get(one.subject_id)
        try:
            call = _CALLS[one.what](one, subject)
        except Exception:
            # One that cannot be packed fails alone: the others are in the same transaction.
            log.exception("order %s cannot be packed", one.id)
            call = None
        parcels.append(
            Parcel(one.id, one.account_id, one.claim_no, one.what, one.account.kind, views[one.account_id], call)
        )
    return parcels


def _schedule(order: GatewayOrder, charge: Charge) -> Call | None:
    if charge.state != "scheduled":
        # Heard of meanwhile: there is nothing to hand over, and nothing to say of it.
        return _heard
    if charge.mandate is None:
        return None
    if called_back(charge):
        # Its cancelling waits behind it: nothing is handed over any more.
        return _held
    if not order.data.get("doubt") and not charge_in_time(charge, now=clock.now()):
        # What may have been done already is asked for as it was: its key holds the day.
        return _missed
    ref = charge.mandate.ref
    asked = ChargeRequest(
        reference=charge.id.hex, amount=charge.amount, currency=charge.currency, due_on=charge.due_on,
        description=charge.agreement.name, metadata=_metadata(charge.agreement.metadata),
    )  # fmt: skip

    def call(drawer: Gateway, account: Account) -> Outcome:
        got = drawer.schedule_charge(account, ref, asked, order.key)
        return Outcome(kind="done", ref=got.ref, state=got.state)

    return call


def _cancel_charge(order: GatewayOrder, charge: Charge) -> Call | None:
    ref, mandate, reference, again = charge.ref, charge.mandate, charge.id.hex, order.tries > 1
    if not ref and (mandate is None or charge.state != "scheduled"):
        # The rail never had it.
        return _ended

    def call(drawer: Gateway, account: Account) -> Outcome:
        known = ref
        if not known:
            # It may have been handed over, and the answer was lost.
            assert mandate is not None
            try:
                known = drawer.find_charge(account, mandate.ref, reference)
            except NoSuch:
                # Looked for twice: what was sent may be on its way yet.
                return Outcome(kind="done", state="already_final") if again else Outcome(kind="again", code="no_such")
        return Outcome(kind="done", ref=known, state=drawer.cancel_charge(account, known, order.key))

    return _ends(call)


def _refund(order: GatewayOrder, refund: Refund) -> Call | None:
    charge = refund.charge
    asked = RefundRequest(
        reference=refund.id.hex, amount=refund.amount, currency=charge.currency, total=charge.amount,
        description=charge.agreement.name,
    )  # fmt: skip
    ref = charge.ref

    def call(drawer: Gateway, account: Account) -> Outcome:
        got = drawer.refund(account, ref, asked, order.key)
        return Outcome(kind="done", ref=got.ref, state="done" if got.done else "ordered")

    return call


def _cancel_mandate(order: GatewayOrder, mandate: Mandate | None) -> Call | None:
    ref = order.data.get("ref") or (mandate.ref if mandate is not None else "")
    if not ref:
        return None
    return _ends(lambda drawer, account: Outcome(kind="done", state=drawer.cancel_mandate(account, ref, order.key)))


def _update(order: GatewayOrder, mandate: Mandate) -> Call | None:
    params = order.data["params"]
    change = MandateChange(
        currency=order.data["currency"], amount=params.get("amount"), schedule=params.get("schedule")
    )
    ref = mandate.ref

    def call(drawer: Gateway, account: Account) -> Outcome:
        drawer.update_mandate(account, ref, change, order.key)
        return Outcome(kind="done")

    return call


def _look(order: GatewayOrder, _subject: object) -> Call | None:
    ref, of, take = order.data["ref"], order.data["of"], order.data.get("take", False)

    def call(drawer: Gateway, account: Account) -> Outcome:
        if take and isinstance(drawer, Takes):
            return Outcome(kind="done", view=drawer.take_payment(account, ref, order.key))
        view = drawer.get_mandate(account, ref) if of == "mandate" else drawer.get_charge(account, ref)
        return Outcome(kind="done", view=view)

    return call


def _ends(call: Call) -> Call:
    call.ends = True  # type: ignore[attr-defined]
    return call


def _heard(_drawer: Gateway, _account: Account) -> Outcome:
    return Outcome(kind="done", code="nothing_to_do")


def _held(_drawer: Gateway, _account: Account) -> Outcome:
    return Outcome(kind="again", code="called_back")


def _missed(_drawer: Gateway, _account: Account) -> Outcome:
    return MISSED


def _ended(_drawer: Gateway, _account: Account) -> Outcome:
    return Outcome(kind="done", state="already_final")


def _metadata(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in values.items() if value is not None}


_CALLS: dict[str, Callable[[GatewayOrder, Any], Call | None]] = {
    "schedule_charge": _schedule,
    "cancel_charge": _cancel_charge,
    "refund": _refund,
    "cancel_mandate": _cancel_mandate,
    "update_mandate": _update,
    "look": _look,
}
