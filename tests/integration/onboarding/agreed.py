"""What a merchant has signed up, made as it stands after sessions: accounts, mandates, subscriptions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ringround.contacts.models import Contact, ContactList
from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.accounts import seal
from ringround.onboarding.courier import GatewayCourier
from ringround.onboarding.models import (
    Agreement,
    Charge,
    GatewayAccount,
    Mandate,
    Subscription,
    Workflow,
    WorkflowVersion,
)
from ringround.onboarding.rules.workflow import parse
from ringround.orgs.models import Organisation
from tests.integration.onboarding.workflows import SIGNUP

DUE = date(2026, 12, 1)


def account_of(org: Organisation, slug: str = "demo") -> GatewayAccount:
    now = clock.now()
    return GatewayAccount.objects.create(
        merchant=org, kind="sandbox", name="Sandkassen", slug=slug, methods=["card", "mobile", "direct_debit"],
        webhook_secrets=seal({"now": "s1"}), rests_until=now - timedelta(days=400), created_at=now, updated_at=now,
    )  # fmt: skip


def agreement_of(org: Organisation, payment_type: str = "recurring") -> Agreement:
    now = clock.now()
    workflow, _ = Workflow.objects.get_or_create(
        merchant=org, name="Aftaler", archived_at=None,
        defaults={"intention": "signup", "created_at": now, "updated_at": now},
    )  # fmt: skip
    version, _ = WorkflowVersion.objects.get_or_create(
        workflow=workflow,
        number=1,
        defaults={"definition": parse({"name": "Aftaler", **SIGNUP}).to_json(), "created_at": now},
    )
    listing, _ = ContactList.objects.get_or_create(
        organisation=org, name="Donors", defaults={"columns": [], "created_at": now}
    )
    contact = Contact.objects.create(organisation=org, list=listing, created_at=now, updated_at=now)
    return Agreement.objects.create(
        merchant=org, contact=contact, workflow_version=version, product="fast", payment_type=payment_type,
        name="Fast støtte", created_at=now,
    )  # fmt: skip


def subscription_of(account: GatewayAccount, *, due: date = DUE, method: str = "card", **more: Any) -> Subscription:
    """An active one, by a card: its first charge is made on the day itself."""
    now, org = clock.now(), account.merchant
    mandate = Mandate.objects.create(
        merchant=org, account=account, method=method, ref=f"m-{new_id().hex}", state="active", masked="•••• 4242",
        created_at=now, activated_at=now,
    )  # fmt: skip
    facts = {
        "state": "active", "amount": 10000, "currency": "DKK", "schedule": "monthly", "anchor_day": due.day,
        "starts_on": due, "next_due_on": due, "schedule_on": due, **more,
    }  # fmt: skip
    return Subscription.objects.create(
        merchant=org, agreement=agreement_of(org), mandate=mandate, created_at=now, **facts
    )


def charged_of(account: GatewayAccount, amount: int = 10000) -> Charge:
    """A single payment that was collected."""
    now, org = clock.now(), account.merchant
    return Charge.objects.create(
        merchant=org, agreement=agreement_of(org, "single"), account=account, ref=f"c-{new_id().hex}", state="charged",
        amount=amount, currency="DKK", period_on=DUE, due_on=DUE, created_at=now, submitted_at=now, ended_at=now,
    )  # fmt: skip


class Round:
    """Couriers at chosen real times; what threads would do is done in place."""

    def __init__(self) -> None:
        self.real = clock.real_now()

    def __call__(self, *, lose: bool = False, between: Any = None) -> int:
        courier = GatewayCourier()
        parcels = courier.claim(free=50, now=self.real)
        back = [(one, courier.carry(one)) for one in parcels]
        if between is not None and parcels:
            between()
        if not lose:
            courier.done(back=back, now=self.real)
        courier._pool.shutdown(wait=False)
        return len(parcels)

    def all(self) -> None:
        while self():
            pass

    def later(self, **by: float) -> None:
        self.real += timedelta(**by)
        clock.advance(timedelta(**by))


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    from datetime import UTC

    return datetime(year, month, day, hour, tzinfo=UTC)
