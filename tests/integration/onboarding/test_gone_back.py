"""Money that went back, by the payer's bank or at the rail itself, is found where every webhook of it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.onboarding import sandbox
from ringround.onboarding.accounts import account_view
from ringround.onboarding.actions import reconcile as asking
from ringround.onboarding.actions.intake import events_add, events_apply
from ringround.onboarding.actions.reconcile import reconcile
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities, ChargeView, GatewayEvent, RefundRequest
from ringround.onboarding.models import Charge, GatewayAccount, GatewayOrder, Refund
from ringround.onboarding.models import GatewayEvent as Heard
from ringround.orgs.models import Organisation
from tests import factories
from tests.integration.onboarding.agreed import Round, account_of, at, charged_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import Scene

pytestmark = pytest.mark.django_db
NIGHT = at(2026, 12, 1, 2)  # three o'clock in Copenhagen


@pytest.fixture
def night() -> Iterator[None]:
    with clock.frozen(NIGHT):
        yield


@pytest.fixture
def rail(night: None, monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail(back_days=56)
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


@pytest.fixture
def account() -> GatewayAccount:
    return account_of(factories.cast().charity.org)


@pytest.fixture
def charge(rail: Rail, account: GatewayAccount) -> Charge:
    """Collected tonight, as its rail has said."""
    made = charged_of(account)
    Charge.objects.filter(id=made.id).update(state="submitted", ended_at=None)
    rail.charges[made.ref] = ChargeView(ref=made.ref, state="charged", charged=10000, amount=10000, currency="DKK")
    say(made, "charge.charged")
    made.refresh_from_db()
    return made


def say(charge: Charge, kind: str, event_id: str = "", **more: int) -> None:
    told = GatewayEvent(
        event_id=event_id or kind, kind=kind, ref=charge.ref, occurred_at=clock.now(), **more  # type: ignore[arg-type]
    )  # fmt: skip
    events_add(account_id=charge.account_id, told=[told], now=clock.now())
    hear()


def hear() -> None:
    while events_apply(now=clock.now()):
        pass


def look() -> None:
    """What is asked of rails now, and what comes of it."""
    while reconcile(now=clock.now()):
        pass
    Round().all()
    hear()


def later(days: int) -> None:
    clock.advance(timedelta(days=days))


def seen(charge: Charge) -> Charge:
    return Charge.objects.get(id=charge.id)


# --- in the sandbox, and every webhook of it is lost --------------------------------------------------


def silence(days: float) -> None:
    """Time passes at the sandbox, and nothing that it says comes here."""
    clock.advance(timedelta(days=days))
    with sandbox.posting_by(lambda *_: "unreachable"):
        while sandbox.sandbox_due(clock.now()):
            pass


def nights(count: int) -> None:
    """So many nights, in which we ask and it is silent."""
    for _ in range(count):
        silence((_next_night() - clock.now()) / timedelta(days=1))
        with sandbox.posting_by(lambda *_: "unreachable"):
            look()


def _next_night() -> datetime:
    found = clock.now().replace(hour=2, minute=0)
    return found if found > clock.now() else found + timedelta(days=1)


def test_a_chargeback_of_which_every_webhook_was_lost_is_found(scene: Scene) -> None:
    session = scene.submit(product="once", agreement={"amount": 10011, "currency": "DKK"}, payment_method="card")
    scene.confirm(scene.link(session))
    nights(3)
    charge = Charge.objects.get()
    assert (charge.state, scene.see(session).status) == ("charged", "Complete")
    # On the thirtieth day the payer's bank fetches it back.
    nights(50)
    charge.refresh_from_db()
    assert (charge.state, charge.reason, charge.retry_on) == ("failed", "chargeback", None)
    assert EventOut.objects.filter(type="onboarding.charge.failed", subject_id=charge.id).count() == 1


def test_a_refund_at_the_rail_of_which_every_webhook_was_lost_is_found(scene: Scene) -> None:
    session = scene.submit(product="once", agreement={"amount": 10000, "currency": "DKK"}, payment_method="card")
    scene.confirm(scene.link(session))
    nights(3)
    charge = Charge.objects.get()
    somebody = RefundRequest(reference="x" * 32, amount=3000, currency="DKK", total=10000, description="-")
    DRAWERS["sandbox"].refund(account_view(charge.account), charge.ref, somebody, "by hand")
    nights(20)
    charge.refresh_from_db()
    assert (charge.state, charge.refunded) == ("charged", 3000)
    assert list(Refund.objects.values_list("amount", "state", "reason")) == [(3000, "refunded", "at_gateway")]


# --- when it is asked -----------------------------------------------------------------------------


def asked_on(rail: Rail, nights: int) -> list[int]:
    """On which of so many nights the rail was asked how a charge stands."""
    found = []
    for day in range(nights):
        rail.asked.clear()
        look()
        found += [day] * rail.names().count("get_charge")
        later(1)
    return found


@pytest.mark.parametrize(("window", "days"), [(56, [14, 42, 57]), (30, [14, 31]), (120, [14, 42, 121])])
def test_a_rail_is_asked_a_few_times_in_a_charges_life(
    rail: Rail, charge: Charge, window: int, days: list[int]
) -> None:
    rail.caps = Capabilities(back_days=window)
    assert asked_on(rail, 150) == days
    assert seen(charge).look_on is None


def test_a_rail_that_would_not_say_is_not_asked(rail: Rail, charge: Charge) -> None:
    rail.caps = Capabilities()
    assert asked_on(rail, 30) == []
    assert seen(charge).look_on is None


def test_who_was_away_asks_once_for_all_that_was_missed(rail: Rail, charge: Charge) -> None:
    later(50)
    assert asked_on(rail, 30) == [0, 7]


def test_by_day_nobody_is_asked(rail: Rail, charge: Charge) -> None:
    clock.advance(timedelta(days=20, hours=8))
    look()
    assert "get_charge" not in rail.names()
    assert seen(charge).look_on is not None


def test_what_went_back_is_asked_about_no_more(rail: Rail, charge: Charge) -> None:
    say(charge, "charge.chargeback")
    assert seen(charge).look_on is None
    assert asked_on(rail, 60) == []


def test_where_the_work_is_over_nobody_is_asked(rail: Rail, charge: Charge) -> None:
    Organisation.objects.filter(id=charge.merchant_id).update(closing_at=clock.now())
    assert asked_on(rail, 60) == []


def test_many_are_asked_about_a_batch_at_a_time(
    rail: Rail, charge: Charge, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BATCH", 2)
    for _ in range(4):
        Charge.objects.filter(id=charged_of(account).id).update(look_on=clock.now().date())
    looks = GatewayOrder.objects.filter(what="look")
    assert [reconcile(now=clock.now()), looks.count()] == [True, 2]
    assert [reconcile(now=clock.now()), looks.count()] == [True, 4]
    assert [reconcile(now=clock.now()), looks.count()] == [False, 4]


def test_what_was_collected_before_anybody_asked_is_asked_about_after_the_upgrade(account: GatewayAccount) -> None:
    upgrade = import_module("ringround.onboarding.migrations.0007_collected_before_looked_after")
    # It goes by the database's own clock.
    now = clock.real_now()
    for days, state in ((20, "charged"), (150, "charged"), (20, "failed")):
        Charge.objects.filter(id=charged_of(account).id).update(ended_at=now - timedelta(days=days), state=state)
    with connection.cursor() as cursor:
        cursor.execute(upgrade.PAST)
    found = list(Charge.objects.order_by("id").values_list("look_on", flat=True))
    assert found[0] is not None
    assert abs(found[0] - (now - timedelta(days=6)).date()) <= timedelta(days=1)
    assert found[1:] == [None, None]


# --- what comes of it -----------------------------------------------------------------------------


def test_what_is_as_it_was_is_no_event(rail: Rail, charge: Charge) -> None:
    before = Heard.objects.count()
    later(14)
    look()
    assert "get_charge" in rail.names()
    assert Heard.objects.count() == before


def test_a_refund_that_is_seen_and_then_told_late_counts_once(rail: Rail, charge: Charge) -> None:
    rail.charges[charge.ref] = replace(rail.charges[charge.ref], refunded=2500)
    later(14)
    look()
    assert seen(charge).refunded == 2500
    say(charge, "charge.refunded", "late", amount=2500)
    assert seen(charge).refunded == 2500
    # Another one is another.
    say(charge, "charge.refunded", "second", amount=1000)
    assert seen(charge).refunded == 3500


def test_a_refund_that_was_told_and_is_seen_later_counts_once(rail: Rail, charge: Charge) -> None:
    say(charge, "charge.refunded", "first", amount=2500)
    rail.charges[charge.ref] = replace(rail.charges[charge.ref], refunded=4000)
    later(14)
    look()
    assert seen(charge).refunded == 4000
    later(28)
    look()
    assert list(Refund.objects.order_by("id").values_list("amount", flat=True)) == [2500, 1500]
