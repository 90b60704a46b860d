"""Workflows: versions that never change, who sees them, and which of them a campaign may have."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as campaigns_read
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.onboarding import actions, queries
from ringround.onboarding.models import Workflow, WorkflowVersion
from ringround.orgs.models import AgencyLink
from tests import factories
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.workflows import SIGNUP, UPGRADE, make

BODY = {"name": "Månedlig giver", **SIGNUP}


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(".".join(map(str, one["loc"])).removeprefix("body."), one["code"]) for one in answer.json()["errors"]]


def api(actor: Any) -> Caller:
    return Caller(token_for(actor))


# --- versions -------------------------------------------------------------------------------------


def test_a_new_version_leaves_the_one_before_as_it_was(rig: Rig) -> None:
    made = make(rig.staff.manager)
    before = queries.version_of(made).definition
    changed = actions.workflow_version_add(
        actor=rig.staff.manager, workflow_id=made.id, definition={**SIGNUP, "link_ttl_s": 3600}, name="Ny"
    )
    assert (changed.version, changed.name) == (2, "Ny")
    assert queries.version_of(changed, 1).definition == before
    assert queries.definition_of(queries.version_of(changed)).link_ttl_s == 3600
    told = AuditPending.objects.filter(subject_id=made.id).order_by("id").values_list("action", "data__version")
    assert list(told) == [("onboarding.workflow.created", 1), ("onboarding.workflow.changed", 2)]


def test_a_change_of_what_somebody_else_has_changed_is_refused(rig: Rig) -> None:
    made = make(rig.staff.manager)
    actions.workflow_version_add(actor=rig.staff.manager, workflow_id=made.id, definition=SIGNUP, expected=1)
    with pytest.raises(Conflict) as refused:
        actions.workflow_version_add(actor=rig.staff.manager2, workflow_id=made.id, definition=SIGNUP, expected=1)
    assert refused.value.code == "changed_meanwhile"
    assert WorkflowVersion.objects.filter(workflow=made).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_at_the_same_moment_one_is_refused() -> None:
    staff = factories.cast().charity
    made = make(staff.manager)
    gate, came = threading.Barrier(2), []

    def change(actor: Any) -> None:
        gate.wait()
        try:
            actions.workflow_version_add(actor=actor, workflow_id=made.id, definition=SIGNUP, expected=1)
            came.append("made")
        except Conflict as why:
            came.append(why.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(one,)) for one in (staff.manager, staff.manager2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(came) == ["changed_meanwhile", "made"]


def test_a_workflow_stays_for_what_it_was_made_for(rig: Rig) -> None:
    made = make(rig.staff.manager)
    with pytest.raises(Invalid) as refused:
        actions.workflow_version_add(actor=rig.staff.manager, workflow_id=made.id, definition=UPGRADE)
    assert [(f.loc, f.code) for f in refused.value.errors] == [(("intention",), "unchangeable")]


def test_a_name_is_given_once_among_those_that_are_not_put_away(rig: Rig) -> None:
    made = make(rig.staff.manager)
    with pytest.raises(Conflict) as refused:
        make(rig.staff.manager)
    assert refused.value.code == "name_taken"
    actions.workflow_archive(actor=rig.staff.manager, workflow_id=made.id)
    make(rig.staff.manager)
    with pytest.raises(Conflict) as refused:
        actions.workflow_restore(actor=rig.staff.manager, workflow_id=made.id)
    assert refused.value.code == "name_taken"


def test_what_has_been_put_away_is_found_only_when_asked_for_and_gets_no_versions(rig: Rig) -> None:
    made = make(rig.staff.manager)
    actions.workflow_archive(actor=rig.staff.manager, workflow_id=made.id)
    assert queries.workflow_list(actor=rig.staff.manager).items == []
    assert queries.workflow_list(actor=rig.staff.manager, archived=True).items == [made]
    with pytest.raises(Conflict) as refused:
        actions.workflow_version_add(actor=rig.staff.manager, workflow_id=made.id, definition=SIGNUP)
    assert refused.value.code == "archived"
    back = actions.workflow_restore(actor=rig.staff.manager, workflow_id=made.id)
    assert queries.workflow_list(actor=rig.staff.manager).items == [back]


# --- who ------------------------------------------------------------------------------------------


def test_supervisors_read_and_managers_write(rig: Rig) -> None:
    made = make(rig.staff.manager)
    assert queries.workflow_get(actor=rig.staff.supervisor, workflow_id=made.id) == made
    with pytest.raises(Forbidden):
        make(rig.staff.supervisor, name="Anden")
    with pytest.raises(Forbidden):
        actions.workflow_archive(actor=rig.staff.supervisor, workflow_id=made.id)


def test_an_agency_reads_the_workflow_of_a_campaign_that_it_was_given_until_the_link_is_gone(agency_rig: Rig) -> None:
    staff, agency = agency_rig.staff, agency_rig.cast.agency
    made, other = make(staff.manager), make(staff.manager, name="Anden")
    with pytest.raises(NotFound):
        queries.workflow_get(actor=agency.manager, workflow_id=made.id)
    agency_rig.campaign(agency=agency, workflow=str(made.id))
    assert queries.workflow_list(actor=agency.manager).items == [made]
    with pytest.raises(NotFound):
        queries.workflow_get(actor=agency.manager, workflow_id=other.id)
    with pytest.raises(Forbidden) as refused:
        actions.workflow_version_add(actor=agency.owner, workflow_id=made.id, definition=SIGNUP)
    assert refused.value.code == "merchant_only"
    AgencyLink.objects.update(revoked_at=made.created_at)
    assert queries.workflow_list(actor=agency.manager).items == []


def test_an_agency_makes_workflows_for_a_merchant_that_it_manages_and_none_of_its_own(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    with pytest.raises(Forbidden) as refused:
        make(agency.manager)
    assert refused.value.code == "merchant_only"
    client = factories.organisation("Klient", "merchant", managed_by=agency.org)
    acting = type(agency.manager)(user=agency.manager.user, organisation=client, home=agency.org, role="manager")
    assert make(acting).merchant_id == client.id


# --- the API --------------------------------------------------------------------------------------


def test_a_workflow_is_made_read_changed_and_put_away(rig: Rig) -> None:
    call = api(rig.staff.manager)
    made = call("POST", "/workflows", BODY)
    assert made.status_code == 201
    said = made.json()
    assert (said["version"], said["archived"], said["products"][0]["key"]) == (1, False, "fast")
    path = f"/workflows/{said['id']}"
    assert call("GET", path).json() == said
    assert call("GET", "/workflows?intention=signup&q=giver").json()["items"] == [said]
    assert call("GET", "/workflows?intention=upgrade").json()["items"] == []
    changed = call("POST", f"{path}/versions", {**BODY, "name": "Giver", "expected": 1})
    assert (changed.status_code, changed.json()["version"], changed.json()["name"]) == (201, 2, "Giver")
    late = call("POST", f"{path}/versions", {**SIGNUP, "expected": 1})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    first = call("GET", f"{path}/versions?size=1").json()
    assert [one["version"] for one in first["items"]] == [2]
    rest = call("GET", f"{path}/versions?size=1&after={first['next']}").json()
    assert ([one["version"] for one in rest["items"]], rest["next"]) == ([1], None)
    assert call("POST", f"{path}/archive").json()["archived"] is True
    assert call("POST", f"{path}/restore").json()["archived"] is False


def test_the_same_key_makes_one_workflow(rig: Rig) -> None:
    call = api(rig.staff.manager)
    answers = [call("POST", "/workflows", BODY, Idempotency_Key="a") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert Workflow.objects.count() == 1
    assert call("POST", "/workflows", {**BODY, "name": "B"}, Idempotency_Key="a").json()["code"] == "key_reused"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"colour": "red"}, ("colour", "unknown_field")),
        ({"products": [{**SIGNUP["products"][0], "colour": "red"}]}, ("products.0.colour", "unknown_field")),
        (
            {"products": [{**SIGNUP["products"][0], "amount": {"rule": "fixed"}}]},
            ("products.0.amount.value", "required"),
        ),
        ({"name": " "}, ("name", "too_short")),
        ({"intention": "both"}, ("intention", "unknown_choice")),
        ({"sms_sender": "Meget længere end elleve"}, ("sms_sender", None)),
    ],
)
def test_what_is_wrong_is_told_by_its_place(rig: Rig, change: Any, fault: Any) -> None:
    answer = api(rig.staff.manager)("POST", "/workflows", {**BODY, **change})
    assert answer.status_code == 422
    found = codes(answer)
    assert fault in found if fault[1] else fault[0] in [loc for loc, _code in found]
    assert not Workflow.objects.exists()


# --- of a campaign --------------------------------------------------------------------------------


def test_a_campaign_takes_a_workflow_of_its_merchant_and_no_other(rig: Rig) -> None:
    mine, theirs = make(rig.staff.manager), make(rig.cast.magazine.manager)
    campaign = rig.campaign(workflow=str(mine.id), running=False)
    assert campaign.workflow == mine.id
    call = api(rig.staff.manager)
    assert call("GET", f"/campaigns/{campaign.id}").json()["workflow"] == str(mine.id)
    for wrong in (str(theirs.id), str(new_id()), "nonsense"):
        answer = call("PATCH", f"/campaigns/{campaign.id}", {"workflow": wrong})
        assert (answer.status_code, codes(answer)) == (422, [("workflow", "unknown_workflow")])
        made = call("POST", "/campaigns", {"name": "Ny", "mode": "manual", "lists": [], "workflow": wrong})
        assert (made.status_code, codes(made)) == (422, [("workflow", "unknown_workflow")])
    assert call("PATCH", f"/campaigns/{campaign.id}", {"workflow": None}).json()["workflow"] is None


def test_a_workflow_that_has_been_put_away_stays_where_it_is_and_goes_nowhere_else(rig: Rig) -> None:
    made = make(rig.staff.manager)
    campaign, other = rig.campaign(workflow=str(made.id), running=False), rig.campaign(running=False)
    actions.workflow_archive(actor=rig.staff.manager, workflow_id=made.id)
    call = api(rig.staff.manager)
    assert call("PATCH", f"/campaigns/{campaign.id}", {"workflow": str(made.id), "target": 5}).status_code == 200
    assert call("PATCH", f"/campaigns/{other.id}", {"workflow": str(made.id)}).status_code == 422


def test_another_workflow_asks_for_a_new_approval(rig: Rig) -> None:
    made = make(rig.staff.manager)
    campaign = rig.campaign(running=False)
    campaigns.campaign_approve(actor=rig.staff.manager2, campaign_id=campaign.id)
    changed = campaigns.campaign_change(
        actor=rig.staff.manager, campaign_id=campaign.id, fields={"workflow": str(made.id)}
    )
    assert changed.state == "unapproved"


def test_duplicates_and_templates_keep_the_workflow_unless_it_was_put_away(rig: Rig) -> None:
    made = make(rig.staff.manager)
    campaign = rig.campaign(workflow=str(made.id), running=False)
    copy = campaigns.campaign_duplicate(actor=rig.staff.manager, campaign_id=campaign.id, name="Kopi")
    assert copy.workflow == made.id
    template = campaigns.template_save(actor=rig.staff.manager, campaign_id=campaign.id, name="Skabelon")
    assert campaigns_read.template_json(template)["plan"]["workflow"] == str(made.id)
    actions.workflow_archive(actor=rig.staff.manager, workflow_id=made.id)
    late = campaigns.template_use(actor=rig.staff.manager, template_id=template.id, fields={"name": "Sen"})
    assert late.workflow is None


def test_the_first_step_of_the_wizard_offers_the_workflows(rig: Rig) -> None:
    made = make(rig.staff.manager)
    campaign = rig.campaign(running=False)
    page = browser(rig.staff.manager).get(f"/campaigns/{campaign.id}/plan/1")
    assert f'value="{made.id}"' in page.content.decode()
