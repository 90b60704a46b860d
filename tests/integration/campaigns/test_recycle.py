"""Recycling: leads are found and counted, and begin anew where they are or on a new campaign; their history stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.actions import bulk
from ringround.campaigns.models import Attempt, BulkChange, Campaign, Lead, LeadAnswers, TimelineItem
from ringround.campaigns.queries import LeadFilter
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for

FORM: list[dict[str, Any]] = [
    {"key": "why", "label": "Hvorfor", "type": "choice", "options": ["Pris", "Tid"]},
    {"key": "many", "label": "Hvilke", "type": "multi_choice", "options": ["A", "B", "C"]},
    {"key": "age", "label": "Alder", "type": "number"},
]


def worked(rig: Rig, **more: Any) -> tuple[Campaign, UUID, UUID]:
    """A campaign with one lead that said no, and one that is new."""
    campaign = rig.campaign(**more)
    first, second = rig.leads(campaign, 2)
    assert rig.given(rig.staff.senior, campaign) == first
    rig.say(rig.staff.senior, first, "not_engaged")
    return campaign, first, second


def refused(rig: Rig, campaign: Campaign, **more: Any) -> actions.Recycled:
    wanted = LeadFilter(status=("not_interested",))
    return actions.leads_recycle(actor=rig.staff.manager, campaign_id=campaign.id, filter=wanted, **more)


def test_a_dry_run_counts_and_changes_nothing(rig: Rig) -> None:
    campaign, first, _second = worked(rig)
    events, campaigns = EventOut.objects.count(), Campaign.objects.count()
    assert refused(rig, campaign, dry_run=True).count == 1
    assert refused(rig, campaign, dry_run=True, into="Igen").campaign is None
    assert (EventOut.objects.count(), Campaign.objects.count()) == (events, campaigns)
    assert rig.see(first).status == "not_interested"


def test_leads_are_new_again_on_their_campaign_and_keep_their_history(rig: Rig) -> None:
    campaign, first, _second = worked(rig, form=FORM)
    rig.put(first, result={"why": "Pris"})
    done = refused(rig, campaign)
    seen = rig.see(first)
    assert (done.count, done.campaign and done.campaign.id) == (1, campaign.id)
    assert (seen.status, seen.attempts, seen.result) == ("new", 0, {})
    assert Attempt.objects.filter(lead=first).count() == 1
    assert LeadAnswers.objects.filter(lead=first, why="reset", answers={"why": "Pris"}).exists()


def test_a_new_campaign_is_made_of_them_and_they_stay_as_they_are(rig: Rig) -> None:
    campaign, first, _second = worked(rig, target=4)
    done = refused(rig, campaign, into="Igen")
    made = Campaign.objects.get(name="Igen")
    lead = Lead.objects.get(campaign=made)
    assert (done.count, done.campaign and done.campaign.id) == (1, made.id)
    assert (made.state, made.target, lead.status, lead.contact_id) == (
        "unapproved", 4, "new", rig.see(first).contact_id,
    )  # fmt: skip
    assert rig.see(first).status == "not_interested"
    told = TimelineItem.objects.get(lead=lead, key="recycled")
    assert (told.ref_type, told.ref_id) == ("lead", first)
    assert AuditPending.objects.filter(action="campaigns.leads.recycled", subject_id=campaign.id).exists()


def test_many_go_to_the_new_campaign_by_a_job_each_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    campaign = rig.campaign()
    leads = rig.leads(campaign, 5)
    all_of_it = LeadFilter()
    done = actions.leads_recycle(actor=rig.staff.manager, campaign_id=campaign.id, filter=all_of_it, into="Igen")
    assert done.done is not None
    assert (done.count, done.done.state) == (5, "running")
    made = Campaign.objects.get(name="Igen")
    assert not Lead.objects.filter(campaign=made).exists()
    job = BulkChange.objects.get()
    actions.bulk_run(bulk_id=job.id)
    actions.bulk_run(bulk_id=job.id)
    assert queries.bulk_get(actor=rig.staff.manager, bulk_id=job.id).count == 5
    contacts = [rig.see(one).contact_id for one in leads]
    assert (
        list(Lead.objects.filter(campaign=made).order_by("position").values_list("contact_id", flat=True)) == contacts
    )


def test_no_more_than_were_shown(rig: Rig) -> None:
    campaign, _first, _second = worked(rig)
    with pytest.raises(Conflict) as more:
        refused(rig, campaign, most=0)
    assert more.value.code == "more_than_shown"


def test_a_campaign_whose_name_is_taken_is_not_made_and_nothing_is_done(rig: Rig) -> None:
    campaign, _first, _second = worked(rig)
    with pytest.raises(Invalid):
        refused(rig, campaign, into=campaign.name)
    assert not BulkChange.objects.exists()


def test_an_archived_campaign_is_kept_as_it_was_but_another_is_made_of_it(rig: Rig) -> None:
    campaign, _first, _second = worked(rig)
    Campaign.objects.filter(id=campaign.id).update(state="archived")
    with pytest.raises(Conflict):
        refused(rig, campaign)
    assert refused(rig, campaign, into="Igen").count == 1


def test_leads_of_another_campaign_are_not_meant(rig: Rig) -> None:
    campaign, other = rig.campaign(), rig.campaign()
    with pytest.raises(Invalid):
        actions.leads_recycle(
            actor=rig.staff.manager, campaign_id=campaign.id, filter=LeadFilter(campaign=(other.id,)), dry_run=True
        )


def test_who_may_recycle(rig: Rig, agency_rig: Rig) -> None:
    campaign, _first, _second = worked(rig)
    for stranger in (rig.cast.outsider, agency_rig.staff.manager):
        with pytest.raises(NotFound):
            actions.leads_recycle(actor=stranger, campaign_id=campaign.id, filter=LeadFilter(), dry_run=True)
    with pytest.raises(Forbidden):
        actions.leads_recycle(actor=rig.staff.senior, campaign_id=campaign.id, filter=LeadFilter(), dry_run=True)


def test_an_agency_resets_and_leaves_new_campaigns_to_the_merchant(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    campaign = agency_rig.campaign(agency=agency)
    agency_rig.leads(campaign, 1)
    assert actions.leads_recycle(actor=agency.supervisor, campaign_id=campaign.id, filter=LeadFilter()).count == 1
    with pytest.raises(Forbidden):
        actions.leads_recycle(actor=agency.manager, campaign_id=campaign.id, filter=LeadFilter(), into="Igen")


# --- by what was answered ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"why": "Pris"}, 2),
        ({"why": ["Pris", "Tid"]}, 3),
        ({"why": []}, 0),
        ({"many": "A"}, 2),
        ({"many": ["B", "C"]}, 2),
        ({"age": 40}, 1),
        ({"why": "Pris", "age": 40}, 1),
    ],
)
def test_result_data_is_asked_for_and_a_list_means_any_of(rig: Rig, asked: dict[str, Any], count: int) -> None:
    campaign = rig.campaign(form=FORM)
    for answers in (
        {"why": "Pris", "many": ["A", "B"], "age": 40},
        {"why": "Pris", "many": ["C"]},
        {"why": "Tid", "many": ["A"]},
    ):
        rig.put(rig.lead(campaign), result=answers)
    wanted = LeadFilter(result=asked)
    found = actions.leads_recycle(actor=rig.staff.manager, campaign_id=campaign.id, filter=wanted, dry_run=True)
    assert found.count == count


def test_an_address_asks_for_numbers_and_for_any_of_several_answers(rig: Rig) -> None:
    campaign = rig.campaign(form=FORM)
    for answers in ({"why": "Pris", "age": 40}, {"why": "Tid"}):
        rig.put(rig.lead(campaign), result=answers)
    api = Caller(token_for(rig.staff.manager))
    assert len(api("GET", "/leads?result=age:40").json()["items"]) == 1
    assert len(api("GET", "/leads?result=why:Pris&result=why:Tid").json()["items"]) == 2
    assert len(api("GET", "/leads?result=why:Tid&result=age:40").json()["items"]) == 0


# --- by API and on screen ---------------------------------------------------------------------


def test_the_api_counts_resets_and_makes_a_campaign(rig: Rig) -> None:
    campaign, first, _second = worked(rig)
    api = Caller(token_for(rig.staff.manager))
    path, asked = f"/campaigns/{campaign.id}/recycle", {"status": "not_interested"}
    counted = api("POST", path, {"filter": asked, "dry_run": True})
    assert (counted.status_code, counted.json()["count"], counted.json()["state"]) == (200, 1, "counted")
    made = api("POST", path, {"filter": asked, "into": {"name": "Igen"}}).json()
    assert (made["count"], made["campaign"]) == (1, str(Campaign.objects.get(name="Igen").id))
    reset = api("POST", path, {"filter": asked, "into": None}).json()
    assert (reset["count"], reset["campaign"], reset["state"]) == (1, str(campaign.id), "done")
    assert rig.see(first).status == "new"
    assert api("POST", path, {}).status_code == 422


def test_the_screen_counts_first_and_then_begins_anew(rig: Rig) -> None:
    campaign, first, _second = worked(rig)
    client = browser(rig.staff.manager)
    path = f"/campaigns/{campaign.id}/recycle"
    assert "2 leads found" in client.get(path).content.decode()
    assert "1 lead found" in client.get(f"{path}?status=not_interested").content.decode()
    sent = {"query": "status=not_interested", "found": "1", "into": "here"}
    assert client.post(path, sent)["Location"] == f"/campaigns/{campaign.id}"
    assert rig.see(first).status == "new"
    again = client.post(path, {"query": "", "found": "2", "into": "new", "name": "Igen"})
    assert again["Location"] == f"/campaigns/{Campaign.objects.get(name='Igen').id}"
    assert Lead.objects.filter(campaign__name="Igen").count() == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"query": "", "found": "1", "into": "here"},
        {"query": "", "found": "2", "into": "new", "name": ""},
        {"query": "", "into": "here"},
        {"query": "", "found": "2", "into": "elsewhere"},
    ],
)
def test_what_is_not_as_it_was_shown_is_shown_again(rig: Rig, sent: dict[str, str]) -> None:
    campaign, first, _second = worked(rig)
    assert browser(rig.staff.manager).post(f"/campaigns/{campaign.id}/recycle", sent).status_code == 422
    assert rig.see(first).status == "not_interested"


def test_a_filter_that_no_longer_fits_recycles_nothing(rig: Rig) -> None:
    campaign, first, _second = worked(rig)
    sent = {"query": "status=bogus", "found": "9", "into": "here"}
    browser(rig.staff.manager).post(f"/campaigns/{campaign.id}/recycle", sent)
    assert rig.see(first).status == "not_interested"


def test_the_list_of_one_campaigns_leads_leads_to_its_recycling(rig: Rig) -> None:
    campaign, _first, _second = worked(rig)
    page = browser(rig.staff.manager).get(f"/campaigns/leads?campaign={campaign.id}&status=new").content.decode()
    assert f"/campaigns/{campaign.id}/recycle?status=new" in page
