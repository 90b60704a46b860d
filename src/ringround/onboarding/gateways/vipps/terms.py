"""Amounts and intervals as Vipps MobilePay takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ringround.kernel import phones
from ringround.onboarding.gateways.port import Account, InvalidData, MandateRequest

# So long a donor has, of an agreement and of a payment.
PENDING_TTL = timedelta(minutes=10)
# The largest that may be suggested where the amount is the donor's to choose.
MOST_SUGGESTED = 2_000_000
LEAST_AMOUNT = 100
INTERVALS = {"monthly": ("MONTH", 1), "quarterly": ("MONTH", 3), "half_yearly": ("MONTH", 6), "yearly": ("YEAR", 1)}
COUNTRIES = {"DKK": "DK", "NOK": "NO", "EUR": "FI"}


def interval(schedule: str) -> tuple[str, int]:
    if schedule not in INTERVALS:
        raise InvalidData("schedule", "unknown_choice")
    return INTERVALS[schedule]


def pricing_of(account: Account, asked: MandateRequest) -> dict[str, Any]:
    variable = asked.amount is None or account.settings.get("pricing") == "variable"
    if not variable:
        assert asked.amount is not None
        if asked.amount < LEAST_AMOUNT:
            raise InvalidData("amount", "too_low", f"at least {LEAST_AMOUNT}")
        return {"type": "LEGACY", "currency": asked.currency, "amount": asked.amount}
    most = asked.most or asked.amount or MOST_SUGGESTED
    return {"type": "VARIABLE", "currency": asked.currency, "suggestedMaxAmount": min(most, MOST_SUGGESTED)}


def fits(msisdn: str) -> bool:
    """Whether their page may have it filled in: with a landline there nothing can begin."""
    found = phones.parse(msisdn, None)
    return bool(msisdn) and (found is None or found.kind != "fixed")
