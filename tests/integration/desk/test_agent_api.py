"""The agent's routes, exactly as programs rely on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ringround.campaigns import actions as campaigns
from ringround.campaigns.queries import plan_facts
from ringround.config.wiring import make_relay
from ringround.contacts.models import Contact, ContactList
from ringround.infra import clock
from ringround.orgs.actor import Actor
from tests.integration.desk.scene import Scene, scene

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/agent"


class Api:
    def __init__(self, actor: Actor) -> None:
        self.web = Client()
        assert actor.user is not None
        self.web.force_login(actor.user)

    def get(self, path: str = "") -> Any:
        return self.web.get(f"{ROOT}{path}")

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.web.post(f"{ROOT}{path}", body if body is not None else {}, "application/json", headers=headers)


@pytest.fixture
def manual(monday_ten: datetime) -> Scene:
    return scene("manual")


@pytest.fixture
def api(manual: Scene) -> Api:
    found = Api(manual.agent)
    assert found.post("/join", {"campaign": str(manual.campaign.id)}).status_code == 200
    return found


def taken(api: Api) -> str:
    return str(api.post("/next").json()["lead"]["id"])


def said(lead: str, **more: Any) -> dict[str, Any]:
    return {"lead": lead, "disposition": "Intet svar", **more}


def test_a_national_id_goes_to_no_agents_program(manual: Scene, api: Api) -> None:
    Contact.objects.update(fields={"Navn": "Åse Ørum", "CPR": "010203-1234"})
    for found in ContactList.objects.all():
        found.columns = [*found.columns, {"name": "CPR", "type": "text", "role": "national_id"}]
        found.save()
    lead = taken(api)
    answers = [
        api.post("/next"),
        api.web.get(f"/api/v1/leads/{lead}"),
        api.web.get("/api/v1/leads"),
        api.web.get(f"/campaigns/leads/{lead}"),
        api.post("/disposition", said(lead)),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.content.decode()
        assert ("Åse Ørum" in answer.content.decode(), "010203-1234" in answer.content.decode()) == (True, False)
    web = Client()
    assert manual.cast.charity.manager.user is not None
    web.force_login(manual.cast.charity.manager.user)
    for path in (f"/api/v1/leads/{lead}", f"/campaigns/leads/{lead}"):
        assert "010203-1234" in web.get(path).content.decode(), path


def test_before_joining_one_is_offline(manual: Scene) -> None:
    assert Api(manual.agent).get().json() == {
        "campaign": None,
        "state": "offline",
        "since": None,
        "pause_reason": None,
        "lead": None,
    }


def test_joining_says_where_one_stands(api: Api, manual: Scene) -> None:
    found = api.get().json()
    assert (found["campaign"], found["state"], found["lead"]) == (str(manual.campaign.id), "ready", None)


def test_next_gives_lead_reservation_and_rule(api: Api) -> None:
    found = api.post("/next").json()
    assert (found["reason"], found["lead"]["contact"]["fields"]["Navn"]) == ({"rule": "new"}, "Åse Ørum")
    assert datetime.fromisoformat(found["reservation"]["until"]) == clock.now() + timedelta(seconds=600)


def test_next_again_gives_the_held_one(api: Api) -> None:
    lead = taken(api)
    again = api.post("/next").json()
    assert (again["lead"]["id"], again["reason"]["rule"]) == (lead, "held")


def test_nothing_to_give_is_204_with_the_reason(api: Api, manual: Scene) -> None:
    clock.advance(timedelta(hours=13))
    answer = api.post("/next")
    assert (answer.status_code, answer["Ringround-Reason"], answer.content) == (204, "outside_hours", b"")


def test_a_paused_campaign_gives_nothing(api: Api, manual: Scene) -> None:
    campaigns.campaign_pause(actor=manual.supervisor, campaign_id=manual.campaign.id)
    assert api.post("/next")["Ringround-Reason"] == "campaign_not_running"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/next", {}), ("/pause", {"reason": "x"}), ("/resume", {}), ("/skip", {"reason": "x"}), ("/hangup", {})],
)
def test_who_has_not_joined_is_told_so(manual: Scene, path: str, body: dict[str, str]) -> None:
    answer = Api(manual.agent).post(path, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_joined")


def test_on_a_break_there_is_no_next(api: Api) -> None:
    assert api.post("/pause", {"reason": "Frokost"}).json()["pause_reason"] == "Frokost"
    assert api.post("/next").json()["code"] == "paused"
    assert api.post("/resume").json()["state"] == "ready"


def test_leaving_with_a_lead_is_refused_then_released(api: Api) -> None:
    taken(api)
    assert api.post("/leave").json()["code"] == "lead_held"
    assert api.post("/leave", {"release": True}).json()["state"] == "offline"


def test_a_call_gives_its_id_and_what_to_dial(api: Api) -> None:
    found = api.post("/call", {"lead": taken(api), "number": "+4586123400"}).json()
    assert (found["dial"], len(found["call"])) == ("tel:+4586123400", 36)
    assert api.get().json()["state"] == "talking"


def test_a_number_that_is_not_the_contacts_is_refused(api: Api) -> None:
    answer = api.post("/call", {"lead": taken(api), "number": "+4599999999"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_number")


def test_a_lead_that_is_not_held_cannot_be_called(api: Api, manual: Scene) -> None:
    answer = api.post("/call", {"lead": str(manual.leads()[-1].id)})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_held")


def test_the_disposition_gives_the_lead_as_it_is_now(api: Api) -> None:
    answer = api.post("/disposition", said(taken(api), note="Prøv igen"))
    assert (answer.json()["lead"]["status"], answer.json()["lead"]["attempts"]) == ("automatic_redial", 1)


def test_a_second_disposition_is_not_held(api: Api) -> None:
    lead = taken(api)
    api.post("/disposition", said(lead))
    answer = api.post("/disposition", said(lead))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_held")


def test_with_the_same_key_it_is_the_first_answer_again(api: Api) -> None:
    lead = taken(api)
    first = api.post("/disposition", said(lead), **{"Idempotency-Key": "a1"})
    again = api.post("/disposition", said(lead), **{"Idempotency-Key": "a1"})
    assert (again.status_code, again.json()) == (200, first.json())


def test_with_the_same_key_and_another_body_it_is_refused(api: Api) -> None:
    lead = taken(api)
    api.post("/disposition", said(lead), **{"Idempotency-Key": "a1"})
    answer = api.post("/disposition", said(lead, note="andet"), **{"Idempotency-Key": "a1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")


def test_a_callback_outside_hours_names_the_nearest(api: Api) -> None:
    wrong = said(taken(api), callback={"at": "2026-03-02T22:00:00+01:00", "private": True})
    wrong["disposition"] = "Aftal genopkald"
    answer = api.post("/disposition", wrong).json()
    assert (answer["code"], answer["errors"][0]["nearest"][:10]) == ("outside_hours", "2026-03-02")


def test_an_unknown_disposition_is_refused(api: Api) -> None:
    answer = api.post("/disposition", {**said(taken(api)), "disposition": "Findes ikke"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_disposition")


def test_skipping_where_one_may_not(api: Api) -> None:
    taken(api)
    answer = api.post("/skip", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "skip_not_allowed")


def test_another_organisations_campaign_is_not_found(manual: Scene) -> None:
    answer = Api(manual.cast.magazine.junior).post("/join", {"campaign": str(manual.campaign.id)})
    assert answer.status_code == 404


def test_an_unknown_field_is_refused(api: Api) -> None:
    assert api.post("/pause", {"why": "x"}).json()["code"] == "unknown_field"


def test_the_call_is_on_the_list_of_calls(api: Api) -> None:
    lead = taken(api)
    call = api.post("/call", {"lead": lead}).json()["call"]
    api.post("/disposition", said(lead))
    found = api.web.get("/api/v1/calls").json()["items"]
    assert [(one["id"], one["outcome"], one["number"]) for one in found] == [(call, "no_answer", "+4520123400")]
    assert api.web.get(f"/api/v1/calls/{call}").json()["state"] == "ended"


def test_a_call_longer_than_the_reservation_is_dispositioned_by_who_is_in_it_after_a_restart_too(
    api: Api, manual: Scene
) -> None:
    lead = taken(api)
    api.post("/call", {"lead": lead})
    clock.advance(timedelta(hours=2))
    make_relay().drain()
    # A server that was started since has read nothing yet.
    plan_facts._known.clear()
    again = Api(manual.agent)
    assert again.get().json()["lead"] == lead
    saved = again.post("/disposition", said(lead))
    assert (saved.status_code, saved.json()["lead"]["attempts"]) == (200, 1)


def test_a_program_corrects_what_agents_may_edit_of_the_held_contact(manual: Scene, api: Api) -> None:
    lead = taken(api)
    body = {"lead": lead, "fields": {"E-mail": "aase@example.org"}}
    answer = api.web.patch(f"{ROOT}/contact", body, "application/json")
    assert answer.status_code == 200
    assert answer.json()["lead"]["contact"]["fields"]["E-mail"] == "aase@example.org"
    refused = api.web.patch(f"{ROOT}/contact", {"lead": lead, "fields": {"By": "Randers"}}, "application/json")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_editable")
    api.post("/leave", {"release": True})
    assert api.web.patch(f"{ROOT}/contact", body, "application/json").json()["code"] == "not_held"
