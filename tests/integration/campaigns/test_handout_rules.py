"""To whom a lead goes, for how long, and what becomes of it when it is not worked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ringround.campaigns import actions
from ringround.campaigns.actions import Handout, NoLead
from ringround.campaigns.models import CampaignMember, Lead
from ringround.campaigns.reactions import link_revoked
from ringround.infra import clock
from ringround.infra.events import Event
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs.actions import people
from ringround.orgs.models import AgencyLink
from tests.integration.campaigns.rig import MONDAY, Rig, later

HOUR = timedelta(hours=1)


def test_asking_again_gives_the_same_lead(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    first, again = rig.next(rig.staff.senior, campaign), rig.next(rig.staff.senior, campaign)
    assert isinstance(first, Handout)
    assert isinstance(again, Handout)
    assert (again.lead_id, again.rule, again.until) == (first.lead_id, "held", first.until)


def test_an_agent_holds_one_lead_over_all_campaigns(rig: Rig) -> None:
    one, two = rig.campaign(), rig.campaign()
    first = rig.lead(one)
    rig.lead(two)
    assert rig.given(rig.staff.senior, one) == first
    found = rig.next(rig.staff.senior, two)
    assert isinstance(found, Handout)
    assert (found.lead_id, found.campaign_id) == (first, one.id)


def test_two_agents_get_two_leads(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = rig.leads(campaign, 2)
    assert [rig.given(rig.staff.senior, campaign), rig.given(rig.staff.junior, campaign)] == leads


def test_a_preassigned_lead_goes_to_its_agent_alone(rig: Rig) -> None:
    campaign = rig.campaign()
    kept = rig.lead(campaign, assigned_to_id=rig.staff.junior.user_id)
    free = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == free
    assert rig.given(rig.staff.junior, campaign) == kept


def test_a_skipped_lead_keeps_its_preassignment_and_cools_down_even_if_it_is_the_only_one(rig: Rig) -> None:
    campaign = rig.campaign(settings={"skip": "yes", "skip_cooldown_s": 900})
    agent = rig.staff.senior
    lead = rig.lead(campaign, assigned_to_id=agent.user_id)
    assert rig.given(agent, campaign) == lead
    actions.lead_skip(actor=agent, lead_id=lead)
    assert rig.see(lead).assigned_to_id == agent.user_id
    assert rig.next(agent, campaign) == NoLead("no_lead_due")
    later(seconds=899)
    assert rig.given(agent, campaign) is None
    later(seconds=1)
    assert rig.given(agent, campaign) == lead


def test_a_skipped_lead_goes_to_others_at_once(rig: Rig) -> None:
    campaign = rig.campaign(settings={"skip": "yes"})
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    actions.lead_skip(actor=rig.staff.senior, lead_id=lead)
    assert rig.given(rig.staff.junior, campaign) == lead


def test_skipping_is_as_the_campaign_says(rig: Rig) -> None:
    campaign = rig.campaign(settings={"skip": "no"})
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    with pytest.raises(Conflict) as refused:
        actions.lead_skip(actor=rig.staff.senior, lead_id=lead)
    assert refused.value.code == "skip_not_allowed"
    rig.settings(campaign, skip="reason")
    with pytest.raises(Invalid):
        actions.lead_skip(actor=rig.staff.senior, lead_id=lead, reason=" ")
    actions.lead_skip(actor=rig.staff.senior, lead_id=lead, reason="Talks Dutch")
    assert rig.log(lead)[-1] == ("skipped", "Talks Dutch")


def test_a_lapsed_lease_gives_the_lead_back_with_its_preassignment(rig: Rig) -> None:
    campaign = rig.campaign()
    agent = rig.staff.senior
    lead = rig.lead(campaign, assigned_to_id=agent.user_id)
    rig.given(agent, campaign)
    later(seconds=600)
    with pytest.raises(Conflict) as refused:
        rig.say(agent, lead, "not_engaged")
    assert refused.value.code == "not_held"
    assert rig.given(rig.staff.junior, campaign) is None
    found = rig.next(agent, campaign)
    assert isinstance(found, Handout)
    assert (found.lead_id, found.rule) == (lead, "new")
    assert [what for what, _ in rig.log(lead)] == ["handed_out", "lapsed", "handed_out"]


def test_a_lease_lasts_to_the_last_moment(rig: Rig) -> None:
    campaign = rig.campaign(settings={"reservation_s": 60})
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    later(seconds=59.999999)
    assert rig.given(rig.staff.junior, campaign) is None
    later(microseconds=1)
    assert rig.given(rig.staff.junior, campaign) == lead


def test_a_private_redial_goes_to_its_owner_until_it_is_released(rig: Rig) -> None:
    campaign = rig.campaign(settings={"release_private_after_h": 24})
    owner = rig.staff.senior
    lead = rig.lead(campaign, status="private_redial", owner_id=owner.user_id, next_contact_at=MONDAY)
    later(hours=24, microseconds=-1)
    assert rig.given(rig.staff.junior, campaign) is None
    later(microseconds=1)
    assert rig.given(rig.staff.junior, campaign) == lead
    assert (rig.see(lead).status, rig.see(lead).owner_id) == ("common_redial", None)


def test_a_number_in_use_through_another_campaign_bars_the_lead(rig: Rig) -> None:
    one, two = rig.campaign(), rig.campaign()
    first = rig.lead(one, mobile="+4528129991")
    same = rig.lead(two, mobile="+4528129991")
    other = rig.lead(two)
    assert rig.given(rig.staff.senior, one) == first
    assert rig.given(rig.staff.junior, two) == other
    rig.say(rig.staff.senior, first, "not_engaged")
    rig.say(rig.staff.junior, other, "not_engaged")
    assert rig.given(rig.staff.junior, two) == same


def test_one_shared_number_of_several_bars_the_lead(rig: Rig) -> None:
    one, two = rig.campaign(), rig.campaign()
    first = rig.lead(one, mobile="+4528129992", home="+4528129993")
    rig.lead(two, mobile="+4528129994", home="+4528129993")
    assert rig.given(rig.staff.senior, one) == first
    assert rig.held_numbers() == {"+4528129992", "+4528129993"}
    assert rig.given(rig.staff.junior, two) is None


def test_what_was_passed_over_for_its_number_is_in_the_log(rig: Rig) -> None:
    from ringround.campaigns.models import HandoutLog

    campaign = rig.campaign()
    first, same, third = (rig.lead(campaign, mobile=mobile) for mobile in ("+4528129995", "+4528129995", None))
    assert rig.given(rig.staff.senior, campaign) == first
    assert rig.given(rig.staff.junior, campaign) == third
    assert HandoutLog.objects.get(lead_id=third).passed_over == [same]


def test_a_paused_and_a_completed_campaign_hand_out_nothing_but_what_is_held_may_be_finished(rig: Rig) -> None:
    for state in ("paused", "completed"):
        campaign = rig.campaign()
        lead = rig.lead(campaign)
        rig.lead(campaign)
        assert rig.given(rig.staff.senior, campaign) == lead
        type(campaign).objects.filter(id=campaign.id).update(state=state)
        assert rig.next(rig.staff.junior, campaign) == NoLead("campaign_not_running")
        assert rig.given(rig.staff.senior, campaign) == lead
        rig.say(rig.staff.senior, lead, "not_engaged")
        assert rig.see(lead).status == "not_interested"


def test_before_its_start_and_after_its_end_a_campaign_hands_out_nothing(rig: Rig) -> None:
    campaign = rig.campaign(starts_at=MONDAY + HOUR, ends_at=MONDAY + 2 * HOUR)
    lead, _other = rig.leads(campaign, 2)
    assert rig.next(rig.staff.senior, campaign) == NoLead("campaign_not_running")
    later(hours=1)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "not_engaged")
    later(hours=1)
    assert rig.next(rig.staff.junior, campaign) == NoLead("campaign_not_running")


def test_hours_are_read_where_the_lead_is(rig: Rig) -> None:
    campaign = rig.campaign(hours={"mon": [["09:00", "20:00"]]})
    far = rig.lead(campaign, fields={"zone": "America/New_York"})
    here = rig.lead(campaign, fields={"zone": "Europe/Copenhagen"})
    assert rig.given(rig.staff.senior, campaign) == here
    assert rig.given(rig.staff.junior, campaign) is None
    later(hours=5)
    assert rig.given(rig.staff.junior, campaign) == far


def test_outside_the_hours_of_all_it_says_so(rig: Rig) -> None:
    campaign = rig.campaign(hours={"tue": [["09:00", "20:00"]]})
    rig.lead(campaign)
    assert rig.next(rig.staff.senior, campaign) == NoLead("outside_hours")


def test_a_lead_in_a_zone_that_is_new_to_the_campaign_is_handed_out_at_once(rig: Rig) -> None:
    """The campaign as it was read before knows one zone less."""
    campaign = rig.campaign()
    first = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == first
    second = rig.lead(campaign, fields={"zone": "Asia/Tokyo"})
    assert rig.given(rig.staff.junior, campaign) == second


def test_a_changed_setting_holds_from_the_next_claim_on(rig: Rig) -> None:
    campaign = rig.campaign(settings={"reservation_s": 600})
    rig.leads(campaign, 2)
    rig.given(rig.staff.senior, campaign)
    rig.settings(campaign, reservation_s=60)
    found = rig.next(rig.staff.junior, campaign)
    assert isinstance(found, Handout)
    assert found.until == MONDAY + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("facts", "opens_after_s"),
    [({"snoozed_until": MONDAY + HOUR}, 3600), ({"next_contact_at": MONDAY + HOUR}, 3600), ({"active": False}, None)],
)
def test_a_shut_gate_of_the_lead_keeps_it_back(rig: Rig, facts: dict[str, object], opens_after_s: int | None) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign, **facts)
    assert rig.given(rig.staff.senior, campaign) is None
    if opens_after_s is None:
        later(days=30)
        assert rig.given(rig.staff.senior, campaign) is None
    else:
        later(seconds=opens_after_s)
        assert rig.given(rig.staff.senior, campaign) == lead


def test_expiry_is_exact(rig: Rig) -> None:
    campaign = rig.campaign(settings={"expiry_days": 1})
    one, two = rig.leads(campaign, 2)
    later(days=1, microseconds=-1)
    assert rig.given(rig.staff.senior, campaign) == one
    later(microseconds=1)
    assert rig.given(rig.staff.junior, campaign) is None
    assert rig.see(two).expired


def test_a_lead_whose_column_says_no_is_not_delivered(rig: Rig) -> None:
    campaign = rig.campaign(settings={"deactivation_column": "live"})
    values = ["FALSE", "0", "falsk", "TRUE", "1", ""]
    leads = {value: rig.lead(campaign, fields={"live": value}) for value in values}
    assert rig.drain(rig.staff.senior, campaign) == [leads[value] for value in ("TRUE", "1", "")]


def test_who_is_not_on_the_campaign_gets_nothing(rig: Rig) -> None:
    campaign = rig.campaign(agents=[rig.staff.senior])
    rig.lead(campaign)
    with pytest.raises(NotFound):
        rig.next(rig.staff.junior, campaign)


def test_an_agent_taken_off_the_campaign_gives_back_and_their_preassigned_leads_are_free(rig: Rig) -> None:
    campaign = rig.campaign()
    agent, other = rig.staff.senior, rig.staff.junior
    held = rig.lead(campaign)
    kept = rig.lead(campaign, assigned_to_id=agent.user_id)
    mine = rig.lead(campaign, status="private_redial", owner_id=agent.user_id, next_contact_at=MONDAY + HOUR)
    assert rig.given(agent, campaign) == held
    actions.agents_put(actor=rig.staff.manager, campaign_id=campaign.id, users=[other.user_id])
    assert rig.see(held).reserved_by_id is None
    assert (rig.see(mine).status, rig.see(mine).owner_id) == ("common_redial", None)
    assert rig.held_numbers() == set()
    assert rig.drain(other, campaign) == [held, kept]
    with pytest.raises(NotFound):
        rig.next(agent, campaign)


def test_a_deactivated_user_gives_back_on_every_campaign(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    assert rig.staff.senior.user_id is not None
    people.user_deactivate(actor=rig.staff.owner, user_id=rig.staff.senior.user_id)
    rig.relay()
    assert rig.given(rig.staff.junior, campaign) == lead


def test_a_revoked_link_ends_the_agencys_work_at_once(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    campaign = agency_rig.campaign(agency=agency)
    lead = agency_rig.lead(campaign)
    assert agency_rig.given(agency.senior, campaign) == lead
    AgencyLink.objects.filter(merchant=agency_rig.staff.org, agency=agency.org).update(revoked_at=clock.now())
    with pytest.raises(NotFound):
        agency_rig.next(agency.senior, campaign)
    link_revoked(_event("orgs.agency_link.revoked", agency_rig, merchant=agency_rig.staff.org.id, agency=agency.org.id))
    assert agency_rig.see(lead).reserved_by_id is None


def test_leaving_gives_back_what_is_held(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    assert actions.leads_release_held(actor=rig.staff.senior) == 1
    assert rig.log(lead)[-1] == ("released", "left")
    assert rig.given(rig.staff.junior, campaign) == lead


def test_the_database_refuses_half_a_lease_and_an_unknown_status(rig: Rig) -> None:
    from django.db import IntegrityError, transaction

    lead = rig.lead(rig.campaign())
    for wrong in ({"reserved_by_id": rig.staff.senior.user_id}, {"status": "unheard_of"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lead.objects.filter(id=lead).update(**wrong)


def test_the_streak_row_is_the_members(rig: Rig) -> None:
    campaign = rig.campaign(settings={"new_per_retried": 3})
    rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY)
    rig.given(rig.staff.senior, campaign)
    streaks = dict(CampaignMember.objects.filter(campaign=campaign).values_list("user_id", "retried_streak"))
    assert streaks == {rig.staff.senior.user_id: 1, rig.staff.junior.user_id: 0}


def _event(kind: str, rig: Rig, subject: UUID | None = None, **data: object) -> Event:
    return Event(
        seq=1, id=new_id(), org_id=rig.staff.org.id, also_org_id=None, type=kind, subject_type="user",
        subject_id=subject or new_id(), subject_no=1, at=clock.now(), cause=None,
        data={name: str(value) for name, value in data.items()},
    )  # fmt: skip
