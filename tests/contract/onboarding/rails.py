"""Payment providers as their documentation says they are, on this machine: what a gateway's drawer is tried against.

Each has what the suite has to be able to do with it: be a donor who says yes or no, let a charge succeed or fail, say
what has happened by its own webhook, be ill.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Account,
    ChargeRequest,
    Donor,
    GatewayEvent,
    MandateRequest,
    PaymentRequest,
    RefundRequest,
    Takes,
)

# A Monday at noon in Copenhagen.
NOON = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)
ASE = Donor(
    name="Åse Ågård", msisdn="+4520123456", email="ase@example.org", address="Ærøgade 1", postcode="8000",
    city="Aarhus", country="DK", national_id="0101701234", bank_account="1234 0012345678",
)  # fmt: skip
SECRET = "whsec-now"

Call = tuple[dict[str, str], bytes, str]


class Rail(ABC):
    """A provider, and our account with it."""

    kind: ClassVar[str]
    method: ClassVar[str]
    # The headers without which nothing is believed.
    signs: ClassVar[tuple[str, ...]]
    # Whether a donor who is declined, or declines, has no other try.
    declines_are_final: ClassVar[bool] = True
    # What it calls a charge for which there is no money.
    failure: ClassVar[str] = "insufficient_funds"

    def __init__(self) -> None:
        self.drawer: Any = DRAWERS[self.kind]
        self.account_id = new_id()

    # --- what is asked of it --------------------------------------------------------------------------

    @abstractmethod
    def account(self, **more: Any) -> Account:
        """Ours with it."""

    def mandate(self, **more: Any) -> MandateRequest:
        facts = {
            "reference": new_id().hex, "method": self.method, "currency": "DKK", "name": "Fast støtte",
            "description": "Tak for din støtte", "amount": 10_000, "donor": ASE,
            "return_url": "https://ringround.example/a/token", "expires_at": clock.now() + timedelta(days=2),
        }  # fmt: skip
        return MandateRequest(**{**facts, **more})

    def payment(self, **more: Any) -> PaymentRequest:
        facts = {
            "reference": new_id().hex, "method": self.method, "currency": "DKK", "amount": 20_000,
            "description": "En gave", "donor": ASE, "return_url": "https://ringround.example/a/token",
            "expires_at": clock.now() + timedelta(days=2),
        }  # fmt: skip
        return PaymentRequest(**{**facts, **more})

    def charge(self, **more: Any) -> ChargeRequest:
        facts = {
            "reference": new_id().hex, "amount": 10_000, "currency": "DKK", "description": "Fast støtte, december",
            "due_on": self.due_on,
        }  # fmt: skip
        return ChargeRequest(**{**facts, **more})

    def back(self, amount: int, total: int = 10_000) -> RefundRequest:
        return RefundRequest(
            reference=new_id().hex, amount=amount, currency="DKK", total=total, description="Tilbage"
        )  # fmt: skip

    @property
    def due_on(self) -> date:
        """A date by which a charge may be handed over at `NOON`."""
        return date(2026, 11, 9)

    # --- what happens at it ---------------------------------------------------------------------------

    @abstractmethod
    def donor_accepts(self, ref: str) -> None:
        """Whoever is asked says yes."""

    @abstractmethod
    def donor_declines(self, ref: str) -> None:
        """No."""

    def take(self, ref: str) -> None:
        """What a donor has accepted is taken, where that needs a call of ours."""
        if isinstance(self.drawer, Takes):
            self.drawer.take_payment(self.account(), ref, new_id().hex)

    @abstractmethod
    def is_due(self, ref: str, *, succeeds: bool = True) -> None:
        """The date of a charge has come."""

    @abstractmethod
    def calls(self) -> list[Call]:
        """The webhooks that it has sent since this was last asked: headers, body, address."""

    def told(self, account: Account, now: datetime | None = None) -> list[GatewayEvent]:
        """What the drawer reads of all of them."""
        at = now or clock.real_now()
        return [
            event
            for headers, raw, url in self.calls()
            for event in self.drawer.verify_webhook(account, headers, raw, url, at)
        ]

    def close(self) -> None:  # noqa: B027 - some have nothing to end
        """Be gone."""


class SandboxRail(Rail):
    kind = "sandbox"
    method = "card"
    signs = ("Sandbox-Signature",)

    def __init__(self) -> None:
        super().__init__()
        from ringround.onboarding.accounts import account_of, seal
        from ringround.onboarding.models import GatewayAccount
        from tests.factories import organisation

        now = clock.now()
        row = GatewayAccount.objects.create(
            merchant=organisation("Charity"), kind="sandbox", name="Demo", slug=f"demo-{self.account_id.hex}",
            webhook_secrets=seal({"now": SECRET}), rests_until=now, created_at=now, updated_at=now,
        )  # fmt: skip
        self.row = row
        self._of = account_of
        self.posted: list[Call] = []
        self.answer: int | str = 200

    def account(self, **more: Any) -> Account:
        from dataclasses import replace

        found = self._of(self.row)
        assert found is not None
        return replace(found, **more)

    def post(self, url: str, headers: Any, body: bytes) -> int | str:
        self.posted.append((dict(headers), body, url))
        return self.answer

    def due(self, *, after: timedelta = timedelta(0)) -> list[Call]:
        """Time passes; what is said then."""
        from ringround.onboarding import sandbox

        clock.advance(after)
        with sandbox.posting_by(self.post):
            while sandbox.sandbox_due(clock.now()):
                pass
        return self.calls()

    def donor_accepts(self, ref: str) -> None:
        """It does by itself."""
        self._keep()

    def donor_declines(self, ref: str) -> None:
        from ringround.onboarding.models import SandboxOrder

        # As the amount would have had it.
        SandboxOrder.objects.filter(id=ref.split("_")[1]).update(next_act="reject", fate="01")
        self._keep()

    def is_due(self, ref: str, *, succeeds: bool = True) -> None:
        from ringround.onboarding.models import SandboxOrder

        if not succeeds:
            SandboxOrder.objects.filter(id=ref.split("_")[1]).update(fate="05")
        clock.advance(timedelta(days=14))
        self._keep()

    def _keep(self) -> None:
        kept = self.calls()
        self.posted = kept + self.due()

    def calls(self) -> list[Call]:
        found, self.posted = self.posted, []
        return found
