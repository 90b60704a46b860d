"""What is done to all leads that a filter finds reaches no more than was asked for and shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign, Disposition, Lead
from ringround.campaigns.views import leads as views
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig

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
