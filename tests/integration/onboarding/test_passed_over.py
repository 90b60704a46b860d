"""Payments that are not collected, since they were missed or the next comes as soon: they are told, and shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.onboarding.actions.agreements import charges_run, retries_run, terms_run
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities, CutOff
from ringround.onboarding.models import Charge, GatewayAccount, Subscription
from tests import factories
from tests.integration.onboarding.agreed import account_of, at, subscription_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.screens import come

pytestmark = pytest.mark.django_db
# What is handed over from the 21st on is collected in the month after next.
DEBIT = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=20))
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 4)
KIND = "onboarding.subscription.passed_over"


@pytest.fixture(autouse=True)
def late() -> Iterator[None]:
    with clock.frozen(at(2026, 11, 23)):
        yield


@pytest.fixture(autouse=True)
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    made.caps = DEBIT
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


@pytest.fixture
def cast() -> factories.Cast:
    return factories.cast()


@pytest.fixture
def account(cast: factories.Cast) -> GatewayAccount:
    return account_of(cast.charity.org)


def collect(row: Subscription) -> Subscription:
    while charges_run(now=clock.now()):
        pass
    row.refresh_from_db()
    return row


def told() -> list[tuple[Any, Any]]:
    found = EventOut.objects.filter(type=KIND).order_by("subject_no").values_list("data", flat=True)
    return [(one["periods"], one["next_on"]) for one in found]


def looked_at_today(account: GatewayAccount, **more: Any) -> Subscription:
    return subscription_of(account, **{"due": DECEMBER, "schedule_on": date(2026, 11, 20), **more})


def test_a_payment_that_is_passed_over_is_told_once_and_the_first_moves_the_beginning(account: GatewayAccount) -> None:
    row = collect(looked_at_today(account))
    assert told() == [(["2026-12-01"], "2027-01-04")]
    assert (row.next_due_on, row.starts_on, row.event_no) == (date(2027, 1, 1), JANUARY, 1)
    assert not Charge.objects.exists()
    collect(row)
    assert len(told()) == 1
    (audited,) = AuditPending.objects.filter(action=KIND)
    assert (audited.subject_id, audited.data) == (row.id, {"periods": ["2026-12-01"], "next_on": "2027-01-04"})


def test_what_has_begun_begins_no_later_since_a_payment_is_passed_over(account: GatewayAccount) -> None:
    row = looked_at_today(account, starts_on=date(2026, 11, 2))
    Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=account,
        ref="c-1", state="charged", amount=10000, currency="DKK", period_on=date(2026, 11, 1),
        due_on=date(2026, 11, 2), created_at=clock.now(),
    )  # fmt: skip
    assert collect(row).starts_on == date(2026, 11, 2)
    assert told() == [(["2026-12-01"], "2027-01-04")]


def test_all_that_was_missed_is_told_together_and_it_begins_with_what_is_collected(
    rail: Rail, account: GatewayAccount
) -> None:
    rail.caps = Capabilities()
    row = subscription_of(account, due=date(2026, 9, 1))
    other = subscription_of(account, due=date(2026, 11, 23))
    assert collect(row).starts_on == Charge.objects.get(subscription=row).due_on == date(2026, 11, 23)
    assert told() == [(["2026-09-01", "2026-10-01"], "2026-11-23")]
    other.refresh_from_db()
    assert other.event_no == 0


def test_of_a_payment_passed_over_before_the_last_day_it_is_said_that_none_follows(account: GatewayAccount) -> None:
    row = collect(looked_at_today(account, expires_on=date(2026, 12, 31)))
    assert told() == [(["2026-12-01"], None)]
    assert (row.schedule_on, row.starts_on) == (None, DECEMBER)
    assert not Charge.objects.exists()


def test_what_goes_on_after_a_pause_begins_with_what_its_rail_still_takes(account: GatewayAccount) -> None:
    row = looked_at_today(account, state="on_hold", held_until=date(2026, 11, 23), hold={"kind": "until"})
    terms_run(now=clock.now())
    row.refresh_from_db()
    assert (row.state, row.next_due_on, row.starts_on) == ("active", date(2027, 1, 1), JANUARY)


def test_a_new_try_that_comes_as_late_as_the_next_payment_is_told(rail: Rail, account: GatewayAccount) -> None:
    rail.caps = Capabilities()
    row = subscription_of(account, next_due_on=date(2026, 12, 1), due=date(2026, 11, 1))
    Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=account,
        ref="c-1", state="failed", amount=10000, currency="DKK", period_on=date(2026, 11, 1),
        due_on=date(2026, 11, 2), created_at=clock.now(), retry_on=date(2026, 11, 5),
    )  # fmt: skip
    with clock.frozen(at(2026, 12, 1)):
        retries_run(now=clock.now())
    assert Charge.objects.count() == 1
    assert told() == [(["2026-11-01"], "2026-12-01")]


def test_the_agreements_page_says_what_happened_to_it(account: GatewayAccount, cast: factories.Cast) -> None:
    row = collect(looked_at_today(account))
    page = come(cast.charity.manager).get(f"/onboarding/agreements/{row.agreement_id}").content.decode()
    assert "Payment passed over" in page
    assert "Not collected: 1 December 2026. The next payment is on 4 January 2027." in page
