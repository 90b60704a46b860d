"""Mobile wallets by Vipps MobilePay: agreements by its Recurring API, version 3
(https://developer.vippsmobilepay.com/docs/APIs/recurring-api/recurring-api-guide/), single payments by its ePayment API
(`payments`), both by one account.

- A mandate is an agreement; the donor has ten minutes from its beginning. One with an amount is of fixed price
  (`LEGACY`: charges up to five times it), one without, or with `pricing: variable`, has a largest amount that the donor
  chooses.
- Charges are ours to make, due two days ahead at the least; our reference is their id as well (`orderId`), so that the
  same charge is never there twice even where its key has been forgotten.
- A donor who declines leaves an agreement that reads STOPPED like one that was ended: it has no start.
- There is no pause: while on hold nothing is charged. What is stopped stays stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from ringround.infra import clock
from ringround.kernel.errors import Fault
from ringround.onboarding.gateways import calling
from ringround.onboarding.gateways.calling import garbled, plain
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    CancelResult,
    Capabilities,
    ChargeRef,
    ChargeRequest,
    ChargeState,
    ChargeView,
    GatewayError,
    GatewayEvent,
    InvalidData,
    MandateChange,
    MandateRef,
    MandateRequest,
    MandateState,
    MandateView,
    NoSuch,
    PaymentRef,
    PaymentRequest,
    Permanent,
    RefundRef,
    RefundRequest,
    Transient,
)
from ringround.onboarding.gateways.signing import text_of, whole_of
from ringround.onboarding.gateways.vipps import payments, shape, webhooks
from ringround.onboarding.gateways.vipps.client import TEST, ask, good, problem
from ringround.onboarding.gateways.vipps.terms import (
    COUNTRIES,
    LEAST_AMOUNT,
    MOST_SUGGESTED,
    PENDING_TTL,
    fits,
    interval,
    pricing_of,
)

__all__ = ["TEST", "Vipps"]

LEAD_DAYS, MOST_LEAD_DAYS, MOST_RETRY_DAYS = 2, 730, 14
# What is given back in their portal is seen when a charge is asked for; what the payer's bank fetches back is not.
BACK_DAYS = 120
MOST_NAME, MOST_DESCRIPTION, MOST_CHARGE_TEXT = 45, 100, 45
STATES: dict[str, MandateState] = {"PENDING": "pending", "ACTIVE": "active", "EXPIRED": "expired", "STOPPED": "stopped"}
CHARGES: dict[str, ChargeState] = {
    "PENDING": "scheduled",
    "DUE": "scheduled",
    "PROCESSING": "submitted",
    "RESERVED": "reserved",
    "CHARGED": "charged",
    "PARTIALLY_CAPTURED": "charged",
    "PARTIALLY_REFUNDED": "charged",
    "REFUNDED": "charged",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
}
_AGREEMENTS = "/recurring/v3/agreements"
_WEBHOOKS = "/webhooks/v1/webhooks"


class Vipps:
    kind: ClassVar[str] = "vipps"
    settings: ClassVar[tuple[str, ...]] = shape.SETTINGS
    secrets: ClassVar[tuple[str, ...]] = shape.SECRETS
    most_webhook: ClassVar[int] = 65_536

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        return shape.check(settings, secrets)

    def look(self, account: Account) -> str:
        """Also whether webhooks come to us, and all of them: without them nothing is heard but by asking."""
        try:
            reply = ask(account, "GET", _WEBHOOKS)
        except GatewayError as fault:
            return str(fault)
        if not reply.good:
            return reply.text
        return webhooks.unheard(reply, account.webhook_url)

    def methods(self, account: Account) -> tuple[str, ...]:
        return ("mobile",)

    def capabilities(self, account: Account, method: str) -> Capabilities:
        if method != "mobile":
            raise ValueError(method)
        return Capabilities(
            one_off_start=True,
            tell_changes=True,
            pending_ttl=PENDING_TTL,
            min_lead_days=LEAD_DAYS,
            most_lead_days=MOST_LEAD_DAYS,
            most_charge=5,
            max_retry_days=MOST_RETRY_DAYS,
            refund_days=365,
            back_days=BACK_DAYS,
            currencies=frozenset(COUNTRIES),
        )

    # --- agreements -------------------------------------------------------------------------------

    def begin_mandate(self, account: Account, asked: MandateRequest, key: str) -> MandateRef:
        if asked.method != "mobile":
            raise InvalidData("method", "unknown_choice")
        if asked.currency not in COUNTRIES:
            raise InvalidData("currency", "unknown_choice")
        unit, count = interval(asked.schedule)
        body: dict[str, Any] = {
            "pricing": pricing_of(account, asked),
            "interval": {"unit": unit, "count": count},
            "merchantRedirectUrl": asked.return_url or account.return_urls.get("done", ""),
            "merchantAgreementUrl": str(account.settings.get("agreement_url", "")),
            "productName": asked.name[:MOST_NAME],
            "externalId": asked.reference,
            "countryCode": COUNTRIES[asked.currency],
        }
        if asked.description:
            body["productDescription"] = asked.description[:MOST_DESCRIPTION]
        if fits(asked.donor.msisdn):
            body["phoneNumber"] = asked.donor.msisdn.removeprefix("+")[:15]
        if asked.one_off:
            body["initialCharge"] = {
                "amount": asked.one_off.amount,
                "description": (asked.one_off.description or asked.name)[:MOST_CHARGE_TEXT],
                "transactionType": "DIRECT_CAPTURE",
                "orderId": asked.one_off.reference,
                "externalId": asked.one_off.reference,
            }
        reply = good(ask(account, "POST", _AGREEMENTS, body=body, key=key))
        ref, url = text_of(reply.object.get("agreementId")), text_of(reply.object.get("vippsConfirmationUrl"))
        if not ref or not url:
            raise garbled(reply, changes=True)
        charge = text_of(reply.object.get("chargeId"))
        return MandateRef(
            ref=ref,
            redirect_url=url,
            expires_at=clock.now() + PENDING_TTL,
            charge_ref=f"{ref}/{charge}" if charge else "",
        )

    def begin_payment(self, account: Account, asked: PaymentRequest, key: str) -> PaymentRef:
        return payments.begin(account, asked, key)

    def take_payment(self, account: Account, ref: str, key: str) -> ChargeView:
        return payments.take(account, ref, key)

    def get_mandate(self, account: Account, ref: str) -> MandateView:
        found = _agreement(account, ref)
        state = STATES[found["status"]]
        reason = {"expired": "expired"}.get(state, "")
        if state == "stopped" and not found.get("start"):
            # It never began: the donor has declined, or we have called it back.
            state, reason = "rejected", "debtor_declined"
        pricing = found.get("pricing") if isinstance(found.get("pricing"), dict) else {}
        assert isinstance(pricing, dict)
        return MandateView(
            ref=ref,
            state=state,
            reference=text_of(found.get("externalId")),
            reason_code=reason,
            amount=whole_of(pricing.get("amount")),
            currency=text_of(pricing.get("currency")),
        )

    def cancel_mandate(
        self,
        account: Account,
        ref: str,
        key: str,
        *,
        pending_only: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> CancelResult:
        status = _agreement(account, ref)["status"]
        if status in ("STOPPED", "EXPIRED"):
            return "already_final"
        if status == "ACTIVE" and pending_only:
            return "already_active"
        reply = ask(account, "PATCH", f"{_AGREEMENTS}/{plain(ref)}", body={"status": "STOPPED"}, key=key)
        if reply.good:
            return "cancelled"
        # The donor may have been faster; one that is still pending and cannot be called back ends by itself.
        after = _agreement(account, ref)["status"]
        if after in ("STOPPED", "EXPIRED"):
            return "cancelled" if after == "STOPPED" else "already_final"
        if after == "ACTIVE" and pending_only:
            return "already_active"
        if after == "PENDING":
            wait = int(PENDING_TTL.total_seconds())
            raise Transient("still_pending", reply.text, down=False, retry_after_s=wait)
        raise problem(reply)

    def update_mandate(self, account: Account, ref: str, change: MandateChange, key: str) -> None:
        found = _agreement(account, ref)
        if found["status"] != "ACTIVE":
            raise _not_active(found["status"])
        pricing = found.get("pricing")
        variable = isinstance(pricing, dict) and pricing.get("type") == "VARIABLE"
        body: dict[str, Any] = {}
        if variable and change.most is not None:
            body["pricing"] = {"suggestedMaxAmount": min(change.most, MOST_SUGGESTED)}
        elif not variable and change.amount is not None:
            body["pricing"] = {"amount": change.amount}
        if change.schedule is not None:
            unit, count = interval(change.schedule)
            body["interval"] = {"type": "RECURRING", "period": {"unit": unit, "count": count}}
        if change.name is not None:
            body["productName"] = change.name[:MOST_NAME]
        if change.description is not None:
            body["productDescription"] = change.description[:MOST_DESCRIPTION]
        if not body:
            return
        reply = ask(account, "PATCH", f"{_AGREEMENTS}/{plain(ref)}", body=body, key=key)
        if reply.good:
            return
        after = _agreement(account, ref)["status"]
        raise _not_active(after) if after != "ACTIVE" else problem(reply)

    # --- charges ----------------------------------------------------------------------------------

    def schedule_charge(self, account: Account, ref: str, asked: ChargeRequest, key: str) -> ChargeRef:
        body = {
            "amount": asked.amount,
            "transactionType": "DIRECT_CAPTURE",
            "type": "RECURRING",
            "description": asked.description[:MOST_CHARGE_TEXT] or "-",
            "due": asked.due_on.isoformat(),
            "retryDays": max(0, min(asked.retry_days, MOST_RETRY_DAYS)),
            "orderId": asked.reference,
            "externalId": asked.reference,
        }
        reply = ask(account, "POST", f"{_AGREEMENTS}/{plain(ref)}/charges", body=body, key=key)
        if reply.good:
            charge = text_of(reply.object.get("chargeId"))
            if not charge:
                raise garbled(reply, changes=True)
            return ChargeRef(ref=f"{ref}/{charge}")
        # The same charge may be there already: by another key, or from before this key was forgotten.
        there = _same(account, ref, asked)
        if there is not None:
            return there
        status = _agreement(account, ref)["status"]
        raise _not_active(status) if status != "ACTIVE" else problem(reply)

    def get_charge(self, account: Account, ref: str) -> ChargeView:
        if payments.is_payment(ref):
            return payments.view(account, ref)
        found = _charge(account, ref)
        summary = found.get("summary") if isinstance(found.get("summary"), dict) else {}
        assert isinstance(summary, dict)
        state = CHARGES[found["status"]]
        failure = text_of(found.get("failureReason"))
        reason = webhooks.FAILURES.get(failure.lower(), "other") if state == "failed" else ""
        return ChargeView(
            ref=ref,
            state=state,
            reference=text_of(found.get("externalId")),
            mandate_ref=ref.partition("/")[0],
            reason_code=reason,
            detail=text_of(found.get("failureDescription")) or failure,
            amount=whole_of(found.get("amount")),
            charged=whole_of(summary.get("captured")) or 0,
            refunded=whole_of(summary.get("refunded")) or 0,
            currency=text_of(found.get("currency")),
            due_on=_day(found.get("due")),
        )

    def find_charge(self, account: Account, mandate_ref: str, reference: str) -> str:
        # Our reference is its id.
        ref = f"{mandate_ref}/{reference}"
        _charge(account, ref)
        return ref

    def cancel_charge(self, account: Account, ref: str, key: str) -> CancelResult:
        if payments.is_payment(ref):
            return payments.cancel(account, ref, key)
        reply = ask(account, "DELETE", _path(ref), key=key)
        if reply.good:
            return "cancelled"
        state = CHARGES[_charge(account, ref)["status"]]
        if state in ("cancelled", "failed"):
            return "already_final"
        if state in ("charged", "submitted", "reserved"):
            return "already_active"
        raise problem(reply)

    def refund(self, account: Account, ref: str, asked: RefundRequest, key: str) -> RefundRef:
        if payments.is_payment(ref):
            return payments.refund(account, ref, asked, key)
        if asked.amount < LEAST_AMOUNT:
            raise InvalidData("amount", "too_low", f"at least {LEAST_AMOUNT}")
        body = {"amount": asked.amount, "description": asked.description[:MOST_CHARGE_TEXT] or "-"}
        reply = ask(account, "POST", f"{_path(ref)}/refund", body=body, key=key)
        if not reply.good:
            fault = problem(reply)
            if reply.status == 400 and isinstance(fault, Permanent) and not isinstance(fault, NoSuch):
                _explain(self.get_charge(account, ref), asked)
            raise fault
        return RefundRef(ref=f"{ref}/{asked.reference}")

    # --- webhooks ---------------------------------------------------------------------------------

    def verify_webhook(
        self, account: Account, headers: Mapping[str, str], raw: bytes, url: str, now: datetime
    ) -> list[GatewayEvent]:
        return webhooks.read(account, headers, raw, url, now)

    def register_webhook(self, account: Account) -> str:
        """A new registration; those to the same address from before are taken away: what comes by two comes twice."""
        before = ask(account, "GET", _WEBHOOKS)
        body = {"url": account.webhook_url, "events": list(webhooks.REGISTERED)}
        reply = good(ask(account, "POST", _WEBHOOKS, body=body, key=f"webhook-{clock.real_now():%Y%m%d%H%M%S%f}"))
        secret = text_of(reply.object.get("secret"))
        if not secret:
            raise garbled(reply, changes=True)
        for old in (text_of(one.get("id")) for one in webhooks.hooks(before) if one.get("url") == account.webhook_url):
            if calling.PLAIN.fullmatch(old):
                ask(account, "DELETE", f"{_WEBHOOKS}/{old}", key=f"unhook-{old}")
        return secret


def _agreement(account: Account, ref: str) -> dict[str, Any]:
    reply = good(ask(account, "GET", f"{_AGREEMENTS}/{plain(ref)}"))
    if reply.object.get("status") not in STATES:
        raise garbled(reply, changes=False)
    return reply.object


def _charge(account: Account, ref: str) -> dict[str, Any]:
    reply = good(ask(account, "GET", _path(ref)))
    if reply.object.get("status") not in CHARGES:
        raise garbled(reply, changes=False)
    return reply.object


def _path(ref: str) -> str:
    agreement, _, charge = ref.partition("/")
    return f"{_AGREEMENTS}/{plain(agreement)}/charges/{plain(charge)}"


def _same(account: Account, ref: str, asked: ChargeRequest) -> ChargeRef | None:
    """The charge with our reference, where it is there and as it is asked for; Permanent where it is another."""
    there = f"{ref}/{asked.reference}"
    try:
        found = _charge(account, there)
    except NoSuch:
        return None
    if (found.get("amount"), _day(found.get("due"))) != (asked.amount, asked.due_on):
        raise Permanent("key_reused", "this reference is another charge's")
    return ChargeRef(ref=there, state=CHARGES[found["status"]])


def _not_active(status: str) -> GatewayError:
    if status == "PENDING":
        return Permanent("not_active", "the agreement is pending")
    return AlreadyFinal(STATES[status])


def _explain(view: ChargeView, asked: RefundRequest) -> None:
    """Raises what is wrong with a refund that was refused, where that can be seen."""
    if view.state == "charged" and asked.amount > view.charged - view.refunded:
        raise InvalidData("amount", "out_of_range", "more than is left")
    if view.state in ("failed", "cancelled"):
        raise AlreadyFinal(view.state)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
