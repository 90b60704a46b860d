"""The charge run of many, killed anywhere and run by several at once; and changes that race with it."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connection

from ringround.infra import clock
from ringround.kernel.errors import RingroundError
from ringround.onboarding.actions import intake
from ringround.onboarding.actions.agreements import charge_refund, charges_run, subscription_change
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import GatewayEvent
from ringround.onboarding.models import Charge, GatewayAccount, GatewayOrder, Refund, Subscription
from tests import factories
from tests.integration.onboarding.agreed import Round, account_of, at, charged_of, subscription_of
from tests.integration.onboarding.rail import Rail

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 150


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


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own with a connection of its own; what each gave or raised."""
    found: list[Any] = [None] * len(jobs)
    gate = threading.Barrier(len(jobs))

    def one(place: int) -> None:
        try:
            gate.wait(10)
            found[place] = jobs[place]()
        except Exception as fault:
            found[place] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def all_collected_once(count: int) -> None:
    assert Charge.objects.count() == count
    assert Charge.objects.values("subscription", "period_on").distinct().count() == count
    assert GatewayOrder.objects.filter(what="schedule_charge").count() == count
    orders = set(GatewayOrder.objects.values_list("subject_id", flat=True))
    assert orders == set(Charge.objects.values_list("id", flat=True))
    assert set(Subscription.objects.values_list("next_due_on", flat=True)) == {date(2027, 1, 1)}


@pytest.mark.parametrize("seed", range(2))
def test_a_charge_run_that_is_killed_anywhere_collects_each_once(account: GatewayAccount, seed: int) -> None:
    dice = random.Random(seed)
    with clock.frozen(at(2026, 12, 1)):
        for _ in range(MANY):
            subscription_of(account)
        kills = 0

        def work(pid: queue.SimpleQueue[int]) -> None:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    pid.put(cursor.fetchone()[0])
                while charges_run(now=at(2026, 12, 1), size=dice.choice([3, 7, 20])):
                    pass
            except (DatabaseError, InterfaceError):
                pass
            finally:
                connection.close()

        for _ in range(12):
            pid = queue.SimpleQueue[int]()
            thread = threading.Thread(target=work, args=(pid,))
            thread.start()
            # From when it is at work: how long it takes to get there is the machine's.
            victim = pid.get(timeout=30)
            thread.join(dice.uniform(0, 0.03))
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s) FROM pg_stat_activity WHERE pid = %s", [victim, victim])
                kills += cursor.rowcount if thread.is_alive() else 0
            thread.join(30)
        while charges_run(now=clock.now()):
            pass
    assert kills
    all_collected_once(MANY)


def test_several_charge_runs_at_once_collect_each_once(account: GatewayAccount) -> None:
    now = at(2026, 12, 1)
    with clock.frozen(now):
        for _ in range(MANY):
            subscription_of(account)

        def work() -> None:
            while charges_run(now=now, size=13):
                pass

        faults = [one for one in together(*[work] * 4) if one is not None]
        assert not faults
        while charges_run(now=now):
            pass
    all_collected_once(MANY)


@pytest.mark.parametrize("what", ["cancel", "pause"])
def test_a_change_that_races_with_the_charge_run_leaves_nothing_to_be_collected(
    account: GatewayAccount, cast: factories.Cast, rail: Rail, what: str
) -> None:
    now, owner = at(2026, 12, 1), cast.charity.owner
    with clock.frozen(now):
        rows = [subscription_of(account) for _ in range(10)]

        def change() -> None:
            for row in rows:
                subscription_change(actor=owner, subscription_id=row.id, what=what)

        def collect() -> None:
            while charges_run(now=now, size=2):
                pass

        faults = [one for one in together(change, collect) if one is not None]
        assert not faults
        Round().all()
    assert set(Charge.objects.values_list("state", flat=True)) <= {"cancelled"}
    assert "schedule_charge" not in rail.names()


def test_two_refunds_at_once_give_no_more_than_was_taken(account: GatewayAccount, cast: factories.Cast) -> None:
    charge = charged_of(account)

    def refund() -> Any:
        return charge_refund(actor=cast.charity.owner, charge_id=charge.id, amount=6000)

    found = together(refund, refund)
    assert sorted(isinstance(one, RingroundError) for one in found) == [False, True]
    assert Refund.objects.count() == 1


def test_the_same_word_told_twice_at_once_is_kept_once_and_applied_once(account: GatewayAccount) -> None:
    charge = charged_of(account)
    Charge.objects.update(state="submitted")
    now = clock.now()
    told = [GatewayEvent(event_id="e", kind="charge.charged", ref=charge.ref, occurred_at=now)]

    def tell() -> None:
        intake.events_add(account_id=account.id, told=told, now=now)
        intake.events_apply(now=now)

    assert together(tell, tell, tell) == [None] * 3
    charge.refresh_from_db()
    assert (charge.state, charge.event_no) == ("charged", 1)


def test_a_stop_and_a_cancel_at_once_end_it_once(account: GatewayAccount, cast: factories.Cast) -> None:
    now = at(2026, 11, 20)
    with clock.frozen(now):
        row = subscription_of(account)
        assert row.mandate is not None
        told = [GatewayEvent(event_id="e", kind="mandate.stopped", ref=row.mandate.ref, occurred_at=now)]
        intake.events_add(account_id=account.id, told=told, now=now)
        together(
            lambda: intake.events_apply(now=now),
            lambda: subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="cancel"),
        )
    row.refresh_from_db()
    assert (row.state, row.version, row.event_no) == ("inactive", 2, 1)
