"""External systems: a CRM whose users call from here, and a dialler that reports its calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook as Verifier

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Lead
from ringround.dialer import actions as dialer
from ringround.dialer import queries as presence
from ringround.dialer.models import Presence, PresenceLog
from ringround.http.courier import Courier, fan_out
from ringround.infra import clock
from ringround.infra.relay.numbering import number_events
from ringround.orgs import actions as orgs_actions
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.telephony.models import Call
from tests import stand_in
from tests.integration.desk.scene import Scene, scene
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db
CAMPAIGN = "spring-2026"


@pytest.fixture
def here(monday_ten: datetime) -> Scene:
    return scene("manual")


class Crm:
    """A stand-in for somebody's CRM: it knows its own ids, calls with its token, and is told by webhook."""

    def __init__(self, here: Scene, key: str = "crm") -> None:
        self.here, self.key = here, key
        owner = Caller(token_for(here.cast.charity.owner))
        agents = {"17": str(here.agent.user_id), "18": here.agent2.user.email}  # type: ignore[union-attr]
        made = owner("POST", "/external-systems", {"key": key, "name": "Our CRM", "agents": agents})
        assert made.status_code == 201, made.json()
        self.system = made.json()
        self.call = Caller(self.system["token"])
        fields = {"external_system": key, "external_campaign_id": CAMPAIGN}
        campaigns.campaign_change(actor=here.cast.charity.manager, campaign_id=here.campaign.id, fields=fields)
        # The first three contacts are its customers.
        self.customers: dict[str, str] = {}
        for number, lead in enumerate(Lead.objects.filter(campaign=here.campaign).order_by("position")[:3], 1):
            lead.external_lead_id = f"crm-{number}"
            lead.save(update_fields=["external_lead_id"])
            self.customers[lead.external_lead_id] = str(lead.id)

    def click(self, agent: str = "17", **more: Any) -> Any:
        body = {"external_campaign_id": CAMPAIGN, "agent": agent, **more}
        return self.call("POST", f"/external/{self.key}/click-to-call", body)

    def says(self, disposition: str = "Nej tak", agent: str = "17", **more: Any) -> Any:
        body = {"external_campaign_id": CAMPAIGN, "agent": agent, "disposition": disposition, **more}
        return self.call("POST", f"/external/{self.key}/dispositions", body)


@pytest.fixture
def crm(here: Scene) -> Crm:
    return Crm(here)


def test_a_crm_calls_by_a_click_says_what_happened_and_is_told_what_became_of_it(crm: Crm, settings: Any) -> None:
    stand_in.allow_private(settings)
    owner = Caller(token_for(crm.here.cast.charity.owner))
    with stand_in.standing_in() as crms_server:
        hook = owner("POST", "/webhooks", {"url": crms_server.url, "types": ["campaigns.lead.status_changed"]}).json()
        # 1. Its user clicks on a customer's number.
        clicked = crm.click(external_lead_id="crm-1")
        assert clicked.status_code == 200, clicked.json()
        assert clicked.json()["lead"] == crm.customers["crm-1"]
        assert clicked.json()["dial"].startswith("tel:+45")
        # 2. They talk, and it reports what was said.
        said = crm.says("Ja tak", external_lead_id="crm-1", answers={"belob": 150}, note="Ring i foråret")
        assert said.status_code == 200, said.json()
        lead = said.json()["lead"]
        assert (lead["status"], lead["attempts"], lead["result"]["belob"]) == ("success", 1, 150)
        assert lead["external_lead_id"] == "crm-1"
        # 3. It is told, signed, and finds its customer again.
        while len(number_events()):
            pass
        fan_out()
        Courier().drain()
        (request,) = crms_server.requests
        event = Verifier(hook["secret"]).verify(request.body, request.headers)
        assert (event["data"]["from"], event["data"]["to"]) == ("new", "success")
        assert event["subject"]["id"] == crm.customers["crm-1"]
    call = Call.objects.get()
    assert (str(call.id), call.agent_id, call.outcome) == (
        clicked.json()["call"],
        crm.here.agent.user_id,
        "answered",
    )


def test_a_dialler_reports_a_call_that_it_made_itself(crm: Crm) -> None:
    answer = crm.says("Intet svar", external_lead_id="crm-2")
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["lead"]["status"], answer.json()["lead"]["reservation"]) == ("automatic_redial", None)
    assert (Call.objects.get().outcome, Call.objects.get().agent_id) == ("no_answer", crm.here.agent.user_id)


def test_a_lead_is_named_by_its_id_or_by_a_number_too(crm: Crm) -> None:
    assert crm.says(lead=crm.customers["crm-1"]).status_code == 200
    number = Lead.objects.get(id=crm.customers["crm-2"]).numbers[-1]
    clicked = crm.click(phone=number)
    assert (clicked.status_code, clicked.json()["dial"]) == (200, f"tel:{number}")
    assert clicked.json()["lead"] == crm.customers["crm-2"]


def test_a_lead_that_another_agent_holds_is_refused(crm: Crm) -> None:
    assert crm.click("18", external_lead_id="crm-1").status_code == 200
    for answer in (crm.says(external_lead_id="crm-1"), crm.click(external_lead_id="crm-1")):
        assert (answer.status_code, answer.json()["code"]) == (409, "lead_held")


def test_an_agent_with_a_contact_in_hand_is_not_given_another(crm: Crm) -> None:
    crm.click(external_lead_id="crm-1")
    answer = crm.click(external_lead_id="crm-2")
    assert (answer.status_code, answer.json()["code"]) == (409, "lead_held")
    # A call made elsewhere may be reported all the same, and what is in hand stays.
    assert crm.says(external_lead_id="crm-2").status_code == 200
    assert Lead.objects.get(id=crm.customers["crm-1"]).reserved_by_id == crm.here.agent.user_id
    assert presence.agent_state(actor=crm.here.agent).state != "ready"


def test_the_same_click_twice_is_one_call(crm: Crm) -> None:
    first, second = crm.click(external_lead_id="crm-1"), crm.click(external_lead_id="crm-1")
    assert first.json() == second.json()
    assert Call.objects.count() == 1


def test_a_report_twice_with_one_key_is_one_attempt(crm: Crm) -> None:
    body = {"external_campaign_id": CAMPAIGN, "agent": "17", "disposition": "Intet svar", "external_lead_id": "crm-1"}
    for _ in range(2):
        answer = crm.call("POST", "/external/crm/dispositions", body, Idempotency_Key="report-1")
        assert answer.json()["lead"]["attempts"] == 1


def test_gates_hold_for_a_click_and_not_for_what_has_happened(crm: Crm) -> None:
    campaigns.campaign_change(
        actor=crm.here.cast.charity.manager, campaign_id=crm.here.campaign.id, fields={"external_campaign_id": CAMPAIGN}
    )
    Lead.objects.filter(id=crm.customers["crm-1"]).update(active=False)
    answer = crm.click(external_lead_id="crm-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "may_not_contact")
    assert crm.says(external_lead_id="crm-1").status_code == 200


def test_a_closed_lead_and_a_paused_campaign_are_told_apart(crm: Crm) -> None:
    crm.says("Nej tak", external_lead_id="crm-1")
    answer = crm.says("Nej tak", external_lead_id="crm-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    campaigns.campaign_pause(actor=crm.here.cast.charity.manager, campaign_id=crm.here.campaign.id)
    assert crm.click(external_lead_id="crm-2").json()["code"] == "wrong_state"
    assert crm.says("Intet svar", external_lead_id="crm-2").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"external_campaign_id": "another"}, 404, "not_found"),
        ({"agent": "99"}, 422, "unknown_user"),
        ({"external_lead_id": "crm-99"}, 404, "not_found"),
        ({"external_lead_id": None}, 422, "one_of"),
        ({"phone": "+4520123456"}, 422, "one_of"),
        ({"external_lead_id": None, "phone": "garbage"}, 422, "bad_phone"),
        ({"external_lead_id": None, "phone": "+4531313131"}, 404, "not_found"),
    ],
)
def test_what_is_unknown_is_told(crm: Crm, body: dict[str, Any], status: int, code: str) -> None:
    answer = crm.click(**{"external_lead_id": "crm-1", **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_token_opens_nothing_else_and_only_its_own_system(crm: Crm) -> None:
    for path in ("/leads", "/campaigns", "/contacts", "/events", "/users", "/external-systems", "/webhooks"):
        assert crm.call("GET", path).status_code in (403, 404), path
    other = Crm(crm.here, "other")
    body = {"external_campaign_id": CAMPAIGN, "agent": "17", "external_lead_id": "crm-1"}
    assert other.call("POST", "/external/crm/click-to-call", body).status_code == 403
    people: list[Actor] = [crm.here.cast.charity.owner, crm.here.agent]
    assert [Caller(token_for(one))("POST", "/external/crm/click-to-call", body).status_code for one in people] == [
        403,
        403,
    ]
    outsider = Caller(token_for(crm.here.cast.outsider))
    assert outsider("POST", "/external/crm/click-to-call", body).status_code == 404


def test_a_new_token_ends_the_one_before_and_a_deleted_system_all(crm: Crm) -> None:
    owner = Caller(token_for(crm.here.cast.charity.owner))
    path = f"/external-systems/{crm.system['id']}"
    fresh = owner("POST", f"{path}/token").json()["token"]
    assert crm.click(external_lead_id="crm-1").status_code == 401
    crm.call = Caller(fresh)
    assert crm.click(external_lead_id="crm-1").status_code == 200
    assert owner("DELETE", path).json()["code"] == "in_use"
    fields = {"external_system": None}
    campaigns.campaign_change(actor=crm.here.cast.charity.manager, campaign_id=crm.here.campaign.id, fields=fields)
    assert owner("DELETE", path).status_code == 204
    assert crm.click(external_lead_id="crm-1").status_code == 401


def test_who_was_taken_off_the_table_or_the_campaign_cannot_be_called_for(crm: Crm) -> None:
    owner = Caller(token_for(crm.here.cast.charity.owner))
    campaigns.agents_put(
        actor=crm.here.cast.charity.manager, campaign_id=crm.here.campaign.id, users=[crm.here.agent2.user_id]
    )
    assert crm.click(external_lead_id="crm-1").status_code == 404
    path = f"/external-systems/{crm.system['id']}"
    assert owner("PATCH", path, {"agents": {"17": str(crm.here.agent2.user_id)}}).json()["agents"] == {
        "17": str(crm.here.agent2.user_id)
    }
    assert crm.click(external_lead_id="crm-1").status_code == 200


def test_the_token_is_shown_once(crm: Crm) -> None:
    owner = Caller(token_for(crm.here.cast.charity.owner))
    assert crm.system["token"] not in owner("GET", "/external-systems").content.decode()


@pytest.mark.parametrize(
    ("body", "loc", "code"),
    [
        ({"key": "Has Space", "name": "a"}, ["body", "key"], "bad_format"),
        ({"key": "crm", "name": "a"}, ["body", "key"], "key_taken"),
        ({"key": "b", "name": "a", "agents": {"1": "nobody@example.org"}}, ["body", "agents", "1"], "unknown_user"),
    ],
)
def test_a_bad_system_is_refused(crm: Crm, body: dict[str, Any], loc: list[str], code: str) -> None:
    answer = Caller(token_for(crm.here.cast.charity.owner))("POST", "/external-systems", body)
    assert answer.status_code == 422
    assert [(one["loc"], one["code"]) for one in answer.json()["errors"]] == [(loc, code)]


def test_a_system_that_does_not_exist_is_no_campaigns(here: Scene) -> None:
    owner = Caller(token_for(here.cast.charity.owner))
    answer = owner("PATCH", f"/campaigns/{here.campaign.id}", {"external_system": "nothing"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_external_system")


def test_a_manager_makes_one_on_the_screen_and_chooses_it_for_a_campaign(here: Scene) -> None:
    web = Client()
    web.force_login(here.cast.charity.manager.user)  # type: ignore[arg-type]
    sent = {"name": "CRM", "key": "crm", "agents": f"17 = {here.agent.user.email}\n"}  # type: ignore[union-attr]
    page = web.post("/campaigns/external-systems/new", {**sent, "agents": "17 = nobody@example.org"})
    assert page.status_code == 422
    page = web.post("/campaigns/external-systems/new", sent)
    assert "rrs_" in page.content.decode()
    (system,) = Caller(token_for(here.cast.charity.owner))("GET", "/external-systems").json()["items"]
    assert system["agents"] == {"17": str(here.agent.user_id)}
    assert (
        f"/external/{system['key']}/dispositions"
        in web.get(f"/campaigns/external-systems/{system['id']}").content.decode()
    )
    assert system["id"] in web.get(f"/campaigns/{here.campaign.id}/plan/1").content.decode()
    settings = {"name": here.campaign.name, "external_system": system["id"]}
    campaigns.campaign_change(actor=here.cast.charity.manager, campaign_id=here.campaign.id, fields=settings)
    chosen = web.get(f"/campaigns/{here.campaign.id}/plan/1").content.decode()
    assert f'<option value="{system["id"]}" selected>' in chosen


# --- whom a click has joined --------------------------------------------------------------------


def state_of(crm: Crm) -> tuple[str, bool]:
    found = presence.agent_state(actor=crm.here.agent)
    return found.state, found.joined


def test_whom_a_click_has_joined_leaves_when_the_contact_is_done(crm: Crm) -> None:
    crm.click(external_lead_id="crm-1")
    assert state_of(crm) == ("talking", True)
    crm.says(external_lead_id="crm-1")
    assert state_of(crm) == ("offline", False)
    assert not PresenceLog.objects.filter(user=crm.here.agent.user_id, ended_at=None).exists()
    # And comes and goes with the next.
    crm.click(external_lead_id="crm-2")
    assert state_of(crm) == ("talking", True)


def test_whom_a_click_has_joined_leaves_when_nothing_is_ever_said(crm: Crm) -> None:
    crm.click(external_lead_id="crm-1")
    with clock.frozen(clock.now() + timedelta(days=1)):
        campaigns.turn_due(now=clock.now(), limit=100)
        dialer.presence_refresh(user_id=crm.here.agent.user_id)  # type: ignore[arg-type]
        assert state_of(crm) == ("offline", False)


def test_a_click_leaves_whoever_works_here_themselves_where_they_are(crm: Crm) -> None:
    dialer.presence_join(actor=crm.here.agent, campaign_id=crm.here.campaign.id, console=True)
    crm.click(external_lead_id="crm-1")
    # The console is still listened to: it is not only the click that holds them.
    assert Presence.objects.get(user=crm.here.agent.user_id).seen_at is not None
    crm.says(external_lead_id="crm-1")
    assert state_of(crm) == ("ready", True)


def test_whom_a_click_has_joined_stays_once_they_work_here_themselves(crm: Crm) -> None:
    crm.click(external_lead_id="crm-1")
    dialer.presence_join(actor=crm.here.agent, campaign_id=crm.here.campaign.id, console=True)
    crm.says(external_lead_id="crm-1")
    assert state_of(crm) == ("ready", True)


def test_whom_a_click_takes_off_another_campaign_is_back_there_when_the_contact_is_done(crm: Crm) -> None:
    other = scene("preview", who=crm.here.cast).campaign
    dialer.presence_join(actor=crm.here.agent, campaign_id=other.id, console=True)
    for one in ("crm-1", "crm-2"):
        assert crm.click(external_lead_id=one).status_code == 200
        assert presence.agent_state(actor=crm.here.agent).campaign_id == crm.here.campaign.id
        # Their console is heard of all the while.
        dialer.presence_seen(actor=crm.here.agent)
        crm.says(external_lead_id=one)
        assert state_of(crm) == ("ready", True)
        row = Presence.objects.get(user=crm.here.agent.user_id)
        assert (row.campaign_id, row.mode, row.visiting, row.home_id) == (other.id, "preview", False, None)
        assert row.seen_at is not None


def test_whose_console_is_heard_of_again_stays_after_a_click(crm: Crm) -> None:
    dialer.presence_join(actor=crm.here.agent, campaign_id=crm.here.campaign.id, console=True)
    Presence.objects.update(seen_at=clock.real_now() - timedelta(minutes=1))
    dialer.lapse_silent()
    crm.click(external_lead_id="crm-1")
    dialer.presence_seen(actor=crm.here.agent)
    crm.says(external_lead_id="crm-1")
    assert state_of(crm) == ("ready", True)


def test_in_preview_the_wrap_up_is_theirs_and_then_they_leave(monday_ten: datetime) -> None:
    crm = Crm(scene("preview"))
    crm.click(external_lead_id="crm-1")
    crm.says(external_lead_id="crm-1")
    assert state_of(crm) == ("wrapping", True)
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        dialer.end_wrap_up()
        assert state_of(crm) == ("offline", False)


# --- an agency's --------------------------------------------------------------------------------


def test_an_agency_deletes_its_system_when_the_link_with_the_merchant_has_ended(here: Scene) -> None:
    who = here.cast
    agency = Caller(token_for(who.agency.owner))
    system = agency("POST", "/external-systems", {"key": "dialler", "name": "Dialler"}).json()
    fields = {"name": "Blad", "mode": "manual", "agency": str(who.agency.owner.org_id), "external_system": "dialler"}
    campaigns.campaign_create(actor=who.magazine.manager, fields=fields)
    assert agency("DELETE", f"/external-systems/{system['id']}").json()["code"] == "in_use"
    (link,) = orgs.link_list(actor=who.agency.owner)
    orgs_actions.agency_link_revoke(actor=who.magazine.owner, link_id=link.id)
    assert agency("DELETE", f"/external-systems/{system['id']}").status_code == 204
