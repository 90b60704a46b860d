"""What every payment rail is: one drawer a kind, each removable without touching another.

A drawer knows no database (the sandbox's own memory is the exception: it is its own provider). Its calls run outside
any transaction, in a thread of the courier or of a request. What cannot be done it says by one of the errors here, and
raises nothing else. Whatever address it calls goes by `infra.outbound` alone.

- **Keys.** Whatever changes something takes `key`: stable, the same at every try. A repetition with the same key has
  the same answer and happens once; where the provider has no such keys, the drawer sees to it by our `reference`.
- **References** of ours (`reference`: a session's or a charge's id in hex) are given to the provider with whatever is
  begun, and come back in events: what arrives before the answer to a begin is noted finds its own.
- **Refs** are the provider's, opaque outside the drawer. A charge's ref is enough to ask for the charge.
- **Dates** are the merchant's calendar's, amounts whole minor units.
- **Personal data** goes out and is not brought back: of a card or an account a view has the masked end.
"""

from __future__ import annotations

from ringround.onboarding.gateways.port.answered import (
    KINDS,
    REASONS,
    CancelResult,
    ChargeRef,
    ChargeState,
    ChargeView,
    GatewayEvent,
    MandateRef,
    MandateState,
    MandateView,
    PaymentRef,
    RefundRef,
)
from ringround.onboarding.gateways.port.asked import (
    ChargeRequest,
    Donor,
    MandateChange,
    MandateRequest,
    OneOff,
    PaymentRequest,
    RefundRequest,
    Schedule,
)
from ringround.onboarding.gateways.port.errors import (
    MOST_DETAIL,
    AlreadyFinal,
    Declined,
    GatewayError,
    InvalidData,
    NoSuch,
    Permanent,
    SignatureError,
    Transient,
    Unknown,
)
from ringround.onboarding.gateways.port.gateway import WINDOW_S, Gateway, Registers, Takes
from ringround.onboarding.gateways.port.rail import METHODS, NEEDS, Account, Capabilities, CutOff

__all__ = [
    "KINDS",
    "METHODS",
    "MOST_DETAIL",
    "NEEDS",
    "REASONS",
    "WINDOW_S",
    "Account",
    "AlreadyFinal",
    "CancelResult",
    "Capabilities",
    "ChargeRef",
    "ChargeRequest",
    "ChargeState",
    "ChargeView",
    "CutOff",
    "Declined",
    "Donor",
    "Gateway",
    "GatewayError",
    "GatewayEvent",
    "InvalidData",
    "MandateChange",
    "MandateRef",
    "MandateRequest",
    "MandateState",
    "MandateView",
    "NoSuch",
    "OneOff",
    "PaymentRef",
    "PaymentRequest",
    "Permanent",
    "RefundRef",
    "RefundRequest",
    "Registers",
    "Schedule",
    "SignatureError",
    "Takes",
    "Transient",
    "Unknown",
]
