"""What the agent and the supervisor do with a lead: calls, dispositions, callbacks, changes by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.actions import Handout
from ringround.campaigns.models import Attempt, Callback, Campaign, Lead
from ringround.campaigns.queries.filters import LeadFilter
from ringround.contacts import actions as contacts
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict, Invalid, NotFound
from tests.integration.campaigns.rig import MONDAY, Rig, later
from tests.integration.http.calling import Caller, token_for

HOUR = timedelta(hours=1)


def held(rig: Rig, campaign: Campaign, **facts: object) -> object:
    lead = rig.lead(campaign, **facts)
    assert rig.given(rig.staff.senior, campaign) == lead
    return lead


def code(raised: pytest.ExceptionInfo[BaseException]) -> str:
    return str(getattr(raised.value, "code", ""))


# --- dispositions -----------------------------------------------------------------------------


def test_a_lead_not_held_cannot_be_dispositioned(rig: Rig) -> None:
    lead = rig.lead(rig.campaign())
    with pytest.raises(Conflict) as refused:
        rig.say(rig.staff.senior, lead, "not_engaged")
    assert code(refused) == "not_held"


def test_a_second_save_is_not_held(rig: Rig) -> None:
    lead = held(rig, rig.campaign())
    rig.say(rig.staff.senior, lead, "not_engaged")
    with pytest.raises(Conflict) as refused:
        rig.say(rig.staff.senior, lead, "engaged")
    assert code(refused) == "not_held"
    assert Attempt.objects.filter(lead=lead).count() == 1


def test_a_strangers_lead_is_not_there(rig: Rig) -> None:
    lead = held(rig, rig.campaign())
    with pytest.raises(NotFound):
        rig.say(rig.cast.outsider, lead, "not_engaged")


def test_quarantine_and_the_most_attempts(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts": 2, "max_attempts_per_number": 9, "quarantine_s": 3600})
    agent = rig.staff.senior
    lead = held(rig, campaign)
    rig.say(agent, lead, "no_contact")
    assert rig.given(agent, campaign) is None
    later(hours=1)
    assert rig.given(agent, campaign) == lead
    rig.say(agent, lead, "no_contact")
    assert (rig.see(lead).status, rig.see(lead).attempts) == ("exhausted", 2)


def test_a_rule_of_the_call_outcome_has_its_own_delay_and_limit(rig: Rig) -> None:
    campaign = rig.campaign(settings={"retry": {"busy": {"delay_s": 60, "max_attempts": 2}}, "quarantine_s": 3600})
    agent = rig.staff.senior
    lead = held(rig, campaign)
    rig.say(agent, lead, "no_contact", outcome="no_answer")
    later(hours=1)
    rig.given(agent, campaign)
    rig.say(agent, lead, "no_contact", outcome="busy")
    assert rig.see(lead).next_contact_at == MONDAY + HOUR + timedelta(seconds=60)
    later(seconds=60)
    rig.given(agent, campaign)
    rig.say(agent, lead, "no_contact", outcome="busy")
    assert rig.see(lead).status == "exhausted"


def test_a_number_with_no_attempts_left_leaves_the_lead(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts_per_number": 1, "quarantine_s": 0})
    lead = held(rig, campaign, mobile="+4528128881", home="+4528128882")
    rig.say(rig.staff.senior, lead, "no_contact")
    assert rig.see(lead).numbers == ["+4528128882"]
    actions.leads_replace(campaign_id=campaign.id)
    assert rig.see(lead).numbers == ["+4528128882"]


def test_the_last_number_used_up_exhausts_a_lead_with_attempts_left(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts": 9, "max_attempts_per_number": 1, "quarantine_s": 0})
    lead = held(rig, campaign)
    rig.say(rig.staff.senior, lead, "no_contact")
    assert (rig.see(lead).status, rig.see(lead).attempts) == ("exhausted", 1)
    assert EventOut.objects.filter(subject_id=lead, type="campaigns.lead.exhausted").count() == 1
    found = queries.why_not(actor=rig.staff.supervisor, lead_id=lead)
    assert not next(gate for gate in found.gates if gate.gate == "open").ok


def test_the_last_number_found_not_to_exist_makes_the_lead_invalid(rig: Rig) -> None:
    lead = held(rig, rig.campaign(settings={"quarantine_s": 0}))
    rig.say(rig.staff.senior, lead, "no_contact", outcome="invalid_number")
    assert rig.see(lead).status == "invalid"


def test_a_promised_callback_keeps_a_used_up_number(rig: Rig) -> None:
    lead = held(rig, rig.campaign(settings={"max_attempts_per_number": 1}))
    rig.say(rig.staff.senior, lead, "callback_private", callback={"at": MONDAY + 2 * HOUR})
    assert (rig.see(lead).status, len(rig.see(lead).numbers)) == ("private_redial", 1)


def test_a_call_on_the_last_number_that_lapsed_waits_for_its_agent_and_then_exhausts(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts_per_number": 1})
    lead = held(rig, campaign)
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    later(hours=5)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact")
    assert rig.see(lead).status == "exhausted"


def test_do_not_call_back_rests_and_comes_again(rig: Rig) -> None:
    campaign = rig.campaign(settings={"no_callback_days": 30})
    lead = held(rig, campaign)
    rig.say(rig.staff.senior, lead, "do_not_call_back")
    seen = rig.see(lead)
    # Thirty days later the clocks have gone forward: the same time on the wall.
    assert (seen.status, seen.snoozed_until) == ("new", MONDAY + timedelta(days=30) - HOUR)
    later(days=30, hours=-1)
    assert rig.given(rig.staff.junior, campaign) == lead


def test_progress_counts_an_engaged_lead_once_and_a_reset_takes_it_back(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = held(rig, campaign)
    rig.say(rig.staff.senior, lead, "engaged")
    assert queries.progress(campaigns=[campaign])[campaign.id].engaged == 1
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    found = queries.progress(campaigns=[campaign])[campaign.id]
    assert (found.engaged, found.by_status) == (0, {"new": 1})


# --- calls ------------------------------------------------------------------------------------


def test_a_call_under_way_keeps_the_lead_and_its_numbers(rig: Rig) -> None:
    campaign = rig.campaign(settings={"reservation_s": 60})
    lead = held(rig, campaign, mobile="+4528128883")
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    later(minutes=30)
    rig.relay()
    assert rig.given(rig.staff.junior, campaign) is None
    assert rig.given(rig.staff.senior, campaign) == lead
    assert rig.held_numbers() == {"+4528128883"}
    rig.say(rig.staff.senior, lead, "not_engaged")


def test_after_the_telephone_is_put_down_the_lease_runs_out_and_the_agent_may_call_again(rig: Rig) -> None:
    campaign = rig.campaign(settings={"reservation_s": 60})
    lead = held(rig, campaign)
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    actions.call_hangup(actor=rig.staff.senior, lead_id=lead)
    later(seconds=60)
    assert rig.given(rig.staff.junior, campaign) is None
    assert rig.given(rig.staff.senior, campaign) == lead
    actions.call_start(actor=rig.staff.senior, lead_id=lead)


def test_a_number_suppressed_since_the_hand_out_is_not_dialled(rig: Rig) -> None:
    lead = held(rig, rig.campaign(), mobile="+4528128884")
    suppress(rig, "+4528128884")
    with pytest.raises(Conflict) as refused:
        actions.call_start(actor=rig.staff.senior, lead_id=lead)
    assert code(refused) in {"may_not_contact", "number_not_callable"}


# --- suppression ------------------------------------------------------------------------------


def suppress(rig: Rig, number: str) -> None:
    contacts.suppression_add(actor=rig.staff.manager, channel="phone", kind="phone", value=number)


def test_a_suppressed_number_is_not_handed_out_even_before_the_reaction_has_run(rig: Rig) -> None:
    campaign = rig.campaign()
    barred = rig.lead(campaign, mobile="+4528128885")
    other = rig.lead(campaign)
    suppress(rig, "+4528128885")
    assert rig.see(barred).queue is not None
    assert rig.given(rig.staff.senior, campaign) == other
    assert (rig.see(barred).suppressed, rig.see(barred).queue) == (True, None)


def test_after_the_reaction_the_gate_is_a_column(rig: Rig) -> None:
    lead = rig.lead(rig.campaign(), mobile="+4528128886")
    suppress(rig, "+4528128886")
    rig.relay()
    assert rig.see(lead).suppressed
    assert rig.see(lead).queue is None


# --- callbacks --------------------------------------------------------------------------------

HOURS = {"mon": [["09:00", "20:00"]], "tue": [["09:00", "20:00"]]}


def book(rig: Rig, lead: object, at: object, private: bool = True) -> None:
    rig.say(rig.staff.senior, lead, "callback_private", callback={"at": at, "private": private})


def test_a_callback_comes_at_its_time_ahead_of_all_else(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = held(rig, campaign)
    book(rig, lead, MONDAY + HOUR)
    urgent = rig.lead(campaign, urgent_at=MONDAY)
    later(hours=1, microseconds=-1)
    assert rig.given(rig.staff.senior, campaign) == urgent
    rig.say(rig.staff.senior, urgent, "not_engaged")
    later(microseconds=1)
    found = rig.next(rig.staff.senior, campaign)
    assert isinstance(found, Handout)
    assert (found.lead_id, found.rule) == (lead, "my_callback")


def test_a_callback_is_kept_when_the_attempts_are_used_up(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts": 1, "max_attempts_per_number": 1})
    lead = held(rig, campaign)
    book(rig, lead, MONDAY + HOUR)
    later(hours=1)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "no_contact")
    assert rig.see(lead).status == "exhausted"


def test_outside_the_hours_the_nearest_time_is_told(rig: Rig) -> None:
    campaign = rig.campaign(hours=HOURS)
    lead = held(rig, campaign)
    with pytest.raises(Invalid) as refused:
        book(rig, lead, MONDAY + timedelta(hours=11))
    assert code(refused) == "outside_hours"
    assert refused.value.errors[0].extra["nearest"] == "2026-03-02T18:59:00+00:00"


@pytest.mark.parametrize(
    ("at", "wrong"),
    [(MONDAY - HOUR, "in_the_past"), (MONDAY + timedelta(days=4000), "too_far_ahead"), (None, "required")],
)
def test_a_time_that_cannot_be_is_refused(rig: Rig, at: object, wrong: str) -> None:
    lead = held(rig, rig.campaign())
    with pytest.raises(Invalid) as refused:
        book(rig, lead, at)
    assert code(refused) == wrong
    assert rig.see(lead).reserved_by_id == rig.staff.senior.user_id


def test_an_agent_can_keep_only_so_many(rig: Rig) -> None:
    type(rig.staff.org).objects.filter(id=rig.staff.org.id).update(callbacks_per_agent=1)
    campaign = rig.campaign()
    first = held(rig, campaign)
    book(rig, first, MONDAY + HOUR)
    second = held(rig, campaign)
    with pytest.raises(Invalid) as refused:
        book(rig, second, MONDAY + HOUR)
    assert code(refused) == "too_many_callbacks"
    book(rig, second, MONDAY + HOUR, private=False)
    assert rig.see(second).status == "common_redial"


def test_a_callback_is_moved_reassigned_and_cancelled(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = held(rig, campaign)
    book(rig, lead, MONDAY + HOUR)
    supervisor, junior = rig.staff.supervisor, rig.staff.junior
    actions.callback_change(actor=supervisor, lead_id=lead, at=MONDAY + 2 * HOUR, owner=junior.user_id)
    assert (rig.see(lead).owner_id, rig.see(lead).next_contact_at) == (junior.user_id, MONDAY + 2 * HOUR)
    actions.callback_cancel(actor=supervisor, lead_id=lead)
    assert (rig.see(lead).status, rig.see(lead).next_contact_at) == ("automatic_redial", MONDAY)
    assert Callback.objects.get(lead=lead).state == "cancelled"


def test_an_owner_off_the_campaign_leaves_a_common_callback(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = held(rig, campaign)
    book(rig, lead, MONDAY + HOUR)
    actions.agents_put(actor=rig.staff.manager, campaign_id=campaign.id, users=[rig.staff.junior.user_id])
    booked = Callback.objects.get(lead=lead)
    assert (rig.see(lead).status, booked.private, booked.owner_id) == ("common_redial", False, None)


# --- by hand ----------------------------------------------------------------------------------


def test_a_private_callback_given_to_another_agent_is_theirs(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = held(rig, campaign)
    book(rig, lead, MONDAY + HOUR)
    junior = rig.staff.junior
    actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, assigned_to=junior.user_id)
    assert (rig.see(lead).owner_id, Callback.objects.get(lead=lead).owner_id) == (junior.user_id, junior.user_id)


def test_a_changed_time_moves_the_booked_callback(rig: Rig) -> None:
    lead = held(rig, rig.campaign())
    book(rig, lead, MONDAY + HOUR)
    actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, next_contact_at=MONDAY + 3 * HOUR)
    assert Callback.objects.get(lead=lead).at == MONDAY + 3 * HOUR


def test_a_supervisor_reserves_and_releases(rig: Rig) -> None:
    campaign = rig.campaign()
    first, second = rig.leads(campaign, 2)
    supervisor, senior, junior = rig.staff.supervisor, rig.staff.senior, rig.staff.junior
    actions.lead_change(actor=supervisor, lead_id=second, reservation={"by": senior.user_id})
    assert rig.given(senior, campaign) == second
    with pytest.raises(Conflict) as refused:
        actions.lead_change(actor=supervisor, lead_id=second, reservation={"by": junior.user_id})
    assert code(refused) == "lead_held"
    with pytest.raises(Conflict):
        actions.lead_change(actor=supervisor, lead_id=first, reservation={"by": senior.user_id})
    actions.lead_change(actor=supervisor, lead_id=second, reservation=None)
    assert rig.given(senior, campaign) == first


def test_a_lead_whose_number_is_in_use_cannot_be_reserved(rig: Rig) -> None:
    campaign = rig.campaign()
    first = rig.lead(campaign, mobile="+4528128887")
    same = rig.lead(campaign, mobile="+4528128887")
    assert rig.given(rig.staff.senior, campaign) == first
    with pytest.raises(Conflict) as refused:
        actions.lead_change(actor=rig.staff.supervisor, lead_id=same, reservation={"by": rig.staff.junior.user_id})
    assert code(refused) == "number_busy"


def test_bulk_reassigns_releases_and_resets(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = rig.leads(campaign, 5)
    supervisor, junior = rig.staff.supervisor, rig.staff.junior
    changed = actions.leads_bulk(actor=supervisor, ids=leads[1:], set={"assigned_to": junior.user_id})
    assert changed.count == 4
    assert rig.given(rig.staff.senior, campaign) == leads[0]
    assert rig.given(junior, campaign) == leads[1]
    assert actions.leads_bulk(actor=supervisor, ids=leads, action="release").count == 2
    assert not Lead.objects.filter(campaign=campaign, reserved_by__isnull=False).exists()
    assert rig.see(leads[1]).assigned_to_id == junior.user_id
    assert actions.leads_bulk(actor=supervisor, ids=leads, action="reset").count == 5


@pytest.mark.parametrize("nobody", [{"ids": []}, {"filter": LeadFilter()}, {"filter": LeadFilter(q=" ")}])
def test_an_empty_selection_is_never_everything(rig: Rig, nobody: dict[str, Any]) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    with pytest.raises(Invalid) as refused:
        actions.leads_bulk(actor=rig.staff.supervisor, set={"active": False}, **nobody)
    assert refused.value.errors[0].code == "empty_selection"
    assert Lead.objects.filter(campaign=campaign, active=True).count() == 2
    assert actions.leads_bulk(actor=rig.staff.supervisor, all=True, set={"active": False}).count == 2


def test_an_empty_selection_is_422_over_http(rig: Rig) -> None:
    rig.leads(rig.campaign(), 2)
    call = Caller(token_for(rig.staff.supervisor))
    for nobody in ({"ids": []}, {"filter": {}}, {"filter": {"status": []}}):
        response = call("POST", "/leads/bulk", {**nobody, "set": {"active": False}})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "empty_selection")
    assert call("POST", "/leads/bulk", {"set": {"active": False}}).status_code == 422
    assert call("POST", "/leads/bulk", {"all": True, "set": {"active": False}}).json()["count"] == 2


def test_a_reset_lead_is_new_with_all_its_numbers_and_its_answers_in_the_history(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts_per_number": 1})
    lead = held(rig, campaign)
    rig.put(lead, result={"why": "later"})
    rig.say(rig.staff.senior, lead, "no_contact")
    assert rig.see(lead).numbers == []
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    seen = rig.see(lead)
    assert (seen.status, seen.attempts, seen.result, len(seen.numbers)) == ("new", 0, {}, 1)
    assert rig.given(rig.staff.junior, campaign) == lead


@pytest.mark.parametrize(
    "wrong", [{"priority": 101}, {"position": -1}, {"active": "yes"}, {"status": "unheard_of"}, {"colour": "red"}]
)
def test_a_value_that_cannot_be_is_refused(rig: Rig, wrong: dict[str, object]) -> None:
    lead = rig.lead(rig.campaign())
    with pytest.raises(Invalid):
        actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, **wrong)
