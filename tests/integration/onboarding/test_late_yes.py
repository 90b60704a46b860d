"""Rails that take days to say yes, and a yes that comes when nobody waits for it any more."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ringround.infra import clock
from ringround.kernel.errors import NotNow
from ringround.onboarding import actions, sandbox
from ringround.onboarding.actions.intake import events_add, events_apply
from ringround.onboarding.actions.reconcile import reconcile
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities, CutOff, GatewayEvent, MandateView, Transient
from ringround.onboarding.models import GatewayAccount, GatewayOrder, SandboxNotice, Session, Subscription
from tests.integration.onboarding.agreed import Round, at, subscription_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import HOLDER, Scene
from tests.integration.onboarding.test_collected_twice import tried
from tests.integration.onboarding.test_session_ends import fate

pytestmark = pytest.mark.django_db


def test_a_rail_that_takes_days_to_say_yes_is_waited_for(scene: Scene) -> None:
    GatewayAccount.objects.update(settings={"accept_days": 3})
    session = scene.submit(payment_method="direct_debit")
    link_ends = session.expires_at
    actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    waits_until = scene.see(session).expires_at
    # Monday, and three bank days on.
    assert timedelta(days=3) < waits_until - clock.now() < timedelta(days=6)
    assert waits_until > link_ends
    assert scene.lead(session).next_contact_at == waits_until
    scene.settle(days=2, hours=1)
    scene.due()
    assert scene.stands(session)[0] == "Processing"
    scene.settle(days=1)
    assert scene.stands(session)[0] == "Complete"
    assert scene.see(session).late is False


def test_a_yes_that_comes_sooner_than_it_may_takes_the_money_no_sooner_than_promised(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day before the cut-off the donor is told of the month after: the rail may take three bank days for its yes."""
    rail = Rail(min_lead_days=1, bank_days=True, cut_off=CutOff(day=20), accept_bank_days=3)
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    with clock.frozen(at(2026, 11, 19)):
        session = scene.submit(
            payment_method="direct_debit",
            agreement={"amount": 10000, "currency": "DKK", "schedule": "monthly", "start": "next_possible"},
        )
        token = scene.link(session)
        shown = actions.link_open(token=token, holder=HOLDER)
        assert shown.promise == date(2027, 1, 4)
        scene.confirm(token)
        seen = scene.see(session)
        rail.mandates[seen.gateway_ref] = MandateView(ref=seen.gateway_ref, state="active")
        told = GatewayEvent(event_id="1", kind="mandate.active", ref=seen.gateway_ref, occurred_at=clock.now())
        events_add(account_id=scene.account.id, told=[told], now=clock.now())
        while events_apply(now=clock.now()):
            pass
        assert scene.stands(session)[0] == "Complete"
        row = Subscription.objects.get()
        assert row.next_due_on == date(2027, 1, 1)
        assert actions.link_open(token=token, holder=HOLDER).promise == date(2027, 1, 4)
    (asked,) = [asked for name, _key, asked in rail.asked if name == "begin_mandate"]
    assert asked.first_on == date(2027, 1, 1)


def change(scene: Scene, row: Subscription, method: str) -> Session:
    """A session of the row's merchant for another way of paying, agreed on by telephone."""
    session = scene.submit(payment_method=method)
    Session.objects.filter(id=session.id).update(
        action="change_payment_method", intention="upgrade", subscription=row, params={"method": method}, agreed={}
    )
    return scene.see(session)


def test_who_changes_to_direct_debit_is_told_the_same_day_until_it_is_done(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail(min_lead_days=1, bank_days=True, cut_off=CutOff(day=18))
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    with clock.frozen(at(2026, 11, 23)):
        row = subscription_of(scene.account)
        session = change(scene, row, "direct_debit")
        token = scene.link(session)
        told = [actions.link_open(token=token, holder=HOLDER).promise]
        scene.confirm(token)
        seen = scene.see(session)
        told.append(actions.link_open(token=token, holder=HOLDER).promise)
        rail.mandates[seen.gateway_ref] = MandateView(ref=seen.gateway_ref, state="active")
        heard = GatewayEvent(event_id="1", kind="mandate.active", ref=seen.gateway_ref, occurred_at=clock.now())
        events_add(account_id=scene.account.id, told=[heard], now=clock.now())
        while events_apply(now=clock.now()):
            pass
        assert scene.stands(session)[0] == "Complete"
        told.append(actions.link_open(token=token, holder=HOLDER).promise)
    assert told == [date(2027, 1, 4)] * 3


@pytest.mark.parametrize(
    ("more", "day"),
    [
        ({"next_due_on": date(2027, 1, 1)}, date(2026, 12, 1)),
        ({"state": "on_hold", "hold": {"kind": "indefinite"}, "schedule_on": None}, None),
        ({"expires_on": date(2026, 11, 30), "schedule_on": None}, None),
    ],
)
def test_who_changes_is_told_what_will_be_collected_alone(scene: Scene, more: dict[str, Any], day: date | None) -> None:
    with clock.frozen(at(2026, 11, 27)):
        row = subscription_of(scene.account, method="mobile", **more)
        if "next_due_on" in more:
            tried(row, 1, "submitted")
        token = scene.link(change(scene, row, "card"))
        assert actions.link_open(token=token, holder=HOLDER).promise == day


def test_a_promise_of_the_method_that_was_chosen_first_is_not_shown_for_another(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    slow = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=18))
    monkeypatch.setattr(rail, "capabilities", lambda _account, method: slow if method == "direct_debit" else rail.caps)

    def silent(*_: Any) -> None:
        raise Transient("down")

    rail.on["begin_mandate"] = silent
    with clock.frozen(at(2026, 11, 23)):
        session = scene.submit(
            payment_method="",
            agreement={"amount": 10000, "currency": "DKK", "schedule": "monthly", "start": "next_possible"},
        )
        token = scene.link(session)
        with pytest.raises(NotNow):
            scene.confirm(
                token, method="direct_debit", values={"bank_account": "00400440116243", "national_id": "0101701234"}
            )
        shown = actions.link_open(token=token, holder=HOLDER)
    assert shown.promise is None
    assert (shown.promises["direct_debit"], shown.promises["card"]) == (date(2027, 1, 4), date(2026, 11, 23))


def test_pressing_again_the_next_day_asks_the_gateway_for_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail(accept_bank_days=3)
    monkeypatch.setitem(DRAWERS, "sandbox", rail)

    def silent(*_: Any) -> None:
        raise Transient("down")

    rail.on["begin_mandate"] = silent
    agreed = {"amount": 10000, "currency": "DKK", "schedule": "monthly", "start": "next_possible"}
    with clock.frozen(at(2026, 11, 23)):
        session = scene.submit(payment_method="direct_debit", agreement=agreed)
        for _ in range(2):
            with pytest.raises(NotNow):
                actions.session_submit_payment(actor=scene.agent, session_id=session.id)
            clock.advance(timedelta(days=1))
    first, second = [(key, asked) for name, key, asked in rail.asked if name == "begin_mandate"]
    assert first == second


def test_a_rail_that_has_not_answered_when_its_days_are_over_is_asked_and_then_given_up(scene: Scene) -> None:
    GatewayAccount.objects.update(settings={"accept_days": 3})
    session = scene.submit(payment_method="direct_debit", **fate(3))
    actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    scene.due(days=7)
    assert scene.stands(session)[0] == "Expired"


def lost() -> None:
    """What the sandbox had to say comes nowhere."""
    while sandbox.sandbox_due(clock.now()):
        pass
    SandboxNotice.objects.all().delete()


def look() -> None:
    while reconcile(now=clock.now()):
        pass
    Round().all()
    while events_apply(now=clock.now()):
        pass


def test_what_was_accepted_after_the_end_and_never_told_is_found(scene: Scene) -> None:
    session = scene.at_gateway(**fate(6))
    scene.settle(days=2)
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    clock.advance(timedelta(minutes=2))
    lost()
    clock.advance(timedelta(days=1, hours=1))
    look()
    assert scene.stands(session)[0] == "Complete"
    assert scene.see(session).late is True
    assert Subscription.objects.count() == 1


def test_what_ended_by_the_gateways_own_word_or_long_ago_is_not_asked_about(scene: Scene) -> None:
    rejected = scene.at_gateway(external_lead_id="crm-1", **fate(1))
    scene.settle(minutes=1)
    assert scene.stands(rejected)[0] == "Rejected"
    expired = scene.at_gateway(external_lead_id="crm-2", **fate(3))
    scene.settle(days=2)
    scene.due()
    assert scene.stands(expired)[0] == "Expired"
    for _ in range(12):
        clock.advance(timedelta(days=1, hours=1))
        look()
    looks = GatewayOrder.objects.filter(what="look")
    assert not looks.filter(subject_id=rejected.id).exists()
    assert looks.filter(subject_id=expired.id).count() == 6
