"""Providers that are ill: what a drawer says of what goes wrong on the line, and that nothing happens twice."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import calling
from ringround.onboarding.gateways.port import GatewayError, MandateChange, Transient, Unknown
from tests.contract.onboarding.by_http import ByHttp
from tests.contract.onboarding.every import OUTSIDE

# What the other side may have done.
DONE = ("late_trouble", "cut", "half", "wrong", "empty", "slow")
NOT_DONE = ("trouble", "rate", "stranger")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "DEADLINE_S", 5.0)


@pytest.fixture(params=OUTSIDE, ids=lambda one: one.kind)
def rail(request: pytest.FixtureRequest) -> Iterator[ByHttp]:
    made = request.param()
    yield made
    made.close()


def begun(rail: ByHttp) -> str:
    return str(rail.drawer.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref)


def active(rail: ByHttp) -> str:
    ref = begun(rail)
    rail.donor_accepts(ref)
    return ref


def charged(rail: ByHttp) -> str:
    charge = rail.drawer.schedule_charge(rail.account(), active(rail), rail.charge(), new_id().hex)
    rail.is_due(charge.ref)
    return str(charge.ref)


def begin(rail: ByHttp) -> Callable[[], Any]:
    asked, key = rail.mandate(), new_id().hex
    return lambda: rail.drawer.begin_mandate(rail.account(), asked, key)


def charge(rail: ByHttp) -> Callable[[], Any]:
    ref, asked, key = active(rail), rail.charge(), new_id().hex
    return lambda: rail.drawer.schedule_charge(rail.account(), ref, asked, key)


def refund(rail: ByHttp) -> Callable[[], Any]:
    ref, asked, key = charged(rail), rail.back(4_000), new_id().hex
    return lambda: rail.drawer.refund(rail.account(), ref, asked, key)


def stop(rail: ByHttp) -> Callable[[], Any]:
    ref, key = active(rail), new_id().hex
    return lambda: rail.drawer.cancel_mandate(rail.account(), ref, key)


def said_by(act: Callable[[], Any]) -> GatewayError | None:
    try:
        act()
    except GatewayError as fault:
        return fault
    return None


CHANGES = (begin, charge, refund, stop)


@pytest.mark.parametrize("mode", [*DONE, *NOT_DONE])
@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_a_change_that_was_cut_short_may_be_asked_for_again_and_happens_once(
    rail: ByHttp, change: Callable[[ByHttp], Callable[[], Any]], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = change(rail)
    if mode == "slow":
        monkeypatch.setattr(calling, "DEADLINE_S", 0.5)
    rail.mode = mode
    rail.ill_for = lambda method, path: method != "GET" and "accesstoken" not in path
    fault = said_by(act)
    if fault is None:
        # Where what is needed stands in the status alone, the body may be anything.
        assert mode in ("half", "wrong", "empty")
    else:
        assert fault.again, fault
        assert isinstance(fault, Transient if mode in ("rate", "stranger") else Unknown), fault
    rail.mode = "ok"
    monkeypatch.setattr(calling, "DEADLINE_S", 5.0)
    act()
    assert rail.happened(change.__name__) == 1


@pytest.mark.parametrize("mode", [*DONE, *NOT_DONE])
def test_a_question_that_is_not_answered_is_asked_another_time(
    rail: ByHttp, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = charged(rail)
    mandate = rail.drawer.get_charge(rail.account(), ref).mandate_ref
    if mode == "slow":
        monkeypatch.setattr(calling, "DEADLINE_S", 0.5)
    rail.mode = mode
    for ask in (rail.drawer.get_mandate, rail.drawer.get_charge):
        with pytest.raises(Transient):
            ask(rail.account(), mandate if ask == rail.drawer.get_mandate else ref)


def test_a_rate_that_was_exceeded_says_when_to_come_back(rail: ByHttp) -> None:
    act = begin(rail)
    rail.mode = "rate"
    with pytest.raises(Transient) as fault:
        act()
    assert (fault.value.code, fault.value.retry_after_s > 0, fault.value.down) == ("rate", True, True)


@pytest.mark.parametrize("dead", [True, False])
def test_a_provider_that_is_not_there_has_surely_not_done_it(rail: ByHttp, dead: bool) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    account = rail.account()
    away = replace(account, id=new_id(), settings={**account.settings, "url": f"http://127.0.0.1:{port}"})
    allowed = replace(settings.RINGROUND, allow_private_targets=dead)
    with override_settings(RINGROUND=allowed), pytest.raises(Transient) as fault:
        rail.drawer.begin_mandate(away, rail.mandate(), new_id().hex)
    assert (fault.value.code, fault.value.detail) == ("unreachable", "unreachable" if dead else "private_target")
    assert rail.drawer.look(away)
    assert not rail.asked


def test_a_wrong_sign_in_is_said_to_be_one(rail: ByHttp) -> None:
    account = rail.account()
    wrong = replace(account, id=new_id(), secrets=dict.fromkeys(account.secrets, "wrong"))
    with pytest.raises(Transient) as fault:
        rail.drawer.begin_mandate(wrong, rail.mandate(), new_id().hex)
    assert (fault.value.code, fault.value.down) == ("credentials", True)
    assert "credentials" in rail.drawer.look(wrong)
    assert not rail.happened("begin")


def test_nothing_secret_stands_in_an_address_nor_in_a_fault(rail: ByHttp) -> None:
    act = charge(rail)
    rail.mode = "trouble"
    with pytest.raises(GatewayError) as fault:
        act()
    said = f"{fault.value} {fault.value!r}"
    for secret in (*rail.account().secrets.values(), *rail.account().webhook_secrets):
        assert secret not in said
        assert all(secret not in path for _method, path, _headers, _body in rail.asked)


def test_an_update_is_refused_while_the_line_is_down_and_taken_afterwards(rail: ByHttp) -> None:
    ref, change = active(rail), MandateChange(currency="DKK", amount=20_000)
    rail.mode = "trouble"
    with pytest.raises(GatewayError) as fault:
        rail.drawer.update_mandate(rail.account(), ref, change, "update-1")
    assert fault.value.again
    rail.mode = "ok"
    rail.drawer.update_mandate(rail.account(), ref, change, "update-1")
