"""Who can no longer work is off the campaign, whatever was being dealt or given to them at that moment."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from ringround.campaigns import actions, queries
from ringround.campaigns.actions.plan import background, dealing
from ringround.campaigns.models import Campaign, CampaignMember, Lead
from ringround.contacts import actions as contacts
from ringround.infra import sql
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.actions import people
from ringround.orgs.models import Membership
from tests.integration.campaigns.rig import Rig
from tests.integration.campaigns.rig import rig as make_rig
from tests.integration.campaigns.side_by_side import beside, wait_for_a_waiter
from tests.integration.http.calling import Caller, token_for


def deal(rig: Rig, campaign: Campaign) -> dict[UUID | None, int]:
    actions.preassign(actor=rig.staff.manager, campaign_id=campaign.id, strategy="proportional")
    return actions.shares(campaign_id=campaign.id)


def test_a_deactivated_agent_is_dealt_nothing_and_counts_for_nothing(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 4)
    deal(rig, campaign)
    people.user_deactivate(actor=rig.staff.owner, user_id=rig.staff.junior.user_id)
    rig.relay()
    assert actions.shares(campaign_id=campaign.id) == {rig.staff.senior.user_id: 2, None: 2}
    assert deal(rig, campaign) == {rig.staff.senior.user_id: 4}
    assert queries.readiness(campaign=campaign).agents == 1


@pytest.mark.parametrize("change", [{"active": False}, {"role": "viewer"}])
def test_who_may_not_work_counts_for_nothing_before_they_are_taken_off(rig: Rig, change: dict[str, Any]) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 4)
    junior, senior = rig.staff.junior.user_id, rig.staff.senior.user_id
    Membership.objects.filter(user=junior).update(**change)
    assert [one.id for one in queries.people_of(campaign=campaign, duty="agent")] == [senior]
    assert [one.id for one in queries.agents_seen(actor=rig.staff.manager)] == [senior]
    assert queries.campaign_json(campaign=campaign)["agents"] == [senior]
    assert queries.readiness(campaign=campaign).agents == 1
    assert deal(rig, campaign) == {senior: 4}
    assert [one["user"] for one in actions.preassignment_json(campaign)["agents"]] == [senior]
    file = f"lead,agent\n{Lead.objects.filter(campaign=campaign)[0].id},{rig.staff.junior.user}\n"
    done = actions.preassign_file(actor=rig.staff.manager, campaign_id=campaign.id, raw=io.BytesIO(file.encode()))
    assert done.preassignment["unknown"] == 1


def test_without_an_agent_who_may_work_it_is_not_ready_and_nothing_is_dealt(rig: Rig) -> None:
    campaign = rig.campaign()
    Membership.objects.filter(user__in=[rig.staff.junior.user_id, rig.staff.senior.user_id]).update(active=False)
    assert queries.readiness(campaign=campaign).agents == 0
    with pytest.raises(Conflict) as refused:
        deal(rig, campaign)
    assert refused.value.code == "no_agents"


def test_the_agents_that_were_read_can_be_put_back(rig: Rig) -> None:
    campaign = rig.campaign()
    people.user_deactivate(actor=rig.staff.owner, user_id=rig.staff.junior.user_id)
    rig.relay()
    call = Caller(token_for(rig.staff.manager))
    users = call("GET", f"/campaigns/{campaign.id}").json()["agents"]
    assert users == [str(rig.staff.senior.user_id)]
    assert call("PUT", f"/campaigns/{campaign.id}/agents", {"users": users}).status_code == 200


def test_an_agent_who_becomes_a_viewer_gives_their_leads_back(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    deal(rig, campaign)
    people.user_change_role(actor=rig.staff.owner, user_id=rig.staff.junior.user_id, role="viewer")
    rig.relay()
    assert len(rig.drain(rig.staff.senior, campaign)) == 2
    assert not CampaignMember.objects.filter(campaign=campaign, user=rig.staff.junior.user_id).exists()


def test_another_role_that_may_call_changes_nothing(rig: Rig) -> None:
    campaign = rig.campaign()
    people.user_change_role(actor=rig.staff.owner, user_id=rig.staff.junior.user_id, role="senior_agent")
    rig.relay()
    assert CampaignMember.objects.filter(campaign=campaign, user=rig.staff.junior.user_id).exists()


def test_who_is_taken_off_while_leads_are_dealt_has_none_in_the_end(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 6)
    monkeypatch.setattr(dealing, "CHUNK", 2)
    parts: list[int] = []
    one_part = dealing._deal

    def after_the_first(*args: object) -> int | None:
        parts.append(1)
        if len(parts) == 2:
            users = [rig.staff.senior.user_id]
            actions.agents_put(actor=rig.staff.manager, campaign_id=campaign.id, users=users)
        return one_part(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(dealing, "_deal", after_the_first)
    assert rig.staff.junior.user_id not in deal(rig, campaign)
    assert len(rig.drain(rig.staff.senior, campaign)) == 6


def test_a_deal_that_a_killed_process_began_is_ended_by_the_job(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    jobs: list[tuple[UUID, int]] = []
    monkeypatch.setattr(background, "defer_preassign", lambda **one: jobs.append((one["campaign_id"], one["run"])))
    with monkeypatch.context() as killed:
        killed.setattr(dealing, "preassign_run", lambda **_: None)
        deal(rig, campaign)
    ((campaign_id, run),) = jobs
    actions.preassign_run(campaign_id=campaign_id, run=run)
    campaign.refresh_from_db()
    assert campaign.preassignment["state"] == "done"
    assert None not in actions.shares(campaign_id=campaign.id)
    told = campaign.event_no
    actions.preassign_run(campaign_id=campaign_id, run=run)
    campaign.refresh_from_db()
    assert campaign.event_no == told


def test_one_agent_is_not_given_several_leads_at_once(rig: Rig) -> None:
    leads = rig.leads(rig.campaign(), 2)
    with pytest.raises(Invalid) as refused:
        actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, set={"reservation": {"by": rig.staff.senior.user_id}})
    assert [fault.code for fault in refused.value.errors] == ["one_lead"]
    assert not Lead.objects.filter(reserved_by=rig.staff.senior.user_id).exists()


# --- side by side -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_is_given_a_lead_while_they_are_taken_off_does_not_keep_it(monday_ten: datetime) -> None:
    rig = make_rig()
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    junior = rig.staff.junior.user_id
    assert junior is not None
    refused: list[BaseException] = []

    def give() -> None:
        try:
            actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, assigned_to=junior)
        except Invalid as wrong:
            refused.append(wrong)

    with transaction.atomic():
        actions.agents_put(actor=rig.staff.manager, campaign_id=campaign.id, users=[rig.staff.senior.user_id])
        giving = beside(give)
        wait_for_a_waiter()
    giving.join(20)
    assert refused
    assert rig.see(lead).assigned_to_id is None


@pytest.mark.django_db(transaction=True)
def test_taking_two_agents_off_waits_for_who_gives_to_the_second_before_it_locks_a_lead(monday_ten: datetime) -> None:
    rig = make_rig()
    campaign = rig.campaign()
    first, second = sorted(one.user_id for one in (rig.staff.senior, rig.staff.junior) if one.user_id)
    mine = rig.lead(campaign, assigned_to_id=first)
    users = [rig.staff.supervisor.user_id]
    with transaction.atomic():
        sql.rows("campaigns", "agents_lock", users=[second])
        putting = beside(lambda: actions.agents_put(actor=rig.staff.manager, campaign_id=campaign.id, users=users))
        wait_for_a_waiter()
        # Had it locked the first one's lead by now, this would be a deadlock.
        assert sql.row("campaigns", "lead_lock", lead=mine) is not None
    putting.join(20)
    assert rig.see(mine).assigned_to_id is None


@pytest.mark.django_db(transaction=True)
def test_a_contact_is_not_deleted_while_a_lead_of_it_is_made(monday_ten: datetime) -> None:
    rig = make_rig()
    campaign = rig.campaign()
    contact = rig.contact(campaign)

    def erase() -> None:
        contacts.contact_erase(actor=rig.staff.manager, contact_id=contact)

    with transaction.atomic():
        assert actions.list_leads_add(campaign_id=campaign.id, contact_ids=[contact]) == 1
        erasing = beside(erase)
        wait_for_a_waiter()
    erasing.join(20)
    # It had waited, and so found the lead: the contact is emptied and not deleted under it.
    assert Lead.objects.get(contact=contact).contact.erased_at is not None
