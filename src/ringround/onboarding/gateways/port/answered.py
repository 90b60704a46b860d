"""What a rail answers, and what it says by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

MandateState = Literal["pending", "active", "rejected", "expired", "stopped", "failed"]
# `pending` waits for the donor (a single payment), `submitted` is under way at the rail, `reserved` is promised and not
# taken yet, `failed` may be tried anew, `rejected` was said no to, `expired` was never answered (a single payment),
# `charged` is money even where some went back.
ChargeState = Literal[
    "pending", "scheduled", "submitted", "reserved", "charged", "failed", "rejected", "cancelled", "expired",
    "chargeback",
]  # fmt: skip
# Why, in words of ours (texts of the room); what the provider says itself is the `detail`.
REASONS = (
    "debtor_declined",
    "insufficient_funds",
    "card_declined",
    "card_expired",
    "account_closed",
    "no_such_account",
    "limit_exceeded",
    "authentication_failed",
    "mandate_stopped",
    "expired",
    "cancelled_by_debtor",
    "cancelled_by_merchant",
    "cancelled_by_gateway",
    "fraud_suspected",
    "technical",
    "other",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRef:
    """A mandate that has begun. `redirect_url`: where the donor goes now. `charge_ref`: of the one-off payment."""

    ref: str
    state: MandateState = "pending"
    redirect_url: str = ""
    expires_at: datetime | None = None
    charge_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRef:
    """A single payment that has begun; its `ref` is a charge's."""

    ref: str
    state: ChargeState = "pending"
    redirect_url: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRef:
    """A charge that the rail has."""

    ref: str
    state: ChargeState = "scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRef:
    """A refund that the rail has taken. `done`: the money has left; else an event tells, or
    who asks again."""

    ref: str
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateView:
    """A mandate as the rail has it now. `instrument`: what pays, masked ("•••• 4242"); `instrument_until`: the last
    day of a card."""

    ref: str
    state: MandateState
    reference: str = ""
    reason_code: str = ""
    detail: str = ""
    actor: str = ""
    amount: int | None = None
    currency: str = ""
    instrument: str = ""
    instrument_until: date | None = None
    charge_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeView:
    """A charge as the rail has it now. `charged` and `refunded` in minor units."""

    ref: str
    state: ChargeState
    reference: str = ""
    mandate_ref: str = ""
    reason_code: str = ""
    detail: str = ""
    amount: int | None = None
    charged: int = 0
    refunded: int = 0
    currency: str = ""
    due_on: date | None = None
    instrument: str = ""


# `already_active`: the debtor was faster, or the money is taken or on its way. `already_final`: it had ended by itself.
CancelResult = Literal["cancelled", "already_active", "already_final"]

# `charge.pending` and `charge.expired` are of single payments alone.
KINDS = (
    "mandate.pending",
    "mandate.active",
    "mandate.rejected",
    "mandate.expired",
    "mandate.stopped",
    "mandate.failed",
    "mandate.reinstated",
    "charge.pending",
    "charge.scheduled",
    "charge.reserved",
    "charge.charged",
    "charge.failed",
    "charge.rejected",
    "charge.cancelled",
    "charge.expired",
    "charge.refunded",
    "charge.chargeback",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEvent:
    """What a provider says has happened.

    `event_id` is unique with its account: the provider's own, or the hash of what came. `ref`: the mandate's or the
    charge's, by the kind; `reference`: ours of the same, where the provider brings it. `amount`: of the charge or the
    refund; `in_all`: it is the sum of all refunds so far. `actor`: debtor, merchant, gateway, or empty. `raw`: what
    helps to understand it later, without anything personal.
    """

    event_id: str
    kind: str
    ref: str
    occurred_at: datetime
    reference: str = ""
    mandate_ref: str = ""
    reason_code: str = ""
    detail: str = ""
    actor: str = ""
    amount: int | None = None
    in_all: bool = False
    currency: str = ""
    instrument: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
