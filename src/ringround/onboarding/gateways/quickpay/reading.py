"""What Quickpay's subscriptions and payments say, in our words: their states, their operations, why something failed.

A subscription or a payment has a list of operations (authorize, recurring, capture, refund, cancel), each pending or
with a status: 20000 is approved, 4xxxx was refused, 5xxxx failed on the way
(https://learn.quickpay.net/tech-talk/appendixes/errors).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Any

from ringround.onboarding.gateways.port import Account, ChargeState, ChargeView, MandateState, MandateView
from ringround.onboarding.gateways.quickpay.orders import reference_of
from ringround.onboarding.gateways.signing import text_of, whole_of

APPROVED = "20000"
REASONS = {
    "30100": "authentication_failed",
    "30101": "authentication_failed",
    "40001": "technical",
    "40002": "expired",
    "40003": "cancelled_by_gateway",
    "40004": "card_declined",
    "40300": "fraud_suspected",
    "41000": "account_closed",
    "42300": "card_declined",
}
# What the acquirer says of a refusal (ISO 8583 and its like), where it says it.
ACQUIRERS = {"51": "insufficient_funds", "116": "insufficient_funds", "54": "card_expired", "101": "card_expired",
             "61": "limit_exceeded", "65": "limit_exceeded", "34": "fraud_suspected", "59": "fraud_suspected",
             "14": "no_such_account"}  # fmt: skip
WORDS = (("insufficient", "insufficient_funds"), ("expired", "card_expired"), ("limit", "limit_exceeded"),
         ("fraud", "fraud_suspected"))  # fmt: skip


def operations(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its operations, in their order."""
    listed = found.get("operations")
    kept = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return sorted(kept, key=lambda one: whole_of(one.get("id")) or 0)


def done(operation: Mapping[str, Any]) -> bool:
    return operation.get("pending") is False


def approved(operation: Mapping[str, Any]) -> bool:
    return done(operation) and text_of(operation.get("qp_status_code")) == APPROVED


def reason(operation: Mapping[str, Any]) -> str:
    """Why it was not approved."""
    code = text_of(operation.get("qp_status_code"))
    if code in REASONS:
        return REASONS[code]
    if code.startswith("5"):
        return "technical"
    said = text_of(operation.get("aq_status_code"))
    if said in ACQUIRERS:
        return ACQUIRERS[said]
    words = text_of(operation.get("aq_status_msg")).lower()
    return next((ours for theirs, ours in WORDS if theirs in words), "card_declined")


def detail(operation: Mapping[str, Any]) -> str:
    """What was said of its outcome, as it was said."""
    names = ("qp_status_code", "qp_status_msg", "aq_status_code", "aq_status_msg")
    return " ".join(said for name in names if (said := text_of(operation.get(name))))


def total(found: Mapping[str, Any], kind: str) -> int:
    """What operations of this kind have moved, in minor units."""
    moved = (whole_of(one.get("amount")) or 0 for one in operations(found) if one.get("type") == kind and approved(one))
    return sum(moved)


def last(found: Mapping[str, Any], *kinds: str) -> dict[str, Any]:
    """The last operation of one of these kinds; empty where there is none."""
    return next((one for one in reversed(operations(found)) if one.get("type") in kinds), {})


def counts(account: Account, found: Mapping[str, Any]) -> bool:
    """Whether it is money: a card for testing is not, but on an account for testing."""
    return account.test or found.get("test_mode") is not True


def reference(found: Mapping[str, Any]) -> str:
    return reference_of(text_of(found.get("order_id")))


def instrument(found: Mapping[str, Any]) -> tuple[str, date | None]:
    """The card, masked, and its last day."""
    known = found.get("metadata")
    known = known if isinstance(known, dict) else {}
    end = text_of(known.get("last4"))
    year, month = whole_of(known.get("exp_year")), whole_of(known.get("exp_month"))
    until = None
    if year and month and 1 <= month <= 12 and 2000 <= year <= 9999:
        until = date(year, month, calendar.monthrange(year, month)[1])
    return (f"•••• {end}" if end.isdecimal() and len(end) == 4 else ""), until


def mandate(account: Account, ref: str, found: Mapping[str, Any]) -> MandateView:
    """A subscription. A card that was declined leaves the donor another try for as long as the link is there."""
    state, why = _mandate_state(account, found)
    card, until = instrument(found)
    tried = last(found, "authorize")
    return MandateView(
        ref=ref,
        state=state,
        reference=reference(found),
        reason_code=why,
        detail=detail(tried) if state == "pending" and tried else "",
        currency=text_of(found.get("currency")).upper(),
        instrument=card,
        instrument_until=until,
    )


def _mandate_state(account: Account, found: Mapping[str, Any]) -> tuple[MandateState, str]:
    if not counts(account, found):
        return "failed", "technical"
    said = found.get("state")
    if said == "cancelled" or any(one.get("type") == "cancel" and approved(one) for one in operations(found)):
        return "stopped", "cancelled_by_merchant"
    if found.get("accepted") is True:
        return "active", ""
    if not found.get("link"):
        return "stopped", "cancelled_by_merchant"
    tried = last(found, "authorize")
    return "pending", reason(tried) if tried and done(tried) and not approved(tried) else ""


def charge(account: Account, ref: str, found: Mapping[str, Any]) -> ChargeView:
    """A payment: one by a subscription, or a single one by its link."""
    state, why = charge_state(account, found)
    subscription = text_of(found.get("subscription_id"))
    asked = last(found, "recurring", "authorize", "capture")
    return ChargeView(
        ref=ref,
        state=state,
        reference=reference(found),
        mandate_ref=subscription,
        reason_code=why,
        detail=detail(asked) if why else "",
        amount=whole_of(asked.get("amount")),
        charged=total(found, "capture") if counts(account, found) else 0,
        refunded=total(found, "refund"),
        currency=text_of(found.get("currency")).upper(),
        instrument=instrument(found)[0],
    )


def charge_state(account: Account, found: Mapping[str, Any]) -> tuple[ChargeState, str]:
    """The state, and why where it failed."""
    if not counts(account, found):
        return "failed", "technical"
    if total(found, "capture") > 0:
        return "charged", ""
    if any(one.get("type") == "cancel" and approved(one) for one in operations(found)):
        return "cancelled", "cancelled_by_merchant"
    tried = last(found, "capture")
    if tried and done(tried) and not approved(tried):
        return "failed", reason(tried)
    if tried:
        return "submitted", ""
    tried = last(found, "recurring", "authorize")
    if tried and not done(tried):
        return "submitted", ""
    if approved(tried):
        # It is to be captured by itself.
        return "reserved", ""
    if tried.get("type") == "recurring":
        return "failed", reason(tried)
    if text_of(found.get("subscription_id")):
        return "submitted", ""
    if not found.get("link"):
        return "cancelled", "cancelled_by_merchant"
    return "pending", reason(tried) if tried else ""
