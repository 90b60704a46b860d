"""What is Quickpay's alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    Declined,
    InvalidData,
    OneOff,
    Permanent,
    SignatureError,
    Transient,
)
from ringround.onboarding.gateways.quickpay import orders
from tests.contract.onboarding.quickpay_rail import GOOD, HOOK, POOR, QuickpayRail
from tests.contract.onboarding.rails import NOON, SECRET

BOX = DRAWERS["quickpay"]


# What `rail` makes.
RAIL = QuickpayRail


def active(rail: QuickpayRail) -> str:
    ref = BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    rail.donor_accepts(ref)
    rail.calls()
    return ref


# --- order ids ------------------------------------------------------------------------------------------


@given(st.integers(0, 2**42 - 1), st.integers(0, 2**12 - 1), st.integers(0, 2**62 - 1))
def test_every_reference_has_an_order_id_that_leads_back(moment: int, first: int, last: int) -> None:
    # A UUIDv7 of any moment until the year 2109.
    reference = f"{moment << 80 | 7 << 76 | first << 64 | 2 << 62 | last:032x}"
    order = orders.order_id(reference)
    assert len(order) == 20
    assert order.isalnum()
    assert order.isascii()
    assert orders.reference_of(order) == reference


def test_ids_of_today_lead_back() -> None:
    found = {new_id().hex for _ in range(1_000)}
    assert {orders.reference_of(orders.order_id(one)) for one in found} == found


@given(st.text(max_size=60))
def test_what_is_no_id_of_ours_has_an_order_id_that_leads_nowhere(reference: str) -> None:
    order = orders.order_id(reference)
    assert len(order) == 20
    assert orders.reference_of(order) == ""
    assert orders.order_id(reference) == order


@pytest.mark.parametrize("order", ["", "sub10003", "z" * 20, "æ" * 20, "0" * 21, "0" * 19 + "\n"])
def test_an_order_id_that_is_not_ours_leads_nowhere(order: str) -> None:
    assert orders.reference_of(order) == ""


# --- the donor at the window ----------------------------------------------------------------------------


def test_a_card_that_is_declined_leaves_the_donor_another_try(rail: QuickpayRail) -> None:
    account = rail.account()
    ref = BOX.begin_mandate(account, rail.mandate(), new_id().hex).ref
    rail.donor_declines(ref)
    (tried,) = rail.told(account)
    assert (tried.kind, tried.reason_code) == ("mandate.pending", "insufficient_funds")
    rail.donor_accepts(ref)
    said = rail.told(account)
    # The one before is told again, as the very same.
    assert [one.kind for one in said] == ["mandate.pending", "mandate.active"]
    assert said[0].event_id == tried.event_id
    view = BOX.get_mandate(account, ref)
    assert (view.state, view.instrument, view.instrument_until) == ("active", "•••• 0008", date(2029, 6, 30))


def test_the_window_is_asked_for_with_the_links_own_end(rail: QuickpayRail) -> None:
    account = rail.account()
    account = replace(account, settings={**account.settings, "payment_methods": "visa", "branding_id": 7})
    begun = BOX.begin_mandate(account, rail.mandate(expires_at=NOON + timedelta(hours=1)), new_id().hex)
    link = rail.thing(begun.ref)["link"]
    assert begun.redirect_url == link["url"]
    assert (link["deadline"], link["language"], link["amount"]) == (3600, "da", 10_000)
    assert (link["payment_methods"], link["branding_id"], link["callback_url"]) == ("visa", 7, HOOK)
    late = BOX.begin_mandate(account, rail.mandate(expires_at=NOON - timedelta(hours=1)), new_id().hex)
    assert rail.thing(late.ref)["link"]["deadline"] == 60


def test_a_beginning_that_is_repeated_after_the_donor_has_accepted_says_so(rail: QuickpayRail) -> None:
    asked = rail.mandate()
    ref = BOX.begin_mandate(rail.account(), asked, "k").ref
    rail.donor_accepts(ref)
    again = BOX.begin_mandate(rail.account(), asked, "k")
    assert (again.ref, again.state, again.redirect_url) == (ref, "active", "")


def test_a_first_payment_is_not_taken_with_the_mandate(rail: QuickpayRail) -> None:
    assert not BOX.capabilities(rail.account(), "card").one_off_start
    asked = rail.mandate(one_off=OneOff(reference=new_id().hex, amount=5_000))
    with pytest.raises(InvalidData) as fault:
        BOX.begin_mandate(rail.account(), asked, "k")
    assert fault.value.field == "one_off"


def test_a_currency_that_is_none_is_said_by_its_field(rail: QuickpayRail) -> None:
    with pytest.raises(InvalidData) as fault:
        BOX.begin_mandate(rail.account(), rail.mandate(currency="kroner"), "k")
    assert fault.value.field == "currency"


def test_the_link_of_one_that_is_called_back_is_taken_away(rail: QuickpayRail) -> None:
    ref = BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    assert BOX.cancel_mandate(rail.account(), ref, "k", pending_only=True) == "cancelled"
    assert rail.thing(ref)["link"] is None


# --- charges --------------------------------------------------------------------------------------------


def test_a_charge_is_not_handed_over_before_its_day(rail: QuickpayRail) -> None:
    with pytest.raises(Transient) as fault:
        BOX.schedule_charge(rail.account(), active(rail), rail.charge(due_on=date(2026, 11, 3)), "k")
    # From noon in Copenhagen to midnight, and a moment.
    assert (fault.value.code, fault.value.down, fault.value.retry_after_s) == ("not_due", False, 12 * 3600 + 1)
    assert rail.happened("charge") == 0
    assert BOX.capabilities(rail.account(), "card").most_lead_days == 0


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (POOR, "insufficient_funds"),
        (("40000", "Rejected by acquirer", "54", "Expired card"), "card_expired"),
        (("40000", "Rejected by acquirer", "", "Card has expired"), "card_expired"),
        (("40000", "Rejected by acquirer", "05", "Do not honor"), "card_declined"),
        (("30100", "3-D Secure required", "", ""), "authentication_failed"),
        (("40300", "Fraud block", "", ""), "fraud_suspected"),
        (("41000", "CoF deleted by scheme", "", ""), "account_closed"),
        (("50000", "Gateway Error", "", ""), "technical"),
        (("49999", "Something new", "", ""), "card_declined"),
    ],
)
def test_a_charge_that_is_declined_at_once_says_why_and_is_not_made_again(
    rail: QuickpayRail, outcome: tuple[str, str, str, str], reason: str
) -> None:
    ref, asked = active(rail), rail.charge()
    rail.next = outcome
    for _ in range(2):
        with pytest.raises(Declined) as fault:
            BOX.schedule_charge(rail.account(), ref, asked, "k")
        assert fault.value.code == reason
    (event,) = rail.told(rail.account())
    assert (event.kind, event.reason_code, event.reference) == ("charge.failed", reason, asked.reference)
    rail.next = GOOD
    assert BOX.schedule_charge(rail.account(), ref, rail.charge(), "k2").state == "charged"


def test_a_charge_waits_for_its_capture(rail: QuickpayRail) -> None:
    rail.captures = False
    charge = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), "k")
    assert charge.state == "reserved"
    found = rail.thing(charge.ref)
    rail.operate(found, "capture", 10_000, GOOD, pending=True)
    assert BOX.get_charge(rail.account(), charge.ref).state == "submitted"
    assert BOX.cancel_charge(rail.account(), charge.ref, "k") == "already_active"


def test_a_reference_that_is_another_charges_is_refused(rail: QuickpayRail) -> None:
    ref, asked = active(rail), rail.charge()
    BOX.schedule_charge(rail.account(), ref, asked, "k")
    with pytest.raises(Permanent, match="key_reused"):
        BOX.schedule_charge(rail.account(), ref, replace(asked, amount=1_000), "k")


def test_a_refund_that_is_asked_for_with_another_key_but_the_same_reference_happens_once(rail: QuickpayRail) -> None:
    charge = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), "k")
    asked = rail.back(10_000)
    for key in ("a", "b"):
        BOX.refund(rail.account(), charge.ref, asked, key)
    assert rail.happened("refund") == 1
    with pytest.raises(InvalidData) as fault:
        BOX.refund(rail.account(), charge.ref, rail.back(1), "c")
    assert fault.value.field == "amount"


def test_a_refund_that_was_pending_says_how_it_stands_when_it_is_asked_for_again(rail: QuickpayRail) -> None:
    charge = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), "k")
    asked = rail.back(2_500)
    BOX.refund(rail.account(), charge.ref, asked, "r")
    (back,) = [one for one in rail.thing(charge.ref)["operations"] if one["type"] == "refund"]
    back["pending"] = True
    assert BOX.refund(rail.account(), charge.ref, asked, "r").done is False
    back.update(pending=False, qp_status_code="40000")
    with pytest.raises(Permanent, match="refused"):
        BOX.refund(rail.account(), charge.ref, asked, "r")
    assert rail.happened("refund") == 1


def test_what_was_not_charged_is_not_given_back(rail: QuickpayRail) -> None:
    ref = BOX.begin_payment(rail.account(), rail.payment(), "k").ref
    with pytest.raises(Permanent, match="not_charged"):
        BOX.refund(rail.account(), ref, rail.back(100), "r")
    BOX.cancel_charge(rail.account(), ref, "c")
    with pytest.raises(AlreadyFinal):
        BOX.refund(rail.account(), ref, rail.back(100), "r2")


# --- callbacks ------------------------------------------------------------------------------------------


def test_a_callback_tells_all_that_was_done_oldest_first(rail: QuickpayRail) -> None:
    charge = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), "k")
    BOX.refund(rail.account(), charge.ref, rail.back(2_500), "r")
    _first, second = rail.calls()
    said = BOX.verify_webhook(rail.account(), second[0], second[1], HOOK, clock.real_now())
    assert [(one.kind, one.amount) for one in said] == [
        ("charge.reserved", 10_000), ("charge.charged", 10_000), ("charge.refunded", 2_500),
    ]  # fmt: skip


def test_what_is_still_pending_there_is_not_told(rail: QuickpayRail) -> None:
    rail.captures = False
    charge = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), "k")
    rail.calls()
    found = rail.thing(charge.ref)
    rail.operate(found, "capture", 10_000, ("", "", "", ""), pending=True)
    rail.tell(found)
    assert [one.kind for one in rail.told(rail.account())] == ["charge.reserved"]


def test_a_card_for_testing_is_no_money_but_on_an_account_for_testing(rail: QuickpayRail) -> None:
    ref = BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    rail.thing(ref)["test_mode"] = True
    rail.donor_accepts(ref)
    calls = rail.calls()
    testing = rail.account(test=True)
    rail.said = list(calls)
    assert [one.kind for one in rail.told(testing)] == ["mandate.active"]
    assert BOX.get_mandate(testing, ref).state == "active"
    rail.said = list(calls)
    assert rail.told(rail.account()) == []
    assert BOX.get_mandate(rail.account(), ref).state == "failed"


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"\xff", b"{", b"{}", b'{"type": "Payment"}', b'{"type": "Payment", "id": "../x"}',
     b'{"type": "Card", "id": 7, "operations": [{"id": 1, "type": "authorize", "pending": false}]}',
     b'{"type": "Payment", "id": 7, "operations": "none"}', b'{"type": "Payment", "id": 7, "operations": [7, null]}',
     b'{"type": ["Payment"], "id": 7, "operations": [{"id": {}, "type": [], "pending": false}]}'],
)  # fmt: skip
def test_what_says_nothing_of_use_is_taken_and_left(rail: QuickpayRail, body: bytes) -> None:
    rail.say(body)
    assert rail.told(rail.account()) == []


def test_a_published_way_of_signing_is_believed() -> None:
    # As their guide signs: the hex of HMAC-SHA256 over the body as it came.
    body = json.dumps({"id": 7, "type": "Payment", "operations": []}, separators=(",", ":")).encode()
    key = "private key"
    given = {"quickpay-checksum-sha256": hmac.new(key.encode(), body, hashlib.sha256).hexdigest().upper()}
    account = Account(id=new_id(), kind="quickpay", webhook_secrets=(key,))
    assert BOX.verify_webhook(account, given, body, HOOK, NOON) == []
    with pytest.raises(SignatureError):
        BOX.verify_webhook(account, given, body + b"\n", HOOK, NOON)


def test_nothing_personal_is_kept_of_a_callback(rail: QuickpayRail) -> None:
    ref = active(rail)
    found = rail.thing(ref)
    found["invoice_address"] = {"name": "Åse Ågård", "email": "ase@example.org"}
    found["metadata"]["customer_ip"] = "192.0.2.7"
    rail.tell(found)
    (event,) = rail.told(rail.account())
    for secret in ("Åse", "ase@example.org", "192.0.2.7", "100000", SECRET):
        assert secret not in repr(event)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, set()),
        ({"payment_methods": "creditcard, !amex", "branding_id": 7, "test": True}, set()),
        ({"branding_id": "seven"}, {"branding_id"}),
        ({"text_on_statement": "x" * 23}, {"text_on_statement"}),
        ({"url": "ftp://x"}, {"url"}),
        ({"test": 1}, {"test"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_its_settings_are_looked_at(change: dict[str, Any], where: set[str]) -> None:
    assert {fault.loc[1] for fault in BOX.check(change, {"api_key": "k"})} == where
    assert [fault.loc for fault in BOX.check({}, {})] == [("secrets", "api_key")]


def test_the_doctor_is_answered(rail: QuickpayRail) -> None:
    assert BOX.look(rail.account()) == ""
