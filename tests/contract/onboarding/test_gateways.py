"""The contract of a gateway's drawer, tried on every one of them against a provider on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    KINDS,
    NEEDS,
    AlreadyFinal,
    InvalidData,
    MandateChange,
    NoSuch,
    Permanent,
    SignatureError,
)
from tests.contract.onboarding.every import ALL
from tests.contract.onboarding.quickpay_rail import QuickpayRail
from tests.contract.onboarding.rails import SECRET, Call, Rail

pytestmark = pytest.mark.django_db


@pytest.fixture(params=ALL, ids=lambda one: one.kind)
def rail(request: pytest.FixtureRequest) -> Iterator[Rail]:
    made = request.param()
    yield made
    made.close()


def active(rail: Rail) -> str:
    """A mandate that is active; what was said on the way is forgotten."""
    ref = str(rail.drawer.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref)
    rail.donor_accepts(ref)
    rail.calls()
    return ref


def test_every_kind_has_its_rail() -> None:
    assert {one.kind for one in ALL} == set(DRAWERS)


def test_each_says_of_itself_what_it_can(rail: Rail) -> None:
    account = rail.account()
    assert rail.method in rail.drawer.methods(account)
    caps = rail.drawer.capabilities(account, rail.method)
    assert (caps.recurring, caps.single, caps.native_pause) == (True, True, False)
    assert caps.needs <= set(NEEDS)
    with pytest.raises(ValueError, match="barter"):
        rail.drawer.capabilities(account, "barter")


def test_what_it_can_is_the_same_while_nobody_can_open_its_secrets(rail: Rail) -> None:
    account = rail.account()
    sealed = replace(account, secrets={}, webhook_secrets=())
    assert rail.drawer.capabilities(sealed, rail.method) == rail.drawer.capabilities(account, rail.method)


# --- beginning ----------------------------------------------------------------------------------------


def test_a_mandate_begins_pending_and_is_active_once_the_donor_accepts(rail: Rail) -> None:
    account, asked = rail.account(), rail.mandate()
    begun = rail.drawer.begin_mandate(account, asked, new_id().hex)
    assert begun.state == "pending"
    assert begun.redirect_url.startswith("http")
    before = rail.drawer.get_mandate(account, begun.ref)
    assert (before.state, before.reference) == ("pending", asked.reference)
    rail.donor_accepts(begun.ref)
    after = rail.drawer.get_mandate(account, begun.ref)
    assert (after.state, after.reference, after.currency) == ("active", asked.reference, "DKK")
    assert after.instrument.startswith("•••• ") or not after.instrument
    (said,) = [one for one in rail.told(account) if one.kind == "mandate.active"]
    assert (said.ref, said.reference) == (begun.ref, asked.reference)


def test_a_mandate_that_the_donor_declines_is_rejected_not_stopped(rail: Rail) -> None:
    account, asked = rail.account(), rail.mandate()
    begun = rail.drawer.begin_mandate(account, asked, new_id().hex)
    rail.donor_declines(begun.ref)
    kinds = [one.kind for one in rail.told(account)]
    assert not {"mandate.active", "mandate.stopped"} & set(kinds)
    view = rail.drawer.get_mandate(account, begun.ref)
    if rail.declines_are_final:
        assert "mandate.rejected" in kinds
        assert (view.state, view.reason_code) == ("rejected", "debtor_declined")
    else:
        assert (view.state, view.reason_code) == ("pending", rail.failure)


def test_the_same_key_begins_once(rail: Rail) -> None:
    account, asked, key = rail.account(), rail.mandate(), new_id().hex
    first = rail.drawer.begin_mandate(account, asked, key)
    assert rail.drawer.begin_mandate(account, asked, key).ref == first.ref
    assert rail.drawer.begin_mandate(account, rail.mandate(), new_id().hex).ref != first.ref


def test_a_currency_that_the_rail_does_not_take_is_said_by_its_field(rail: Rail) -> None:
    if not rail.drawer.capabilities(rail.account(), rail.method).currencies:
        return
    with pytest.raises(InvalidData) as fault:
        rail.drawer.begin_mandate(rail.account(), rail.mandate(currency="JPY"), new_id().hex)
    assert fault.value.field == "currency"


def test_what_is_not_known_is_no_such(rail: Rail) -> None:
    mandate = rail.drawer.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    for ref in ("", "x", "../../etc", "agr_unknown", mandate[:-1] + "z", "æ" * 40, "a/b/c", "0"):
        with pytest.raises(NoSuch):
            rail.drawer.get_mandate(rail.account(), ref)
        with pytest.raises(NoSuch):
            rail.drawer.get_charge(rail.account(), ref)


# --- ending -------------------------------------------------------------------------------------------


def test_a_pending_mandate_is_cancelled(rail: Rail) -> None:
    account = rail.account()
    ref = rail.drawer.begin_mandate(account, rail.mandate(), new_id().hex).ref
    assert rail.drawer.cancel_mandate(account, ref, new_id().hex, pending_only=True) == "cancelled"
    view = rail.drawer.get_mandate(account, ref)
    assert view.state in ("stopped", "expired", "rejected")
    assert rail.drawer.cancel_mandate(account, ref, new_id().hex, pending_only=True) == "already_final"


def test_one_that_the_donor_was_faster_to_accept_is_left_active(rail: Rail) -> None:
    ref = active(rail)
    assert rail.drawer.cancel_mandate(rail.account(), ref, new_id().hex, pending_only=True) == "already_active"
    assert rail.drawer.get_mandate(rail.account(), ref).state == "active"


def test_an_active_mandate_is_stopped_once(rail: Rail) -> None:
    account, ref, key = rail.account(), active(rail), new_id().hex
    assert rail.drawer.cancel_mandate(account, ref, key) == "cancelled"
    assert rail.drawer.get_mandate(account, ref).state == "stopped"
    assert rail.drawer.cancel_mandate(account, ref, key) in ("cancelled", "already_final")
    assert rail.drawer.cancel_mandate(account, ref, new_id().hex) == "already_final"


def test_a_stopped_mandate_is_neither_charged_nor_changed(rail: Rail) -> None:
    account, ref = rail.account(), active(rail)
    rail.drawer.cancel_mandate(account, ref, new_id().hex)
    with pytest.raises(AlreadyFinal):
        rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex)
    with pytest.raises(AlreadyFinal):
        rail.drawer.update_mandate(account, ref, MandateChange(currency="DKK", amount=20_000), new_id().hex)


# --- changing -----------------------------------------------------------------------------------------


def test_an_amount_is_changed(rail: Rail) -> None:
    account, ref = rail.account(), active(rail)
    for _ in range(2):
        rail.drawer.update_mandate(account, ref, MandateChange(currency="DKK", amount=25_000), "one-key")
    view = rail.drawer.get_mandate(account, ref)
    assert view.state == "active"
    assert view.amount in (25_000, None)


# --- charging -----------------------------------------------------------------------------------------


def test_a_charge_is_collected_and_told(rail: Rail) -> None:
    account, ref, asked = rail.account(), active(rail), rail.charge()
    charge = rail.drawer.schedule_charge(account, ref, asked, new_id().hex)
    rail.is_due(charge.ref)
    view = rail.drawer.get_charge(account, charge.ref)
    assert (view.state, view.charged, view.refunded, view.currency) == ("charged", 10_000, 0, "DKK")
    assert (view.reference, view.mandate_ref) == (asked.reference, ref)
    (said,) = [one for one in rail.told(account) if one.kind == "charge.charged"]
    assert (said.ref, said.reference, said.mandate_ref, said.amount) == (charge.ref, asked.reference, ref, 10_000)


def test_a_charge_that_cannot_be_collected_has_failed_with_a_reason(rail: Rail) -> None:
    account, ref = rail.account(), active(rail)
    charge = rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex)
    rail.is_due(charge.ref, succeeds=False)
    view = rail.drawer.get_charge(account, charge.ref)
    assert view.state in ("failed", "rejected")
    assert (view.charged, view.reason_code) == (0, rail.failure)
    (said,) = [one for one in rail.told(account) if one.kind in ("charge.failed", "charge.rejected")]
    assert (said.ref, said.reason_code) == (charge.ref, rail.failure)


def test_a_charge_handed_over_twice_is_one(rail: Rail) -> None:
    account, ref, asked, key = rail.account(), active(rail), rail.charge(), new_id().hex
    first = rail.drawer.schedule_charge(account, ref, asked, key)
    assert rail.drawer.schedule_charge(account, ref, asked, key).ref == first.ref
    assert rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex).ref != first.ref


def test_a_charge_is_found_by_our_reference(rail: Rail) -> None:
    account, ref, asked = rail.account(), active(rail), rail.charge()
    with pytest.raises(NoSuch):
        rail.drawer.find_charge(account, ref, asked.reference)
    charge = rail.drawer.schedule_charge(account, ref, asked, new_id().hex)
    assert rail.drawer.find_charge(account, ref, asked.reference) == charge.ref


def test_a_charge_is_called_back_before_it_is_due(rail: Rail) -> None:
    account, ref = rail.account(), active(rail)
    if isinstance(rail, QuickpayRail):
        # There it is taken at once: what is called back is one that is not captured yet.
        rail.captures = False
    charge = rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex)
    assert rail.drawer.cancel_charge(account, charge.ref, new_id().hex) == "cancelled"
    assert rail.drawer.get_charge(account, charge.ref).state == "cancelled"
    assert rail.drawer.cancel_charge(account, charge.ref, new_id().hex) == "already_final"


def test_a_charge_that_was_collected_cannot_be_called_back(rail: Rail) -> None:
    account, ref = rail.account(), active(rail)
    charge = rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex)
    rail.is_due(charge.ref)
    assert rail.drawer.cancel_charge(account, charge.ref, new_id().hex) == "already_active"
    assert rail.drawer.get_charge(account, charge.ref).state == "charged"


def test_money_goes_back_in_parts_and_never_more_than_came(rail: Rail) -> None:
    account, ref = rail.account(), active(rail)
    charge = rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex)
    rail.is_due(charge.ref)
    rail.calls()
    asked, key = rail.back(4_000), new_id().hex
    for _ in range(2):
        rail.drawer.refund(account, charge.ref, asked, key)
    view = rail.drawer.get_charge(account, charge.ref)
    assert (view.state, view.charged, view.refunded) == ("charged", 10_000, 4_000)
    rail.drawer.refund(account, charge.ref, rail.back(6_000), new_id().hex)
    assert rail.drawer.get_charge(account, charge.ref).refunded == 10_000
    with pytest.raises((InvalidData, Permanent, AlreadyFinal)):
        rail.drawer.refund(account, charge.ref, rail.back(1), new_id().hex)


# --- single payments ------------------------------------------------------------------------------------


def test_a_single_payment_is_taken_once_the_donor_accepts(rail: Rail) -> None:
    account, asked, key = rail.account(), rail.payment(), new_id().hex
    begun = rail.drawer.begin_payment(account, asked, key)
    assert rail.drawer.begin_payment(account, asked, key).ref == begun.ref
    assert (begun.state, rail.drawer.get_charge(account, begun.ref).state) == ("pending", "pending")
    rail.donor_accepts(begun.ref)
    rail.take(begun.ref)
    view = rail.drawer.get_charge(account, begun.ref)
    assert (view.state, view.charged, view.reference) == ("charged", 20_000, asked.reference)
    (said,) = [one for one in rail.told(account) if one.kind == "charge.charged"]
    assert (said.ref, said.reference, said.amount) == (begun.ref, asked.reference, 20_000)


def test_a_single_payment_that_is_declined_takes_nothing(rail: Rail) -> None:
    account = rail.account()
    begun = rail.drawer.begin_payment(account, rail.payment(), new_id().hex)
    rail.donor_declines(begun.ref)
    view = rail.drawer.get_charge(account, begun.ref)
    assert view.state == ("rejected" if rail.declines_are_final else "pending")
    assert view.charged == 0
    kinds = {one.kind for one in rail.told(account)}
    assert ("charge.rejected" in kinds) is rail.declines_are_final
    assert not {"charge.charged", "charge.reserved"} & kinds


def test_a_single_payment_is_called_back_while_it_waits(rail: Rail) -> None:
    account = rail.account()
    begun = rail.drawer.begin_payment(account, rail.payment(), new_id().hex)
    assert rail.drawer.cancel_charge(account, begun.ref, new_id().hex) == "cancelled"
    assert rail.drawer.get_charge(account, begun.ref).state == "cancelled"


def test_a_single_payment_is_given_back(rail: Rail) -> None:
    account = rail.account()
    begun = rail.drawer.begin_payment(account, rail.payment(), new_id().hex)
    rail.donor_accepts(begun.ref)
    rail.take(begun.ref)
    rail.drawer.refund(account, begun.ref, rail.back(20_000, 20_000), new_id().hex)
    assert rail.drawer.get_charge(account, begun.ref).refunded == 20_000


# --- webhooks -----------------------------------------------------------------------------------------


def calls(rail: Rail) -> list[Call]:
    """Webhooks as they come of a mandate that was accepted."""
    ref = rail.drawer.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    rail.donor_accepts(ref)
    found = rail.calls()
    assert found
    return found


def test_every_webhook_says_what_the_port_knows(rail: Rail) -> None:
    for headers, raw, url in calls(rail):
        for event in rail.drawer.verify_webhook(rail.account(), headers, raw, url, clock.real_now()):
            assert event.kind in KINDS
            assert event.event_id
            assert event.ref


def test_headers_are_read_in_any_case(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    for change in (str.lower, str.upper):
        spelled = {change(name): value for name, value in headers.items()}
        assert rail.drawer.verify_webhook(rail.account(), spelled, raw, url, clock.real_now())


def test_the_same_webhook_twice_is_the_same_event(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    first, second = (rail.drawer.verify_webhook(rail.account(), headers, raw, url, clock.real_now()) for _ in range(2))
    assert [one.event_id for one in first] == [one.event_id for one in second]


def test_different_webhooks_are_different_events(rail: Rail) -> None:
    account = rail.account()
    said = [*(call for _ in range(3) for call in calls(rail))]
    ids = [
        event.event_id
        for headers, raw, url in said
        for event in rail.drawer.verify_webhook(account, headers, raw, url, clock.real_now())
    ]
    assert len(set(ids)) == len(ids) >= 3


def test_while_a_secret_is_exchanged_either_counts(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    for secrets in ((SECRET, "older"), ("newer", SECRET)):
        account = replace(rail.account(), webhook_secrets=secrets)
        assert rail.drawer.verify_webhook(account, headers, raw, url, clock.real_now())


@pytest.mark.parametrize("secrets", [(), ("",), ("another",), ("whsec-no", "hsec-now")])
def test_without_the_right_secret_nothing_is_believed(rail: Rail, secrets: tuple[str, ...]) -> None:
    headers, raw, url = calls(rail)[-1]
    account = replace(rail.account(), webhook_secrets=secrets)
    with pytest.raises(SignatureError):
        rail.drawer.verify_webhook(account, headers, raw, url, clock.real_now())


def test_a_body_that_was_changed_is_not_believed(rail: Rail) -> None:
    for headers, raw, url in calls(rail):
        for forged in (raw + b" ", raw[:-1], b"", raw.replace(b":", b": ", 1), b"{}", raw[:-1] + b"\xff"):
            with pytest.raises(SignatureError):
                rail.drawer.verify_webhook(rail.account(), headers, forged, url, clock.real_now())


def test_without_its_headers_a_webhook_is_not_believed(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    for name in rail.signs:
        assert headers[name]
        for value in (None, "", "t=,v1=", "\udcff", "x" * 1000, "æøå"):
            broken = {one: text for one, text in headers.items() if one != name}
            if value is not None:
                broken[name] = value
            with pytest.raises(SignatureError):
                rail.drawer.verify_webhook(rail.account(), broken, raw, url, clock.real_now())


def test_a_clock_that_is_minutes_off_is_believed_and_an_old_call_is_not(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    now = clock.real_now()
    for off in (timedelta(minutes=4), -timedelta(minutes=4)):
        assert rail.drawer.verify_webhook(rail.account(), headers, raw, url, now + off)
    if rail.kind == "quickpay":
        # Nothing in it is signed that says when: only that an event is taken once protects against a repetition.
        return
    for off in (timedelta(minutes=6), -timedelta(minutes=6), timedelta(days=400)):
        with pytest.raises(SignatureError) as fault:
            rail.drawer.verify_webhook(rail.account(), headers, raw, url, now + off)
        assert fault.value.code == "stale"


def test_in_whatever_order_webhooks_come_they_say_the_same(rail: Rail) -> None:
    account = rail.account()
    ref = rail.drawer.begin_mandate(account, rail.mandate(), new_id().hex).ref
    rail.donor_accepts(ref)
    charge = rail.drawer.schedule_charge(account, ref, rail.charge(), new_id().hex)
    rail.is_due(charge.ref)
    found = rail.calls()
    assert len(found) >= 2

    def said(ordered: list[Call]) -> set[tuple[str, str, str]]:
        return {
            (event.event_id, event.kind, event.ref)
            for headers, raw, url in ordered
            for event in rail.drawer.verify_webhook(account, headers, raw, url, clock.real_now())
        }

    assert said(found) == said(found[::-1]) == said(found + found)


def test_a_webhook_is_far_smaller_than_the_most_that_is_taken(rail: Rail) -> None:
    assert all(10 * len(raw) < rail.drawer.most_webhook for _headers, raw, _url in calls(rail))
    assert rail.drawer.most_webhook <= 1_000_000


def test_a_huge_body_is_not_believed_for_its_size(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    with pytest.raises(SignatureError):
        rail.drawer.verify_webhook(rail.account(), headers, raw + b" " * 5_000_000, url, clock.real_now())


def test_one_accounts_webhook_is_not_anothers(rail: Rail) -> None:
    headers, raw, url = calls(rail)[-1]
    other = replace(rail.account(), id=new_id(), webhook_secrets=("of-another-account",))
    with pytest.raises(SignatureError):
        rail.drawer.verify_webhook(other, headers, raw, url, clock.real_now())
