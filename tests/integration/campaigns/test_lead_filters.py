"""What is done to all leads that a filter finds reaches no more than was asked for and shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign, Disposition, Lead, TimelineItem
from ringround.campaigns.views import leads as views
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Forbidden, Invalid
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db


def _drop(rig: Rig, campaign: Campaign, one: Disposition) -> None:
    there = queries.campaign_json(campaign=campaign)["dispositions"]
    rest: list[dict[str, Any]] = [{**each, "id": str(each["id"])} for each in there if each["id"] != one.id]
    actions.dispositions_put(actor=rig.staff.manager, campaign_id=campaign.id, dispositions=rest)


def _deactivate(client: Client, query: str, **more: str) -> None:
    assert client.post("/campaigns/leads/bulk", {"do": "deactivate", "all": "1", "query": query, **more}).status_code


@pytest.mark.parametrize(
    "query",
    ["status=bogus", "attempts_min=x", "assigned_to=01900000-0000-7000-8000-000000000000", "r_gone=A", "active=maybe"],
)
def test_a_filter_that_does_not_fit_changes_nothing_and_exports_nothing(rig: Rig, query: str) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    client = browser(rig.staff.supervisor)
    _deactivate(client, f"campaign={campaign.id}&{query}")
    assert not Lead.objects.filter(active=False).exists()
    assert client.get(f"/campaigns/leads/export?campaign={campaign.id}&{query}").status_code == 303


def test_a_disposition_that_went_meanwhile_does_not_make_the_filter_wider(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 3)
    tried = Disposition.objects.filter(campaign=campaign, kind="no_contact")[0]
    given = rig.given(rig.staff.senior, campaign)
    assert given is not None
    actions.disposition_save(actor=rig.staff.senior, lead_id=given, disposition=tried.id)
    _drop(rig, campaign, tried)
    _deactivate(browser(rig.staff.supervisor), f"campaign={campaign.id}&disposition={tried.id}")
    assert not Lead.objects.filter(active=False).exists()


def test_a_campaign_that_is_not_seen_is_not_all_campaigns(rig: Rig, agency_rig: Rig) -> None:
    rig.leads(rig.campaign(), 1)
    strange = agency_rig.campaign()
    _deactivate(browser(rig.staff.supervisor), f"campaign={strange.id}")
    assert not Lead.objects.filter(active=False).exists()


def test_a_campaign_beyond_those_offered_is_found_by_its_address(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = rig.campaign(), rig.campaign()
    rig.leads(old, 2)
    rig.leads(new, 2)
    monkeypatch.setattr(views, "MOST_CAMPAIGNS", 1)
    _deactivate(browser(rig.staff.supervisor), f"campaign={old.id}")
    assert {one.campaign_id for one in Lead.objects.filter(active=False)} == {old.id}


def test_more_leads_than_were_shown_are_not_changed(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    client = browser(rig.staff.supervisor)
    address = f"/campaigns/leads?campaign={campaign.id}"
    assert 'name="found" value="2"' in client.get(address).content.decode()
    rig.lead(campaign)
    _deactivate(client, f"campaign={campaign.id}", found="2")
    assert not Lead.objects.filter(active=False).exists()
    _deactivate(client, f"campaign={campaign.id}", found="3")
    assert Lead.objects.filter(active=False).count() == 3


def test_the_filter_names_agents_of_campaigns_and_nobody_else_of_the_agency(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    agency_rig.campaign(agency=agency, agents=[agency.junior])
    page = browser(agency_rig.staff.viewer).get("/campaigns/leads")
    named = [name for _id, name in page.context["form"].fields["assigned_to"].choices]
    assert agency.junior.user.name in named
    assert agency.manager.user.name not in named
    assert agency_rig.staff.owner.user.name not in named


# --- agents -----------------------------------------------------------------------------------


def test_an_agent_lists_what_is_theirs_and_not_the_whole_campaign(rig: Rig) -> None:
    campaign = rig.campaign()
    me = rig.staff.junior.user_id
    rig.lead(campaign)
    theirs = {rig.lead(campaign, assigned_to_id=me), rig.lead(campaign, status="private_redial", owner_id=me)}
    held = rig.given(rig.staff.junior, campaign)
    assert held is not None
    call = Caller(token_for(rig.staff.junior))
    found = call("GET", f"/leads?campaign={campaign.id}").json()["items"]
    assert {one["id"] for one in found} == {str(one) for one in theirs | {held}}
    assert len(Caller(token_for(rig.staff.viewer))("GET", "/leads").json()["items"]) == 3


# --- notes ------------------------------------------------------------------------------------


def test_a_viewer_only_looks_and_writes_no_note(rig: Rig) -> None:
    lead = rig.lead(rig.campaign())
    client = browser(rig.staff.viewer)
    assert f"/campaigns/leads/{lead}/note" not in client.get(f"/campaigns/leads/{lead}").content.decode()
    assert client.post(f"/campaigns/leads/{lead}/note", {"text": "Hej"}).status_code == 403
    with pytest.raises(Forbidden):
        actions.note_add(actor=rig.staff.viewer, lead_id=lead, text="Hej")
    assert (
        f"/campaigns/leads/{lead}/note" in browser(rig.staff.quality).get(f"/campaigns/leads/{lead}").content.decode()
    )


def test_a_note_has_an_end(rig: Rig) -> None:
    lead = rig.lead(rig.campaign())
    with pytest.raises(Invalid):
        actions.note_add(actor=rig.staff.senior, lead_id=lead, text="x" * (actions.LONGEST_NOTE + 1))
    sent = browser(rig.staff.supervisor).post(f"/campaigns/leads/{lead}/note", {"text": "x" * 6000})
    assert sent.status_code == 303
    assert not TimelineItem.objects.filter(lead=lead, kind="note").exists()


def test_a_note_by_api_stands_on_the_leads_history(rig: Rig) -> None:
    lead = rig.lead(rig.campaign())
    call = Caller(token_for(rig.staff.senior))
    made = call("POST", f"/leads/{lead}/notes", {"text": "  Ring efter fem  "})
    assert (made.status_code, made.json()["text"]) == (201, "Ring efter fem")
    assert made.json()["by"] == str(rig.staff.senior.user_id)
    assert made.json() in call("GET", f"/leads/{lead}/timeline").json()["items"]
    for text in (" ", "x" * (actions.LONGEST_NOTE + 1)):
        refused = call("POST", f"/leads/{lead}/notes", {"text": text})
        assert (refused.status_code, refused.json()["errors"][0]["loc"][-1]) == (422, "text")
    assert Caller(token_for(rig.staff.viewer))("POST", f"/leads/{lead}/notes", {"text": "Hej"}).status_code == 403


def test_a_note_of_the_agencys_agent_stands_in_the_merchants_audit(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    lead = agency_rig.lead(agency_rig.campaign(agency=agency))
    actions.note_add(actor=agency.junior, lead_id=lead, text="Ring efter fem")
    (row,) = AuditPending.objects.filter(action="campaigns.lead.noted")
    assert (row.org_id, row.acting_org_id) == (agency_rig.staff.org.id, agency.org.id)
