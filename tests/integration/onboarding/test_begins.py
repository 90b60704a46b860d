"""A subscription begins on the day on which its first payment is collected: so it is promised, kept and shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client

from ringround.infra import clock
from ringround.onboarding.actions.agreements import charges_run, retries_run, subscription_change
from ringround.onboarding.actions.intake import events_add, events_apply
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Declined, GatewayEvent, Transient
from ringround.onboarding.models import Charge, GatewayAccount, Subscription
from tests import factories
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding.agreed import Round, account_of, at, subscription_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.screens import come
from tests.integration.onboarding.test_gateways import Caller
from tests.integration.onboarding.workflows import SIGNUP

pytestmark = pytest.mark.django_db
FIRST, MOVED = date(2026, 12, 1), date(2026, 12, 3)


@pytest.fixture
def morning() -> Iterator[None]:
    # A Friday. With two days' notice the charge of Tuesday the 1st is handed over from here on, by Sunday.
    with clock.frozen(at(2026, 11, 27)):
        yield


@pytest.fixture
def cast() -> factories.Cast:
    return factories.cast()


@pytest.fixture
def account(cast: factories.Cast) -> GatewayAccount:
    return account_of(cast.charity.org)


@pytest.fixture
def rail(morning: None, monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail(min_lead_days=2)
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


def made(account: GatewayAccount, **more: Any) -> Subscription:
    """A subscription whose charge of 1 December has been made."""
    row = subscription_of(account, **{"schedule_on": date(2026, 11, 26), **more})
    assert not charges_run(now=clock.now())
    return row


def begins(row: Subscription) -> date:
    return Subscription.objects.get(id=row.id).starts_on


def four_days_late(rail: Rail) -> None:
    """Its rail cannot be reached until Tuesday: two days on is Thursday."""

    def away(*_: Any) -> Any:
        raise Transient("unreachable")

    run = Round()
    rail.on["schedule_charge"] = away
    run()
    del rail.on["schedule_charge"]
    run.later(days=4)
    run.all()


# --- where it moves to ----------------------------------------------------------------------------


def test_it_begins_on_the_day_that_its_first_charge_is_moved_to(rail: Rail, account: GatewayAccount) -> None:
    row = made(account)
    four_days_late(rail)
    assert Charge.objects.get().due_on == MOVED
    assert begins(row) == MOVED


def test_a_later_charge_that_is_moved_leaves_the_beginning(rail: Rail, account: GatewayAccount) -> None:
    row = made(account, starts_on=date(2026, 11, 2))
    Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=account,
        ref="c-1", state="charged", amount=10000, currency="DKK", period_on=date(2026, 11, 1),
        due_on=date(2026, 11, 2), created_at=clock.now(),
    )  # fmt: skip
    four_days_late(rail)
    assert Charge.objects.get(period_on=FIRST).due_on == MOVED
    assert begins(row) == date(2026, 11, 2)


def test_a_new_try_of_the_first_payment_leaves_the_beginning(rail: Rail, account: GatewayAccount) -> None:
    def declined(*_: Any) -> Any:
        raise Declined("insufficient_funds")

    row, run = made(account), Round()
    rail.on["schedule_charge"] = declined
    run.all()
    del rail.on["schedule_charge"]
    clock.advance(at(2026, 12, 2) - clock.now())
    retries_run(now=clock.now())
    run.later(days=1)
    run.all()
    assert list(Charge.objects.order_by("attempt").values_list("due_on", flat=True)) == [FIRST, date(2026, 12, 7)]
    assert begins(row) == FIRST


def test_it_begins_when_a_run_that_was_away_makes_its_first_charge(rail: Rail, account: GatewayAccount) -> None:
    row = subscription_of(account, schedule_on=date(2026, 11, 26))
    other = subscription_of(account, schedule_on=date(2026, 11, 26), due=date(2026, 12, 4))
    with clock.frozen(at(2026, 12, 1)):
        assert not charges_run(now=clock.now())
    assert begins(row) == Charge.objects.get(subscription=row).due_on == MOVED
    assert begins(other) == Charge.objects.get(subscription=other).due_on == date(2026, 12, 4)


def test_a_run_that_was_away_leaves_the_beginning_of_what_has_begun(rail: Rail, account: GatewayAccount) -> None:
    row = made(account)
    Charge.objects.filter(subscription=row).update(state="charged")
    with clock.frozen(at(2027, 1, 1)):
        assert not charges_run(now=clock.now())
    assert Charge.objects.get(period_on=date(2027, 1, 1)).due_on > date(2027, 1, 1)
    assert begins(row) == FIRST


def test_what_is_paused_before_its_first_payment_begins_when_it_goes_on(
    rail: Rail, account: GatewayAccount, cast: factories.Cast
) -> None:
    row = made(account)
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="pause")
    with clock.frozen(at(2026, 12, 10)):
        subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="restart")
    assert Subscription.objects.get(id=row.id).next_due_on == date(2027, 1, 1)
    # The first is a holiday, and after it comes a week-end.
    assert begins(row) == date(2027, 1, 4)


def test_what_is_paused_afterwards_has_begun(rail: Rail, account: GatewayAccount, cast: factories.Cast) -> None:
    row = made(account)
    Charge.objects.update(state="charged")
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="pause")
    with clock.frozen(at(2026, 12, 10)):
        subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="restart")
    assert begins(row) == FIRST


def test_a_permission_that_comes_back_before_the_first_payment_begins_it_later(
    rail: Rail, account: GatewayAccount
) -> None:
    row = subscription_of(account, schedule_on=date(2026, 11, 26))
    assert row.mandate is not None
    for at_, kind in ((at(2026, 11, 28), "mandate.stopped"), (at(2026, 12, 10), "mandate.reinstated")):
        with clock.frozen(at_):
            told = GatewayEvent(event_id=kind, kind=kind, ref=row.mandate.ref, occurred_at=clock.now())
            events_add(account_id=account.id, told=[told], now=clock.now())
            assert events_apply(now=clock.now())
    assert begins(row) == date(2027, 1, 4)


# --- where it is shown ----------------------------------------------------------------------------


def test_merchant_and_program_see_the_day_on_which_it_begins(
    rail: Rail, account: GatewayAccount, cast: factories.Cast
) -> None:
    row = made(account)
    four_days_late(rail)
    assert Caller(cast.charity.owner)("GET", f"/subscriptions/{row.id}").json()["starts_on"] == MOVED.isoformat()
    page = come(cast.charity.manager).get(f"/onboarding/agreements/{row.agreement_id}").content.decode()
    assert "3 December 2026" in re.sub(r"<[^>]+>", "", page[page.index("Begins") :])[:60]


def test_agent_and_donor_see_the_day_that_it_has_come_to_and_not_what_today_would_promise(scene: Scene) -> None:
    session = scene.submit()
    client, link = Client(), f"/a/{scene.link(session)}"
    client.post(link)
    scene.settle(seconds=120)
    assert scene.see(session).status == "Complete"
    Subscription.objects.update(starts_on=date(2027, 3, 8))
    page = come(scene.agent).get(f"/onboarding/sessions/{session.id}").content.decode()
    assert "First payment on 8 March 2027" in page
    assert "8 March 2027" in client.get(f"{link}?lang=en").content.decode()


def test_agent_reads_of_a_one_off_that_it_comes_before_the_first_of_the_schedule(rig: Rig) -> None:
    product = {**SIGNUP["products"][0], "one_off_at_start": True}
    scene = Scene(rig, definition={**SIGNUP, "products": [product]})
    session = scene.submit()
    Client().post(f"/a/{scene.link(session)}")
    scene.settle(seconds=120)
    Subscription.objects.update(starts_on=date(2027, 3, 8))
    page = come(scene.agent).get(f"/onboarding/sessions/{session.id}").content.decode()
    assert "First payment with the approval, the next on 8 March 2027." in page
