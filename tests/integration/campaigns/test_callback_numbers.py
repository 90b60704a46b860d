"""Callbacks keep to number, zone, end and owner; what they change of a lead's numbers goes with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ringround.campaigns import actions
from ringround.campaigns.models import Campaign, LeadNumber
from ringround.contacts.queries import contacts_for_leads
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Forbidden, Invalid
from ringround.orgs.models import Organisation
from tests.integration.campaigns.rig import ALL_DAY, Rig, later

NINE_TO_EIGHT = {day: [["09:00", "20:00"]] for day in ALL_DAY}


def booked(rig: Rig, lead: UUID, hours: float = 1, **callback: object) -> None:
    rig.say(
        rig.staff.senior, lead, "callback_private", callback={"at": clock.now() + timedelta(hours=hours), **callback}
    )


def number(rig: Rig, lead: UUID, label: str) -> str:
    (contact,) = contacts_for_leads([rig.see(lead).contact_id])
    return next(str(one.id) for one in contact.numbers if one.label == label)


def two_numbers(rig: Rig, **settings: object) -> tuple[Campaign, UUID]:
    campaign = rig.campaign()
    rig.settings(campaign, quarantine_s=0, max_attempts=20, **settings)
    lead = rig.lead(campaign, mobile="+4528990010", home="+4528990011")
    assert rig.given(rig.staff.senior, campaign) == lead
    return campaign, lead


def codes(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [fault.code for fault in refused.value.errors]


def test_a_callback_taken_off_leaves_no_number_beyond_its_most_tries(rig: Rig) -> None:
    _campaign, lead = two_numbers(rig, max_attempts_per_number=1)
    booked(rig, lead, number=None)
    assert LeadNumber.objects.get(lead=lead).attempts == 1
    actions.callback_cancel(actor=rig.staff.supervisor, lead_id=lead)
    assert rig.see(lead).numbers == ["+4528990011"]


def test_when_the_last_number_goes_with_the_callback_the_lead_is_exhausted(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.settings(campaign, max_attempts_per_number=1, max_attempts=20)
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    booked(rig, lead)
    actions.callback_cancel(actor=rig.staff.supervisor, lead_id=lead)
    assert rig.see(lead).status == "exhausted"


def test_the_number_that_was_agreed_on_is_the_one_that_is_called_whatever_its_tries(rig: Rig) -> None:
    campaign, lead = two_numbers(rig, max_attempts_per_number=1)
    rig.say(rig.staff.senior, lead, "no_contact", number=number(rig, lead, "home"))
    assert rig.see(lead).numbers == ["+4528990010"]
    assert rig.given(rig.staff.senior, campaign) == lead
    booked(rig, lead, number=number(rig, lead, "home"))
    later(hours=1)
    assert rig.given(rig.staff.senior, campaign) == lead
    assert actions.call_start(actor=rig.staff.senior, lead_id=lead).number == "+4528990011"


def test_no_callback_is_booked_on_a_number_that_does_not_exist(rig: Rig) -> None:
    campaign, lead = two_numbers(rig)
    rig.say(rig.staff.senior, lead, "no_contact", number=number(rig, lead, "home"), outcome="invalid_number")
    assert rig.given(rig.staff.senior, campaign) == lead
    with pytest.raises(Invalid) as refused:
        booked(rig, lead, number=number(rig, lead, "home"))
    assert codes(refused) == ["number_not_callable"]


def test_a_callback_on_a_number_elsewhere_keeps_to_the_hours_of_both_places(rig: Rig) -> None:
    campaign = rig.campaign(hours=NINE_TO_EIGHT)
    lead = rig.lead(campaign, home="+12125550123")
    assert rig.given(rig.staff.senior, campaign) == lead
    # 22:00 in Copenhagen, 16:00 in New York.
    at = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        rig.say(rig.staff.senior, lead, "callback_private", callback={"at": at, "number": number(rig, lead, "home")})
    assert codes(refused) == ["outside_hours"]
    # 15:00 in New York is the last hour that is open in both.
    assert refused.value.errors[0].extra["nearest"].startswith("2026-03-02T1")


@pytest.mark.parametrize("end", ["campaign", "lead"])
def test_no_callback_is_booked_for_when_it_is_over(rig: Rig, end: str) -> None:
    campaign = rig.campaign()
    soon = clock.now() + timedelta(hours=1)
    if end == "campaign":
        Campaign.objects.filter(id=campaign.id).update(ends_at=soon)
        lead = rig.lead(campaign)
    else:
        lead = rig.lead(campaign, expires_at=soon)
    assert rig.given(rig.staff.senior, campaign) == lead
    with pytest.raises(Invalid) as refused:
        booked(rig, lead, hours=2)
    assert codes(refused) == ["after_the_end"]


def test_an_agent_does_not_push_their_callback_onto_a_colleague(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    booked(rig, lead)
    junior = rig.staff.junior.user_id
    with pytest.raises(Forbidden):
        actions.callback_change(actor=rig.staff.senior, lead_id=lead, owner=junior)
    actions.callback_change(actor=rig.staff.supervisor, lead_id=lead, owner=junior)
    assert rig.see(lead).owner_id == junior


def test_callbacks_of_another_merchant_do_not_count(rig: Rig) -> None:
    campaign = rig.campaign()
    Organisation.objects.filter(id=rig.staff.org.id).update(callbacks_per_agent=1)
    mine, other = rig.leads(campaign, 2)
    rig.given(rig.staff.senior, campaign)
    booked(rig, mine)
    rig.given(rig.staff.senior, campaign)
    with pytest.raises(Invalid):
        booked(rig, other)
    rig.see(mine).__class__.objects.filter(id=mine).update(merchant=rig.cast.magazine.org)
    booked(rig, other)


def test_a_reset_tells_that_the_callback_is_off(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    booked(rig, lead)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    assert EventOut.objects.filter(subject_id=lead, type="campaigns.callback.cancelled").exists()
