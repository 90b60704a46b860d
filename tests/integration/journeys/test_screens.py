"""The list, the gallery, the editor's page and what its script asks for, and the runs, by the web."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from ringround.journeys import actions
from ringround.journeys.engine import work
from ringround.journeys.engine.rows import PARKED
from ringround.journeys.models import Journey, Run, Sweep
from ringround.journeys.rules.templates import TEMPLATES
from tests.integration.campaigns.plan_setup import browser
from tests.integration.journeys.stage import node

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.journeys.stage import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(stage: Stage) -> Client:
    return browser(stage.rig.staff.manager)


@pytest.fixture
def journey(stage: Stage) -> Journey:
    """Not published: wait three months, then reset."""
    document = stage.document(
        node("wait", "wait", "reset", duration={"n": 3, "unit": "months"}),
        node("reset", "reset"),
        exit_when={"path": "lead.status", "op": "ne", "value": "not_interested"},
    )
    return actions.journey_create(actor=stage.rig.staff.manager, name="Genbrug", document=document)


def send(client: Client, method: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
    answer = client.generic(method, path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def page_data(client: Client, journey: Journey) -> dict[str, Any]:
    text = client.get(f"/journeys/{journey.id}/edit").content.decode()
    inside = text.split('<script id="journey-data" type="application/json">', 1)[1].split("</script>", 1)[0]
    found: dict[str, Any] = json.loads(inside)
    return found


def test_an_empty_list_says_what_a_journey_is_and_how_to_make_one(client: Client) -> None:
    page = client.get("/journeys/").content.decode()
    assert "No journeys yet" in page
    assert "/journeys/new" in page


def test_a_list_whose_journeys_are_all_archived_does_not_say_that_there_are_none(
    client: Client, stage: Stage, journey: Journey
) -> None:
    actions.journey_archive(actor=stage.rig.staff.manager, journey_id=journey.id)
    page = client.get("/journeys/").content.decode()
    assert "No journeys yet" not in page
    assert "All are archived." in page


def test_the_list_shows_state_campaigns_and_figures(client: Client, stage: Stage, journey: Journey) -> None:
    page = client.get("/journeys/").content.decode()
    assert "Genbrug" in page
    assert "Draft" in page
    assert stage.campaign.name in page


def test_a_new_journey_begins_empty_on_its_campaign_and_leads_to_the_editor(client: Client, stage: Stage) -> None:
    made_at = client.post("/journeys/new", {"name": "Ny", "campaign": str(stage.campaign.id)})
    made = Journey.objects.get(name="Ny")
    assert (made_at.status_code, made_at["Location"]) == (303, f"/journeys/{made.id}/edit")
    assert made.draft["scope"] == {"campaigns": [str(stage.campaign.id)]}
    assert made.draft["nodes"] == []


def test_a_name_that_is_taken_is_said_on_the_form(client: Client, stage: Stage, journey: Journey) -> None:
    answer = client.post("/journeys/new", {"name": "Genbrug", "campaign": str(stage.campaign.id)})
    assert answer.status_code == 422
    assert "Another journey has this name." in answer.content.decode()


def test_the_gallery_offers_every_template(client: Client) -> None:
    page = client.get("/journeys/new").content.decode()
    assert len(TEMPLATES) == 10
    for key in TEMPLATES:
        assert f"/journeys/new/{key}" in page
        assert client.get(f"/journeys/new/{key}").status_code == 200


def test_a_template_is_filled_in_and_becomes_a_draft_without_faults(client: Client, stage: Stage) -> None:
    said = {"name": "Efter tre", "campaign": str(stage.campaign.id), "months": "3"}
    assert client.post("/journeys/new/reuse_not_interested", said).status_code == 303
    made = Journey.objects.get(name="Efter tre")
    _status, told = send(client, "POST", f"/journeys/{made.id}/check", {"document": made.draft})
    assert [one for one in told["faults"] if one["level"] == "error"] == []


def test_a_table_of_agents_is_filled_in_by_one_select_each(client: Client, stage: Stage) -> None:
    jack = stage.rig.staff.senior.user_id
    said = {"name": "Solgt", "campaign": str(stage.campaign.id), "days": "30", f"map_{jack}": str(stage.campaign.id)}
    assert client.post("/journeys/new/campaign_per_agent", said).status_code == 303
    made = Journey.objects.get(name="Solgt")
    assert made.draft["nodes"][0]["params"]["map"] == {str(jack): str(stage.campaign.id)}


def test_a_template_without_what_it_needs_says_so_and_makes_nothing(client: Client, stage: Stage) -> None:
    answer = client.post("/journeys/new/campaign_per_agent", {"name": "Solgt", "campaign": str(stage.campaign.id)})
    assert answer.status_code == 422
    assert not Journey.objects.exists()


def test_the_editor_brings_its_document_catalogue_and_lists(client: Client, stage: Stage, journey: Journey) -> None:
    data = page_data(client, journey)
    assert data["document"]["nodes"][0]["id"] == "wait"
    assert str(stage.campaign.id) in [one["value"] for one in data["choices"]["campaigns"]]
    assert {"wait", "branch", "send_sms"} <= {one["type"] for one in data["catalogue"]["nodes"]}
    assert all(one["icon"] in data["icons"] for one in data["catalogue"]["nodes"])
    assert "lead.status" in [one["path"] for one in data["catalogue"]["facts"]]


def test_saving_a_draft_raises_its_revision_and_an_older_one_is_refused(client: Client, journey: Journey) -> None:
    address = f"/journeys/{journey.id}/draft"
    changed = {**journey.draft, "description": "Mit"}
    assert send(client, "PUT", address, {"document": changed, "revision": 1}) == (200, {"revision": 2})
    status, told = send(client, "PUT", address, {"document": journey.draft, "revision": 1})
    assert (status, told["code"]) == (409, "changed_meanwhile")
    assert client.get(address).json()["document"]["description"] == "Mit"


@pytest.mark.parametrize("body", [[], {}, {"document": 1, "revision": 1}, {"document": {}, "revision": "1"}])
def test_what_is_no_draft_is_refused_and_nothing_is_lost(client: Client, journey: Journey, body: object) -> None:
    status, told = send(client, "PUT", f"/journeys/{journey.id}/draft", body)
    assert status == 422
    assert told["detail"]
    journey.refresh_from_db()
    assert journey.revision == 1


def test_faults_are_told_with_the_step_and_the_field(client: Client, journey: Journey) -> None:
    nodes = [{"id": "wait", "type": "wait", "params": {}, "next": {}}]
    wrong = {**journey.draft, "nodes": nodes, "trigger": {"type": "attempts_reached", "params": {"attempts": -1}}}
    _status, told = send(client, "POST", f"/journeys/{journey.id}/check", {"document": wrong})
    places = {(one["node"], one["param"]) for one in told["faults"]}
    assert ("wait", "duration") in places
    assert ("@trigger", "attempts") in places


def test_the_summary_says_for_whom_and_publishing_makes_the_version(client: Client, journey: Journey) -> None:
    told = client.get(f"/journeys/{journey.id}/summary").json()
    assert (told["number"], told["before"], told["backfill"]) == (1, None, None)
    status, _answer = send(client, "POST", f"/journeys/{journey.id}/publish", {"revision": told["revision"]})
    journey.refresh_from_db()
    assert (status, journey.state) == (200, "published")
    assert client.get(f"/journeys/{journey.id}/versions/1").json()["document"]["nodes"][0]["id"] == "wait"
    assert client.get(f"/journeys/{journey.id}/versions/2").status_code == 404


def test_what_is_wrong_is_not_published(client: Client, journey: Journey) -> None:
    broken = {**journey.draft, "nodes": [], "start": None}
    send(client, "PUT", f"/journeys/{journey.id}/draft", {"document": broken, "revision": 1})
    status, told = send(client, "POST", f"/journeys/{journey.id}/publish", {"revision": 2})
    assert (status, bool(told["errors"])) == (422, True)
    journey.refresh_from_db()
    assert journey.state == "draft"


def test_a_made_up_lead_is_played_through(client: Client, journey: Journey) -> None:
    step = {"type": "status_changed", "params": {"to": ["not_interested"]}}
    script = [{"after": {"n": 0, "unit": "minutes"}, "event": step}]
    body = {"mode": "lead", "facts": {"lead.status": "new", "lead.attempts": 1}, "script": script}
    status, told = send(client, "POST", f"/journeys/{journey.id}/simulate", body)
    assert (status, told["refused"], told["waiting"]) == (200, "", None)
    assert [(one["node"], one["what"]) for one in told["lines"]][:2] == [("wait", "entered"), ("wait", "waiting")]
    assert ("reset", "left") in {(one["node"], one["what"]) for one in told["lines"]}


def test_a_made_up_lead_that_becomes_something_else_leaves(client: Client, journey: Journey) -> None:
    step = {"type": "status_changed", "params": {"to": ["not_interested"]}}
    later = {"after": {"n": 1, "unit": "days"}, "event": {"type": "status_changed", "params": {"to": ["success"]}}}
    body = {"mode": "lead", "facts": {}, "script": [{"event": step}, later]}
    _status, told = send(client, "POST", f"/journeys/{journey.id}/simulate", body)
    assert [one["detail"] for one in told["lines"] if one["what"] == "finished"] == ["exit_when"]


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "lead"},
        {"mode": "lead", "facts": {"lead.nothing": 1}, "script": [{"event": {"type": "lead_created"}}]},
        {"mode": "lead", "facts": {}, "script": [{"event": {"type": "schedule"}}]},
        {"mode": "lead", "facts": {}, "script": [7]},
        {"mode": "past", "days": 0},
        {"mode": "past", "days": "30"},
    ],
)
def test_a_script_that_is_none_is_refused_in_words(client: Client, journey: Journey, body: object) -> None:
    status, told = send(client, "POST", f"/journeys/{journey.id}/simulate", body)
    assert status == 422
    assert told["detail"]


def test_the_past_days_give_counts_per_arrow(client: Client, stage: Stage, journey: Journey) -> None:
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    status, told = send(client, "POST", f"/journeys/{journey.id}/simulate", {"mode": "past", "days": 30})
    assert (status, told["leads"], told["started"]) == (200, 1, 1)
    assert told["nodes"]["wait"]["waiting"] == 1


def test_a_run_is_seen_on_the_journey_the_lead_and_its_own_page(client: Client, stage: Stage) -> None:
    made = stage.publish(
        stage.document(node("wait", "wait", "reset", duration={"n": 3, "unit": "months"}), node("reset", "reset"))
    )
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    [run] = stage.runs(lead)
    page = client.get(f"/journeys/{made.id}").content.decode()
    assert f"/journeys/runs/{run.id}" in page
    assert "Wait for a time" in page
    assert f"/journeys/runs/{run.id}" in client.get(f"/campaigns/leads/{lead}").content.decode()
    assert "goes on at" in client.get(f"/journeys/runs/{run.id}").content.decode()
    assert client.get(f"/journeys/{made.id}/stats").json()["nodes"]["wait"]["waiting"] == 1
    assert client.post(f"/journeys/runs/{run.id}/stop").status_code == 303
    stage.settle()
    assert stage.ends(lead) == ["stopped"]
    ended = client.get(f"/journeys/{made.id}?runs=ended").content.decode()
    assert "it was stopped" in ended


def test_pause_and_resume_by_their_buttons(client: Client, stage: Stage) -> None:
    made = stage.publish(stage.document(node("reset", "reset")))
    for name, state in (("pause", "paused"), ("resume", "published"), ("archive", "archived")):
        assert client.post(f"/journeys/{made.id}/do/{name}").status_code == 303
        made.refresh_from_db()
        assert made.state == state
    assert client.post(f"/journeys/{made.id}/do/nothing").status_code == 404


def test_agents_see_no_journeys(stage: Stage, journey: Journey) -> None:
    agent = browser(stage.rig.staff.senior)
    assert agent.get("/journeys/").status_code == 403
    assert agent.get(f"/journeys/{journey.id}/edit").status_code == 403


def test_another_organisations_journey_is_not_there(stage: Stage, journey: Journey) -> None:
    from tests.integration.campaigns.rig import rig

    other = browser(rig("magazine").staff.owner)
    for part in ("", "/edit", "/draft", "/stats", "/summary", "/versions/1", "/take-over"):
        assert other.get(f"/journeys/{journey.id}{part}").status_code == 404


def test_archived_journeys_are_on_a_list_of_their_own_and_only_looked_at(client: Client, stage: Stage) -> None:
    made = stage.publish(stage.document(node("wait", "wait", duration={"n": 1, "unit": "days"}), name="Gammel"))
    stage.close(lead := stage.lead())
    stage.settle()
    client.post(f"/journeys/{made.id}/do/archive")
    stage.settle()
    assert f"/journeys/{made.id}" not in client.get("/journeys/").content.decode()
    assert f"/journeys/{made.id}" in client.get("/journeys/?show=archived").content.decode()
    page = client.get(f"/journeys/{made.id}").content.decode()
    assert "It is archived" in page
    assert f"/journeys/{made.id}/do/" not in page
    assert "Look at it" in page
    assert stage.ends(lead) == ["stopped"]
    status, told = send(client, "PUT", f"/journeys/{made.id}/draft", {"document": made.draft, "revision": 1})
    assert (status, told["code"]) == (409, "wrong_state")
    assert page_data(client, made)["state"] == "archived"


def test_no_archived_journeys_says_what_they_are(client: Client, journey: Journey) -> None:
    page = client.get("/journeys/?show=archived").content.decode()
    assert "No archived journeys" in page
    assert "Genbrug" not in page


def waiting_here(stage: Stage, *nodes: dict[str, Any]) -> tuple[Journey, str]:
    """Two runs wait at `wait`; the next version's draft has these steps instead. The journey, and one of the leads."""
    made = stage.publish(stage.document(node("wait", "wait", duration={"n": 3, "unit": "days"}), name="Ny vej"))
    leads = [stage.lead(), stage.lead()]
    for lead in leads:
        stage.close(lead)
    stage.settle()
    draft = stage.document(*nodes, name="Ny vej", edit_policy="migrate")
    actions.draft_save(actor=stage.rig.staff.manager, journey_id=made.id, document=draft)
    made.refresh_from_db()
    return made, str(leads[0])


def pinned(stage: Stage, *nodes: dict[str, Any]) -> tuple[Journey, list[UUID]]:
    """A run waits at `wait` of version 1, where it stays; version 2 has these steps. The journey, and the leads."""
    days = {"n": 3, "unit": "days"}
    made = stage.publish(stage.document(node("wait", "wait", "call", duration=days), node("call", "note", text="x")))
    leads = [stage.lead(), stage.lead()]
    for lead in leads:
        stage.close(lead)
    stage.settle()
    stage.again(made, stage.document(*nodes))
    return made, leads


def test_runs_that_stayed_on_an_older_version_are_taken_over_after_a_look(client: Client, stage: Stage) -> None:
    made, leads = pinned(stage, node("wait", "wait", duration={"n": 1, "unit": "days"}))
    here = f"/journeys/{made.id}/take-over"
    assert here in client.get(f"/journeys/{made.id}").content.decode()
    assert page_data(client, made)["addresses"]["takeOver"] == here
    page = client.get(here).content.decode()
    assert "2 runs are under way on older versions" in page
    assert "reckoned anew" in page
    # Of the step that nobody stands at, and that a run may come to before it is taken over.
    assert "is gone. Where do runs go on that still come to it?" in page
    refused = client.post(here, {"version": 2})
    assert (refused.status_code, Sweep.objects.count()) == (422, 0)
    assert client.post(here, {"version": 2, "step_call": "end"})["Location"] == f"/journeys/{made.id}"
    assert "being taken over just now" in client.get(here).content.decode()
    stage.settle()
    assert {stage.runs(lead)[0].version_id for lead in leads} == {Journey.objects.get().version_id}
    assert "All runs are on the newest version" in client.get(here).content.decode()
    assert here not in client.get(f"/journeys/{made.id}").content.decode()


def test_runs_of_a_paused_journey_go_over_once_and_when_it_is_resumed(client: Client, stage: Stage) -> None:
    made, (lead, _other) = pinned(stage, node("wait", "wait", duration={"n": 9, "unit": "days"}))
    here = f"/journeys/{made.id}/take-over"
    actions.journey_pause(actor=stage.rig.staff.manager, journey_id=made.id)
    answer = {"version": 2, "step_call": "end"}
    assert client.post(here, answer).status_code == 303
    page = client.get(here).content.decode()
    assert ("when the journey is resumed" in page, 'name="version"' in page) == (True, False)
    assert client.post(here, answer).status_code == 422
    assert Sweep.objects.count() == 1
    actions.journey_resume(actor=stage.rig.staff.manager, journey_id=made.id)
    stage.settle()
    assert stage.runs(lead)[0].version_id == Journey.objects.get().version_id


def test_runs_that_have_not_begun_are_among_those_that_are_taken_over(
    client: Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stage.publish(stage.document(node("note", "note", text="x")))
    with monkeypatch.context() as patch:
        # As where what its first step asks breaks: it is parked before it.
        patch.setattr(work, "advance", lambda *asked: 1 / 0)
        stage.close(stage.lead())
        stage.settle()
    stage.again(made, stage.document(node("note", "note", text="y")))
    page = client.get(f"/journeys/{made.id}/take-over").content.decode()
    assert ("1 run is under way on an older version" in page, "at the beginning" in page) == (True, True)


def test_runs_of_a_vanished_step_are_taken_over_to_the_chosen_one(client: Client, stage: Stage) -> None:
    made, (lead, other) = pinned(stage, node("later", "wait", duration={"n": 9, "unit": "days"}))
    here = f"/journeys/{made.id}/take-over"
    page = client.get(here).content.decode()
    assert 'value="to:later"' in page
    assert client.post(here, {"version": 2, "step_wait": "to:nowhere", "step_call": "end"}).status_code == 422
    assert client.post(here, {"version": 2, "step_wait": "to:later", "step_call": "end"}).status_code == 303
    stage.settle()
    assert [stage.runs(one)[0].node for one in (lead, other)] == ["later", "later"]


def test_whoever_looked_at_an_older_version_than_the_newest_is_told(client: Client, stage: Stage) -> None:
    made, _leads = pinned(stage, node("later", "wait", duration={"n": 9, "unit": "days"}))
    stage.again(made, stage.document(node("latest", "wait", duration={"n": 9, "unit": "days"})))
    told = client.post(f"/journeys/{made.id}/take-over", {"version": 2, "step_wait": "end", "step_call": "end"})
    assert told.status_code == 422
    assert "another version meanwhile" in told.content.decode()
    # Who looks at what is shown now may send it.
    assert 'name="version" value="3"' in told.content.decode()
    assert not Sweep.objects.exists()


def test_only_managers_take_runs_over(stage: Stage) -> None:
    made, _leads = pinned(stage, node("later", "wait", duration={"n": 9, "unit": "days"}))
    supervisor = browser(stage.rig.staff.supervisor)
    assert supervisor.get(f"/journeys/{made.id}/take-over").status_code == 403
    assert "take-over" not in supervisor.get(f"/journeys/{made.id}").content.decode()


def test_publishing_says_where_runs_stand_and_those_of_a_vanished_step_go_where_it_is_said(
    client: Client, stage: Stage
) -> None:
    made, lead = waiting_here(stage, node("other", "wait", duration={"n": 9, "unit": "days"}))
    told = client.get(f"/journeys/{made.id}/summary").json()
    assert told["fates"] == [{"node": "wait", "name": "Wait for a time", "what": "gone", "runs": 2}]
    assert not told["same"]
    body = {"revision": told["revision"], "targets": {"wait": "other"}}
    assert send(client, "POST", f"/journeys/{made.id}/publish", body)[0] == 200
    stage.settle()
    assert [one.node for one in stage.runs(lead)] == ["other"]  # type: ignore[arg-type]


def test_a_step_that_stays_needs_no_choice_and_pinned_runs_none_at_all(client: Client, stage: Stage) -> None:
    made, _lead = waiting_here(stage, node("wait", "wait", duration={"n": 5, "unit": "days"}))
    [fate] = client.get(f"/journeys/{made.id}/summary").json()["fates"]
    assert (fate["what"], fate["runs"]) == ("changed", 2)
    pinned = {**made.draft, "settings": {}}
    send(client, "PUT", f"/journeys/{made.id}/draft", {"document": pinned, "revision": made.revision})
    assert client.get(f"/journeys/{made.id}/summary").json()["fates"] == []


def test_a_vanished_step_to_which_runs_may_still_come_is_asked_about_before_one_stands_there(
    client: Client, stage: Stage
) -> None:
    first = node("first", "wait", "second", duration={"n": 1, "unit": "hours"})
    second = node("second", "wait", duration={"n": 3, "unit": "days"})
    made = stage.publish(stage.document(first, second, name="To trin"))
    assert client.get(f"/journeys/{made.id}/summary").json()["same"]
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    draft = stage.document({**first, "next": {}}, name="To trin", edit_policy="migrate")
    actions.draft_save(actor=stage.rig.staff.manager, journey_id=made.id, document=draft)
    fates = client.get(f"/journeys/{made.id}/summary").json()["fates"]
    assert [(one["node"], one["what"], one["runs"]) for one in fates] == [("first", "same", 1), ("second", "gone", 0)]


@pytest.mark.parametrize("targets", [{"wait": "nowhere"}, {"never": "other"}])
def test_a_target_that_is_no_step_is_refused_and_nothing_is_published(
    client: Client, stage: Stage, targets: dict[str, str]
) -> None:
    made, lead = waiting_here(stage, node("other", "wait", duration={"n": 9, "unit": "days"}))
    status, told = send(client, "POST", f"/journeys/{made.id}/publish", {"targets": targets})
    assert (status, told["errors"][0]["code"]) == (422, "unknown_node")
    stage.settle()
    assert [one.node for one in stage.runs(lead)] == ["wait"]  # type: ignore[arg-type]
    assert client.get(f"/journeys/{made.id}/summary").json()["number"] == 2


def test_who_publishes_what_somebody_has_changed_meanwhile_is_told(client: Client, journey: Journey) -> None:
    send(client, "PUT", f"/journeys/{journey.id}/draft", {"document": journey.draft, "revision": 1})
    status, told = send(client, "POST", f"/journeys/{journey.id}/publish", {"revision": 1})
    assert (status, told["code"]) == (409, "changed_meanwhile")


def test_a_real_lead_is_found_by_name_in_the_journeys_campaigns_only(
    client: Client, stage: Stage, journey: Journey
) -> None:
    lead = stage.lead(fields={"name": "Anna Sørensen"}, attempts=2)
    stage.rig.lead(stage.rig.campaign(), fields={"name": "Anna Andersen"})
    [found] = client.get(f"/journeys/{journey.id}/leads?q=anna").json()["leads"]
    assert found == {
        "id": str(lead), "name": "Anna Sørensen", "campaign": stage.campaign.name, "status": "new", "attempts": 2,
        "been": 0,
    }  # fmt: skip
    assert client.get(f"/journeys/{journey.id}/leads?q=").json()["leads"] == []


def test_a_real_lead_begins_the_simulation_as_it_is_and_is_not_touched(
    client: Client, stage: Stage, journey: Journey
) -> None:
    lead = stage.lead(attempts=1)
    gate = {"path": "lead.attempts", "op": "ge", "value": 2}
    draft = stage.document(node("often", "gate", "reset", condition=gate), node("reset", "reset"), name="Genbrug")
    send(client, "PUT", f"/journeys/{journey.id}/draft", {"document": draft, "revision": 1})
    script = [{"event": {"type": "status_changed", "params": {"to": ["not_interested"]}}}]
    body: dict[str, Any] = {"mode": "lead", "lead": str(lead), "facts": {}, "script": script}

    def nodes() -> set[str]:
        status, told = send(client, "POST", f"/journeys/{journey.id}/simulate", body)
        assert status == 200
        return {one["node"] for one in told["lines"] if one["what"] == "left"}

    assert nodes() == {"often"}
    body["facts"] = {"lead.attempts": 2}
    assert nodes() == {"often", "reset"}
    assert stage.runs(lead) == []
    assert stage.ends(lead) == []


def test_a_lead_of_another_campaign_or_organisation_is_no_lead_to_try(
    client: Client, stage: Stage, journey: Journey
) -> None:
    from tests.integration.campaigns.rig import rig

    other = rig("magazine")
    script = [{"event": {"type": "status_changed", "params": {"to": ["not_interested"]}}}]
    for lead in (stage.rig.lead(stage.rig.campaign()), other.lead(other.campaign()), "junk"):
        body = {"mode": "lead", "lead": str(lead), "facts": {}, "script": script}
        assert send(client, "POST", f"/journeys/{journey.id}/simulate", body)[0] == 404


def test_a_journey_is_begun_by_hand_on_the_leads_page(client: Client, stage: Stage) -> None:
    made = stage.publish(stage.document(node("wait", "wait", duration={"n": 1, "unit": "days"}), trigger="by_hand"))
    lead, other = stage.lead(), stage.rig.lead(stage.rig.campaign())
    assert f'<option value="{made.id}">' in client.get(f"/campaigns/leads/{lead}").content.decode()
    assert str(made.id) not in client.get(f"/campaigns/leads/{other}").content.decode()
    assert client.post(f"/journeys/leads/{lead}/start", {"journey": str(made.id)}).status_code == 303
    assert client.post(f"/journeys/leads/{other}/start", {"journey": str(made.id)}).status_code == 404
    assert client.post(f"/journeys/leads/{lead}/start", {}).status_code == 422
    stage.settle()
    assert [one.node for one in stage.runs(lead)] == ["wait"]
    assert stage.runs(other) == []


def test_a_run_that_stands_still_is_tried_again_by_its_button(client: Client, stage: Stage) -> None:
    stage.publish(stage.document(node("wait", "wait", duration={"n": 1, "unit": "days"})))
    stage.close(lead := stage.lead())
    stage.settle()
    [run] = stage.runs(lead)
    address = f"/journeys/runs/{run.id}"
    assert "/retry" not in client.get(address).content.decode()
    Run.objects.filter(id=run.id).update(state=PARKED)
    assert f"{address}/retry" in client.get(address).content.decode()
    assert client.post(f"{address}/retry").status_code == 303
    stage.settle()
    assert [one.state for one in stage.runs(lead)] == [0]
