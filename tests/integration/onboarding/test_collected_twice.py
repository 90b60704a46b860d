"""A period that two tries have collected: its merchant learns of it and can give one back; by itself nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.onboarding import doctor
from ringround.onboarding.actions.agreements import charge_refund
from ringround.onboarding.actions.intake import event_apply, events_add, events_apply
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.onboarding.models import Charge, GatewayAccount, GatewayEvent, GatewayOrder, Refund, Subscription
from tests import factories
from tests.integration.onboarding.agreed import DUE, Round, account_of, at, subscription_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.screens import come

pytestmark = pytest.mark.django_db
NOTICE = "Collected twice"


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with clock.frozen(at(2026, 12, 20)):
        yield


@pytest.fixture(autouse=True)
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


@pytest.fixture
def cast() -> factories.Cast:
    return factories.cast()


@pytest.fixture
def account(cast: factories.Cast) -> GatewayAccount:
    return account_of(cast.charity.org)


@pytest.fixture
def row(account: GatewayAccount) -> Subscription:
    return subscription_of(account)


def tried(row: Subscription, attempt: int, state: str, reason: str = "", **more: Any) -> Charge:
    """A try of the period of 1 December."""
    assert row.mandate is not None
    facts = {"period_on": DUE, "due_on": DUE, **more}
    return Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate,
        account=row.mandate.account, ref=f"c-{row.id.hex}-{attempt}-{facts['period_on']}", state=state, amount=10000,
        currency="DKK", attempt=attempt, reason=reason, created_at=clock.now(), ended_at=clock.now(), **facts,
    )  # fmt: skip


def say(charge: Charge, kind: str = "charge.charged", *, alone: bool = False) -> None:
    """Its rail's word of it, applied with whatever waits, or alone."""
    event_id = f"{kind}:{charge.id}"
    told = [Told(event_id=event_id, kind=kind, ref=charge.ref, occurred_at=clock.now())]
    events_add(account_id=charge.account_id, told=told, now=clock.now())
    if alone:
        event_apply(event_id=GatewayEvent.objects.get(event_id=event_id).id, now=clock.now())
    while events_apply(now=clock.now()):
        pass
    charge.refresh_from_db()


def levels() -> list[str]:
    return [one.level for one in doctor.twice(None)]


def page(row: Subscription, who: Any) -> str:
    return str(come(who).get(f"/onboarding/agreements/{row.agreement_id}").content.decode())


def twice(row: Subscription) -> tuple[Charge, Charge]:
    """A try that was given up, and was collected all the same after the next one had been."""
    first, second = tried(row, 1, "rejected", "given_up"), tried(row, 2, "charged")
    say(first)
    return first, second


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("before", ["rejected", "failed", "cancelled"])
def test_a_late_yes_beside_another_is_marked_and_told(row: Subscription, before: str, alone: bool) -> None:
    first, second = tried(row, 1, before, "given_up"), tried(row, 2, "charged")
    say(first, alone=alone)
    second.refresh_from_db()
    assert [(one.state, one.reason) for one in (first, second)] == [("charged", "collected_twice"), ("charged", "")]
    event = EventOut.objects.get(type="onboarding.charge.charged")
    assert (event.subject_id, event.data["twice"]) == (first.id, True)


def test_two_that_are_collected_in_one_round_are_seen_as_well(row: Subscription) -> None:
    tries = [tried(row, 1, "rejected", "given_up"), tried(row, 2, "rejected", "given_up")]
    told = [Told(event_id=str(one.id), kind="charge.charged", ref=one.ref, occurred_at=clock.now()) for one in tries]
    events_add(account_id=tries[0].account_id, told=told, now=clock.now())
    while events_apply(now=clock.now()):
        pass
    assert sorted(Charge.objects.values_list("state", "reason")) == [("charged", ""), ("charged", "collected_twice")]


def test_what_belongs_to_another_period_or_to_the_start_is_no_second_time(row: Subscription) -> None:
    tried(row, 1, "charged", period_on=DUE.replace(month=11), due_on=DUE)
    tried(row, 2, "charged", one_off=True)
    first = tried(row, 1, "rejected", "given_up")
    say(first)
    assert first.reason == ""
    assert EventOut.objects.get(subject_id=first.id).data["twice"] is False
    assert levels() == ["ok"]


def test_a_try_whose_money_went_back_is_no_second_time(row: Subscription) -> None:
    first, _ = tried(row, 1, "rejected", "given_up"), tried(row, 2, "charged", refunded=10000)
    say(first)
    assert first.reason == ""


def test_nothing_is_given_back_by_itself(row: Subscription) -> None:
    twice(row)
    assert not Refund.objects.exists()
    assert not GatewayOrder.objects.exists()


def test_the_doctor_names_the_agreement_until_one_goes_back(row: Subscription, cast: factories.Cast) -> None:
    assert levels() == ["ok"]
    first, _ = twice(row)
    (finding,) = doctor.twice(None)
    assert finding.level == "warning"
    assert str(row.agreement_id) in finding.text
    charge_refund(actor=cast.charity.owner, charge_id=first.id)
    assert levels() == ["ok"]
    # The rail refuses: it is owed as before.
    Refund.objects.update(state="failed")
    assert levels() == ["warning"]


@pytest.mark.parametrize("which", [0, 1])
def test_either_of_the_two_may_be_given_back(row: Subscription, cast: factories.Cast, which: int) -> None:
    charge_refund(actor=cast.charity.owner, charge_id=twice(row)[which].id)
    Round().all()
    assert Charge.objects.filter(refunded=10000).count() == 1
    assert levels() == ["ok"]
    assert NOTICE not in page(row, cast.charity.owner)


def test_what_the_payers_bank_has_fetched_back_is_no_second_time_any_more(row: Subscription) -> None:
    first, _ = twice(row)
    say(first, "charge.chargeback")
    assert (first.state, first.reason) == ("failed", "chargeback")
    assert levels() == ["ok"]


def test_more_than_a_few_are_counted_on(account: GatewayAccount) -> None:
    for _ in range(7):
        twice(subscription_of(account))
    assert levels() == ["warning"] * 6


def test_the_agreements_page_says_so_and_leads_to_giving_back(row: Subscription, cast: factories.Cast) -> None:
    assert NOTICE not in page(row, cast.charity.owner)
    first, _ = twice(row)
    shown = page(row, cast.charity.owner)
    assert NOTICE in shown
    assert "Another try of this payment was collected too." in shown
    notice = shown[shown.index(NOTICE) : shown.index("Payments", shown.index(NOTICE))]
    assert f'href="/onboarding/charges/{first.id}/refund"' in notice


def test_who_may_not_give_back_reads_of_it_without_the_way(row: Subscription, cast: factories.Cast) -> None:
    twice(row)
    shown = page(row, cast.charity.supervisor)
    assert NOTICE in shown
    assert "Give one of them back" not in shown


def test_it_is_said_in_danish(row: Subscription, cast: factories.Cast) -> None:
    twice(row)
    shown = come(cast.charity.owner, "da").get(f"/onboarding/agreements/{row.agreement_id}").content.decode()
    assert "Opkrævet to gange" in shown
    assert NOTICE not in shown
