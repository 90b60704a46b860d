"""Gateways are asked about sessions beside the relay, several at once: one that hangs keeps nobody waiting."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from ringround.config import wiring
from ringround.infra import clock
from ringround.onboarding import actions
from ringround.onboarding.actions.sessions import expire
from ringround.onboarding.asking import EACH, Asker
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import NoSuch, Transient
from ringround.onboarding.models import GatewayAccount, Session
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.test_session_ends import fate


def asked(monkeypatch: pytest.MonkeyPatch, say: Any) -> list[str]:
    """The accounts that are asked, in turn; `say` is what each question comes to."""
    found: list[str] = []

    def ask(_drawer: object, account: Any, ref: str) -> Any:
        found.append(account.slug)
        return say(account)

    monkeypatch.setattr(type(DRAWERS["sandbox"]), "get_mandate", ask)
    return found


def nothing(_account: object) -> Any:
    raise NoSuch("unknown")


def down(_account: object) -> Any:
    raise Transient("timeout")


def test_the_relay_calls_no_gateway(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, waiting = scene.at_gateway(**fate(3)), scene.submit(external_lead_id="crm-2")
    calls = asked(monkeypatch, nothing)
    clock.advance(timedelta(days=3))
    wiring.make_relay().step()
    # Who never went to the gateway is expired at once; who did is left to those who ask.
    assert (calls, scene.stands(waiting)[0], scene.stands(begun)[0]) == ([], "Expired", "Processing")
    actions.sessions_ask(now=clock.now())
    assert (len(calls), scene.stands(begun)[0]) == (1, "Expired")


def test_the_virtual_clock_asks_by_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = scene.at_gateway(**fate(3))
    asked(monkeypatch, nothing)
    clock.advance(timedelta(days=3))
    wiring.make_relay().drain()
    assert scene.stands(begun)[0] == "Expired"


def test_an_account_that_is_down_is_found_out_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        scene.at_gateway(external_lead_id=f"crm-{number}", **fate(3))
    calls = asked(monkeypatch, down)
    clock.advance(timedelta(days=3))
    for one in expire.sessions_asked(now=clock.now(), limit=1):
        expire.session_ask(session_id=one.session_id, lost=one.lost, now=clock.now())
    assert GatewayAccount.objects.get().failures == 1
    assert not actions.sessions_ask(now=clock.now())
    assert len(calls) == 1


def test_one_that_cannot_be_looked_at_keeps_no_other_from_its_turn(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = scene.submit(external_lead_id="crm-1"), scene.submit(external_lead_id="crm-2")
    Session.objects.filter(id=bad.id).update(look_at=clock.now())
    lock = expire.store.lock

    def broken(session_id: Any) -> Any:
        if session_id == bad.id:
            raise AssertionError("poisoned")
        return lock(session_id)

    monkeypatch.setattr(expire.store, "lock", broken)
    scene.due(days=3)
    assert (scene.stands(bad)[0], scene.stands(good)[0]) == ("New", "Expired")
    assert scene.see(bad).look_at == clock.now() + expire.AGAIN


@pytest.mark.django_db(transaction=True)
def test_a_gateway_that_hangs_holds_its_own_places_alone(monday_ten: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.integration.campaigns.rig import rig

    scene = Scene(rig())
    sessions = [scene.at_gateway(external_lead_id=f"crm-{number}", **fate(3)) for number in range(EACH + 3)]
    first = GatewayAccount.objects.get()
    other = GatewayAccount.objects.get()
    other.pk, other.slug = None, "other"
    from ringround.kernel.ids import new_id

    other.id = new_id()
    other.save(force_insert=True)
    Session.objects.filter(id=sessions[-1].id).update(account=other)
    free = threading.Event()

    def say(account: Any) -> Any:
        if account.slug == first.slug:
            free.wait(30)
        raise NoSuch("unknown")

    calls = asked(monkeypatch, say)
    clock.advance(timedelta(days=3))
    asker = Asker()
    try:
        for _ in range(50):
            asker.step(wait_s=0.1)
            if scene.stands(sessions[-1])[0] == "Expired":
                break
        assert scene.stands(sessions[-1])[0] == "Expired"
        assert calls.count(first.slug) == EACH
    finally:
        free.set()
    asker.drain()
    assert {scene.stands(one)[0] for one in sessions} == {"Expired"}
    asker._pool.shutdown()
