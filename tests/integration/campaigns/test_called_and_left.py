"""Whoever was called, and of whom nobody has said what came of it, is not called again by the next agent at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ringround.campaigns import actions
from ringround.campaigns.models import Callback, Campaign
from ringround.infra import clock
from tests.integration.campaigns.rig import Rig, later


def called(rig: Rig, campaign: Campaign) -> UUID:
    """A lead that the senior agent has called and hung up on."""
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    later(minutes=3)
    actions.call_hangup(actor=rig.staff.senior, lead_id=lead)
    return lead


def test_an_agent_who_never_says_what_came_of_a_call_is_brought_back_to_it_first(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    rig.lead(campaign, urgent_at=clock.now())
    later(minutes=11)
    other = rig.given(rig.staff.junior, campaign)
    assert other not in (None, lead)
    assert rig.given(rig.staff.senior, campaign) == lead


def test_when_they_do_not_come_back_it_becomes_everybodys_in_the_campaigns_own_time(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.settings(campaign, release_private_after_h=2)
    lead = called(rig, campaign)
    later(hours=1)
    assert rig.given(rig.staff.junior, campaign) is None
    later(hours=2)
    assert rig.given(rig.staff.junior, campaign) == lead


def test_given_back_after_a_call_it_rests_for_the_quarantine(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.settings(campaign, quarantine_s=3600)
    lead = called(rig, campaign)
    actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, reservation=None)
    assert rig.given(rig.staff.junior, campaign) is None
    later(hours=1)
    assert rig.given(rig.staff.junior, campaign) == lead


def test_a_callback_of_everybodys_that_was_called_waits_for_who_called(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    senior, junior = rig.staff.senior, rig.staff.junior
    assert rig.given(junior, campaign) == lead
    rig.say(junior, lead, "callback_private", callback={"at": clock.now() + timedelta(hours=1), "private": False})
    later(hours=1)
    assert rig.given(senior, campaign) == lead
    actions.call_start(actor=senior, lead_id=lead)
    actions.call_hangup(actor=senior, lead_id=lead)
    later(minutes=11)
    assert rig.given(junior, campaign) is None
    booked = Callback.objects.get(lead=lead, state="booked")
    assert (booked.private, booked.owner_id) == (True, senior.user_id)
    assert rig.given(senior, campaign) == lead


def test_a_lead_that_was_only_looked_at_goes_back_as_it_was(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    later(minutes=11)
    assert rig.given(rig.staff.junior, campaign) == lead
