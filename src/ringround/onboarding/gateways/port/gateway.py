"""The port itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from ringround.kernel.errors import Fault
from ringround.onboarding.gateways.port.answered import (
    CancelResult,
    ChargeRef,
    ChargeView,
    GatewayEvent,
    MandateRef,
    MandateView,
    PaymentRef,
    RefundRef,
)
from ringround.onboarding.gateways.port.asked import (
    ChargeRequest,
    MandateChange,
    MandateRequest,
    PaymentRequest,
    RefundRequest,
)
from ringround.onboarding.gateways.port.rail import Account, Capabilities


class Gateway(Protocol):
    """One kind of payment rail."""

    kind: ClassVar[str]
    # The names of settings and of secrets; `check` says which are needed.
    settings: ClassVar[tuple[str, ...]]
    secrets: ClassVar[tuple[str, ...]]
    # Webhooks longer than this are none of its own.
    most_webhook: ClassVar[int]

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        """What is wrong with these settings."""

    def look(self, account: Account) -> str:
        """For `doctor`: empty when the provider answers and takes our sign-in, else what is wrong; nothing is begun."""

    def methods(self, account: Account) -> tuple[str, ...]:
        """Which of `METHODS` this account has."""

    def capabilities(self, account: Account, method: str) -> Capabilities:
        """What can be had by a method of this account; ValueError when it has not the method. Its secrets are not
        there."""

    def begin_mandate(self, account: Account, asked: MandateRequest, key: str) -> MandateRef:
        """Begin a mandate."""

    def begin_payment(self, account: Account, asked: PaymentRequest, key: str) -> PaymentRef:
        """Begin a single payment."""

    def get_mandate(self, account: Account, ref: str) -> MandateView:
        """How a mandate stands; NoSuch."""

    def get_charge(self, account: Account, ref: str) -> ChargeView:
        """How a charge or a single payment stands; NoSuch."""

    def find_charge(self, account: Account, mandate_ref: str, reference: str) -> str:
        """The ref of the mandate's charge that has our reference; NoSuch."""

    def cancel_mandate(
        self,
        account: Account,
        ref: str,
        key: str,
        *,
        pending_only: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> CancelResult:
        """Stop a mandate. `pending_only`: not one that is active already, which is then the answer. `metadata`: of the
        session that asks for it."""

    def update_mandate(self, account: Account, ref: str, change: MandateChange, key: str) -> None:
        """Change an active mandate; AlreadyFinal when it is not active any more."""

    def schedule_charge(self, account: Account, ref: str, asked: ChargeRequest, key: str) -> ChargeRef:
        """Hand over a charge of the mandate `ref`; Declined where the rail decides at once."""

    def cancel_charge(self, account: Account, ref: str, key: str) -> CancelResult:
        """Call a charge or a single payment back before it is taken."""

    def refund(self, account: Account, ref: str, asked: RefundRequest, key: str) -> RefundRef:
        """Give money of a charge or a single payment back. Asked again with the same key where it was not `done`, it
        says how it stands by now: Permanent where it was refused."""

    def verify_webhook(
        self, account: Account, headers: Mapping[str, str], raw: bytes, url: str, now: datetime
    ) -> list[GatewayEvent]:
        """What a call to the webhook's address says, oldest first; SignatureError. `headers`: names in any case; `url`:
        as the provider called it, with its query; `now`: the machine's time. What is well signed and says nothing of
        use, or nothing readable, is an empty list."""


@runtime_checkable
class Registers(Protocol):
    """A gateway whose webhooks are asked for by a call."""

    def register_webhook(self, account: Account) -> str:
        """Ask for webhooks to `account.webhook_url`; the new secret."""


@runtime_checkable
class Takes(Protocol):
    """A gateway that only reserves a single payment when its donor accepts, so that it is taken by a call."""

    def take_payment(self, account: Account, ref: str, key: str) -> ChargeView:
        """Take all of a single payment that is reserved; how it stands then. What is not reserved is left as it is."""


# So far a signed moment may lie from now, either way.
WINDOW_S = 300
