"""Whoever was called, and of whom nobody has said what came of it, is not called again by the next agent at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ringround.campaigns import actions
from ringround.campaigns.models import Attempt, Callback, Campaign, LeadNumber
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.telephony.models import Call
from tests.integration.campaigns.rig import Rig, later, phone


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


def come_back(rig: Rig, campaign: Campaign, lead: UUID) -> None:
    """The lease runs out, and the agent who called gets the lead again."""
    later(minutes=11)
    assert rig.given(rig.staff.senior, campaign) == lead


def become_everybodys(rig: Rig, campaign: Campaign) -> None:
    """The lease runs out, and then the time in which the agent was to come back."""
    later(minutes=11)
    assert rig.given(rig.staff.junior, campaign) is None
    later(hours=2)


def tried(lead: UUID) -> list[tuple[int, str]]:
    """Tries and last outcome of each number of the lead."""
    return list(LeadNumber.objects.filter(lead=lead).values_list("attempts", "outcome").order_by("number"))


def test_what_is_said_when_they_come_back_is_of_the_call_they_made(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    call = Call.objects.get()
    come_back(rig, campaign, lead)
    rig.say(rig.staff.senior, lead, "not_engaged")
    assert list(Attempt.objects.values_list("call_id", "outcome", "number")) == [(call.id, "answered", call.number)]
    now = Call.objects.get()
    assert (now.id, now.outcome, now.ended_at) == (call.id, "answered", call.hung_up_at)
    assert tried(lead) == [(1, "answered")]
    assert rig.see(lead).attempts == 1


def test_that_a_call_has_another_outcome_is_told_once(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    come_back(rig, campaign, lead)
    rig.say(rig.staff.senior, lead, "not_engaged")
    told = EventOut.objects.filter(subject_type="call").order_by("subject_no").values_list("type", "data")
    assert [(type, data.get("outcome")) for type, data in told] == [
        ("telephony.call.started", None),
        ("telephony.call.ended", "cancelled"),
        ("telephony.call.restated", "answered"),
    ]


def test_a_new_call_is_what_is_said_of_and_the_old_one_stays_as_it_was(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    come_back(rig, campaign, lead)
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    rig.say(rig.staff.senior, lead, "no_contact")
    assert list(Call.objects.order_by("id").values_list("outcome", flat=True)) == ["cancelled", "no_answer"]
    assert Attempt.objects.get().call_id == Call.objects.latest("id").id
    assert tried(lead) == [(2, "no_answer")]


def test_another_number_named_is_a_call_of_its_own(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign, home=phone())
    assert rig.given(rig.staff.senior, campaign) == lead
    first, second = rig.see(lead).numbers
    actions.call_start(actor=rig.staff.senior, lead_id=lead, number=first)
    actions.call_hangup(actor=rig.staff.senior, lead_id=lead)
    come_back(rig, campaign, lead)
    rig.say(rig.staff.senior, lead, "not_engaged", number=second)
    assert Attempt.objects.get().number == second
    assert sorted(Call.objects.values_list("number", "outcome")) == sorted([(first, "cancelled"), (second, "answered")])


def test_what_another_agent_says_is_of_a_call_of_their_own(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.settings(campaign, release_private_after_h=1)
    lead = called(rig, campaign)
    become_everybodys(rig, campaign)
    assert rig.given(rig.staff.junior, campaign) == lead
    rig.say(rig.staff.junior, lead, "no_contact")
    calls = Call.objects.order_by("id").values_list("agent_id", "outcome")
    assert list(calls) == [(rig.staff.senior.user_id, "cancelled"), (rig.staff.junior.user_id, "no_answer")]
    assert tried(lead) == [(2, "no_answer")]
    # And what the first agent says later is not of the call before that.
    later(days=2)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact")
    assert Call.objects.count() == 3


def test_another_agent_who_passes_it_on_changes_nothing_of_whose_call_it_is(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.settings(campaign, release_private_after_h=1)
    lead = called(rig, campaign)
    become_everybodys(rig, campaign)
    assert rig.given(rig.staff.junior, campaign) == lead
    actions.lead_skip(actor=rig.staff.junior, lead_id=lead, reason="no time")
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "not_engaged")
    assert Call.objects.get().outcome == "answered"


def test_however_often_they_let_it_lapse_it_is_one_call(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    for _time in range(3):
        come_back(rig, campaign, lead)
    rig.say(rig.staff.senior, lead, "no_contact")
    assert Call.objects.get().outcome == "no_answer"
    assert tried(lead) == [(1, "no_answer")]
    later(days=2)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact")
    assert Call.objects.count() == 2
    assert tried(lead) == [(2, "no_answer")]


def test_a_second_call_that_lapses_too_is_the_one_that_is_said_of(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    come_back(rig, campaign, lead)
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    actions.call_hangup(actor=rig.staff.senior, lead_id=lead)
    come_back(rig, campaign, lead)
    rig.say(rig.staff.senior, lead, "not_engaged")
    assert list(Call.objects.order_by("id").values_list("outcome", flat=True)) == ["cancelled", "answered"]
    assert Attempt.objects.get().call_id == Call.objects.latest("id").id


def test_a_number_found_invalid_afterwards_leaves_the_lead(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    come_back(rig, campaign, lead)
    rig.say(rig.staff.senior, lead, "no_contact", outcome="invalid_number")
    assert tried(lead) == [(1, "invalid_number")]
    assert (rig.see(lead).status, rig.see(lead).numbers) == ("invalid", [])


def test_after_a_reset_nothing_is_left_to_be_said(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = called(rig, campaign)
    come_back(rig, campaign, lead)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact")
    assert Call.objects.count() == 2
