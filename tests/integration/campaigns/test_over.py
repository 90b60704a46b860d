"""On a campaign that is over time changes no lead, but who holds one does not hold it for ever."""

from __future__ import annotations

from datetime import timedelta

from ringround.campaigns import actions
from ringround.campaigns.ticks import idle
from ringround.infra import clock
from ringround.infra.models import Event
from tests.integration.campaigns.rig import Rig, later


def test_no_callback_falls_due_until_it_is_reopened(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    rig.say(rig.staff.senior, lead, "callback_private", callback={"at": clock.now() + timedelta(hours=1)})
    actions.campaign_complete(actor=rig.staff.manager, campaign_id=campaign.id)
    later(hours=2)
    rig.relay()
    due = Event.objects.filter(subject_id=lead, type="campaigns.callback.due")
    assert not due.exists()
    assert idle(clock.now())
    actions.campaign_reopen(actor=rig.staff.manager, campaign_id=campaign.id)
    rig.relay()
    assert due.exists()


def test_a_lease_runs_out_all_the_same(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    actions.campaign_complete(actor=rig.staff.manager, campaign_id=campaign.id)
    later(hours=1)
    rig.relay()
    assert rig.see(lead).reserved_by_id is None
    assert idle(clock.now())
