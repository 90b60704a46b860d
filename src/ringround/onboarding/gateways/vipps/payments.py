"""Single payments by Vipps MobilePay's ePayment API (https://developer.vippsmobilepay.com/docs/APIs/epayment-api/).

- A payment's ref is our own reference: it is their id of it, so that the same payment is never there twice even where
  its key has been forgotten.
- The donor has ten minutes. What they accept is reserved and taken by a call of ours (`take`): there is no direct
  capture as the Recurring API has it. What is never taken is released by itself after days.
- How it stands is the `state` until it is `AUTHORIZED`, and from then on what the `aggregate` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ringround.infra import clock
from ringround.onboarding.gateways.calling import Reply, garbled
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    CancelResult,
    ChargeState,
    ChargeView,
    InvalidData,
    NoSuch,
    PaymentRef,
    PaymentRequest,
    Permanent,
    RefundRef,
    RefundRequest,
    Transient,
)
from ringround.onboarding.gateways.signing import text_of, whole_of
from ringround.onboarding.gateways.vipps.client import ask, code_of, good, problem
from ringround.onboarding.gateways.vipps.terms import COUNTRIES, PENDING_TTL, fits

MOST_DESCRIPTION = 100
# Not yet decided, or decided before anything was reserved: state and why.
STATES: dict[str, tuple[ChargeState, str]] = {
    "CREATED": ("pending", ""),
    "ABORTED": ("rejected", "debtor_declined"),
    "EXPIRED": ("cancelled", "expired"),
    "TERMINATED": ("cancelled", "cancelled_by_merchant"),
}
# Of a number that they do not take, or know nobody by: the donor types their own on the page.
NOBODY = frozenset({"4070", "7010"})
# The reference is there already.
THERE = frozenset({"4150", "6230"})
_PAYMENTS = "/epayment/v1/payments"
_REFERENCE = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_NUMBER = re.compile(r"\d{10,15}", re.ASCII)


def is_payment(ref: str) -> bool:
    """Whether a charge's ref is a single payment's: those of an agreement have its id before a slash."""
    return "/" not in ref


def begin(account: Account, asked: PaymentRequest, key: str) -> PaymentRef:
    if asked.method != "mobile":
        raise InvalidData("method", "unknown_choice")
    if asked.currency not in COUNTRIES:
        raise InvalidData("currency", "unknown_choice")
    number = asked.donor.msisdn.removeprefix("+")
    body: dict[str, Any] = {
        "amount": _money(asked.amount, asked.currency),
        "paymentMethod": {"type": "WALLET"},
        "reference": asked.reference,
        "returnUrl": asked.return_url or account.return_urls.get("done", ""),
        "userFlow": "WEB_REDIRECT",
        # At least three characters.
        "paymentDescription": asked.description[:MOST_DESCRIPTION].ljust(3, "."),
    }
    who = {"customer": {"phoneNumber": number}} if _NUMBER.fullmatch(number) and fits(asked.donor.msisdn) else {}
    reply = ask(account, "POST", _PAYMENTS, body={**body, **who}, key=key)
    if who and code_of(reply) in NOBODY:
        reply = ask(account, "POST", _PAYMENTS, body=body, key=f"{key}:anybody")
    if reply.good:
        url = text_of(reply.object.get("redirectUrl"))
        if not url or text_of(reply.object.get("reference")) != asked.reference:
            raise garbled(reply, changes=True)
        return PaymentRef(ref=asked.reference, redirect_url=url, expires_at=clock.now() + PENDING_TTL)
    if code_of(reply) in THERE:
        return _there(account, asked)
    raise problem(reply)


def view(account: Account, ref: str) -> ChargeView:
    return _read(good(ask(account, "GET", _path(ref))), ref, changes=False)


def take(account: Account, ref: str, key: str) -> ChargeView:
    before = view(account, ref)
    if before.state != "reserved":
        return before
    assert before.amount is not None
    body = {"modificationAmount": _money(before.amount, before.currency)}
    reply = ask(account, "POST", f"{_path(ref)}/capture", body=body, key=key)
    if reply.good:
        return _read(reply, ref, changes=True)
    after = view(account, ref)
    if after.state != "reserved":
        return after
    raise problem(reply)


def cancel(account: Account, ref: str, key: str) -> CancelResult:
    ended = _ended(view(account, ref))
    if ended is not None:
        return ended
    reply = ask(account, "POST", f"{_path(ref)}/cancel", body={}, key=key)
    if reply.good:
        return "cancelled"
    # The donor may have been faster, or stands before the app's last question this moment.
    after = view(account, ref)
    ended = _ended(after)
    if ended is not None:
        return ended
    if after.state == "pending":
        raise Transient("still_pending", reply.text, down=False, retry_after_s=int(PENDING_TTL.total_seconds()))
    raise problem(reply)


def refund(account: Account, ref: str, asked: RefundRequest, key: str) -> RefundRef:
    body = {"modificationAmount": _money(asked.amount, asked.currency)}
    reply = ask(account, "POST", f"{_path(ref)}/refund", body=body, key=key)
    if not reply.good:
        fault = problem(reply)
        if isinstance(fault, Permanent) and not isinstance(fault, NoSuch) and fault.code != "key_reused":
            found = view(account, ref)
            if found.state == "charged" and asked.amount > found.charged - found.refunded:
                raise InvalidData("amount", "out_of_range", "more than is left")
            if found.state in ("rejected", "cancelled"):
                raise AlreadyFinal(found.state)
        raise fault
    return RefundRef(ref=f"{ref}/{asked.reference}")


def _there(account: Account, asked: PaymentRequest) -> PaymentRef:
    """The payment with our reference, where it is as it is asked for; Permanent where it is another."""
    reply = good(ask(account, "GET", _path(asked.reference)))
    found = _read(reply, asked.reference, changes=False)
    if (found.amount, found.currency) != (asked.amount, asked.currency):
        raise Permanent("key_reused", "this reference is another payment's")
    url = text_of(reply.object.get("redirectUrl"))
    if found.state == "pending" and not url:
        raise garbled(reply, changes=False)
    return PaymentRef(ref=asked.reference, state=found.state, redirect_url=url if found.state == "pending" else "")


def _read(reply: Reply, ref: str, *, changes: bool) -> ChargeView:
    found = reply.object
    state = found.get("state")
    amount, currency = _amount(found.get("amount"))
    if (state not in STATES and state != "AUTHORIZED") or amount is None:
        raise garbled(reply, changes=changes)
    sums = found.get("aggregate")
    parts: Mapping[str, Any] = sums if isinstance(sums, dict) else {}
    captured, refunded, cancelled = (
        _amount(parts.get(f"{name}Amount"))[0] or 0 for name in ("captured", "refunded", "cancelled")
    )
    if state != "AUTHORIZED":
        ours, why = STATES[str(state)]
    elif captured:
        ours, why = "charged", ""
    else:
        ours, why = ("cancelled", "cancelled_by_merchant") if cancelled else ("reserved", "")
    return ChargeView(
        ref=ref, state=ours, reference=text_of(found.get("reference")), reason_code=why, amount=amount,
        charged=captured, refunded=refunded, currency=currency,
    )  # fmt: skip


def _ended(found: ChargeView) -> CancelResult | None:
    if found.state == "charged":
        return "already_active"
    return "already_final" if found.state in ("rejected", "cancelled") else None


def _path(ref: str) -> str:
    if not _REFERENCE.fullmatch(ref):
        raise NoSuch
    return f"{_PAYMENTS}/{ref}"


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"currency": currency, "value": amount}


def _amount(value: object) -> tuple[int | None, str]:
    found = value if isinstance(value, dict) else {}
    return whole_of(found.get("value")), text_of(found.get("currency"))
