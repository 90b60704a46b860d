"""Charges that could not be handed over in time for their day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.onboarding.actions.agreements import charges_run, retries_run, terms_run
from ringround.onboarding.actions.agreements.changes import subscription_act
from ringround.onboarding.actions.intake import events_add, events_apply
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Capabilities,
    ChargeRef,
    CutOff,
    Declined,
    GatewayEvent,
    InvalidData,
    Transient,
)
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


BY_MONTH = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=20))


def test_what_fails_is_not_tried_anew_on_the_day_of_the_next_payment(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    """The cut-off for January has passed by then: the rail would take it with February's."""
    rail.caps = BY_MONTH
    row = subscription_of(account, due=date(2027, 1, 1), schedule_on=date(2026, 12, 18))
    clock.advance(at(2026, 12, 18) - clock.now())
    assert not charges_run(now=clock.now())
    run.all()
    charge = Charge.objects.get()
    assert charge.due_on == date(2027, 1, 4)
    clock.advance(at(2027, 1, 6) - clock.now())
    told = GatewayEvent(
        event_id="1", kind="charge.failed", ref=charge.ref, occurred_at=clock.now(), reason_code="insufficient_funds"
    )
    events_add(account_id=account.id, told=[told], now=clock.now())
    while events_apply(now=clock.now()):
        pass
    charge.refresh_from_db()
    assert (charge.state, charge.retry_on) == ("failed", None)
    assert EventOut.objects.get(type="onboarding.charge.failed").data["retry_on"] is None
    row.refresh_from_db()
    assert row.next_due_on == date(2027, 2, 1)


def test_a_retry_that_an_outage_has_laid_on_the_next_payments_day_makes_nothing(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    rail.caps = Capabilities()
    made(account, schedule_on=date(2026, 11, 27))
    clock.advance(at(2026, 12, 1) - clock.now())
    assert not charges_run(now=clock.now())
    rail.on["schedule_charge"] = failing(Declined("insufficient_funds"))
    run.all()
    assert Charge.objects.get().retry_on == date(2026, 12, 4)
    # January's is collected on Monday the 4th, and so would this be.
    clock.advance(at(2027, 1, 2) - clock.now())
    assert not retries_run(now=clock.now())
    assert list(Charge.objects.values_list("state", "retry_on")) == [("failed", None)]


def test_a_payment_by_month_that_was_missed_is_not_collected_with_the_next(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    """The charge run did not run while January could be handed in."""
    rail.caps = BY_MONTH
    row = subscription_of(account, due=date(2027, 1, 1), schedule_on=date(2026, 12, 18))
    clock.advance(at(2026, 12, 28) - clock.now())
    for _ in range(70):
        charges_run(now=clock.now())
        run.all()
        run.later(days=1)
    assert list(Charge.objects.order_by("due_on").values_list("period_on", "due_on")) == [
        (date(2027, 2, 1), date(2027, 2, 1)), (date(2027, 3, 1), date(2027, 3, 1)),
    ]  # fmt: skip
    row.refresh_from_db()
    assert row.next_due_on == date(2027, 4, 1)


def test_a_one_off_that_would_be_tried_anew_on_the_day_of_a_payment_that_is_made_already_is_not(
    rail: Rail, account: GatewayAccount
) -> None:
    rail.caps = Capabilities(min_lead_days=12)
    row = subscription_of(account, due=date(2027, 2, 1), schedule_on=date(2027, 1, 15))
    clock.advance(at(2027, 1, 17) - clock.now())
    assert not charges_run(now=clock.now())
    assert Charge.objects.get().due_on == date(2027, 2, 1)
    first = Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=account,
        ref="c-first", state="submitted", amount=10000, currency="DKK", period_on=date(2027, 1, 4),
        due_on=date(2027, 1, 4), one_off=True, created_at=clock.now(),
    )  # fmt: skip
    told = GatewayEvent(event_id="1", kind="charge.failed", ref="c-first", occurred_at=clock.now())
    events_add(account_id=account.id, told=[told], now=clock.now())
    while events_apply(now=clock.now()):
        pass
    first.refresh_from_db()
    assert (first.state, first.retry_on) == ("failed", None)


@pytest.mark.parametrize("lead", [0, 2])
def test_a_payment_whose_bank_day_is_after_the_last_is_not_collected(
    rail: Rail, account: GatewayAccount, run: Round, lead: int
) -> None:
    """The 31st is a Sunday: it would be collected on 1 February."""
    rail.caps = Capabilities(min_lead_days=lead)
    row = subscription_of(account, due=date(2027, 1, 31), expires_on=date(2027, 1, 31))
    Subscription.objects.update(schedule_on=date(2027, 1, 26))
    clock.advance(at(2027, 1, 26) - clock.now())
    for _ in range(8):
        terms_run(now=clock.now())
        charges_run(now=clock.now())
        run.all()
        run.later(days=1)
    assert not Charge.objects.exists()
    assert "schedule_charge" not in rail.names()
    row.refresh_from_db()
    assert (row.state, row.ended_reason) == ("expired", "term")


def test_a_new_last_day_calls_back_what_would_be_collected_after_it(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    row = subscription_of(account, due=date(2027, 1, 31), schedule_on=date(2027, 1, 26))
    clock.advance(at(2027, 1, 27) - clock.now())
    assert not charges_run(now=clock.now())
    run.all()
    assert Charge.objects.get().due_on == date(2027, 2, 1)
    with transaction.atomic():
        subscription_act(
            subscription_id=row.id, what="set_expiry", params={"date": "2027-01-31"}, now=clock.now()
        )  # fmt: skip
    run.all()
    assert Charge.objects.get().state == "cancelled"
    row.refresh_from_db()
    assert (row.next_due_on, row.schedule_on) == (date(2027, 2, 28), None)
