"""Charges that were handed over are noted together, as each alone would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.onboarding import courier as couriers
from ringround.onboarding.actions.agreements import charges_run
from ringround.onboarding.actions.agreements.noted import order_noted
from ringround.onboarding.actions.orders import Outcome
from ringround.onboarding.courier import GatewayCourier, Parcel
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import ChargeRef, Declined, InvalidData, Transient, Unknown
from ringround.onboarding.models import Charge, GatewayAccount, GatewayOrder
from tests import factories
from tests.integration.onboarding.agreed import Round, account_of, at, subscription_of
from tests.integration.onboarding.rail import Rail

Back = list[tuple[Parcel, Outcome | None]]
MORNING = at(2026, 12, 1)


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with clock.frozen(MORNING):
        yield


@pytest.fixture(autouse=True)
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


@pytest.fixture
def account(db: None) -> GatewayAccount:
    return account_of(factories.cast().charity.org)


def carried(account: GatewayAccount, count: int) -> tuple[GatewayCourier, Back]:
    """A courier that has been with so many charges, and has noted nothing yet."""
    for _ in range(count):
        subscription_of(account)
    charges_run(now=clock.now())
    courier = GatewayCourier()
    back: Back = [(one, courier.carry(one)) for one in courier.claim(free=50, now=clock.real_now())]
    courier._pool.shutdown(wait=False)
    assert len(back) == count
    return courier, back


def answering(*answers: Any) -> Callable[..., Any]:
    """A rail that answers so, one charge after the other."""
    left = iter(answers)

    def call(_key: str, asked: Any) -> Any:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return ChargeRef(ref=f"c-{asked.reference}", state=answer)

    return call


ANSWERS: Sequence[Any] = (
    "scheduled", "submitted", "reserved", "pending", "charged", "failed", Declined("card_declined"),
    InvalidData("amount", "out_of_range"), Unknown("server"), Transient("rate", down=False), "scheduled",
)  # fmt: skip


def left_by(back: Back) -> list[dict[str, Any]]:
    """What each charge and its order have come to, and what was told and logged of it."""
    found = []
    for parcel, _ in back:
        order = GatewayOrder.objects.get(id=parcel.order_id)
        charge = Charge.objects.get(id=order.subject_id)
        found.append(
            {
                "charge": [charge.state, charge.reason, charge.ref == f"c-{charge.id.hex}", charge.submitted_at,
                           charge.ended_at, charge.retry_on, charge.look_on, charge.event_no],
                "order": [order.state, order.reason, order.detail, order.data, order.done_at, order.next_at,
                          order.lease_until, order.tries, order.claim_no],
                "told": list(EventOut.objects.filter(subject_id=charge.id).values_list("type", flat=True)),
                "log": list(AuditPending.objects.filter(subject_id=charge.id).values_list("action", flat=True)),
            }
        )  # fmt: skip
    return found


def test_together_they_leave_what_each_alone_leaves(rail: Rail, account: GatewayAccount) -> None:
    rail.on["schedule_charge"] = answering(*ANSWERS)
    _courier, back = carried(account, len(ANSWERS))
    for parcel, outcome in back:
        assert outcome is not None
        order_noted(order_id=parcel.order_id, claim_no=parcel.claim_no, outcome=outcome, now=clock.now())
    alone = left_by(back)
    Charge.objects.update(state="cancelled")
    GatewayOrder.objects.filter(state="pending").update(state="dropped")
    rail.on["schedule_charge"] = answering(*ANSWERS)
    courier, back = carried(account, len(ANSWERS))
    courier.done(back=back, now=clock.real_now())
    assert left_by(back) == alone
    assert [one["charge"][0] for one in alone].count("submitted") == 5


def test_one_that_cannot_be_stored_fails_alone(rail: Rail, account: GatewayAccount) -> None:
    signs = iter(("", "\0", ""))
    rail.on["schedule_charge"] = lambda _key, asked: ChargeRef(ref=f"c-{asked.reference}" + next(signs))
    courier, back = carried(account, 3)
    courier.done(back=back, now=clock.real_now())
    assert sorted(GatewayOrder.objects.values_list("state", flat=True)) == ["done", "done", "pending"]


@pytest.mark.django_db
def test_many_are_noted_with_as_many_questions_as_few(account: GatewayAccount) -> None:
    asked = []
    for count in (2, 16):
        courier, back = carried(account, count)
        with CaptureQueriesContext(connection) as seen:
            courier.done(back=back, now=clock.real_now())
        asked.append(len(seen))
    assert asked[0] == asked[1]
    assert set(Charge.objects.values_list("state", flat=True)) == {"submitted"}


def test_what_was_noted_already_or_claimed_anew_is_left(account: GatewayAccount) -> None:
    courier, back = carried(account, 3)
    GatewayOrder.objects.filter(id=back[0][0].order_id).update(claim_no=7)
    courier.done(back=back, now=clock.real_now())
    before = left_by(back)
    assert sorted(one["charge"][0] for one in before) == ["scheduled", "submitted", "submitted"]
    clock.advance(at(2026, 12, 2) - MORNING)
    # The database went away before it could say that it had noted them.
    courier.done(back=back, now=clock.real_now())
    assert left_by(back) == before


def test_what_was_heard_of_meanwhile_is_not_taken_back(account: GatewayAccount) -> None:
    courier, back = carried(account, 2)
    heard = GatewayOrder.objects.get(id=back[0][0].order_id).subject_id
    Charge.objects.filter(id=heard).update(state="charged", ref="theirs")
    courier.done(back=back, now=clock.real_now())
    charge = Charge.objects.get(id=heard)
    assert (charge.state, charge.ref) == ("charged", "theirs")
    assert set(GatewayOrder.objects.values_list("state", flat=True)) == {"done"}


def test_one_that_cannot_be_noted_keeps_no_other_waiting(
    rail: Rail, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail.on["schedule_charge"] = answering(*[Declined("card_declined")] * 3)
    courier, back = carried(account, 3)
    odd = back[1][0].order_id

    def stumbles(*, order_id: Any, **more: Any) -> bool:
        if order_id == odd:
            raise RuntimeError("odd")
        return order_noted(order_id=order_id, **more)

    monkeypatch.setattr(couriers, "order_noted", stumbles)
    courier.done(back=back, now=clock.real_now())
    states = {one.id: one.state for one in GatewayOrder.objects.all()}
    assert states.pop(odd) == "pending"
    assert set(states.values()) == {"failed"}


def test_an_account_is_well_again_after_a_round_in_which_it_took_some(rail: Rail, account: GatewayAccount) -> None:
    rail.on["schedule_charge"] = answering(Transient("unreachable"), "scheduled")
    courier, back = carried(account, 2)
    GatewayAccount.objects.update(failures=3, fault="away")
    courier.done(back=back, now=clock.real_now())
    account.refresh_from_db()
    assert (account.failures, account.fault) == (0, "")


@pytest.mark.django_db(transaction=True)
def test_a_charge_that_somebody_holds_is_noted_when_they_let_it_go() -> None:
    account = account_of(factories.cast().charity.org)
    courier, back = carried(account, 2)
    held, ended = Flag(), Flag()
    charge_id = GatewayOrder.objects.get(id=back[0][0].order_id).subject_id

    def hold() -> None:
        try:
            with transaction.atomic():
                Charge.objects.select_for_update().get(id=charge_id)
                held.set()
                # Until the other has been noted without waiting for this one, or is taken to wait.
                ended.wait(10)
        finally:
            connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(10)
    noted = couriers.charges_handed(
        back={one.order_id: (one.claim_no, came) for one, came in back if came is not None}, now=clock.now()
    )
    assert noted == {back[1][0].order_id}
    ended.set()
    holder.join()
    courier.done(back=back, now=clock.real_now())
    assert set(Charge.objects.values_list("state", flat=True)) == {"submitted"}


def test_what_a_courier_carries_by_itself_is_noted(account: GatewayAccount) -> None:
    for _ in range(5):
        subscription_of(account)
    charges_run(now=clock.now())
    Round().all()
    assert set(Charge.objects.values_list("state", flat=True)) == {"submitted"}
