"""Calling a gateway from an act on a session: outside of every transaction, never on a guess, and never a crash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ringround.infra import clock
from ringround.infra.unit import unit
from ringround.kernel.errors import Conflict, Invalid
from ringround.onboarding import actions
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import AlreadyFinal, MandateRef, MandateView, Permanent, Transient
from ringround.onboarding.models import GatewayAccount, Session, Subscription
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding import workflows
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import PERSON, Scene
from tests.integration.onboarding.workflows import UPGRADE


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail(needs=frozenset({"msisdn"}))
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


def raises(fault: Exception) -> Any:
    def does(key: str, asked: Any) -> None:
        raise fault

    return does


def states(state: str) -> Any:
    return lambda key, ref: MandateView(ref=ref, state=state, reference="")  # type: ignore[arg-type]


# --- outside --------------------------------------------------------------------------------------


def test_with_a_key_a_beginning_whose_answer_was_lost_stays_begun_and_is_repeated(scene: Scene, rail: Rail) -> None:
    session, call = scene.submit(), Caller(token_for(scene.agent))
    rail.on["begin_mandate"] = raises(Transient("timeout"))
    path = f"/sessions/{session.id}/submit-payment"
    lost = call("POST", path, Idempotency_Key="k")
    assert (lost.status_code, lost.json()["code"]) == (409, "gateway_busy")
    begun = scene.see(session)
    assert begun.beginning_at is not None
    assert begun.account_id == scene.account.id
    del rail.on["begin_mandate"]
    again = call("POST", path, Idempotency_Key="k")
    assert (again.status_code, again.json()["status"]) == (200, "Processing")
    assert call("POST", path, Idempotency_Key="k")["Idempotency-Replayed"] == "true"
    assert [key for _name, key, _asked in rail.asked] == [str(session.id)] * 2


def test_with_a_key_a_session_is_cancelled_at_its_gateway(scene: Scene, rail: Rail) -> None:
    session, call = scene.at_gateway(), Caller(token_for(scene.agent))
    said = call("POST", f"/sessions/{session.id}/cancel", {"reason": "Fortrudt"}, Idempotency_Key="k").json()
    assert (said["status"], rail.names()) == ("Rejected", ["begin_mandate", "cancel_mandate"])


def test_no_gateway_is_called_within_a_unit_of_work(scene: Scene, rail: Rail) -> None:
    session = scene.submit()
    with pytest.raises(RuntimeError), unit():
        actions.session_cancel(actor=scene.agent, session_id=session.id)
    assert rail.asked == []


# --- ending ---------------------------------------------------------------------------------------


def test_what_is_final_there_and_cannot_be_asked_for_is_not_ended_on_a_guess(scene: Scene, rail: Rail) -> None:
    session = scene.at_gateway()
    rail.on["cancel_mandate"] = lambda key, ref: "already_final"
    rail.on["get_mandate"] = raises(Transient("down"))
    with pytest.raises(Conflict) as refused:
        actions.session_decline(actor=scene.agent, session_id=session.id)
    assert refused.value.code == "gateway_busy"
    assert scene.stands(session)[0] == "Processing"


def test_what_was_accepted_before_it_could_be_cancelled_is_an_agreement(scene: Scene, rail: Rail) -> None:
    session = scene.at_gateway()
    rail.on["cancel_mandate"] = raises(AlreadyFinal())
    rail.on["get_mandate"] = states("active")
    actions.session_cancel(actor=scene.agent, session_id=session.id)
    assert scene.stands(session)[0] == "Complete"
    assert Subscription.objects.get().state == "active"


def test_a_beginning_that_is_answered_after_a_no_is_called_back(scene: Scene, rail: Rail) -> None:
    session = scene.submit()

    def meanwhile(key: str, asked: Any) -> MandateRef:
        Session.objects.filter(id=session.id).update(
            status="Rejected", phase="done", ended_at=clock.now(), look_at=None, beginning_at=None
        )
        return MandateRef(ref="m-late")

    rail.on["begin_mandate"] = meanwhile
    actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    scene.due()
    assert ("cancel_mandate", "m-late") in [(name, ref) for name, _key, ref in rail.asked]
    assert scene.see(session).look_at is None


# --- one at a time --------------------------------------------------------------------------------


def test_a_second_sign_up_of_a_lead_waits_for_the_end_of_the_first(scene: Scene) -> None:
    first = scene.submit()
    with pytest.raises(Conflict) as refused:
        scene.submit()
    assert refused.value.code == "session_open"
    assert refused.value.errors[0].extra == {"session": str(first.id)}
    assert Session.objects.count() == 1
    assert scene.lead(first).attempts == 1
    actions.session_cancel(actor=scene.agent, session_id=first.id)
    assert scene.submit().lead_id == first.lead_id


def test_a_local_act_locks_its_subscription_before_its_lead(scene: Scene) -> None:
    scene.at_gateway()
    scene.settle(seconds=1)
    made = workflows.make(scene.merchant.manager, name="Opgradering", definition=UPGRADE)
    scene.campaign = scene.rig.campaign(workflow=str(made.id))
    contact = Session.objects.get().contact_id
    lead_id = scene.rig.lead(scene.campaign, contact=contact)
    with CaptureQueriesContext(connection) as asked:
        scene.submit(
            action="pause", subscription_id=Subscription.objects.get().id, lead_id=lead_id, params={},
            product=None, contact={}, agreement={}, payment_method=None,
        )  # fmt: skip
    locks = [one["sql"] for one in asked.captured_queries if "FOR UPDATE" in one["sql"] or "FOR NO KEY" in one["sql"]]
    of = [next((name for name in ("onboarding_subscription", "campaigns_lead") if f'FROM "{name}"' in one
                or f"FROM {name} " in one), "") for one in locks]  # fmt: skip
    assert "campaigns_lead" in of
    assert of.index("onboarding_subscription") < of.index("campaigns_lead")


def test_one_session_that_cannot_be_looked_at_keeps_no_other_from_expiring(scene: Scene, rail: Rail) -> None:
    poisoned, other = scene.at_gateway(), scene.at_gateway(external_lead_id="crm-2")

    def look(key: str, ref: str) -> MandateView:
        if ref == poisoned.gateway_ref:
            raise RuntimeError("a bug")
        return MandateView(ref=ref, state="pending", reference="")

    rail.on["get_mandate"] = look
    scene.due(days=2)
    assert scene.stands(other)[0] == "Expired"
    assert scene.see(poisoned).look_at == clock.now() + timedelta(minutes=5)


# --- what the donor is asked ----------------------------------------------------------------------


def test_a_method_that_the_product_does_not_allow_is_not_completed_on_the_screen(scene: Scene, rail: Rail) -> None:
    session = scene.submit(product="once", payment_method=None, agreement={"amount": 10000, "currency": "DKK"})
    GatewayAccount.objects.update(methods=["direct_debit"])
    with pytest.raises(Conflict) as refused:
        actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    assert (refused.value.code, rail.asked) == ("no_payment_account", [])


def test_a_telephone_that_the_donor_types_is_read_as_one(scene: Scene, rail: Rail) -> None:
    session = scene.submit(contact={one: PERSON[one] for one in ("first_name", "last_name")})
    token = scene.link(session)
    with pytest.raises(Invalid) as refused:
        scene.confirm(token, values={"phone": "1234 nej"})
    assert [one.code for one in refused.value.errors] == ["bad_phone"]
    scene.confirm(token, values={"phone": " 20 12 34 56\x07"})
    assert scene.see(session).given["phone"] == "+4520123456"
    assert rail.asked[0][2].donor.msisdn == "+4520123456"


# --- secrets --------------------------------------------------------------------------------------


def test_the_donors_link_is_not_kept_in_clear(scene: Scene, rail: Rail) -> None:
    session = scene.submit()
    token = scene.link(session)
    rail.on["begin_mandate"] = raises(Transient("timeout"))
    at = f"https://ringround.example/a/{token}?back=1"
    with pytest.raises(Conflict):
        scene.confirm(token, return_url=at)
    assert rail.asked[0][2].return_url == at
    assert token not in str(scene.see(session).snapshot["return_url"])
    del rail.on["begin_mandate"]
    scene.confirm(token, return_url=at)
    assert "return_url" not in scene.see(session).snapshot


def test_what_the_provider_said_is_not_shown_to_agents(scene: Scene, rail: Rail) -> None:
    session = scene.submit()
    rail.on["begin_mandate"] = raises(Permanent("refused", 'HTTP 400: {"phoneNumber": "+4520123456"}'))
    actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    ended = scene.see(session)
    assert (ended.status, ended.reason, ended.detail) == ("Failed", "cannot_begin", "")


def test_a_session_that_no_key_opens_is_still_listed(scene: Scene) -> None:
    session = scene.submit(contact={**PERSON, "national_id": "010170-1234"})
    Session.objects.filter(id=session.id).update(secrets="nonsense")
    shown = Caller(token_for(scene.agent))("GET", "/sessions").json()["items"][0]
    assert shown["contact"]["national_id"] == "••••"


def test_an_account_that_no_key_opens_ends_nothing_and_says_not_now(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    GatewayAccount.objects.update(secrets="nonsense")
    assert Client().get(f"/a/{token}").status_code == 200
    refused = Caller(token_for(scene.agent))("POST", f"/sessions/{session.id}/submit-payment")
    assert (refused.status_code, refused.json()["code"]) == (409, "gateway_busy")
    assert scene.stands(session)[0] == "New"


def test_a_webhook_with_a_length_beyond_reckoning_is_too_large(scene: Scene) -> None:
    path = f"/api/v1/gateways/sandbox/{scene.account.slug}/webhook"
    answer = Client().generic("POST", path, b"{}", "application/json", CONTENT_LENGTH="1" * 5000)
    assert answer.status_code == 413
