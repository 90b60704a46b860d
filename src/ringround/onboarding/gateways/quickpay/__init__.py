"""Cards by Quickpay, version 10 of its API (https://learn.quickpay.net/tech-talk/api/).

- A mandate is a subscription that the donor authorises by a link; a charge is a payment made of it, taken at once, so
  that it is handed over on the day it is due and not before; a single payment is taken as it is authorised.
- There are no idempotency keys: what is made is known again by its order id, which is our reference; a refund by the
  address its callback was asked for.
- A card that is declined is not the end: the donor may try another for as long as the link is there. Who gives up is
  never told of; the session's own end is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from ringround.infra import clock
from ringround.kernel.errors import Fault
from ringround.kernel.shape import Shape, need
from ringround.onboarding.gateways.calling import garbled, plain
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    CancelResult,
    Capabilities,
    ChargeRef,
    ChargeRequest,
    ChargeView,
    Declined,
    GatewayError,
    GatewayEvent,
    InvalidData,
    MandateChange,
    MandateRef,
    MandateRequest,
    MandateView,
    NoSuch,
    PaymentRef,
    PaymentRequest,
    Permanent,
    RefundRef,
    RefundRequest,
    Transient,
)
from ringround.onboarding.gateways.quickpay import callbacks, reading
from ringround.onboarding.gateways.quickpay.client import ask, by_order, get, good, made_once, problem
from ringround.onboarding.gateways.signing import text_of, whole_of

__all__ = ["Quickpay"]

ZONE = ZoneInfo("Europe/Copenhagen")
MOST_TEXT = 100
# What is given back in their manager is seen when a payment is asked for; what the payer's bank fetches back is not.
BACK_DAYS = 120
# A link that is asked for shortly before its end has this long all the same.
LEAST_DEADLINE_S = 60


class Quickpay:
    kind: ClassVar[str] = "quickpay"
    settings: ClassVar[tuple[str, ...]] = ("payment_methods", "branding_id", "text_on_statement", "test", "url")
    secrets: ClassVar[tuple[str, ...]] = ("api_key",)
    most_webhook: ClassVar[int] = 262_144

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        shape = Shape(settings)
        shape.text("payment_methods", most=200, plain=True)
        shape.text("text_on_statement", most=22, plain=True)
        shape.number("branding_id", low=0, high=2**31 - 1)
        shape.truth("test")
        shape.url("url")
        return shape.done() + need(secrets, "api_key")

    def look(self, account: Account) -> str:
        try:
            reply = ask(account, "GET", "/ping")
        except GatewayError as fault:
            return str(fault)
        return "" if reply.good else reply.text

    def methods(self, account: Account) -> tuple[str, ...]:
        return ("card",)

    def capabilities(self, account: Account, method: str) -> Capabilities:
        if method != "card":
            raise ValueError(method)
        return Capabilities(most_lead_days=0, back_days=BACK_DAYS)

    # --- beginning --------------------------------------------------------------------------------

    def begin_mandate(self, account: Account, asked: MandateRequest, key: str) -> MandateRef:
        if asked.one_off:
            raise InvalidData("one_off", "unsupported", "a first payment is a charge of its own")
        body = {"currency": asked.currency, "description": (asked.description or asked.name)[:MOST_TEXT]}
        found = _made(account, asked, "subscriptions", body)
        ref = text_of(found["id"])
        if found.get("accepted") is True:
            # The answer to this beginning was lost, and the donor has found the link all the same.
            return MandateRef(ref=ref, state=reading.mandate(account, ref, found).state)
        url = _link(account, "subscriptions", ref, asked, asked.amount or 0)
        return MandateRef(ref=ref, redirect_url=url, expires_at=asked.expires_at)

    def begin_payment(self, account: Account, asked: PaymentRequest, key: str) -> PaymentRef:
        text = text_of(account.settings.get("text_on_statement"))
        body = {"currency": asked.currency, **({"text_on_statement": text} if text else {})}
        found = _made(account, asked, "payments", body)
        ref = text_of(found["id"])
        if found.get("accepted") is True:
            return PaymentRef(ref=ref, state=reading.charge(account, ref, found).state)
        url = _link(account, "payments", ref, asked, asked.amount, auto_capture=True)
        return PaymentRef(ref=ref, redirect_url=url, expires_at=asked.expires_at)

    # --- asking -----------------------------------------------------------------------------------

    def get_mandate(self, account: Account, ref: str) -> MandateView:
        return reading.mandate(account, ref, get(account, "subscriptions", ref))

    def get_charge(self, account: Account, ref: str) -> ChargeView:
        return reading.charge(account, ref, get(account, "payments", ref))

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
        state = self.get_mandate(account, ref).state
        if state == "pending":
            good(ask(account, "DELETE", f"/subscriptions/{plain(ref)}/link"))
            # The donor may have been faster.
            state = self.get_mandate(account, ref).state
            if state == "stopped":
                return "cancelled"
        if state != "active":
            return "already_final"
        if pending_only:
            return "already_active"
        path = f"/subscriptions/{plain(ref)}/cancel"
        reply = good(ask(account, "POST", path, callback=account.webhook_url, synchronized=True))
        tried = reading.last(reply.object, "cancel")
        if tried and reading.done(tried) and not reading.approved(tried):
            raise Permanent("refused", reading.detail(tried))
        return "cancelled"

    def update_mandate(self, account: Account, ref: str, change: MandateChange, key: str) -> None:
        """A card is charged whatever is asked: nothing of an agreement is theirs to know."""
        view = self.get_mandate(account, ref)
        if view.state != "active":
            raise _not_active(view)

    def schedule_charge(self, account: Account, ref: str, asked: ChargeRequest, key: str) -> ChargeRef:
        now = clock.now()
        if asked.due_on > now.astimezone(ZONE).date():
            # What is handed over is taken at once.
            wait = datetime.combine(asked.due_on, time(0), ZONE) - now
            raise Transient("not_due", down=False, retry_after_s=int(wait / timedelta(seconds=1)) + 1)
        path = f"/subscriptions/{plain(ref)}/recurring"
        body = {"amount": asked.amount, "auto_capture": True}
        try:
            found = made_once(
                account, "payments", path, asked.reference, body, callback=account.webhook_url, synchronized=True
            )
        except Permanent:
            # What it was asked of may have ended.
            view = self.get_mandate(account, ref)
            if view.state != "active":
                raise _not_active(view) from None
            raise
        charge = text_of(found["id"])
        tried = reading.last(found, "recurring")
        if tried and (whole_of(tried.get("amount")) or asked.amount) != asked.amount:
            raise Permanent("key_reused", "this reference is another charge's")
        state, why = reading.charge_state(account, found)
        if state == "failed":
            raise Declined(why, reading.detail(reading.last(found, "recurring", "capture")))
        return ChargeRef(ref=charge, state=state)

    def find_charge(self, account: Account, mandate_ref: str, reference: str) -> str:
        found = by_order(account, "payments", reference)
        if found is None:
            raise NoSuch
        return text_of(found["id"])

    def cancel_charge(self, account: Account, ref: str, key: str) -> CancelResult:
        state = self.get_charge(account, ref).state
        if state == "pending":
            good(ask(account, "DELETE", f"/payments/{plain(ref)}/link"))
            state = self.get_charge(account, ref).state
            if state == "cancelled":
                return "cancelled"
        if state in ("failed", "cancelled", "rejected"):
            return "already_final"
        if state != "reserved":
            return "already_active"
        reply = ask(account, "POST", f"/payments/{plain(ref)}/cancel", callback=account.webhook_url, synchronized=True)
        if not reply.good:
            if self.get_charge(account, ref).state in ("charged", "submitted"):
                return "already_active"
            raise problem(reply)
        return "cancelled"

    def refund(self, account: Account, ref: str, asked: RefundRequest, key: str) -> RefundRef:
        found = get(account, "payments", ref)
        mark = f"refund={asked.reference}"
        done = next((one for one in reading.operations(found) if _marked(one, mark)), None)
        if done is None:
            view = reading.charge(account, ref, found)
            if view.state != "charged":
                raise AlreadyFinal(view.state) if view.state in ("failed", "cancelled") else Permanent("not_charged")
            if not 0 < asked.amount <= view.charged - view.refunded:
                raise InvalidData("amount", "out_of_range", "more than is left")
            callback = f"{account.webhook_url}?{mark}"
            path = f"/payments/{plain(ref)}/refund"
            body = {"amount": asked.amount}
            reply = good(ask(account, "POST", path, body=body, callback=callback, synchronized=True))
            done = reading.last(reply.object, "refund")
            if not done:
                raise garbled(reply, changes=True)
        if reading.done(done) and not reading.approved(done):
            raise Permanent("refused", reading.detail(done))
        return RefundRef(ref=f"{ref}/{asked.reference}", done=reading.done(done))

    def verify_webhook(
        self, account: Account, headers: Mapping[str, str], raw: bytes, url: str, now: datetime
    ) -> list[GatewayEvent]:
        return callbacks.read(account, headers, raw, now)


def _made(
    account: Account, asked: MandateRequest | PaymentRequest, what: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    if asked.method != "card":
        raise InvalidData("method", "unknown_choice")
    found = made_once(account, what, f"/{what}", asked.reference, body, callback=account.webhook_url)
    if text_of(found.get("currency")).upper() != asked.currency:
        raise Permanent("key_reused", "this reference is of another currency")
    return found


def _link(
    account: Account, what: str, ref: str, asked: MandateRequest | PaymentRequest, amount: int, **more: Any
) -> str:
    """Where the donor goes; asked for again it is the same link, changed."""
    body: dict[str, Any] = {
        "amount": amount,
        "language": asked.language,
        "continue_url": asked.return_url or account.return_urls.get("done", ""),
        "cancel_url": asked.cancel_url or asked.return_url or account.return_urls.get("cancelled", ""),
        "callback_url": account.webhook_url,
        "payment_methods": str(account.settings.get("payment_methods") or "creditcard"),
        **more,
    }
    if account.settings.get("branding_id") is not None:
        body["branding_id"] = account.settings["branding_id"]
    if asked.expires_at is not None:
        body["deadline"] = max(LEAST_DEADLINE_S, int((asked.expires_at - clock.now()).total_seconds()))
    reply = good(ask(account, "PUT", f"/{what}/{plain(ref)}/link", body=body))
    url = text_of(reply.object.get("url"))
    if not url:
        raise garbled(reply, changes=True)
    return url


def _marked(operation: Mapping[str, Any], mark: str) -> bool:
    return operation.get("type") == "refund" and text_of(operation.get("callback_url")).endswith(mark)


def _not_active(view: MandateView) -> GatewayError:
    if view.state == "pending":
        return Permanent("not_active", "the subscription is pending")
    return AlreadyFinal(view.state)
