"""Sessions over HTTP, lists, logs, the overview of who was won, and upgrades."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringround.infra import clock
from ringround.infra.events import Event
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import new_id
from ringround.onboarding import actions, live, queries
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.models import SandboxOrder, Session, Subscription
from ringround.onboarding.reactions import topics
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding import workflows
from tests.integration.onboarding.agreed import Round
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import PERSON, Scene
from tests.integration.onboarding.workflows import UPGRADE


def api(actor: Any) -> Caller:
    return Caller(token_for(actor))


def body(scene: Scene, **more: Any) -> dict[str, Any]:
    return {
        "campaign": str(scene.campaign.id), "external_lead_id": "crm-991", "action": "sign_up", "product": "fast",
        "contact": PERSON, "agreement": {"amount": 10000, "currency": "DKK", "schedule": "monthly",
        "start": "next_possible"}, "payment_method": "card", "metadata": {"segment": "A"}, "params": {}, **more,
    }  # fmt: skip


# --- the API --------------------------------------------------------------------------------------


def test_a_session_is_submitted_sent_and_completed_by_a_program(scene: Scene) -> None:
    call = api(scene.agent)
    made = call("POST", "/sessions", body(scene))
    assert made.status_code == 201
    said = made.json()
    assert (said["status"], said["phase"], said["service_type"]) == ("New", "submitted", "SignUpRecurring")
    assert said["title"] == "Session to set up a recurring agreement"
    assert said["campaign"] == {"id": str(scene.campaign.id), "name": scene.campaign.name}
    assert said["workflow"] == {"id": str(scene.workflow.id), "name": "Månedlig giver", "version": 1}
    assert (said["agreement"]["amount"], said["contact"]["first_name"]) == (10000, "Åse")
    assert (said["approval_url"], said["late"], said["reason"], said["subscription"]) == (None, False, None, None)
    path = f"/sessions/{said['id']}"
    sent = call("POST", f"{path}/send-link", {"channel": "qr"}).json()
    assert (sent["phase"], "/a/" in sent["url"]) == ("link_sent", True)
    assert call("POST", f"{path}/submit-payment").json()["status"] == "Processing"
    scene.settle(seconds=1)
    done = call("GET", path).json()
    assert (done["status"], done["phase"]) == ("Complete", "done")
    assert done["completed_at"] is not None
    assert done["subscription"] is not None


def test_the_same_key_is_one_session(scene: Scene) -> None:
    call = api(scene.agent)
    answers = [call("POST", "/sessions", body(scene), Idempotency_Key="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"colour": "red"}, 422, "unknown_field"),
        ({"action": "dance"}, 422, None),
        ({"external_lead_id": None}, 422, "required"),
        ({"external_lead_id": "x" * 5000}, 422, "too_long"),
        ({"contact": {**PERSON, "last_name": "x" * 5000}}, 422, "too_long"),
        ({"contact": "Åse"}, 422, None),
        ({"agreement": {"amount": "100"}}, 422, None),
        ({"lead": "nonsense"}, 422, "bad_id"),
        ({"lead": "0192f3c8-0000-7000-8000-000000000000"}, 404, "not_found"),
        ({"campaign": "0192f3c8-0000-7000-8000-000000000000"}, 404, "not_found"),
    ],
)
def test_what_is_wrong_with_a_session_is_told(scene: Scene, change: Any, status: int, code: str | None) -> None:
    answer = api(scene.agent)("POST", "/sessions", body(scene, **change))
    assert answer.status_code == status, answer.json()
    assert code is None or answer.json()["code"] == code or code in {one["code"] for one in answer.json()["errors"]}
    assert not Session.objects.exists()


def test_a_state_that_does_not_allow_it_says_which_would(scene: Scene) -> None:
    session = scene.submit()
    call = api(scene.agent)
    assert call("POST", f"/sessions/{session.id}/decline", {"reason": "Nej"}).json()["reason"] == "agent_declined"
    for act in ("decline", "cancel", "submit-payment"):
        refused = call("POST", f"/sessions/{session.id}/{act}")
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
        assert "New" in refused.json()["allowed"]


def test_the_approval_link_is_read_back_in_a_demo_by_the_merchants_owner_alone(
    agency_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(agency_rig, agency=agency_rig.cast.agency)
    hidden = scene.submit(external_lead_id="crm-0")
    scene.link(hidden)
    monkeypatch.setattr(clock, "is_virtual", lambda: True)
    session = scene.submit()
    token = scene.link(session, channel="sms")
    url = api(scene.merchant.owner)("GET", f"/sessions/{session.id}").json()["approval_url"]
    assert url.endswith(f"/a/{token}")
    for actor in (scene.people.owner, scene.agent, scene.merchant.manager):
        assert api(actor)("GET", f"/sessions/{session.id}").json()["approval_url"] is None
    assert api(scene.merchant.owner)("GET", f"/sessions/{hidden.id}").json()["approval_url"] is None


# --- lists ----------------------------------------------------------------------------------------


def test_the_list_is_newest_first_filtered_and_paged(scene: Scene) -> None:
    made = []
    for number in range(5):
        made.append(str(scene.submit(external_lead_id=f"crm-{number}").id))
        clock.advance(timedelta(minutes=1))
    actions.session_decline(actor=scene.agent, session_id=Session.objects.order_by("created_at")[0].id)
    call = api(scene.merchant.supervisor)

    def ids(query: str) -> list[str]:
        return [one["id"] for one in call("GET", f"/sessions?{query}").json()["items"]]

    assert ids("") == made[::-1]
    assert ids("status=Rejected") == made[:1]
    assert ids("status=New,Rejected&campaign=" + str(scene.campaign.id)) == made[::-1]
    assert ids(f"campaign={new_id()}") == []
    assert ids("lead=" + str(Session.objects.get(id=made[2]).lead_id)) == [made[2]]
    assert ids("from=" + (clock.now() - timedelta(minutes=2)).isoformat().replace("+", "%2B")) == made[:2:-1]
    assert ids("to=" + (clock.now() - timedelta(minutes=4)).isoformat().replace("+", "%2B")) == made[:1]
    first = call("GET", "/sessions?size=2").json()
    rest = call("GET", f"/sessions?size=3&after={first['next']}").json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert call("GET", "/sessions?after=nonsense").status_code == 422


def test_agents_list_their_own_and_nobody_elses(scene: Scene) -> None:
    mine, theirs = scene.submit(), scene.submit(scene.merchant.junior, external_lead_id="crm-2")
    assert queries.session_page(actor=scene.agent).items == [mine]
    assert queries.session_page(actor=scene.merchant.junior).items == [theirs]
    assert queries.session_find(actor=scene.agent, session_id=theirs.id) is None


def test_the_log_is_the_audit_rows_of_the_session(scene: Scene) -> None:
    session = scene.submit()
    scene.link(session)
    log = queries.session_log(session)
    assert [one.action for one in log] == ["onboarding.session.link_sent", "onboarding.session.created"]
    assert "Åse" not in str([one.data for one in log])


def test_who_was_won_is_one_row_for_each_person(scene: Scene) -> None:
    declined = scene.submit()
    actions.session_decline(actor=scene.agent, session_id=declined.id)
    clock.advance(timedelta(minutes=1))
    won = scene.at_gateway()
    scene.settle(seconds=1)
    lost = scene.submit(external_lead_id="crm-2")
    actions.session_decline(actor=scene.agent, session_id=lost.id)
    call = api(scene.merchant.supervisor)
    rows = call("GET", "/onboarding/leads").json()["items"]
    assert [(one["id"], one["external_lead_id"]) for one in rows] == [(str(won.id), "crm-1")]
    assert rows[0]["agency"]["id"] == str(scene.merchant.org.id)
    every = call("GET", f"/onboarding/leads?attempted=true&campaign={scene.campaign.id}").json()["items"]
    assert [one["id"] for one in every] == [str(lost.id), str(won.id)]
    page = call("GET", f"/onboarding/leads/{declined.id}").json()
    assert [one["id"] for one in page["sessions"]] == [str(won.id), str(declined.id)]
    by_lead = call("GET", f"/onboarding/leads/{won.lead_id}").json()
    assert by_lead["external_lead_id"] == "crm-1"
    assert call("GET", f"/onboarding/leads/{new_id()}").status_code == 404


def test_a_persons_page_has_calls_that_led_to_none_and_names_other_campaigns_with_the_same_id(scene: Scene) -> None:
    lead_id = scene.rig.lead(scene.campaign)
    assert scene.rig.given(scene.agent, scene.campaign) == lead_id
    scene.rig.say(scene.agent, lead_id, "no_contact")
    session = scene.submit(lead_id=lead_id)
    other = scene.rig.campaign(workflow=str(scene.workflow.id))
    elsewhere = scene.submit(campaign_id=other.id, external_lead_id=session.external_lead_id)
    page = queries.lead_page(actor=scene.merchant.manager, lead_id=session.id)
    assert [one["outcome"] for one in page.calls] == ["no_answer"]
    assert page.campaigns == [(other.id, other.name, elsewhere.id)]


def test_screens_are_told_by_session_and_by_organisation(agency_rig: Rig) -> None:
    scene = Scene(agency_rig, agency=agency_rig.cast.agency)
    session = scene.submit()
    event = Event(
        1, new_id(), session.merchant_id, session.agency_id, "onboarding.session.created", "session", session.id, 1,
        clock.now(), {}, None,
    )  # fmt: skip
    heard = {one.topic for one in topics(event)}
    assert heard == {
        f"session:{session.id}", f"sessions:{session.merchant_id}", f"sessions:{session.agency_id}"
    }  # fmt: skip
    assert live.session(scene.agent, str(session.id))
    assert not live.session(scene.rig.cast.outsider, str(session.id))
    assert live.sessions(scene.people.manager, str(scene.people.org.id))
    assert not live.sessions(scene.people.manager, str(scene.merchant.org.id))


# --- upgrades -------------------------------------------------------------------------------------


@pytest.fixture
def upgrade(scene: Scene) -> Scene:
    """A donor with an active subscription, and a campaign for upgrades."""
    scene.at_gateway()
    scene.settle(seconds=1)
    made = workflows.make(scene.merchant.manager, name="Opgradering", definition=UPGRADE)
    scene.campaign = scene.rig.campaign(workflow=str(made.id))
    return scene


def change(scene: Scene, action: str, actor: Any = None, **params: Any) -> Session:
    return scene.submit(
        actor, action=action, subscription_id=Subscription.objects.get().id, params=params, external_lead_id=None,
        product=None, contact={}, agreement={}, payment_method=None,
    )  # fmt: skip


def test_a_local_act_is_done_at_once(upgrade: Scene) -> None:
    before = Subscription.objects.get()
    session = change(upgrade, "pause", kind="indefinite")
    assert upgrade.stands(session) == ("Complete", "done")
    after = Subscription.objects.get()
    assert (after.state, after.version) == ("on_hold", before.version + 1)
    assert session.external_lead_id == str(after.id)
    assert upgrade.told(session.id) == [
        "onboarding.session.created", "onboarding.session.processing", "onboarding.session.completed"
    ]  # fmt: skip
    shown = queries.session_json(upgrade.agent, queries.session_get(actor=upgrade.agent, session_id=session.id))
    assert (shown["service_type"], shown["agreement"]["amount"]) == ("UpgradeRecurring", 10000)


def test_a_change_says_whose_agreement_it_is_and_how_it_was(upgrade: Scene) -> None:
    session = change(upgrade, "change_payment_method", method="mobile")
    found = queries.session_get(actor=upgrade.agent, session_id=session.id)
    shown = queries.session_json(upgrade.agent, found)
    assert (shown["contact"]["first_name"], shown["contact"]["last_name"]) == ("Åse", "Ørum")
    assert (shown["agreement"]["method"], shown["payment_method"]) == ("card", "mobile")


def test_a_new_payment_method_of_an_agreement_that_ends_meanwhile_is_stopped(upgrade: Scene) -> None:
    session = change(upgrade, "change_payment_method", method="card")
    upgrade.confirm(upgrade.link(session))
    Subscription.objects.update(state="inactive")
    upgrade.settle(seconds=1)
    assert upgrade.stands(session)[0] == "Failed"
    assert upgrade.see(session).reason == "not_applicable"
    upgrade.due()
    assert upgrade.log(session)[-1] == "called_back"
    new = SandboxOrder.objects.filter(what="mandate").latest("id")
    assert new.state == "stopped"


@pytest.fixture
def telling(upgrade: Scene, monkeypatch: pytest.MonkeyPatch) -> Rail:
    """The rail has to agree to a new amount."""
    made = Rail(tell_changes=True)
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    Round().all()
    return made


def test_a_new_amount_that_was_taken_back_before_the_rail_was_asked_is_never_asked_for(
    upgrade: Scene, telling: Rail
) -> None:
    session = change(upgrade, "change_amount", amount=50000)
    assert upgrade.stands(session)[0] == "Processing"
    actions.session_cancel(actor=upgrade.agent, session_id=session.id)
    Round().all()
    assert upgrade.stands(session)[0] == "Rejected"
    assert "update_mandate" not in telling.names()
    assert Subscription.objects.get().amount == 10000


def test_a_new_amount_that_the_rail_is_being_asked_for_cannot_be_taken_back(upgrade: Scene, telling: Rail) -> None:
    session = change(upgrade, "change_amount", amount=50000)
    run = Round()

    def cancel() -> None:
        with pytest.raises(Conflict) as why:
            actions.session_cancel(actor=upgrade.agent, session_id=session.id)
        assert why.value.code == "gateway_busy"

    run(between=cancel)
    assert upgrade.stands(session)[0] == "Complete"
    assert Subscription.objects.get().amount == 50000


def test_a_change_that_waits_for_the_rail_waits_as_long_as_the_rail_is_asked(upgrade: Scene, telling: Rail) -> None:
    session = change(upgrade, "change_amount", amount=50000)
    upgrade.due(days=10)
    assert upgrade.stands(session)[0] == "Processing"
    Round().all()
    assert upgrade.stands(session)[0] == "Complete"


def test_what_the_rail_says_of_a_change_that_has_ended_changes_nothing(upgrade: Scene, telling: Rail) -> None:
    session = change(upgrade, "change_amount", amount=50000)
    Session.objects.filter(id=session.id).update(status="Rejected")
    Round().all()
    assert Subscription.objects.get().amount == 10000


def test_an_act_that_no_longer_applies_fails_and_changes_nothing(upgrade: Scene) -> None:
    before = Subscription.objects.get()
    session = change(upgrade, "restart")
    assert upgrade.stands(session) == ("Failed", "done")
    assert upgrade.see(session).reason == "not_applicable"
    assert Subscription.objects.get().version == before.version


def test_a_junior_agent_never_pauses_and_nothing_is_left_of_the_try(upgrade: Scene) -> None:
    before = Session.objects.count()
    for action, params in (("pause", {}), ("restart", {}), ("cancel", {}), ("set_expiry", {"date": "2030-01-01"})):
        answer = api(upgrade.merchant.junior)(
            "POST", "/sessions",
            {"campaign": str(upgrade.campaign.id), "subscription": str(Subscription.objects.get().id),
             "action": action, "params": params},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
    assert Session.objects.count() == before
    assert Subscription.objects.get().state == "active"


def test_a_role_that_was_lowered_meanwhile_counts_as_it_is_now(upgrade: Scene) -> None:
    lowered = type(upgrade.agent)(
        user=upgrade.agent.user, organisation=upgrade.merchant.org, home=upgrade.merchant.org, role="junior_agent"
    )
    from ringround.kernel.errors import Forbidden

    with pytest.raises(Forbidden):
        change(upgrade, "cancel", lowered)
    assert upgrade.stands(change(upgrade, "change_amount", lowered, amount=15000))[0] == "Complete"


def test_another_merchants_subscription_is_not_found(upgrade: Scene) -> None:
    Subscription.objects.update(merchant=upgrade.rig.cast.magazine.org)
    with pytest.raises(NotFound):
        change(upgrade, "pause")


def test_another_payment_method_is_a_link_and_the_new_mandate_comes_first(upgrade: Scene) -> None:
    session = change(upgrade, "change_payment_method", method="mobile")
    assert upgrade.stands(session) == ("New", "submitted")
    Session.objects.filter(id=session.id).update(given={"phone": PERSON["phone"]})
    before = Subscription.objects.get().mandate_id
    upgrade.confirm(upgrade.link(session))
    assert Subscription.objects.get().mandate_id == before
    upgrade.settle(seconds=1)
    assert upgrade.stands(session)[0] == "Complete"
    after = Subscription.objects.get()
    assert after.mandate_id != before
    assert after.mandate is not None
    assert (after.mandate.method, after.mandate.state) == ("mobile", "active")
