"""How sessions end: by the gateway's word, by donor, agent or time; and what becomes of the lead."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as campaigns_read
from ringround.campaigns.models import Attempt, Callback, Campaign
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid, NotFound, NotNow
from ringround.messaging.models import Message
from ringround.onboarding import actions, doctor
from ringround.onboarding.actions.agreements import one_off_id
from ringround.onboarding.actions.intake import events_add
from ringround.onboarding.actions.sessions import acts
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    AlreadyFinal,
    ChargeView,
    InvalidData,
    MandateRef,
    MandateView,
    Permanent,
    Transient,
    Unknown,
)
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.onboarding.gateways.sandbox import books
from ringround.onboarding.models import (
    Agreement,
    Charge,
    GatewayAccount,
    GatewayEvent,
    Mandate,
    SandboxOrder,
    Session,
    Subscription,
)
from ringround.orgs.models import AgencyLink
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding.agreed import Round
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import HOLDER, PERSON, Scene
from tests.integration.onboarding.workflows import SIGNUP

ONE_OFF = {**SIGNUP, "products": [{**SIGNUP["products"][0], "one_off_at_start": True}]}


def fate(number: int) -> dict[str, Any]:
    """What the sandbox does with this amount."""
    return {"agreement": {"amount": 10000 + number, "currency": "DKK", "schedule": "monthly"}}


# --- the gateway's word ---------------------------------------------------------------------------


def test_an_acceptance_makes_what_was_agreed_and_wins_the_lead(scene: Scene) -> None:
    session = scene.at_gateway()
    assert scene.stands(session) == ("Processing", "at_gateway")
    scene.settle(seconds=1)
    assert scene.stands(session) == ("Complete", "done")
    now = scene.see(session)
    assert (now.completed_at, now.late, now.secrets) == (clock.now(), False, "")
    subscription = Subscription.objects.get()
    assert (subscription.state, subscription.amount, subscription.schedule) == ("active", 10000, "monthly")
    assert now.subscription_id == subscription.id
    assert (Mandate.objects.get().state, Agreement.objects.get().contact_id) == ("active", session.contact_id)
    lead = scene.lead(session)
    assert (lead.status, lead.engaged, lead.next_contact_at) == ("success", True, None)
    assert Attempt.objects.get().engaged
    assert campaigns_read.counts(campaign_ids=[scene.campaign.id])[scene.campaign.id]["engaged"] == 1
    assert scene.told(session.id) == [
        "onboarding.session.created", "onboarding.session.processing", "onboarding.session.completed"
    ]  # fmt: skip
    assert scene.timeline(session) == ["session_submitted", "session_complete"]
    assert scene.log(session)[-2:] == ["processing", "completed"]


def test_a_second_success_of_the_same_lead_counts_no_more(scene: Scene) -> None:
    for _ in range(2):
        session = scene.at_gateway()
        scene.settle(seconds=1)
        assert scene.stands(session)[0] == "Complete"
    assert campaigns_read.counts(campaign_ids=[scene.campaign.id])[scene.campaign.id]["engaged"] == 1


def test_the_same_word_twice_is_ignored_once(scene: Scene) -> None:
    session = scene.at_gateway(**fate(7))
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Complete"
    assert Subscription.objects.count() == 1
    event = GatewayEvent.objects.filter(kind="mandate.active", state="applied")[0]
    event.id, event.event_id, event.state = None, "again", "received"
    from ringround.kernel.ids import new_id

    event.id = new_id()
    event.save(force_insert=True)
    scene.settle()
    assert GatewayEvent.objects.get(event_id="again").state == "ignored"
    assert Subscription.objects.count() == 1


def test_a_rejection_at_the_gateway_is_a_no(scene: Scene) -> None:
    session = scene.at_gateway(**fate(1))
    scene.settle(seconds=1)
    assert scene.stands(session) == ("Rejected", "done")
    assert scene.see(session).reason == "gateway_rejected"
    assert (scene.lead(session).status, scene.lead(session).engaged) == ("not_interested", False)
    assert not Agreement.objects.exists()


def test_what_is_accepted_after_a_while_is_accepted(scene: Scene) -> None:
    session = scene.at_gateway(**fate(4))
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Processing"
    scene.settle(seconds=61)
    assert scene.stands(session)[0] == "Complete"


def test_an_acceptance_that_overtakes_the_beginning_is_taken(scene: Scene) -> None:
    session = scene.at_gateway(**fate(8))
    scene.settle(seconds=5)
    assert scene.stands(session)[0] == "Complete"
    assert Subscription.objects.count() == 1


def test_an_acceptance_before_the_answer_was_noted_finds_its_session(scene: Scene) -> None:
    session = scene.at_gateway()
    Session.objects.filter(id=session.id).update(
        gateway_ref="", status="New", phase="link_opened", beginning_at=clock.real_now()
    )
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Complete"
    assert scene.see(session).gateway_ref != ""


@pytest.mark.parametrize("with_it", [True, False])
def test_a_payment_at_the_start_is_taken_once_whether_the_rail_takes_it_with_the_acceptance_or_not(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, with_it: bool
) -> None:
    rail = Rail(one_off_start=with_it)
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    rail.on["begin_mandate"] = lambda key, asked: MandateRef(
        ref=f"m-{asked.reference}", state="active", charge_ref="c-1" if asked.one_off else ""
    )
    rail.charges["c-1"] = ChargeView(ref="c-1", state="submitted", reference="")
    scene = Scene(rig, definition=ONE_OFF)
    session = scene.at_gateway()
    assert scene.stands(session)[0] == "Complete"
    Round().all()
    charge = Charge.objects.get(one_off=True)
    assert (charge.state, charge.ref) == ("submitted", "c-1" if with_it else f"c-{charge.id.hex}")
    assert rail.names().count("schedule_charge") == (0 if with_it else 1)


def test_a_single_donation_is_one_payment_and_no_subscription(scene: Scene) -> None:
    session = scene.at_gateway(product="once", agreement={"amount": 50000})
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Complete"
    assert not Subscription.objects.exists()
    assert Agreement.objects.get().payment_type == "single"


def test_the_thanks_of_the_product_go_out_once(rig: Rig) -> None:
    product = {**SIGNUP["products"][0], "welcome_message": "Tusind tak!"}
    scene = Scene(rig, definition={**SIGNUP, "products": [product]})
    scene.at_gateway()
    scene.settle(seconds=1)
    scene.settle(seconds=1)
    assert scene.texts().count("Tusind tak!") == 1


@pytest.mark.parametrize(("language", "subject"), [("da", "Tak"), ("en", "Thank you")])
def test_the_thanks_by_mail_have_their_subject_in_the_donors_language(rig: Rig, language: str, subject: str) -> None:
    product = {**SIGNUP["products"][0], "welcome_message": "Tusind tak!"}
    scene = Scene(rig, definition={**SIGNUP, "products": [product], "languages": ["da", "en"]})
    scene.transport("email")
    # The relay and the agents speak another language than the donor does.
    with translation.override("en" if language == "da" else "da"):
        contact = {"first_name": "Åse", "email": "aase@example.org"}
        scene.at_gateway(contact=contact, language=language)
        scene.settle(seconds=1)
    sent = Message.objects.get(text="Tusind tak!")
    assert (sent.channel, sent.to, sent.subject) == ("email", "aase@example.org", subject)


# --- donor and agent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "reason"),
    [(actions.session_decline, "agent_declined"), (actions.session_cancel, "cancelled")],
)
def test_an_agent_ends_a_session_as_rejected(scene: Scene, act: Any, reason: str) -> None:
    session = scene.submit()
    act(actor=scene.agent, session_id=session.id, reason="Vil tænke over det")
    assert scene.stands(session) == ("Rejected", "done")
    now = scene.see(session)
    assert (now.reason, now.detail) == (reason, "Vil tænke over det")
    with pytest.raises(Conflict) as why:
        act(actor=scene.agent, session_id=session.id)
    assert (why.value.code, set(why.value.allowed)) == ("wrong_state", {"New", "Processing"})


def test_a_no_closes_the_lead_and_is_told_to_whoever_opens_the_link(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    actions.session_decline(actor=scene.agent, session_id=session.id)
    assert scene.lead(session).status == "not_interested"
    assert actions.link_open(token=token, holder="").state == "declined"


def test_of_what_was_submitted_by_mistake_nobody_has_said_no(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    actions.session_cancel(actor=scene.agent, session_id=session.id)
    lead = scene.lead(session)
    assert (lead.status, lead.owner_id, lead.next_contact_at) == ("private_redial", scene.agent.user_id, clock.now())
    assert actions.link_open(token=token, holder="").state == "revoked"


def test_what_is_under_way_is_cancelled_at_the_gateway_too(scene: Scene) -> None:
    session = scene.at_gateway(**fate(4))
    actions.session_cancel(actor=scene.agent, session_id=session.id)
    assert scene.stands(session)[0] == "Rejected"
    scene.settle(seconds=120)
    assert scene.stands(session)[0] == "Rejected"
    assert not Agreement.objects.exists()


def test_whoever_had_accepted_already_has_an_agreement(scene: Scene) -> None:
    session = scene.at_gateway(**fate(10))
    # It is accepted there, and the webhook was lost.
    clock.advance(timedelta(seconds=5))
    from ringround.onboarding import sandbox

    sandbox.sandbox_due(clock.now())
    if SandboxOrder.objects.get(what="mandate").state != "active":
        pytest.fail("the sandbox has not accepted")
    assert scene.stands(session)[0] == "Processing"
    actions.session_decline(actor=scene.agent, session_id=session.id)
    assert scene.stands(session)[0] == "Complete"
    assert Subscription.objects.count() == 1


def test_a_gateway_that_is_away_keeps_the_session_as_it_is(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    session = scene.at_gateway(**fate(3))

    def away(*args: Any, **kwargs: Any) -> None:
        raise Transient("down")

    monkeypatch.setattr(type(DRAWERS["sandbox"]), "cancel_mandate", away)
    with pytest.raises(Conflict) as why:
        actions.session_cancel(actor=scene.agent, session_id=session.id)
    assert why.value.code == "gateway_busy"
    assert scene.stands(session)[0] == "Processing"


def test_a_gateway_that_cannot_say_how_it_ended_keeps_the_session_as_it_is(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    session = scene.at_gateway()

    def away(*_: Any) -> None:
        raise Transient("down")

    def final(*_: Any) -> None:
        raise AlreadyFinal("active")

    rail.on["cancel_mandate"], rail.on["get_mandate"] = final, away
    with pytest.raises(Conflict) as why:
        actions.session_cancel(actor=scene.agent, session_id=session.id)
    assert why.value.code == "gateway_busy"
    ref = scene.see(session).gateway_ref
    rail.on["get_mandate"] = lambda *_: MandateView(ref=ref, state="active")
    actions.session_cancel(actor=scene.agent, session_id=session.id)
    assert scene.stands(session)[0] == "Complete"


def test_a_session_whose_donor_has_just_gone_to_the_gateway_is_not_cancelled_without_asking_there(scene: Scene) -> None:
    session = scene.submit()
    token, gone = scene.link(session), []

    def between(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        """The donor confirms just before the caller has the session's lock."""
        if "FOR NO KEY UPDATE" in statement and "onboarding_session" in statement and not gone:
            gone.append(True)
            scene.confirm(token)
        return execute(statement, params, many, context)

    with connection.execute_wrapper(between), pytest.raises(Conflict) as why:
        acts.end(session.id, reason="cancelled", actor=scene.agent)
    assert (gone, why.value.code) == ([True], "gateway_busy")


def test_what_had_begun_when_the_session_ended_is_called_back_without_being_told_of(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)

    def late(key: str, asked: Any) -> MandateRef:
        Session.objects.update(status="Rejected", phase="done", look_at=None)
        return MandateRef(ref="m-late")

    rail.on["begin_mandate"] = late
    scene.at_gateway()
    scene.due()
    assert [asked for name, _, asked in rail.asked if name == "cancel_mandate"] == ["m-late"]


def test_what_is_accepted_after_a_no_is_stopped_at_the_gateway(scene: Scene) -> None:
    session = scene.at_gateway(**fate(3))
    with_ref = scene.see(session)
    actions.session_decline(actor=scene.agent, session_id=session.id)
    # The rail says yes all the same.
    from ringround.kernel.ids import new_id

    GatewayEvent.objects.create(
        id=new_id(), account=scene.account, event_id="late", kind="mandate.active", ref=with_ref.gateway_ref,
        received_at=clock.now(), next_at=clock.now(),
    )  # fmt: skip
    scene.settle()
    assert scene.stands(session)[0] == "Rejected"
    assert not Agreement.objects.exists()
    assert scene.log(session)[-1] == "accepted_after_end"
    scene.due()
    assert scene.log(session)[-1] == "called_back"
    assert SandboxOrder.objects.get(what="mandate").state != "active"
    assert scene.see(session).look_at is None


def test_what_a_gateway_never_takes_back_is_asked_for_ever_later_and_then_told_by_the_doctor(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    session = scene.at_gateway()
    actions.session_decline(actor=scene.agent, session_id=session.id)
    clock.advance(timedelta(hours=2))
    told = Told(event_id="late", kind="mandate.active", ref=scene.see(session).gateway_ref, occurred_at=clock.now())
    events_add(account_id=scene.account.id, told=[told], now=clock.now())
    scene.settle()
    # It is only just being called back.
    assert [one.level for one in doctor.unwanted(settings)] == ["ok"]
    rail.asked.clear()

    def refuses(*_: Any) -> Any:
        raise Permanent("refused")

    rail.on["cancel_mandate"] = refuses
    for _ in range(15 * 24):
        scene.due(hours=1)
    assert 40 < rail.names().count("cancel_mandate") < 90
    assert scene.see(session).look_at is None
    assert scene.log(session)[-1] == "not_called_back"
    (found,) = doctor.unwanted(settings)
    assert found.level == "fault"
    assert str(session.id) in found.text


def test_a_beginning_that_the_gateway_told_of_before_its_answer_was_lost_is_asked_for_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    session = scene.submit()
    rail.on["begin_mandate"] = failing(Unknown("timeout"))
    with pytest.raises(NotNow):
        scene.confirm(scene.link(session))
    ref = f"m-{session.id.hex}"
    told = Told(event_id="1", kind="mandate.pending", ref=ref, reference=session.id.hex, occurred_at=clock.now())
    events_add(account_id=scene.account.id, told=[told], now=clock.now())
    scene.settle()
    assert (scene.stands(session)[0], scene.see(session).redirect_url) == ("Processing", "")
    answer = MandateRef(ref=ref, redirect_url="https://pay.example.org/1", charge_ref="c-1")
    rail.on["begin_mandate"] = lambda *_: answer
    Session.objects.filter(id=session.id).update(beginning_at=clock.real_now() - timedelta(minutes=1))
    scene.due()
    seen = scene.see(session)
    assert (seen.redirect_url, seen.snapshot["charge_ref"], seen.beginning_at) == (
        "https://pay.example.org/1",
        "c-1",
        None,
    )


def test_what_was_refused_as_it_was_given_is_asked_for_by_another_key(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    session = scene.submit()
    token = scene.link(session)
    rail.on["begin_mandate"] = failing(InvalidData("donor.msisdn"))
    with pytest.raises(Invalid):
        scene.confirm(token)
    del rail.on["begin_mandate"]
    scene.confirm(token)
    keys = [key for name, key, _ in rail.asked if name == "begin_mandate"]
    assert keys == [str(session.id), f"{session.id}-1"]
    assert scene.stands(session)[0] == "Processing"


def test_the_payment_that_came_with_a_mandate_is_known_also_where_the_rail_is_asked(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Rail(one_off_start=True)
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    scene = Scene(rig, definition=ONE_OFF)
    rail.on["begin_mandate"] = lambda *_: MandateRef(ref="m-1", charge_ref="c-1")
    session = scene.at_gateway()
    rail.mandates["m-1"] = MandateView(ref="m-1", state="active")
    scene.due(days=3)
    assert scene.stands(session)[0] == "Complete"
    one_off = Charge.objects.get(one_off=True)
    assert (one_off.ref, one_off.state) == ("c-1", "submitted")


def failing(fault: Exception) -> Any:
    def call(*_: Any) -> Any:
        raise fault

    return call


@pytest.mark.parametrize("noted", [True, False])
def test_what_was_taken_with_an_acceptance_after_a_no_goes_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, noted: bool
) -> None:
    rail = Rail(one_off_start=True)
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    scene = Scene(rig, definition=ONE_OFF)
    session = scene.at_gateway()
    one_off = one_off_id(session.id).hex
    rail.had.add(one_off)
    rail.on["cancel_charge"] = lambda *_: "already_active"
    if noted:
        Session.objects.filter(id=session.id).update(snapshot={**scene.see(session).snapshot, "charge_ref": "c-1"})
    actions.session_cancel(actor=scene.agent, session_id=session.id)
    told = Told(event_id="late", kind="mandate.active", ref=scene.see(session).gateway_ref, occurred_at=clock.now())
    events_add(account_id=scene.account.id, told=[told], now=clock.now())
    scene.settle()
    scene.due()
    assert scene.log(session)[-1] == "called_back"
    refunds = [(asked.amount, asked.total) for name, _, asked in rail.asked if name == "refund"]
    assert refunds == [(10000, 10000)]
    asked = [ref for name, _, ref in rail.asked if name == "cancel_charge"]
    assert asked == ["c-1" if noted else f"c-{one_off}"]


def test_submitting_the_payment_needs_a_rail_without_the_donors_device(scene: Scene) -> None:
    GatewayAccount.objects.filter(id=scene.account.id).update(kind="vipps", methods=["mobile"])
    session = scene.submit(payment_method="mobile")
    with pytest.raises(Conflict) as why:
        actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    assert why.value.code == "needs_device"
    assert scene.stands(session)[0] == "New"


@pytest.mark.parametrize("method", ["card", "mobile", "direct_debit"])
def test_in_the_sandbox_a_payment_is_submitted_without_a_donor(scene: Scene, method: str) -> None:
    session = scene.submit(payment_method=method)
    done = actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    assert done.status == "Processing"
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Complete"
    with pytest.raises(Conflict) as why:
        actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    assert why.value.allowed == ("New",)


def test_what_a_rail_needs_may_be_given_at_once_and_is_sealed(scene: Scene) -> None:
    contact = {**PERSON, "bank_account": "0040 440116243", "national_id": "010170-1234"}
    session = scene.submit(payment_method="direct_debit", contact=contact)
    assert "bank_account" not in session.given
    scene.confirm(scene.link(session))
    assert scene.stands(session)[0] == "Processing"


# --- time -----------------------------------------------------------------------------------------


def test_a_link_that_is_not_used_expires_and_its_agent_calls_again(scene: Scene) -> None:
    session = scene.submit()
    scene.link(session)
    scene.due(days=2, seconds=-1)
    assert scene.stands(session)[0] == "New"
    scene.due(seconds=1)
    assert scene.stands(session) == ("Expired", "done")
    assert scene.see(session).reason == "link_expired"
    lead = scene.lead(session)
    assert (lead.status, lead.owner_id, lead.next_contact_at) == ("private_redial", scene.agent.user_id, clock.now())
    booked = Callback.objects.get(state="booked")
    assert (booked.owner_id, booked.private) == (scene.agent.user_id, True)
    assert "Linket" in booked.note or "link" in booked.note.lower()
    assert scene.rig.given(scene.agent, scene.campaign) == lead.id


def test_an_agent_who_has_left_the_campaign_gets_nothing_back(scene: Scene) -> None:
    session = scene.submit()
    campaigns.agents_put(
        actor=scene.merchant.manager, campaign_id=scene.campaign.id, users=[scene.merchant.junior.user_id]
    )
    scene.due(days=2)
    assert (scene.lead(session).status, scene.lead(session).owner_id) == ("common_redial", None)


def test_the_gateway_is_asked_before_a_session_expires(scene: Scene) -> None:
    session = scene.at_gateway(**fate(3))
    scene.settle(days=2)
    scene.due()
    assert scene.stands(session)[0] == "Expired"


def test_a_payment_that_was_never_answered_has_expired_and_nobody_said_no(scene: Scene) -> None:
    session = scene.at_gateway(product="once", agreement={"amount": 10003, "currency": "DKK"})
    clock.advance(timedelta(days=2))
    # The rail has noticed before us.
    books.act_due(clock.now())
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    assert scene.see(session).reason == "gateway_expired"


def test_who_has_accepted_without_our_hearing_of_it_is_no_expiry(scene: Scene) -> None:
    from ringround.onboarding import sandbox

    session = scene.at_gateway(**fate(10))
    clock.advance(timedelta(seconds=5))
    sandbox.sandbox_due(clock.now())
    scene.due(days=2)
    assert scene.stands(session)[0] == "Complete"
    assert scene.see(session).late is False


def test_a_gateway_that_cannot_be_asked_is_asked_again_before_anything_expires(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = scene.at_gateway(**fate(3))
    with monkeypatch.context() as away:

        def down(*args: Any, **kwargs: Any) -> None:
            raise Transient("down")

        away.setattr(type(DRAWERS["sandbox"]), "get_mandate", down)
        scene.due(days=2)
        assert scene.stands(session)[0] == "Processing"
    # Its account rests, in real time.
    scene.due(minutes=6)
    assert scene.stands(session)[0] == "Processing"
    GatewayAccount.objects.update(rests_until=clock.real_now())
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    assert GatewayAccount.objects.get().failures == 0


def test_a_late_acceptance_completes_what_had_expired(scene: Scene) -> None:
    session = scene.at_gateway(**fate(6))
    scene.settle(days=2)
    scene.due()
    assert scene.stands(session)[0] == "Expired"
    scene.settle(minutes=2)
    assert scene.stands(session) == ("Complete", "done")
    assert scene.see(session).late is True
    assert scene.lead(session).status == "success"
    assert Subscription.objects.count() == 1
    assert not Callback.objects.filter(state="booked").exists()


def test_another_pending_session_of_the_lead_is_waited_for(scene: Scene) -> None:
    first = scene.submit()
    clock.advance(timedelta(hours=1))
    # Two are open at once only of before one had to wait for the other.
    Session.objects.filter(id=first.id).update(lead=None)
    second = scene.submit()
    Session.objects.filter(id=first.id).update(lead=second.lead_id)
    scene.due(days=2, hours=-1)
    assert scene.stands(first)[0] == "Expired"
    lead = scene.lead(second)
    assert (lead.status, lead.next_contact_at) == ("new", second.expires_at)
    actions.session_decline(actor=scene.agent, session_id=second.id)
    assert scene.lead(second).status == "not_interested"


def test_a_lead_that_was_closed_meanwhile_stays_closed_unless_it_is_won(scene: Scene) -> None:
    session = scene.submit()
    campaigns.lead_change(actor=scene.merchant.supervisor, lead_id=session.lead_id, status="unqualified")
    scene.due(days=2)
    assert scene.lead(session).status == "unqualified"


# --- meanwhile ------------------------------------------------------------------------------------


def test_a_campaign_that_ends_lets_what_was_submitted_run_to_its_end(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    Campaign.objects.filter(id=scene.campaign.id).update(state="completed")
    scene.confirm(token)
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Complete"
    with pytest.raises(Conflict):
        scene.submit(external_lead_id="crm-2")


def test_an_agency_that_is_unlinked_sees_nothing_and_its_session_runs_on(agency_rig: Rig) -> None:
    scene = Scene(agency_rig, agency=agency_rig.cast.agency)
    session = scene.submit()
    token = scene.link(session)
    AgencyLink.objects.update(revoked_at=clock.now())
    for act in (actions.session_decline, actions.session_cancel):
        with pytest.raises(NotFound):
            act(actor=scene.agent, session_id=session.id)
    with pytest.raises(NotFound):
        scene.link(session)
    scene.confirm(token)
    scene.settle(seconds=1)
    assert scene.stands(session)[0] == "Complete"
    assert scene.lead(session).status == "success"


# --- at the same moment ---------------------------------------------------------------------------


def side_by_side(*acts: Any) -> list[str]:
    gate, came = threading.Barrier(len(acts)), []

    def run(act: Any) -> None:
        try:
            gate.wait()
            act()
            came.append("ok")
        except (Conflict, NotFound) as why:
            came.append(str(why.code))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sorted(came)


@pytest.mark.django_db(transaction=True)
def test_a_link_confirmed_by_two_browsers_at_once_is_one_browsers(monday_ten: object) -> None:
    from tests.integration.campaigns.rig import rig

    scene = Scene(rig())
    session = scene.submit()
    token = scene.link(session)
    came = side_by_side(
        lambda: actions.link_confirm(token=token, holder=HOLDER),
        lambda: actions.link_confirm(token=token, holder="browser-two"),
    )
    assert came == ["link_taken", "ok"]
    assert SandboxOrder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepted_and_expired_at_the_same_moment_is_accepted(monday_ten: object) -> None:
    from ringround.onboarding import sandbox
    from tests.integration.campaigns.rig import rig

    scene = Scene(rig())
    session = scene.at_gateway()
    sandbox.sandbox_due(clock.now() + timedelta(seconds=1))
    clock.advance(timedelta(days=2))
    side_by_side(scene.settle, scene.due)
    scene.settle()
    assert scene.stands(session)[0] == "Complete"
    assert Subscription.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_declined_by_agent_and_donor_at_once_is_one_no(monday_ten: object) -> None:
    from tests.integration.campaigns.rig import rig

    scene = Scene(rig())
    session = scene.submit()
    token = scene.link(session)
    side_by_side(
        lambda: actions.session_decline(actor=scene.agent, session_id=session.id),
        lambda: actions.link_decline(token=token, holder=HOLDER),
    )
    assert scene.stands(session)[0] == "Rejected"
    assert scene.told(session.id) == ["onboarding.session.created", "onboarding.session.rejected"]
