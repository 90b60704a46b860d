"""Charges that could not be handed over in time for their day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.onboarding.actions.agreements import charges_run, retries_run
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities, ChargeRef, CutOff, Declined, InvalidData, Transient
from ringround.onboarding.models import Charge, GatewayAccount, GatewayOrder, Subscription
from tests import factories
from tests.integration.onboarding.agreed import Round, account_of, at, subscription_of
from tests.integration.onboarding.rail import Rail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def morning() -> Iterator[None]:
    # A Friday. With two days' notice the charge of Tuesday the 1st is handed over from here on, by Sunday.
    with clock.frozen(at(2026, 11, 27)):
        yield


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail(min_lead_days=2)
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


@pytest.fixture
def account() -> GatewayAccount:
    return account_of(factories.cast().charity.org)


@pytest.fixture
def run() -> Round:
    return Round()


def failing(fault: Exception) -> Any:
    def call(*_: Any) -> Any:
        raise fault

    return call


def made(account: GatewayAccount, **more: Any) -> Subscription:
    """A subscription whose charge of 1 December has been made."""
    row = subscription_of(account, **{"schedule_on": date(2026, 11, 26), **more})
    assert not charges_run(now=clock.now())
    return row


def moves() -> list[tuple[str, str]]:
    """What was told of charges that were moved: from which day, to which."""
    rows = EventOut.objects.filter(type="onboarding.charge.moved").order_by("id")
    return [(one.data["before"], one.data["due_on"]) for one in rows]


def test_a_charge_whose_day_is_too_near_goes_out_for_the_first_day_the_rail_takes(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    made(account)
    rail.on["schedule_charge"] = failing(Transient("unreachable"))
    run()
    del rail.on["schedule_charge"]
    run.later(days=4)  # Tuesday: two days on is Thursday
    run.all()
    charge = Charge.objects.get()
    assert (charge.state, charge.due_on, charge.period_on) == ("submitted", date(2026, 12, 3), date(2026, 12, 1))
    # The rail was never asked for the day that had passed; and for the new one by a key of its own.
    asked = [(key, one.due_on) for _name, key, one in rail.asked]
    assert asked == [
        (f"charge:{charge.id.hex}", date(2026, 12, 1)), (f"charge:{charge.id.hex}:2026-12-03", date(2026, 12, 3)),
    ]  # fmt: skip
    assert moves() == [("2026-12-01", "2026-12-03")]
    assert AuditPending.objects.filter(action="onboarding.charge.moved", subject_id=charge.id).count() == 1


def test_what_the_rail_finds_too_near_by_its_own_clock_is_moved_too(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    made(account)
    taken: list[date] = []

    def late(key: str, asked: Any) -> Any:
        taken.append(asked.due_on)
        if asked.due_on < date(2026, 12, 3):
            raise InvalidData("due_on", "too_soon")
        return rail.done.setdefault(key, ChargeRef(ref=f"c-{asked.reference}"))

    rail.on["schedule_charge"] = late
    for _ in range(8):
        run.all()
        run.later(minutes=30)
    charge = Charge.objects.get()
    assert (charge.state, charge.due_on) == ("submitted", date(2026, 12, 3))
    assert taken == [date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)]


def test_what_may_have_been_handed_over_keeps_its_day_and_its_key(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    made(account)
    run(lose=True)  # taken, and the answer was lost
    run.later(days=4)
    run.all()
    charge = Charge.objects.get()
    assert (charge.state, charge.due_on) == ("submitted", date(2026, 12, 1))
    assert {key for _name, key, _asked in rail.asked} == {f"charge:{charge.id.hex}"}
    assert moves() == []


def test_a_retry_that_goes_out_a_day_late_is_moved(rail: Rail, account: GatewayAccount, run: Round) -> None:
    made(account)
    rail.on["schedule_charge"] = failing(Declined("insufficient_funds"))
    run.all()
    del rail.on["schedule_charge"]
    clock.advance(at(2026, 12, 2) - clock.now())
    retries_run(now=clock.now())
    retry = Charge.objects.get(attempt=2)
    assert retry.due_on == date(2026, 12, 4)
    run.later(days=1)
    run.all()
    retry.refresh_from_db()
    # Two days on is a Saturday.
    assert (retry.state, retry.due_on) == ("submitted", date(2026, 12, 7))


def test_nothing_is_moved_onto_the_day_of_the_next_payment(rail: Rail, account: GatewayAccount, run: Round) -> None:
    """A rail with a cut-off takes what missed it in the month after: there the next one is due already."""
    rail.caps = Capabilities(cut_off=CutOff(day=27))
    made(account)
    run.later(days=3)
    run.all()
    charge = Charge.objects.get()
    assert (charge.state, charge.reason, charge.due_on) == ("rejected", "too_soon", date(2026, 12, 1))
    assert rail.asked == []
    assert GatewayOrder.objects.get().state == "failed"
    told = EventOut.objects.filter(type="onboarding.charge.failed").get()
    assert told.data["reason"] == "too_soon"
