"""A payment rail whose answers are told: what a test needs of a provider, by the port."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.onboarding.gateways.port import (
    METHODS,
    Account,
    CancelResult,
    Capabilities,
    ChargeRef,
    ChargeRequest,
    ChargeView,
    GatewayEvent,
    MandateChange,
    MandateRef,
    MandateRequest,
    MandateView,
    NoSuch,
    PaymentRef,
    PaymentRequest,
    RefundRef,
    RefundRequest,
    SignatureError,
)


class Rail:
    """Remembers what it was asked; `on[name]` is called instead of the ordinary answer. Done once for each key."""

    kind: ClassVar[str] = "sandbox"
    settings: ClassVar[tuple[str, ...]] = ("profile", "test")
    secrets: ClassVar[tuple[str, ...]] = ("token",)
    most_webhook: ClassVar[int] = 4096

    def __init__(self, **caps: Any) -> None:
        self.caps = Capabilities(**caps)
        self.asked: list[tuple[str, str, Any]] = []
        # What it has done, by key.
        self.done: dict[str, Any] = {}
        self.on: dict[str, Callable[..., Any]] = {}
        self.mandates: dict[str, MandateView] = {}
        self.charges: dict[str, ChargeView] = {}
        # References of charges that it has although nobody heard its answer.
        self.had: set[str] = set()
        self.wrong = ""

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        return [Fault(("settings", name), "unknown_field", N_("There is no such setting."))
                for name in settings if name not in self.settings]  # fmt: skip

    def look(self, account: Account) -> str:
        return self.wrong

    def methods(self, account: Account) -> tuple[str, ...]:
        return METHODS

    def capabilities(self, account: Account, method: str) -> Capabilities:
        return self.caps

    def _once(self, name: str, key: str, asked: Any, make: Callable[[], Any]) -> Any:
        self.asked.append((name, key, asked))
        if name in self.on:
            return self.on[name](key, asked)
        return self.done.setdefault(key, make())

    def begin_mandate(self, account: Account, asked: MandateRequest, key: str) -> MandateRef:
        return self._once("begin_mandate", key, asked, lambda: MandateRef(ref=f"m-{asked.reference}"))  # type: ignore[no-any-return]

    def begin_payment(self, account: Account, asked: PaymentRequest, key: str) -> PaymentRef:
        return self._once("begin_payment", key, asked, lambda: PaymentRef(ref=f"p-{asked.reference}"))  # type: ignore[no-any-return]

    def get_mandate(self, account: Account, ref: str) -> MandateView:
        self.asked.append(("get_mandate", "", ref))
        return self.on["get_mandate"]("", ref) if "get_mandate" in self.on else self.mandates[ref]  # type: ignore[no-any-return]

    def get_charge(self, account: Account, ref: str) -> ChargeView:
        self.asked.append(("get_charge", "", ref))
        return self.on["get_charge"]("", ref) if "get_charge" in self.on else self.charges[ref]  # type: ignore[no-any-return]

    def cancel_mandate(self, account: Account, ref: str, key: str, *, pending_only: bool = False) -> CancelResult:
        return self._once("cancel_mandate", key, ref, lambda: "cancelled")  # type: ignore[no-any-return]

    def update_mandate(self, account: Account, ref: str, change: MandateChange, key: str) -> None:
        self._once("update_mandate", key, change, lambda: None)

    def schedule_charge(self, account: Account, ref: str, asked: ChargeRequest, key: str) -> ChargeRef:
        return self._once("schedule_charge", key, asked, lambda: ChargeRef(ref=f"c-{asked.reference}"))  # type: ignore[no-any-return]

    def find_charge(self, account: Account, mandate_ref: str, reference: str) -> str:
        self.asked.append(("find_charge", "", reference))
        if reference not in self.had:
            raise NoSuch
        return f"c-{reference}"

    def cancel_charge(self, account: Account, ref: str, key: str) -> CancelResult:
        return self._once("cancel_charge", key, ref, lambda: "cancelled")  # type: ignore[no-any-return]

    def refund(self, account: Account, ref: str, asked: RefundRequest, key: str) -> RefundRef:
        return self._once("refund", key, asked, lambda: RefundRef(ref=f"r-{asked.reference}"))  # type: ignore[no-any-return]

    def verify_webhook(
        self, account: Account, headers: Mapping[str, str], raw: bytes, url: str, now: datetime
    ) -> list[GatewayEvent]:
        given = headers.get("Signature") or ""
        if not any(hmac.compare_digest(signed(one, raw), given) for one in account.webhook_secrets):
            raise SignatureError("wrong")
        return [
            GatewayEvent(**{**one, "occurred_at": datetime.fromisoformat(one.get("occurred_at") or now.isoformat())})
            for one in json.loads(raw)
        ]

    def names(self) -> list[str]:
        """What it was asked for, in order."""
        return [name for name, _key, _asked in self.asked]


def signed(secret: str, raw: bytes) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def told(kind: str, ref: str, event_id: str = "", **more: Any) -> dict[str, Any]:
    """An event as this rail's webhook brings it."""
    at = datetime(2026, 11, 2, 11, tzinfo=UTC).isoformat()
    return {"event_id": event_id or f"{kind}:{ref}", "kind": kind, "ref": ref, "occurred_at": at, **more}
