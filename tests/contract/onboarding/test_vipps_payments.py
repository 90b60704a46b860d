"""What single payments by Vipps MobilePay have of their own: they are reserved first, and taken by a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    GatewayError,
    InvalidData,
    PaymentRequest,
    Permanent,
    Takes,
    Transient,
    Unknown,
)
from tests.contract.onboarding.rails import ASE, NOON
from tests.contract.onboarding.vipps_rail import HOOK, VippsRail, wrong

BOX = DRAWERS["vipps"]
assert isinstance(BOX, Takes)


# What `rail` makes.
RAIL = VippsRail


def begun(rail: VippsRail, **more: Any) -> str:
    return BOX.begin_payment(rail.account(), rail.payment(**more), new_id().hex).ref


def accepted(rail: VippsRail) -> str:
    ref = begun(rail)
    rail.donor_accepts(ref)
    rail.calls()
    return ref


# --- beginning ------------------------------------------------------------------------------------------


def test_a_payment_is_written_within_their_bounds(rail: VippsRail) -> None:
    asked = rail.payment(description="Tak for din gave " * 9)
    found = BOX.begin_payment(rail.account(), asked, "session-1")
    ((headers, body),) = rail.called("POST", "/epayment/v1/payments")
    assert body == {
        "amount": {"currency": "DKK", "value": 20_000}, "paymentMethod": {"type": "WALLET"},
        "customer": {"phoneNumber": "4520123456"}, "reference": asked.reference, "returnUrl": asked.return_url,
        "userFlow": "WEB_REDIRECT", "paymentDescription": asked.description[:100],
    }  # fmt: skip
    assert headers["idempotency-key"] == "session-1"
    assert found.ref == asked.reference
    assert found.expires_at is not None
    assert (found.expires_at - NOON).total_seconds() == 600


@pytest.mark.parametrize("number", ["", "+4520", "+45-2012345", "+4533110000"])
def test_whom_they_do_not_know_types_their_own_number_on_the_page(rail: VippsRail, number: str) -> None:
    asked, key = rail.payment(donor=replace(ASE, msisdn=number), description="x"), new_id().hex
    found = BOX.begin_payment(rail.account(), asked, key)
    assert found.redirect_url
    assert "customer" not in rail.called("POST", "/epayment/v1/payments")[-1][1]
    assert BOX.begin_payment(rail.account(), asked, key).redirect_url == found.redirect_url


def test_a_payment_whose_key_was_forgotten_there_is_found_by_its_reference(rail: VippsRail) -> None:
    asked = rail.payment()
    first = BOX.begin_payment(rail.account(), asked, "first-key")
    rail.keys.clear()
    assert BOX.begin_payment(rail.account(), asked, "first-key").redirect_url == first.redirect_url
    with pytest.raises(Permanent, match="key_reused"):
        BOX.begin_payment(rail.account(), replace(asked, amount=1), "other-key")
    rail.donor_accepts(first.ref)
    again = BOX.begin_payment(rail.account(), asked, "third-key")
    assert (again.state, again.redirect_url, rail.happened("pay")) == ("reserved", "", 1)


def test_a_key_that_was_used_for_something_else_is_said_to_be(rail: VippsRail) -> None:
    BOX.begin_payment(rail.account(), rail.payment(), "one-and-the-same")
    with pytest.raises(Permanent, match="key_reused"):
        BOX.begin_payment(rail.account(), rail.payment(), "one-and-the-same")


@pytest.mark.parametrize(
    ("more", "field"),
    [({"method": "card"}, "method"), ({"currency": "SEK"}, "currency"), ({"amount": 0}, "amount"),
     ({"return_url": "http://x.example"}, "return_url")],
)  # fmt: skip
def test_what_cannot_be_used_is_said_by_its_field(rail: VippsRail, more: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidData) as fault:
        begun(rail, **more)
    assert fault.value.field == field


# --- taking ---------------------------------------------------------------------------------------------


def test_what_is_reserved_is_taken_once_whatever_the_key(rail: VippsRail) -> None:
    ref = accepted(rail)
    assert BOX.get_charge(rail.account(), ref).state == "reserved"
    for key in ("take-it-1", "take-it-1", "take-it-2"):
        view = BOX.take_payment(rail.account(), ref, key)
        assert (view.state, view.charged, view.amount) == ("charged", 20_000, 20_000)
    assert len(rail.called("POST", ".*/capture")) == 1
    (event,) = rail.told(rail.account())
    assert (event.kind, event.ref, event.reference, event.amount) == ("charge.charged", ref, ref, 20_000)


def test_what_is_not_reserved_is_left_as_it_is(rail: VippsRail) -> None:
    waits, gone = begun(rail), accepted(rail)
    assert BOX.cancel_charge(rail.account(), gone, "release-it") == "cancelled"
    assert BOX.take_payment(rail.account(), waits, "take-it-1").state == "pending"
    assert BOX.take_payment(rail.account(), gone, "take-it-2").state == "cancelled"
    assert not rail.called("POST", ".*/capture")


@pytest.mark.parametrize(("code", "status"), [("6160", 400), ("6260", 400), ("6280", 400), ("", 423)])
def test_a_bank_that_says_not_now_is_asked_another_time(
    rail: VippsRail, code: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = accepted(rail)
    monkeypatch.setattr(rail, "_pay", lambda path, body: wrong(code, status))
    with pytest.raises(Transient) as fault:
        BOX.take_payment(rail.account(), ref, "take-it-1")
    assert (fault.value.code, fault.value.down) == ("busy", False)


def test_one_that_was_taken_by_another_call_meanwhile_is_no_fault(
    rail: VippsRail, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, real = accepted(rail), rail._pay

    def twice(path: str, body: dict[str, Any]) -> Any:
        real(path, body)
        return real(path, body)

    monkeypatch.setattr(rail, "_pay", twice)
    assert BOX.take_payment(rail.account(), ref, "take-it-1").state == "charged"


# --- calling back ---------------------------------------------------------------------------------------


def test_what_is_reserved_is_released_and_what_is_taken_is_not(rail: VippsRail) -> None:
    free, taken = accepted(rail), accepted(rail)
    BOX.take_payment(rail.account(), taken, "take-it-1")
    assert BOX.cancel_charge(rail.account(), free, "release-1") == "cancelled"
    assert BOX.cancel_charge(rail.account(), free, "release-2") == "already_final"
    assert BOX.cancel_charge(rail.account(), taken, "release-3") == "already_active"


def test_a_donor_before_the_apps_last_question_is_waited_for(rail: VippsRail, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = begun(rail)
    monkeypatch.setattr(rail, "_pay", lambda path, body: wrong("6190"))
    with pytest.raises(Transient) as fault:
        BOX.cancel_charge(rail.account(), ref, "call-it-back")
    assert (fault.value.code, fault.value.retry_after_s) == ("still_pending", 600)


# --- asking and hearing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "state", "reason"),
    [("CREATED", "pending", ""), ("ABORTED", "rejected", "debtor_declined"), ("EXPIRED", "cancelled", "expired"),
     ("TERMINATED", "cancelled", "cancelled_by_merchant"), ("AUTHORIZED", "reserved", "")],
)  # fmt: skip
def test_their_states_are_ours(rail: VippsRail, theirs: str, state: str, reason: str) -> None:
    ref = begun(rail)
    rail.payments[ref]["state"] = theirs
    view = BOX.get_charge(rail.account(), ref)
    assert (view.state, view.reason_code, view.reference, view.currency) == (state, reason, ref, "DKK")


def test_a_state_that_is_new_to_us_is_asked_for_another_time(rail: VippsRail) -> None:
    ref = begun(rail)
    rail.payments[ref]["state"] = "PAUSED"
    with pytest.raises(Transient, match="garbled"):
        BOX.get_charge(rail.account(), ref)


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [("AUTHORIZED", "charge.reserved", ""), ("CAPTURED", "charge.charged", ""), ("REFUNDED", "charge.refunded", ""),
     ("CANCELLED", "charge.cancelled", "cancelled_by_merchant"), ("EXPIRED", "charge.expired", "expired"),
     ("TERMINATED", "charge.cancelled", "cancelled_by_merchant"), ("ABORTED", "charge.rejected", "debtor_declined")],
)  # fmt: skip
def test_what_they_tell_is_in_our_words(rail: VippsRail, name: str, kind: str, reason: str) -> None:
    rail.tell_payment("24ab7cd6ef658155992", name, 35_000)
    (event,) = rail.told(rail.account())
    assert (event.kind, event.reason_code, event.amount, event.currency) == (kind, reason, 35_000, "DKK")
    assert (event.ref, event.occurred_at.isoformat()) == ("24ab7cd6ef658155992", "2026-11-02T11:00:01.500000+00:00")


@pytest.mark.parametrize(
    "more", [{"success": False}, {"success": None}, {"name": "CREATED"}, {"reference": ""}, {"msn": "999999"}]
)
def test_what_came_to_nothing_or_is_none_of_ours_is_taken_and_left(rail: VippsRail, more: dict[str, Any]) -> None:
    rail.say({"reference": "24ab7cd6", "pspReference": "1", "name": "CAPTURED", "success": True, **more})
    assert rail.told(rail.account()) == []


def test_an_account_that_is_not_told_of_payments_is_said_to_be(rail: VippsRail) -> None:
    assert BOX.look(rail.account()) == ""
    rail.hooks = {"hook-old": {"id": "hook-old", "url": HOOK, "events": ["recurring.agreement-activated.v1"]}}
    assert "epayments.payment.captured.v1" in BOX.look(rail.account())


# --- outages --------------------------------------------------------------------------------------------


def pay(rail: VippsRail) -> Callable[[], Any]:
    asked: PaymentRequest = rail.payment()
    return lambda: BOX.begin_payment(rail.account(), asked, "pay-it-once")


def take(rail: VippsRail) -> Callable[[], Any]:
    ref = accepted(rail)
    return lambda: BOX.take_payment(rail.account(), ref, "take-it-once")


@pytest.mark.parametrize("mode", ["late_trouble", "cut", "half", "wrong", "empty", "trouble", "rate"])
@pytest.mark.parametrize("change", [pay, take], ids=lambda one: one.__name__)
def test_a_payment_that_was_cut_short_may_be_asked_for_again_and_happens_once(
    rail: VippsRail, change: Callable[[VippsRail], Callable[[], Any]], mode: str
) -> None:
    act = change(rail)
    rail.mode, rail.ill_for = mode, lambda method, path: method != "GET" and "accesstoken" not in path
    with pytest.raises(GatewayError) as fault:
        act()
    assert isinstance(fault.value, Transient if mode == "rate" else Unknown), fault.value
    rail.mode = "ok"
    act()
    assert rail.happened(change.__name__) == 1
