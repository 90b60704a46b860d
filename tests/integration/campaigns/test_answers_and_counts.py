"""Answers as people give them, and counts that follow a correction."""

from __future__ import annotations

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign
from ringround.dialer import actions as dialer
from ringround.dialer.models import Presence
from ringround.infra import clock
from ringround.kernel.errors import Conflict
from tests.integration.campaigns.rig import Rig, later

FORM = [
    {"key": "tel", "label": "Telephone", "type": "phone"},
    {"key": "why", "label": "Why", "type": "choice", "options": ["A", "B"]},
    {"key": "more", "label": "More", "type": "text", "shown_if": {"key": "why", "value": "B"}},
]


def test_a_number_is_given_as_people_write_it_at_home(rig: Rig) -> None:
    campaign = rig.campaign(form=FORM)
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact", answers={"tel": "28 12 34 56"})
    assert rig.see(lead).result["tel"] == "+4528123456"


def test_an_answer_whose_question_an_earlier_save_opened_is_kept(rig: Rig) -> None:
    campaign = rig.campaign(form=FORM)
    rig.settings(campaign, quarantine_s=0)
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    rig.say(rig.staff.senior, lead, "no_contact", answers={"why": "B", "more": "old"})
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact", answers={"more": "new"})
    assert rig.see(lead).result["more"] == "new"


def engaged(campaign: Campaign) -> int:
    return queries.progress(campaigns=[campaign])[campaign.id].engaged


def test_what_was_taken_for_won_and_is_not_counts_no_more(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    rig.say(rig.staff.senior, lead, "engaged")
    assert engaged(campaign) == 1
    actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, status="not_interested")
    assert engaged(campaign) == 0
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    assert engaged(campaign) == 0


def test_a_campaign_whose_end_has_passed_is_given_a_later_one_before_it_is_reopened(rig: Rig) -> None:
    campaign = rig.campaign()
    Campaign.objects.filter(id=campaign.id).update(ends_at=clock.now())
    later(hours=1)
    rig.relay()
    with pytest.raises(Conflict) as refused:
        actions.campaign_reopen(actor=rig.staff.manager, campaign_id=campaign.id)
    assert refused.value.code == "end_passed"
    Campaign.objects.filter(id=campaign.id).update(ends_at=None)
    assert actions.campaign_reopen(actor=rig.staff.manager, campaign_id=campaign.id).state == "paused"


def test_a_campaign_reopened_after_its_target_stays_open_while_it_is_paused(rig: Rig) -> None:
    campaign = rig.campaign(target=1, settings={"complete_when_target": True})
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    rig.say(rig.staff.senior, lead, "engaged")
    rig.relay()
    actions.campaign_reopen(actor=rig.staff.manager, campaign_id=campaign.id)
    actions.campaigns_complete_due(now=clock.now())
    campaign.refresh_from_db()
    assert campaign.state == "paused"


def test_an_agent_who_is_given_a_lead_by_a_supervisor_is_not_ready(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    dialer.presence_join(actor=rig.staff.senior, campaign_id=campaign.id)
    actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, reservation={"by": rig.staff.senior.user_id})
    rig.relay()
    assert Presence.objects.get(user=rig.staff.senior.user_id).state == "previewing"
