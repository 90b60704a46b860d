"""A payment rail in the house: the default, and the demo's. It is its own provider, with books in this database; what
it says comes as real ones say it, by HTTP to our webhook's address, signed.

There is no page of its own to approve on: it acts when a mandate or a payment begins, which is when the donor has
confirmed. What becomes of it is its fate (`profiles`): by the amount's last two digits, or the metadata's
`sandbox_fate`. 01 rejected · 02 fails to begin · 03 never answers · 04 accepted after 60 s · 05 accepted, the first
charge fails · 06 accepted 60 s after it had expired · 07 told twice · 08 told in the wrong order · 09 told with a bad
signature · 10 not told · 11 stopped by the debtor (a payment: charged back) after 30 days.

Of a change (`update_mandate`, `cancel_mandate`) 01 is declined and 02 refused for good; nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from ringround.infra import clock
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.shape import Shape
from ringround.onboarding.gateways.port import (
    METHODS,
    Account,
    AlreadyFinal,
    CancelResult,
    Capabilities,
    ChargeRef,
    ChargeRequest,
    ChargeView,
    Declined,
    GatewayEvent,
    InvalidData,
    MandateChange,
    MandateRef,
    MandateRequest,
    MandateView,
    NoSuch,
    OneOff,
    PaymentRef,
    PaymentRequest,
    Permanent,
    RefundRef,
    RefundRequest,
)
from ringround.onboarding.gateways.sandbox import books, profiles, webhooks
from ringround.onboarding.gateways.sandbox.books import FINAL, find, once, ref_of
from ringround.onboarding.models import SandboxOrder

MOST_DAYS = 30
__all__ = ["Sandbox"]


class Sandbox:
    kind: ClassVar[str] = "sandbox"
    settings: ClassVar[tuple[str, ...]] = ("methods", "accept_days", "settle_days")
    secrets: ClassVar[tuple[str, ...]] = ()
    most_webhook: ClassVar[int] = 16_384

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        faults = []
        methods = settings.get("methods", [])
        if not isinstance(methods, list) or not all(one in METHODS for one in methods):
            words = N_("This is not one of the choices.")
            faults.append(Fault(("settings", "methods"), "unknown_choice", words, {"options": METHODS}))
        shape = Shape(settings, faults, {"methods"})
        for name in ("accept_days", "settle_days"):
            shape.number(name, low=0, high=MOST_DAYS)
        return shape.done()

    def look(self, account: Account) -> str:
        return ""

    def methods(self, account: Account) -> tuple[str, ...]:
        return profiles.methods(account)

    def capabilities(self, account: Account, method: str) -> Capabilities:
        return profiles.capabilities(account, method)

    # --- beginning --------------------------------------------------------------------------------

    def begin_mandate(self, account: Account, asked: MandateRequest, key: str) -> MandateRef:
        caps = _caps(account, asked.method)
        profiles.given(caps, asked.donor)
        first = asked.one_off.amount if asked.one_off else None
        fate = profiles.fate_of(first if asked.amount is None else asked.amount, asked.metadata)
        if fate == profiles.REFUSED:
            raise Permanent("refused", "sandbox: fate 02")
        with books.writing():
            now = clock.now()

            def make(order: SandboxOrder) -> None:
                order.amount = asked.amount
                _begin(order, account, asked, fate, caps, now)

            order, new = once(account, key, "mandate", [asked], make)
            charge_ref = ref_of(_one_off(account, order, asked.one_off, key)) if asked.one_off else ""
            if new and fate != profiles.REVERSED:
                books.tell(order, "mandate.pending", now)
            return MandateRef(
                ref=ref_of(order),
                state="pending",
                redirect_url=_way(account, asked, caps),
                expires_at=order.expires_at,
                charge_ref=charge_ref,
            )

    def begin_payment(self, account: Account, asked: PaymentRequest, key: str) -> PaymentRef:
        caps = _caps(account, asked.method)
        profiles.given(caps, asked.donor)
        fate = profiles.fate_of(asked.amount, asked.metadata)
        if fate == profiles.REFUSED:
            raise Permanent("refused", "sandbox: fate 02")
        with books.writing():
            now = clock.now()

            def make(order: SandboxOrder) -> None:
                order.amount = asked.amount
                _begin(order, account, asked, fate, caps, now)

            order, new = once(account, key, "payment", [asked], make)
            if new and fate != profiles.REVERSED:
                books.tell(order, "charge.pending", now)
            return PaymentRef(ref=ref_of(order), redirect_url=_way(account, asked, caps), expires_at=order.expires_at)

    # --- asking -----------------------------------------------------------------------------------

    def get_mandate(self, account: Account, ref: str) -> MandateView:
        with books.writing():
            order = find(account, ref, "mandate")
            first = order.charges.filter(what="charge").order_by("id").first()
            return MandateView(
                ref=ref, state=order.state, reference=order.reference, reason_code=order.reason,  # type: ignore[arg-type]
                actor=order.actor, amount=order.amount, currency=order.currency, instrument=order.instrument,
                charge_ref=ref_of(first) if first and first.due_on is None else "",
            )  # fmt: skip

    def get_charge(self, account: Account, ref: str) -> ChargeView:
        with books.writing():
            order = find(account, ref, "charge", "payment")
            charged = order.amount or 0 if order.state in ("charged", "chargeback") else 0
            return ChargeView(
                ref=ref, state=order.state, reference=order.reference,  # type: ignore[arg-type]
                mandate_ref=ref_of(order.mandate) if order.mandate else "", reason_code=order.reason,
                amount=order.amount, charged=charged, refunded=order.refunded, currency=order.currency,
                due_on=order.due_on, instrument=order.instrument,
            )  # fmt: skip

    # --- changing ---------------------------------------------------------------------------------

    def cancel_mandate(
        self,
        account: Account,
        ref: str,
        key: str,
        *,
        pending_only: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> CancelResult:
        _obey(profiles.fate_of(None, metadata))
        with books.writing():
            mandate = find(account, ref, "mandate")
            return _cancel(account, mandate, key, mandate.state == "active" and pending_only, "stopped")

    def find_charge(self, account: Account, mandate_ref: str, reference: str) -> str:
        with books.writing():
            found = find(account, mandate_ref, "mandate").charges.filter(what="charge", reference=reference).first()
            if found is None:
                raise NoSuch
            return ref_of(found)

    def cancel_charge(self, account: Account, ref: str, key: str) -> CancelResult:
        with books.writing():
            charge = find(account, ref, "charge", "payment")
            return _cancel(account, charge, key, charge.state in ("submitted", "reserved", "charged"), "cancelled")

    def update_mandate(self, account: Account, ref: str, change: MandateChange, key: str) -> None:
        fate = profiles.fate_of(change.amount, change.metadata)
        _obey(fate)
        with books.writing():
            mandate = find(account, ref, "mandate")

            def make(order: SandboxOrder) -> None:
                if mandate.state != "active":
                    raise AlreadyFinal(mandate.state)
                if change.currency != mandate.currency:
                    raise InvalidData("currency", "wrong_currency")
                order.mandate, order.created_at = mandate, clock.now()
                if change.amount is not None:
                    mandate.amount, mandate.fate = change.amount, fate
                    mandate.save(update_fields=["amount", "fate"])

            once(account, key, "change", [ref, change], make)

    def schedule_charge(self, account: Account, ref: str, asked: ChargeRequest, key: str) -> ChargeRef:
        with books.writing():
            mandate = find(account, ref, "mandate")
            now = clock.now()

            def make(order: SandboxOrder) -> None:
                if mandate.state in FINAL:
                    raise AlreadyFinal(mandate.state)
                if mandate.state != "active":
                    raise Permanent("not_active", "the mandate is not active")
                if asked.currency != mandate.currency:
                    raise InvalidData("currency", "wrong_currency")
                if asked.amount <= 0:
                    raise InvalidData("amount", "out_of_range")
                profiles.may_be_due(_caps(account, mandate.method), asked.due_on, now)
                _charge(order, mandate, asked.reference, asked.amount, now)
                order.due_on, order.fate = asked.due_on, profiles.fate_of(None, asked.metadata)
                order.state = "scheduled"
                books.plan(order, "collect", profiles.collected_at(asked.due_on, now))

            order, _new = once(account, key, "charge", [ref, asked], make)
            return ChargeRef(ref=ref_of(order))

    def refund(self, account: Account, ref: str, asked: RefundRequest, key: str) -> RefundRef:
        with books.writing():
            charge = find(account, ref, "charge", "payment")
            now = clock.now()

            def make(order: SandboxOrder) -> None:
                if charge.state != "charged":
                    raise AlreadyFinal(charge.state) if charge.state in FINAL else Permanent("not_charged")
                if asked.currency != charge.currency:
                    raise InvalidData("currency", "wrong_currency")
                if not 0 < asked.amount <= (charge.amount or 0) - charge.refunded:
                    raise InvalidData("amount", "out_of_range", "more than is left")
                order.amount, order.currency, order.reference = asked.amount, asked.currency, asked.reference
                order.created_at = now
                charge.refunded += asked.amount
                charge.save(update_fields=["refunded"])

            order, new = once(account, key, "refund", [ref, asked], make)
            if new:
                books.tell(charge, "charge.refunded", now, amount=asked.amount)
            return RefundRef(ref=ref_of(order))

    def verify_webhook(
        self, account: Account, headers: Mapping[str, str], raw: bytes, url: str, now: datetime
    ) -> list[GatewayEvent]:
        return webhooks.read(account, headers, raw, now)


def _caps(account: Account, method: str) -> Capabilities:
    try:
        return profiles.capabilities(account, method)
    except ValueError:
        raise InvalidData("method", "unknown_choice") from None


def _way(account: Account, asked: MandateRequest | PaymentRequest, caps: Capabilities) -> str:
    """There is no page on which to approve: who is sent to the rail is back at once."""
    return (asked.return_url or account.return_urls.get("done", "")) if caps.needs_device else ""


def _obey(fate: str) -> None:
    if fate == profiles.REFUSED:
        raise Permanent("refused", "sandbox: fate 02")
    if fate == profiles.REJECTED:
        raise Declined("debtor_declined", "sandbox: fate 01")


def _begin(
    order: SandboxOrder,
    account: Account,
    asked: MandateRequest | PaymentRequest,
    fate: str,
    caps: Capabilities,
    now: datetime,
) -> None:
    order.state, order.fate, order.created_at = "pending", fate, now
    order.method, order.reference, order.currency = asked.method, asked.reference, asked.currency
    order.instrument = profiles.instrument(asked.method, asked.donor)
    # The one that is told when time is up; what the rail itself allows is shorter.
    act, at = profiles.answer_at(fate, now=now, expires_at=asked.expires_at, after_days=caps.accept_bank_days)
    books.plan(order, act, at)
    ttl = now + caps.pending_ttl if caps.pending_ttl else None
    order.expires_at = min((one for one in (ttl, asked.expires_at) if one), default=None)


def _one_off(account: Account, mandate: SandboxOrder, asked: OneOff, key: str) -> SandboxOrder:
    def make(order: SandboxOrder) -> None:
        _charge(order, mandate, asked.reference, asked.amount, mandate.created_at)
        order.state = "pending"

    return once(account, f"{key}:one-off", "charge", [asked], make)[0]


def _charge(order: SandboxOrder, mandate: SandboxOrder, reference: str, amount: int, now: datetime) -> None:
    order.mandate, order.method, order.instrument = mandate, mandate.method, mandate.instrument
    order.reference, order.amount, order.currency, order.created_at = reference, amount, mandate.currency, now


def _cancel(account: Account, thing: SandboxOrder, key: str, too_late: bool, state: str) -> CancelResult:
    """The answer to this key, made once."""

    def make(order: SandboxOrder) -> None:
        order.mandate, order.created_at = (thing if thing.what == "mandate" else thing.mandate), clock.now()
        if too_late:
            order.answer = "already_active"
        elif thing.state in FINAL:
            order.answer = "already_final"
        else:
            order.answer = "cancelled"
            now = clock.now()
            # Who accepts only after it has expired does so although it was called back: there the two cross.
            if (
                thing.fate == profiles.LATE
                and thing.state == "pending"
                and thing.expires_at
                and now >= thing.expires_at
            ):
                return
            books.end(thing, state, now, reason="cancelled_by_merchant", actor="merchant")
            thing.save()

    order, _new = once(account, key, "cancel", [ref_of(thing), state], make)
    return order.answer  # type: ignore[return-value]
