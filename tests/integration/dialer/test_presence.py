"""An agent's presence over time: silence, coming back, being taken off; and what is written of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from ringround.campaigns import actions as campaigns
from ringround.campaigns.actions import Handout
from ringround.desk import actions as desk
from ringround.dialer import actions, queries, reactions, store, ticks
from ringround.dialer.live import may_hear_agent
from ringround.dialer.models import Presence, PresenceLog
from ringround.dialer.rules.presence import State
from ringround.infra import clock
from ringround.infra.events import Event
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from tests.integration.desk.scene import Scene, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(monday_ten: datetime) -> Scene:
    """An agent in the console of a preview campaign."""
    made = scene("preview")
    actions.presence_join(actor=made.agent, campaign_id=made.campaign.id, console=True)
    return made


def row(of: Actor) -> Presence:
    return Presence.objects.get(user_id=of.user_id)


def fall_silent(of: Actor, seconds: float) -> None:
    Presence.objects.filter(user_id=of.user_id).update(seen_at=clock.real_now() - timedelta(seconds=seconds))
    actions.lapse_silent()


def event(kind: str, subject: object, **data: object) -> Event:
    some = new_id()
    return Event(1, some, some, None, kind, "campaign", subject, 1, clock.now(), data, None)  # type: ignore[arg-type]


def test_no_state_is_written_that_the_table_does_not_lead_to(here: Scene) -> None:
    presence = store.lock(user_id=here.agent.user_id)  # type: ignore[arg-type]
    assert presence is not None
    with pytest.raises(Conflict) as refused:
        presence.move(State.WRAPPING)
    assert refused.value.code == "wrong_state"
    assert row(here.agent).state == "ready"


def test_a_row_that_was_taken_back_is_made_again_before_anything_else_is_locked(here: Scene) -> None:
    user = here.cast.magazine.junior
    assert user.user_id is not None
    rows = Presence.objects.filter(user_id=user.user_id)
    with transaction.atomic():
        store.lock_soon(user_id=user.user_id, organisation_id=user.org_id)
        assert rows.exists()
        transaction.set_rollback(True)
    assert not rows.exists()
    store.lock_soon(user_id=user.user_id, organisation_id=user.org_id)
    assert rows.exists()


def test_within_the_grace_nothing_happens(here: Scene) -> None:
    fall_silent(here.agent, 14)
    assert row(here.agent).state == "ready"


def test_after_the_grace_the_agent_is_off_delivery(here: Scene) -> None:
    fall_silent(here.agent, 16)
    now = queries.agent_state(actor=here.agent)
    assert (now.state, now.lost) == ("offline", True)


def test_what_a_silent_agent_holds_stays_theirs(here: Scene) -> None:
    lead = desk.next_lead(actor=here.agent)
    assert isinstance(lead, Handout)
    fall_silent(here.agent, 16)
    assert here.lead(lead.lead_id).reserved_by_id == here.agent.user_id


def test_a_sign_of_life_brings_the_agent_back_to_their_contact(here: Scene) -> None:
    desk.next_lead(actor=here.agent)
    fall_silent(here.agent, 16)
    assert actions.presence_seen(actor=here.agent)
    assert row(here.agent).state == "previewing"


def test_a_break_goes_on_after_a_lost_connection(here: Scene) -> None:
    actions.presence_pause(actor=here.agent, reason="Frokost")
    fall_silent(here.agent, 16)
    actions.presence_seen(actor=here.agent)
    now = queries.agent_state(actor=here.agent)
    assert (now.state, now.pause_reason) == ("paused", "Frokost")


def test_acting_is_a_sign_of_life(here: Scene) -> None:
    fall_silent(here.agent, 16)
    assert isinstance(desk.next_lead(actor=here.agent), Handout)


def test_who_has_left_is_not_brought_back_by_an_open_page(here: Scene) -> None:
    actions.presence_leave(actor=here.agent)
    assert not actions.presence_seen(actor=here.agent)
    assert row(here.agent).state == "offline"


def test_an_agent_who_works_by_api_is_never_silent(here: Scene) -> None:
    token = Actor(user=here.agent2.user, organisation=here.agent2.organisation, role=here.agent2.role, via="token")
    actions.presence_join(actor=token, campaign_id=here.campaign.id)
    actions.lapse_silent()
    assert (row(here.agent2).state, row(here.agent2).seen_at) == ("ready", None)


def test_a_call_under_way_goes_on_through_a_lost_connection(here: Scene) -> None:
    lead = desk.next_lead(actor=here.agent)
    assert isinstance(lead, Handout)
    desk.call(actor=here.agent, lead_id=lead.lead_id)
    fall_silent(here.agent, 16)
    actions.presence_seen(actor=here.agent)
    assert row(here.agent).state == "talking"


def test_a_lead_taken_back_makes_its_agent_ready(here: Scene) -> None:
    lead = desk.next_lead(actor=here.agent)
    assert isinstance(lead, Handout)
    campaigns.lead_change(actor=here.supervisor, lead_id=lead.lead_id, reservation=None)
    reactions.lead_released(event("campaigns.lead.released", lead.lead_id, agent=str(here.agent.user_id)))
    assert row(here.agent).state == "ready"


def test_who_is_taken_off_the_campaign_is_signed_off(here: Scene) -> None:
    campaigns.agents_put(actor=here.cast.charity.manager, campaign_id=here.campaign.id, users=[here.agent2.user_id])
    reactions.people_changed(event("campaigns.campaign.changed", here.campaign.id, fields=["agents"]))
    assert (row(here.agent).state, row(here.agent).campaign_id) == ("offline", None)


def test_who_is_taken_off_gets_no_lead_even_before_that(here: Scene) -> None:
    campaigns.agents_put(actor=here.cast.charity.manager, campaign_id=here.campaign.id, users=[here.agent2.user_id])
    with pytest.raises(Conflict) as refused:
        desk.next_lead(actor=here.agent)
    assert refused.value.code == "not_joined"


def test_a_deactivated_user_is_signed_off(here: Scene) -> None:
    gone = event("orgs.user.deactivated", here.agent.user_id)
    reactions.user_gone(Event(*[*_parts(gone)[:2], here.agent.org_id, *_parts(gone)[3:]]))
    assert row(here.agent).state == "offline"


def _parts(one: Event) -> list[object]:
    return [getattr(one, name) for name in one.__slots__]


def test_each_stretch_is_written_with_its_length(here: Scene) -> None:
    clock.advance(timedelta(seconds=30))
    actions.presence_pause(actor=here.agent, reason="Møde")
    clock.advance(timedelta(seconds=60))
    actions.presence_leave(actor=here.agent)
    log = PresenceLog.objects.filter(user_id=here.agent.user_id).order_by("began_at")
    stretches = [(one.state, one.reason, (one.ended_at - one.began_at).seconds) for one in log if one.ended_at]
    assert stretches == [("ready", "", 30), ("paused", "Møde", 60)]


def test_each_change_is_told_once_and_in_order(here: Scene) -> None:
    actions.presence_pause(actor=here.agent)
    actions.presence_resume(actor=here.agent)
    told = EventOut.objects.filter(type="dialer.agent.state_changed").order_by("subject_no")
    assert [(one.data["from"], one.data["to"]) for one in told] == [
        ("offline", "ready"),
        ("ready", "paused"),
        ("paused", "ready"),
    ]


def test_the_reason_of_a_break_is_not_told_to_everybody(here: Scene) -> None:
    actions.presence_pause(actor=here.agent, reason="Lægen")
    assert "Lægen" not in str(list(EventOut.objects.values_list("data", flat=True)))


def test_a_new_reason_is_a_new_stretch(here: Scene) -> None:
    actions.presence_pause(actor=here.agent, reason="Frokost")
    clock.advance(timedelta(minutes=20))
    actions.presence_pause(actor=here.agent, reason="Møde")
    assert [one.reason for one in PresenceLog.objects.filter(state="paused").order_by("began_at")] == [
        "Frokost",
        "Møde",
    ]


def test_the_virtual_clock_knows_when_wrap_up_ends(here: Scene) -> None:
    lead = desk.next_lead(actor=here.agent)
    assert isinstance(lead, Handout)
    desk.disposition(actor=here.agent, lead_id=lead.lead_id, disposition=here.disposition("no_contact"))
    due = clock.now() + timedelta(seconds=15)
    assert (ticks.next_due(), ticks.idle(clock.now()), ticks.idle(due)) == (due, True, False)


def test_whoever_looks_after_agents_hears_of_them_and_strangers_do_not(here: Scene) -> None:
    topic = str(here.agent.user_id)
    hears = [may_hear_agent(who, topic) for who in (here.agent, here.supervisor, here.agent2, here.cast.outsider)]
    assert hears == [True, True, False, False]


def test_no_topic_is_heard_by_a_bad_id(here: Scene) -> None:
    assert not may_hear_agent(here.supervisor, "me")


def test_a_change_is_seen_on_the_agents_screen_and_on_the_campaigns_board(here: Scene) -> None:
    told = event("dialer.agent.state_changed", new_id(), agent=str(here.agent.user_id), campaign=str(here.campaign.id))
    assert [one.topic for one in reactions.topics(told)] == [
        f"agent:{here.agent.user_id}",
        f"campaign:{here.campaign.id}",
    ]


def test_a_campaign_that_pauses_is_told_to_everyone_on_it(here: Scene) -> None:
    touched = list(reactions.topics(event("campaigns.campaign.paused", here.campaign.id)))
    assert [one.topic for one in touched] == [f"agent:{here.agent.user_id}"]
