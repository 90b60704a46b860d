"""A change of many leads: those that refuse it are left out and told, and many are changed by a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ringround.campaigns import actions, queries
from ringround.campaigns.actions import bulk
from ringround.campaigns.models import BulkChange, Campaign, Lead, TimelineItem
from ringround.campaigns.queries.filters import LeadFilter
from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.orgs.actions import agency_link_revoke
from ringround.orgs.models import AgencyLink, Membership, Organisation
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for


def two_campaigns(rig: Rig) -> tuple[Campaign, Campaign]:
    """The senior agent is on the first only."""
    return rig.campaign(), rig.campaign(agents=[rig.staff.junior])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two leads are a batch, and three are many."""
    monkeypatch.setattr(bulk, "BATCH", 2)


def test_leads_that_refuse_are_left_out_and_told_and_the_others_changed(rig: Rig) -> None:
    mine, other = two_campaigns(rig)
    good, bad = rig.leads(mine, 2), rig.leads(other, 1)
    senior = rig.staff.senior.user_id
    done = actions.leads_bulk(actor=rig.staff.supervisor, ids=[*bad, *good], set={"assigned_to": senior})
    assert (done.state, done.total, done.count, done.refused, done.id) == ("done", 3, 2, {"not_an_agent": 1}, None)
    assert set(Lead.objects.filter(assigned_to=senior).values_list("id", flat=True)) == set(good)


def test_a_lead_that_refuses_late_keeps_nothing_of_the_change(rig: Rig) -> None:
    campaign = rig.campaign()
    held, free = rig.leads(campaign, 2)
    assert rig.given(rig.staff.senior, campaign) == held
    events = EventOut.objects.count()
    change = {"status": "private_redial", "priority": 7}
    done = actions.leads_bulk(actor=rig.staff.supervisor, ids=[held, free], set=change)
    assert (done.count, done.refused) == (0, {"required": 2})
    seen = rig.see(held)
    assert (seen.status, seen.priority, seen.reserved_by_id) == ("new", 50, rig.staff.senior.user_id)
    assert not TimelineItem.objects.filter(key="status_set").exists()
    assert EventOut.objects.count() == events
    counts = queries.progress(campaigns=[campaign])[campaign.id].by_status
    assert counts["new"] == 2
    assert not counts.get("private_redial")


def test_what_was_written_for_a_lead_that_then_refuses_is_taken_back(rig: Rig) -> None:
    campaign = rig.campaign()
    called, _free = rig.leads(campaign, 2)
    assert rig.given(rig.staff.senior, campaign) == called
    actions.call_start(actor=rig.staff.senior, lead_id=called)
    change = {"status": "unqualified", "owner": rig.cast.outsider.user_id}
    done = actions.leads_bulk(actor=rig.staff.supervisor, ids=[called], set=change)
    assert (done.count, done.refused) == (0, {"not_an_agent": 1})
    assert rig.see(called).call_id is not None
    actions.call_hangup(actor=rig.staff.senior, lead_id=called)
    rig.say(rig.staff.senior, called, "not_engaged")


@pytest.mark.parametrize("wrong", [{"priority": 101}, {"status": "unheard_of"}, {"colour": "red"}])
def test_a_value_that_no_lead_can_have_is_refused_as_a_whole(rig: Rig, wrong: dict[str, Any]) -> None:
    leads = rig.leads(rig.campaign(), 2)
    with pytest.raises(Invalid):
        actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, set=wrong)


@pytest.mark.usefixtures("small")
def test_many_are_changed_by_a_job_each_once(rig: Rig) -> None:
    mine, other = two_campaigns(rig)
    leads = [*rig.leads(mine, 4), *rig.leads(other, 1)]
    supervisor, senior = rig.staff.supervisor, rig.staff.senior.user_id
    change = {"assigned_to": senior, "next_contact_at": clock.now(), "urgent": True}
    asked = actions.leads_bulk(actor=supervisor, ids=leads, set=change)
    assert (asked.state, asked.count) == ("running", 0)
    (job,) = ProcrastinateJob.objects.filter(task_name="campaigns.bulk")
    assert job.args == {"bulk_id": str(asked.id)}
    assert not Lead.objects.filter(assigned_to=senior).exists()
    assert asked.id is not None
    actions.bulk_run(bulk_id=asked.id)
    done = queries.bulk_get(actor=supervisor, bulk_id=asked.id)
    assert (done.state, done.at, done.count, done.refused) == ("done", 5, 4, {"not_an_agent": 1})
    assert Lead.objects.filter(assigned_to=senior, urgent_at__isnull=False).count() == 4
    told = AuditPending.objects.filter(action="campaigns.leads.changed")
    assert set(told.values_list("actor_id", flat=True)) == {supervisor.user_id}
    assert sum(row["count"] for row in told.values_list("data", flat=True)) == 4


@pytest.mark.usefixtures("small")
def test_a_job_goes_on_where_a_killed_worker_left_it(rig: Rig) -> None:
    leads = rig.leads(rig.campaign(), 5)
    asked = actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, action="reset")
    assert asked.id is not None
    assert bulk._part(asked.id)
    assert queries.bulk_get(actor=rig.staff.supervisor, bulk_id=asked.id).at == 2
    actions.bulk_run(bulk_id=asked.id)
    actions.bulk_run(bulk_id=asked.id)
    assert TimelineItem.objects.filter(key="reset").count() == 5
    row = BulkChange.objects.get()
    assert (row.state, row.count, bytes(row.leads)) == ("done", 5, b"")


@pytest.mark.usefixtures("small")
def test_a_job_that_is_given_up_says_how_far_it_came(rig: Rig) -> None:
    leads = rig.leads(rig.campaign(), 3)
    asked = actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, set={"active": False})
    assert asked.id is not None
    bulk._part(asked.id)
    actions.bulk_fail(bulk_id=asked.id)
    done = queries.bulk_get(actor=rig.staff.supervisor, bulk_id=asked.id)
    assert (done.state, done.count, done.at) == ("failed", 2, 2)
    actions.bulk_run(bulk_id=asked.id)
    assert Lead.objects.filter(active=False).count() == 2


@pytest.mark.usefixtures("small")
def test_a_change_whose_job_is_gone_is_given_up_and_one_that_waits_for_its_next_try_is_not(rig: Rig) -> None:
    asked = actions.leads_bulk(actor=rig.staff.supervisor, ids=rig.leads(rig.campaign(), 3), action="reset")
    assert asked.id is not None
    rig.relay()
    assert queries.bulk_get(actor=rig.staff.supervisor, bulk_id=asked.id).state == "running"
    # As `jobs_take_back` ends one that has taken too many workers with it.
    ProcrastinateJob.objects.filter(task_name="campaigns.bulk").update(status="failed")
    rig.relay()
    row = BulkChange.objects.get()
    assert (row.state, bytes(row.leads)) == ("failed", b"")


@pytest.mark.usefixtures("small")
def test_a_change_that_has_long_been_over_is_forgotten(rig: Rig) -> None:
    leads = rig.leads(rig.campaign(), 3)
    for _again in range(2):
        actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, action="reset")
    old, running = BulkChange.objects.order_by("id")
    BulkChange.objects.update(created_at=clock.now() - bulk.KEPT - timedelta(days=1))
    actions.bulk_run(bulk_id=old.id)
    actions.bulk_clear()
    assert BulkChange.objects.count() == 2
    BulkChange.objects.filter(id=old.id).update(finished_at=clock.now() - bulk.KEPT - timedelta(days=1))
    actions.bulk_clear()
    assert BulkChange.objects.get().id == running.id


@pytest.mark.usefixtures("small")
def test_many_are_more_than_were_shown_too_and_then_no_job_is_left(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 4)
    shown = LeadFilter(campaign=(campaign.id,))
    with pytest.raises(Conflict) as refused:
        actions.leads_bulk(actor=rig.staff.supervisor, filter=shown, set={"active": False}, most=3)
    assert refused.value.code == "more_than_shown"
    assert not BulkChange.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="campaigns.bulk").exists()


@pytest.mark.usefixtures("small")
def test_the_leads_of_a_job_are_those_that_the_filter_found_in_their_order(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = rig.leads(campaign, 5)
    rig.put(leads[0], active=False)
    found = Lead.objects.filter(campaign=campaign, active=True, result={}).order_by("-position", "id")
    asked = bulk.carry_out(rig.staff.supervisor, found, {"active": False}, None)
    packed = bytes(BulkChange.objects.get().leads)
    assert asked.total == 4
    assert packed == b"".join(one.bytes for one in reversed(leads[1:]))


@pytest.mark.usefixtures("small")
def test_a_job_is_known_to_the_organisation_that_asked_for_it(rig: Rig) -> None:
    asked = actions.leads_bulk(actor=rig.staff.supervisor, ids=rig.leads(rig.campaign(), 3), set={"active": False})
    assert asked.id is not None
    with pytest.raises(NotFound):
        queries.bulk_get(actor=rig.cast.magazine.supervisor, bulk_id=asked.id)


@pytest.mark.usefixtures("small")
def test_over_http_it_is_told_what_was_left_out_and_how_far_a_job_is(rig: Rig) -> None:
    mine, other = two_campaigns(rig)
    good, bad = rig.leads(mine, 3), rig.leads(other, 1)
    call = Caller(token_for(rig.staff.supervisor))
    change = {"set": {"assigned_to": str(rig.staff.senior.user_id)}}
    few = call("POST", "/leads/bulk", {"ids": [str(good[0]), str(bad[0])], **change})
    assert few.status_code == 200
    why = "The person is not an agent of the lead's campaign."
    assert few.json() == {
        "id": None, "state": "done", "total": 2, "count": 1,
        "refused": [{"code": "not_an_agent", "detail": why, "count": 1}],
    }  # fmt: skip
    many = call("POST", "/leads/bulk", {"ids": [str(one) for one in [*good, *bad]], **change})
    assert (many.status_code, many.json()["state"], many.json()["total"]) == (202, "running", 4)
    actions.bulk_run(bulk_id=many.json()["id"])
    after = call("GET", f"/leads/bulk/{many.json()['id']}").json()
    assert (after["state"], after["count"], after["refused"][0]["count"]) == ("done", 3, 1)


def test_the_page_says_what_was_left_out(rig: Rig) -> None:
    mine, other = two_campaigns(rig)
    leads = [*rig.leads(mine, 1), *rig.leads(other, 1)]
    data = {"do": "assign", "agent": str(rig.staff.senior.user_id), "lead": [str(one) for one in leads]}
    client = browser(rig.staff.supervisor)
    page = client.get(client.post("/campaigns/leads/bulk", data)["Location"]).content.decode()
    assert "Done for 1 lead. 1 was left out: The person is not an agent of the lead&#x27;s campaign. (1)" in page


def test_all_that_a_list_without_a_filter_shows_can_be_changed_from_the_page(rig: Rig) -> None:
    leads = rig.leads(rig.campaign(), 2)
    data = {"do": "deactivate", "all": "1", "query": "", "found": "2"}
    assert browser(rig.staff.supervisor).post("/campaigns/leads/bulk", data).status_code == 303
    assert Lead.objects.filter(id__in=leads, active=False).count() == 2


@pytest.mark.usefixtures("small")
def test_the_page_of_a_job_is_drawn_again_until_it_is_over(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = rig.leads(campaign, 3)
    client = browser(rig.staff.supervisor)
    data = {"do": "deactivate", "all": "1", "query": f"campaign={campaign.id}", "found": "3"}
    sent = client.post("/campaigns/leads/bulk", data)
    assert sent.status_code == 303
    page = client.get(sent["Location"]).content.decode()
    assert "0 of 3" in page
    assert 'hx-trigger="every 1s"' in page
    actions.bulk_run(bulk_id=BulkChange.objects.get().id)
    page = client.get(sent["Location"]).content.decode()
    assert "Done for 3 leads." in page
    assert "every 1s" not in page
    assert f"/campaigns/leads?campaign={campaign.id}" in page
    assert not Lead.objects.filter(id__in=leads, active=True).exists()


def test_a_line_break_in_the_filter_sent_along_is_no_fault(rig: Rig) -> None:
    lead = rig.lead(rig.campaign())
    client = browser(rig.staff.manager)
    sent = {"lead": str(lead), "do": "release", "query": "q=a\r\nX-Y: z"}
    assert client.post(reverse("campaigns:leads-bulk"), sent).status_code < 500


# --- who may not any more ---------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_what_an_agency_no_longer_sees_is_left_as_it_is(agency_rig: Rig) -> None:
    rig, agency = agency_rig, agency_rig.cast.agency
    leads = rig.leads(rig.campaign(agency=agency), 5)
    asked = actions.leads_bulk(actor=agency.supervisor, ids=leads, set={"active": False})
    assert asked.id is not None
    assert bulk._part(asked.id)
    link = AgencyLink.objects.get(merchant=rig.staff.org, agency=agency.org)
    agency_link_revoke(actor=rig.staff.owner, link_id=link.id)
    actions.bulk_run(bulk_id=asked.id)
    done = queries.bulk_get(actor=agency.supervisor, bulk_id=asked.id)
    assert (done.state, done.at, done.count, done.refused) == ("done", 5, 2, {"not_found": 3})
    assert Lead.objects.filter(active=False).count() == 2


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("change", [{"active": False}, {"role": "senior_agent"}])
def test_who_may_no_longer_change_leads_changes_no_more_of_them(rig: Rig, change: dict[str, Any]) -> None:
    asked = actions.leads_bulk(actor=rig.staff.supervisor, ids=rig.leads(rig.campaign(), 5), set={"active": False})
    assert asked.id is not None
    assert bulk._part(asked.id)
    Membership.objects.filter(user=rig.staff.supervisor.user_id).update(**change)
    actions.bulk_run(bulk_id=asked.id)
    done = queries.bulk_get(actor=rig.staff.manager, bulk_id=asked.id)
    assert (done.state, done.at, done.count) == ("failed", 2, 2)


@pytest.mark.usefixtures("small")
def test_who_acts_for_a_managed_merchant_may_for_as_long_as_it_is_managed(rig: Rig) -> None:
    leads = rig.leads(rig.campaign(), 5)
    merchant, agency = rig.staff.org, rig.cast.agency
    Organisation.objects.filter(id=merchant.id).update(managed_by=agency.org)
    actor = replace(agency.manager, organisation=merchant)
    asked = actions.leads_bulk(actor=actor, ids=leads, set={"active": False})
    assert asked.id is not None
    assert bulk._part(asked.id)
    assert queries.bulk_get(actor=actor, bulk_id=asked.id).count == 2
    Organisation.objects.filter(id=merchant.id).update(managed_by=None)
    actions.bulk_run(bulk_id=asked.id)
    done = queries.bulk_get(actor=actor, bulk_id=asked.id)
    assert (done.state, done.count) == ("failed", 2)
