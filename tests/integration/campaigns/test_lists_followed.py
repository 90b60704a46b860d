"""What comes onto a campaign's lists becomes leads, whatever else happens to contacts and campaign meanwhile."""

from __future__ import annotations

from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ringround.campaigns import actions
from ringround.campaigns.models import Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.infra import events
from ringround.kernel.errors import Invalid
from tests.integration.campaigns.rig import Rig


def imported(rig: Rig, campaign: Campaign, ids: list[UUID], *, onto: list[Campaign] | None = None) -> None:
    """An import's event, as the contacts room tells it."""
    events.record(
        org_id=rig.staff.org.id, type="contacts.list.contacts_added", subject_type="contact_list",
        subject_id=rig.lists[campaign.id].id, subject_no=10_000,
        data={"contacts": [str(one) for one in ids], "campaigns": [str(one.id) for one in onto or []]},
    )  # fmt: skip
    rig.relay()


def jobs(campaign: Campaign) -> int:
    return ProcrastinateJob.objects.filter(
        task_name="campaigns.list_leads_add", args__campaign_id=str(campaign.id)
    ).count()


def test_a_contact_erased_meanwhile_takes_no_other_with_it(rig: Rig) -> None:
    campaign = rig.campaign()
    gone, there = rig.contact(campaign), rig.contact(campaign)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=gone)
    imported(rig, campaign, [gone, there])
    assert list(Lead.objects.filter(campaign=campaign).values_list("contact_id", flat=True)) == [there]


def test_a_contact_that_somebody_names_must_be_there(rig: Rig) -> None:
    campaign = rig.campaign()
    gone = rig.contact(campaign)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=gone)
    with pytest.raises(Invalid):
        actions.leads_add(actor=rig.staff.manager, campaign_id=campaign.id, leads=[actions.NewLead(contact_id=gone)])


def test_what_came_while_a_campaign_was_completed_is_fetched_when_it_is_reopened(rig: Rig) -> None:
    campaign = rig.campaign()
    actions.campaign_complete(actor=rig.staff.manager, campaign_id=campaign.id)
    before = jobs(campaign)
    actions.campaign_reopen(actor=rig.staff.manager, campaign_id=campaign.id)
    assert jobs(campaign) == before + 1


def test_a_campaign_that_follows_its_lists_again_goes_through_them(rig: Rig) -> None:
    campaign = rig.campaign(follow_lists=False)
    before = jobs(campaign)
    actions.campaign_change(actor=rig.staff.manager, campaign_id=campaign.id, fields={"follow_lists": True})
    assert jobs(campaign) == before + 1


def test_an_import_onto_an_archived_campaign_makes_no_leads(rig: Rig) -> None:
    campaign, other = rig.campaign(), rig.campaign(running=False)
    actions.campaign_archive(actor=rig.staff.manager, campaign_id=other.id)
    imported(rig, campaign, [rig.contact(campaign)], onto=[other])
    assert not Lead.objects.filter(campaign=other).exists()
