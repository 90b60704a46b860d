"""An agent's day by the actions: joining, getting, calling, saying what happened; and each boundary of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as leads
from ringround.campaigns.actions import Handout, NoLead
from ringround.desk import actions
from ringround.dialer import actions as dialer
from ringround.dialer import queries as presence
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.telephony.models import Call
from tests.integration.desk.scene import Scene, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def manual(monday_ten: datetime) -> Scene:
    return scene("manual")


@pytest.fixture
def preview(monday_ten: datetime) -> Scene:
    return scene("preview")


def state(scene: Scene) -> str:
    return presence.agent_state(actor=scene.agent).state


def join(scene: Scene) -> None:
    dialer.presence_join(actor=scene.agent, campaign_id=scene.campaign.id)


def get(scene: Scene) -> Handout:
    found = actions.next_lead(actor=scene.agent)
    assert isinstance(found, Handout)
    return found


def save(scene: Scene, lead_id: object, kind: str = "no_contact", **more: object) -> None:
    actions.disposition(actor=scene.agent, lead_id=lead_id, disposition=scene.disposition(kind), **more)  # type: ignore[arg-type]


def code_of(run: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(Conflict) as refused:
        run(*args, **kwargs)  # type: ignore[operator]
    return refused.value.code


def test_who_has_not_joined_gets_nothing(manual: Scene) -> None:
    assert code_of(actions.next_lead, actor=manual.agent) == "not_joined"


def test_joining_makes_ready(manual: Scene) -> None:
    join(manual)
    assert state(manual) == "ready"


def test_joining_twice_changes_nothing(manual: Scene) -> None:
    join(manual)
    since = presence.agent_state(actor=manual.agent).since
    clock.advance(timedelta(minutes=1))
    join(manual)
    assert presence.agent_state(actor=manual.agent).since == since


def test_a_campaign_one_is_not_on_is_not_found(manual: Scene) -> None:
    with pytest.raises(NotFound):
        dialer.presence_join(actor=manual.cast.agency.junior, campaign_id=manual.campaign.id)


def test_get_customer_gives_one_lead_until_it_is_processed(manual: Scene) -> None:
    join(manual)
    first = get(manual)
    again = get(manual)
    assert (again.lead_id, again.rule, state(manual)) == (first.lead_id, "held", "reserved")


def test_preview_looks_at_the_contact(preview: Scene) -> None:
    join(preview)
    get(preview)
    assert state(preview) == "previewing"


def test_a_call_is_a_link_for_the_agents_own_telephone(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    started = actions.call(actor=manual.agent, lead_id=lead.lead_id)
    assert (started.dial, state(manual)) == ("tel:+4520123400", "talking")


def test_putting_the_phone_down_is_wrapping_up(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    actions.call(actor=manual.agent, lead_id=lead.lead_id)
    actions.hang_up(actor=manual.agent)
    actions.hang_up(actor=manual.agent)
    assert state(manual) == "wrapping"


def test_the_call_ends_when_the_phone_was_put_down_with_the_outcome_of_the_disposition(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    actions.call(actor=manual.agent, lead_id=lead.lead_id)
    clock.advance(timedelta(seconds=40))
    down = clock.now()
    actions.hang_up(actor=manual.agent)
    clock.advance(timedelta(seconds=50))
    save(manual, lead.lead_id)
    call = Call.objects.get()
    assert (call.state, call.outcome, call.ended_at) == ("ended", "no_answer", down)


def test_another_number_of_the_contact_is_another_call_and_the_first_was_not_answered(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    actions.call(actor=manual.agent, lead_id=lead.lead_id, number="+4520123400")
    actions.call(actor=manual.agent, lead_id=lead.lead_id, number="+4586123400")
    save(manual, lead.lead_id, "engaged", answers={"belob": 200})
    calls = list(Call.objects.order_by("id").values_list("number", "outcome"))
    facts = leads.number_facts(lead_ids=[lead.lead_id])[lead.lead_id]
    assert calls == [("+4520123400", "no_answer"), ("+4586123400", "answered")]
    assert {number: one.attempts for number, one in facts.items()} == {"+4520123400": 1, "+4586123400": 1}
    assert manual.lead(lead.lead_id).attempts == 1


def test_calling_the_same_number_in_two_tabs_is_one_call(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    one = actions.call(actor=manual.agent, lead_id=lead.lead_id)
    two = actions.call(actor=manual.agent, lead_id=lead.lead_id)
    assert one.call_id == two.call_id


def test_saving_in_manual_mode_is_ready_at_once(manual: Scene) -> None:
    join(manual)
    save(manual, get(manual).lead_id)
    assert state(manual) == "ready"


def test_saving_in_preview_mode_wraps_up_and_then_is_ready(preview: Scene) -> None:
    join(preview)
    save(preview, get(preview).lead_id)
    assert state(preview) == "wrapping"
    clock.advance(timedelta(seconds=16))
    dialer.end_wrap_up()
    assert state(preview) == "ready"


def test_wrap_up_time_counts_from_the_end_of_the_call(preview: Scene) -> None:
    join(preview)
    lead = get(preview)
    actions.call(actor=preview.agent, lead_id=lead.lead_id)
    actions.hang_up(actor=preview.agent)
    clock.advance(timedelta(seconds=30))
    save(preview, lead.lead_id)
    assert state(preview) == "ready"


def test_the_next_contact_may_be_asked_for_before_wrap_up_is_over(preview: Scene) -> None:
    join(preview)
    save(preview, get(preview).lead_id)
    get(preview)
    assert state(preview) == "previewing"


def test_saving_twice_is_refused_the_second_time(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    save(manual, lead.lead_id)
    assert code_of(save, manual, lead.lead_id) == "not_held"


def test_what_another_agent_holds_cannot_be_saved(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    assert (
        code_of(
            actions.disposition,
            actor=manual.agent2,
            lead_id=lead.lead_id,
            disposition=manual.disposition("no_contact"),
        )
        == "not_held"
    )


def test_another_organisation_does_not_see_the_lead(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    with pytest.raises(NotFound):
        actions.disposition(
            actor=manual.cast.agency.junior, lead_id=lead.lead_id, disposition=manual.disposition("no_contact")
        )


def test_a_break_begins_at_once_while_looking_at_a_contact(preview: Scene) -> None:
    join(preview)
    get(preview)
    dialer.presence_pause(actor=preview.agent, reason="Frokost")
    assert state(preview) == "paused"


def test_on_a_break_there_is_no_next_lead(manual: Scene) -> None:
    join(manual)
    dialer.presence_pause(actor=manual.agent)
    assert code_of(actions.next_lead, actor=manual.agent) == "paused"


def test_what_is_held_may_be_saved_on_a_break_and_the_break_goes_on(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    dialer.presence_pause(actor=manual.agent)
    save(manual, lead.lead_id)
    assert state(manual) == "paused"


def test_back_from_a_break_the_contact_is_still_there(preview: Scene) -> None:
    join(preview)
    get(preview)
    dialer.presence_pause(actor=preview.agent)
    dialer.presence_resume(actor=preview.agent)
    assert state(preview) == "previewing"


def test_a_break_asked_for_in_a_call_begins_when_the_contact_is_done(preview: Scene) -> None:
    join(preview)
    lead = get(preview)
    actions.call(actor=preview.agent, lead_id=lead.lead_id)
    dialer.presence_pause(actor=preview.agent, reason="Møde")
    assert state(preview) == "talking"
    save(preview, lead.lead_id)
    now = presence.agent_state(actor=preview.agent)
    assert (now.state, now.pause_reason) == ("paused", "Møde")


def test_the_wish_for_a_break_can_be_taken_back(preview: Scene) -> None:
    join(preview)
    lead = get(preview)
    actions.call(actor=preview.agent, lead_id=lead.lead_id)
    dialer.presence_pause(actor=preview.agent)
    dialer.presence_resume(actor=preview.agent)
    save(preview, lead.lead_id)
    assert state(preview) == "wrapping"


def test_leaving_with_a_lead_is_refused_unless_it_is_released(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    assert code_of(dialer.presence_leave, actor=manual.agent) == "lead_held"
    dialer.presence_leave(actor=manual.agent, release=True)
    assert (state(manual), manual.lead(lead.lead_id).reserved_by_id) == ("offline", None)


def test_one_does_not_leave_in_the_middle_of_a_call(manual: Scene) -> None:
    join(manual)
    actions.call(actor=manual.agent, lead_id=get(manual).lead_id)
    assert code_of(dialer.presence_leave, actor=manual.agent, release=True) == "in_call"


def test_leaving_twice_is_no_fault(manual: Scene) -> None:
    join(manual)
    dialer.presence_leave(actor=manual.agent)
    dialer.presence_leave(actor=manual.agent)
    assert state(manual) == "offline"


def test_another_campaign_cannot_be_joined_while_a_lead_is_held(manual: Scene) -> None:
    other = scene("preview", who=manual.cast)
    join(manual)
    get(manual)
    assert code_of(dialer.presence_join, actor=manual.agent, campaign_id=other.campaign.id) == "lead_held"


def test_joining_another_campaign_leaves_the_first(manual: Scene) -> None:
    other = scene("preview", who=manual.cast)
    join(manual)
    dialer.presence_join(actor=manual.agent, campaign_id=other.campaign.id)
    now = presence.agent_state(actor=manual.agent)
    assert (now.campaign_id, now.state, now.mode) == (other.campaign.id, "ready", "preview")


def test_on_a_paused_campaign_nothing_new_but_what_is_held_may_be_saved(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    campaigns.campaign_pause(actor=manual.supervisor, campaign_id=manual.campaign.id)
    assert code_of(actions.call, actor=manual.agent, lead_id=lead.lead_id) == "wrong_state"
    save(manual, lead.lead_id)
    assert actions.next_lead(actor=manual.agent) == NoLead("campaign_not_running")


def test_on_a_completed_campaign_what_is_held_may_be_saved(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    campaigns.campaign_complete(actor=manual.cast.charity.manager, campaign_id=manual.campaign.id)
    save(manual, lead.lead_id)
    assert manual.lead(lead.lead_id).attempts == 1


def test_a_campaign_that_does_not_run_cannot_be_joined(manual: Scene) -> None:
    campaigns.campaign_complete(actor=manual.cast.charity.manager, campaign_id=manual.campaign.id)
    with pytest.raises((Conflict, NotFound)):
        join(manual)


def test_outside_hours_says_so(manual: Scene) -> None:
    join(manual)
    clock.advance(timedelta(hours=13))
    assert actions.next_lead(actor=manual.agent) == NoLead("outside_hours")


def test_when_all_are_done_none_is_due(manual: Scene) -> None:
    join(manual)
    for _ in manual.leads():
        save(manual, get(manual).lead_id)
    assert actions.next_lead(actor=manual.agent) == NoLead("no_lead_due")


def test_a_lead_whose_time_ran_out_is_free_and_its_agent_ready(preview: Scene) -> None:
    join(preview)
    lead = get(preview)
    clock.advance(timedelta(seconds=601))
    campaigns.turn_due(now=clock.now())
    dialer.presence_refresh(user_id=preview.agent.user_id)  # type: ignore[arg-type]
    assert (state(preview), preview.lead(lead.lead_id).reserved_by_id) == ("ready", None)


def test_skipping_needs_a_reason_in_preview(preview: Scene) -> None:
    join(preview)
    lead = get(preview)
    with pytest.raises(Invalid):
        actions.skip(actor=preview.agent)
    actions.skip(actor=preview.agent, reason="kender vedkommende")
    assert (state(preview), preview.lead(lead.lead_id).reserved_by_id) == ("ready", None)


def test_skipping_is_refused_in_manual_mode(manual: Scene) -> None:
    join(manual)
    get(manual)
    assert code_of(actions.skip, actor=manual.agent, reason="x") == "skip_not_allowed"


def test_skipping_nothing_is_not_held(preview: Scene) -> None:
    join(preview)
    assert code_of(actions.skip, actor=preview.agent, reason="x") == "not_held"


def test_the_agent_corrects_what_the_list_lets_them(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    actions.contact_edit(actor=manual.agent, lead_id=lead.lead_id, fields={"E-mail": "aase@example.org"})
    contact = leads.contacts_of([manual.lead(lead.lead_id)])
    assert [one.fields["E-mail"] for one in contact.values()] == ["aase@example.org"]


def test_the_agent_does_not_correct_the_rest(manual: Scene) -> None:
    join(manual)
    lead = get(manual)
    with pytest.raises(Invalid):
        actions.contact_edit(actor=manual.agent, lead_id=lead.lead_id, fields={"By": "Randers"})
