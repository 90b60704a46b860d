"""Journeys over HTTP."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from ringround.campaigns.models import Lead
from ringround.contacts.models import Contact
from ringround.infra.models import EventOut
from ringround.journeys.models import Intake, Journey, Run
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.journeys.stage import Stage, node

DAY = {"n": 1, "unit": "days"}


class Calls:
    """Calls the API as a manager."""

    def __init__(self, stage: Stage) -> None:
        self.caller = Caller(token_for(stage.rig.staff.manager))

    def get(self, path: str) -> Any:
        return self.caller("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.caller("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.caller("PUT", path, body)


def manager(stage: Stage) -> Calls:
    return Calls(stage)


def hooked(stage: Stage) -> dict[str, Any]:
    params = {"match": "external_lead_id", "from": "order.lead", "mapping": {"amount": "order.amount"}}
    gate = {"path": "event.data.amount", "op": "gt", "value": 100}
    return stage.document(
        node("big", "gate", "wait", condition=gate), node("wait", "wait", duration=DAY), trigger="webhook",
        params=params, reentry="always",
    )  # fmt: skip


def post(token: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = Client().post(f"/api/v1/hooks/{token}", text, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def test_a_journey_is_made_from_a_template_and_published_in_one_call(stage: Stage) -> None:
    call = manager(stage)
    keys = [one["key"] for one in call.get("/journey-templates").json()["items"]]
    assert len(keys) == 10
    params = {"campaign": str(stage.campaign.id), "months": 3}
    body = {"template": "reuse_not_interested", "name": "Genbrug", "params": params, "publish": True}
    made = call.post("/journeys", body)
    assert made.status_code == 201, made.json()
    told = made.json()
    assert (told["name"], told["state"], told["version"]) == ("Genbrug", "published", 1)
    assert not [one for one in told["flaws"] if one["level"] == "error"]
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    (run,) = call.get(f"/journeys/{told['id']}/runs?lead={lead}").json()["items"]
    assert (run["state"], run["node"], run["node_type"]) == ("waiting", "wait", "wait")
    figures = call.get(f"/journeys/{told['id']}/stats").json()
    assert (figures["started"], figures["nodes"]["wait"]["waiting"]) == (1, 1)
    whole = call.get(f"/journey-runs/{run['id']}").json()
    assert whole["steps"] == []


def test_a_wrong_document_is_kept_as_a_draft_and_not_published(stage: Stage) -> None:
    call = manager(stage)
    wrong = {**stage.document(node("a", "nonsense", "b")), "start": "gone"}
    made = call.post("/journeys", {"name": "Forkert", "document": wrong})
    assert made.status_code == 201
    assert [one for one in made.json()["flaws"] if one["level"] == "error"]
    answer = call.post(f"/journeys/{made.json()['id']}/publish", {})
    assert answer.status_code == 422
    assert answer.json()["errors"]
    refused = call.post("/journeys", {"name": "Straks", "document": wrong, "publish": True})
    assert refused.status_code == 422
    assert not Journey.objects.filter(name="Straks").exists()


def test_a_draft_that_somebody_else_has_saved_meanwhile_is_not_overwritten(stage: Stage) -> None:
    call = manager(stage)
    made = call.post("/journeys", {"name": "A", "document": stage.document(node("wait", "wait", duration=DAY))}).json()
    body = {"document": {**made["draft"], "name": "B"}, "revision": made["revision"]}
    assert call.put(f"/journeys/{made['id']}/draft", body).status_code == 200
    again = call.put(f"/journeys/{made['id']}/draft", body)
    assert (again.status_code, again.json()["code"]) == (409, "changed_meanwhile")


def test_a_program_starts_a_journey_by_its_address_each_event_once(stage: Stage) -> None:
    call = manager(stage)
    made = call.post("/journeys", {"name": "Ordre", "document": hooked(stage), "publish": True}).json()
    token = call.post(f"/journeys/{made['id']}/hook", {}).json()["token"]
    lead = stage.lead()
    Lead.objects.filter(id=lead).update(external_lead_id="crm-1")
    body = {"order": {"lead": "crm-1", "amount": 250}}
    assert post(token, body, **{"Idempotency-Key": "e1"}) == (202, {"leads": 1, "repeated": False})
    assert post(token, body, **{"Idempotency-Key": "e1"}) == (202, {"leads": 1, "repeated": True})
    stage.settle()
    (run,) = stage.runs(lead)
    assert run.node == "wait"
    small = {"order": {"lead": "crm-1", "amount": 5}}
    assert post(token, small)[0] == 202
    assert post(token, small) == (202, {"leads": 1, "repeated": True})
    stage.settle()
    assert stage.ends(lead) == ["end"]
    # What it carries may be personal: it is in no event.
    assert not EventOut.objects.filter(type="journeys.hook.received").exists()


def test_what_is_wrong_with_a_webhook_is_said_and_a_stranger_finds_nothing(stage: Stage) -> None:
    call = manager(stage)
    made = call.post("/journeys", {"name": "Ordre", "document": hooked(stage), "publish": True}).json()
    token = call.post(f"/journeys/{made['id']}/hook", {}).json()["token"]
    other = Rig(stage.rig.cast, stage.rig.cast.magazine)
    theirs = other.lead(other.campaign(agents=[other.staff.senior]))
    Lead.objects.filter(id=theirs).update(external_lead_id="theirs")
    assert post("rrh_nobodys", {"order": {"lead": "x"}})[0] == 404
    assert post(token, {"order": {"lead": "theirs"}})[0] == 404
    assert post(token, {})[0] == 422
    assert post(token, "[1]")[0] == 422
    assert post(token, "{")[0] == 422
    assert post(token, {"order": {"lead": "x" * 70_000}})[0] == 413
    assert post(token, "[" * 20_000)[0] == 422
    assert not Intake.objects.exists()
    assert not Run.objects.exists()


def test_a_lead_is_meant_by_its_number_and_its_address(stage: Stage) -> None:
    document = hooked(stage)
    lead = stage.lead()
    contact = Contact.objects.get(id=stage.rig.see(lead).contact_id)
    Contact.objects.filter(id=contact.id).update(email="kunde@example.org")
    for by, value in (("phone", stage.rig.see(lead).numbers[0]), ("email", "Kunde@example.org"), ("lead", str(lead))):
        document["trigger"]["params"]["match"] = by
        call = manager(stage)
        made = call.post("/journeys", {"name": by, "document": document, "publish": True}).json()
        token = call.post(f"/journeys/{made['id']}/hook", {}).json()["token"]
        assert post(token, {"order": {"lead": value, "amount": 200}}) == (202, {"leads": 1, "repeated": False}), by


def test_what_a_journey_would_do_is_shown_without_doing_it(stage: Stage) -> None:
    call = manager(stage)
    document = stage.document(node("wait", "wait", "reset", duration=DAY), node("reset", "reset"))
    made = call.post("/journeys", {"name": "Prøve", "document": document}).json()
    lead = stage.lead()
    event = {"type": "campaigns.lead.status_changed", "at": "2026-03-02T10:00:00Z",
             "data": {"from": "new", "to": "not_interested"}}  # fmt: skip
    shown = call.post(f"/journeys/{made['id']}/simulate", {"lead": str(lead), "events": [event]}).json()
    assert [one["type"] for one in shown["effects"]] == ["reset"]
    assert shown["effects"][0]["at"].startswith("2026-03-03T10:00:00")
    stage.close(lead)
    stage.settle()
    past = call.post(f"/journeys/{made['id']}/simulate", {"days": 30}).json()
    assert (past["leads"], past["figures"]["started"], past["figures"]["nodes"]["wait"]["waiting"]) == (1, 1, 1)
    assert not Run.objects.exists()


def test_leads_chosen_by_hand_are_let_in_and_a_run_is_ended(stage: Stage) -> None:
    call = manager(stage)
    document = stage.document(node("wait", "wait", duration=DAY), trigger="by_hand")
    made = call.post("/journeys", {"name": "Hånd", "document": document, "publish": True}).json()
    lead = stage.lead()
    assert call.post(f"/journeys/{made['id']}/runs", {"leads": [str(lead)]}).json() == {"count": 1}
    stage.settle()
    (run,) = stage.runs(lead)
    assert call.post(f"/journey-runs/{run.id}/stop", {}).status_code == 200
    stage.settle()
    assert stage.ends(lead) == ["stopped"]
    assert call.post(f"/journeys/{made['id']}/pause", {}).json()["state"] == "paused"
    assert call.post(f"/journeys/{made['id']}/pause", {}).json()["code"] == "wrong_state"
