"""Rule packs at work: at the hand-out, in *why not*, at the moment of dialling, and for callbacks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.actions import NoLead
from ringround.campaigns.models import Attempt, Campaign, Lead
from ringround.compliance.rules import Gate
from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid
from tests.integration.campaigns.rig import Rig

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]

DAY = timedelta(days=1)


def shut(rig: Rig, lead: UUID) -> list[Gate]:
    answer = queries.why_not(actor=rig.staff.supervisor, lead_id=lead)
    assert answer.callable == (not [one for one in answer.gates if not one.ok])
    return [one for one in answer.gates if not one.ok]


def french(rig: Rig, **settings: Any) -> Campaign:
    generous = {"max_attempts": 100, "max_attempts_per_number": 100, "quarantine_s": 0}
    return rig.campaign(packs=["fr"], settings={**generous, **settings})


def called(rig: Rig, campaign: Campaign, lead: UUID, times: int) -> None:
    """So many calls, an hour apart, without an answer."""
    for _ in range(times):
        assert rig.given(rig.staff.senior, campaign) == lead
        actions.call_start(actor=rig.staff.senior, lead_id=lead)
        rig.say(rig.staff.senior, lead, "no_contact")
        clock.advance(timedelta(minutes=10))


def test_the_hours_of_a_pack_close_the_hand_out(rig: Rig) -> None:
    campaign = french(rig)
    lead = rig.lead(campaign)
    clock.advance(timedelta(hours=3))  # 13:00, and the French are at table
    assert rig.next(rig.staff.senior, campaign) == NoLead("outside_hours")
    (gate,) = shut(rig, lead)
    assert (gate.gate, gate.next_at) == ("lead_hours", clock.now() + timedelta(hours=1))
    assert queries.why_not_dialling(actor=rig.staff.supervisor, campaign_id=campaign.id).by_gate == {"lead_hours": 1}
    clock.advance(timedelta(hours=1))
    assert rig.given(rig.staff.senior, campaign) == lead


def test_after_four_calls_the_fifth_waits_and_a_reset_does_not_evade_it(rig: Rig) -> None:
    campaign = french(rig)
    lead = rig.lead(campaign)
    first = clock.now()
    called(rig, campaign, lead, 4)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    assert rig.next(rig.staff.senior, campaign) == NoLead("no_lead_due")
    (gate,) = shut(rig, lead)
    assert (gate.gate, gate.next_at) == ("frequency", first + 30 * DAY)
    assert gate.detail is not None
    assert gate.detail.params == {"pack": "fr", "calls": 4, "most": 4, "days": 30}
    told = queries.why_not_dialling(actor=rig.staff.supervisor, campaign_id=campaign.id)
    assert told is not None
    assert (told.callable_now, told.by_gate, told.next_at) == (0, {"frequency": 1}, first + 30 * DAY)
    clock.advance(30 * DAY - (clock.now() - first))
    assert rig.given(rig.staff.senior, campaign) == lead


def test_calls_on_another_campaign_count_for_the_person(rig: Rig) -> None:
    plain = rig.campaign(settings={"max_attempts": 100, "max_attempts_per_number": 100, "quarantine_s": 0})
    campaign = french(rig)
    number = "+4528129999"
    other = rig.lead(plain, mobile=number)
    # Placed before anybody called: the claim itself finds it, and takes it out of the order.
    lead = rig.lead(campaign, mobile=number)
    free = rig.lead(campaign)
    called(rig, plain, other, 4)
    assert rig.given(rig.staff.senior, campaign) == free
    assert [one.gate for one in shut(rig, lead)] == ["frequency"]
    row = Lead.objects.get(id=lead)
    assert row.queue is None
    assert row.turn_at is not None
    assert [one.gate for one in shut(rig, other)] == []


def test_a_refusal_is_followed_by_sixty_days_of_rest_on_all_campaigns(rig: Rig) -> None:
    campaign, other = french(rig), french(rig)
    number = "+4528129998"
    lead, again = rig.lead(campaign, mobile=number), rig.lead(other, mobile=number)
    assert rig.given(rig.staff.senior, campaign) == lead
    refused = clock.now()
    rig.say(rig.staff.senior, lead, "not_engaged")
    assert rig.given(rig.staff.senior, other) is None
    (gate,) = shut(rig, again)
    assert gate.gate == "frequency"
    assert gate.detail is not None
    assert gate.detail.code == "refused"
    assert gate.next_at == refused + 61 * DAY


@pytest.mark.parametrize("mobile", ["+4528129990", ""], ids=["corrected", "deleted"])
def test_another_number_of_the_person_evades_neither_the_cap_nor_the_rest(rig: Rig, mobile: str) -> None:
    campaign, other = french(rig), french(rig)
    lead, refusing = rig.lead(campaign, home="+4586129990"), rig.lead(other, home="+4586129991")
    first = clock.now()
    called(rig, campaign, lead, 4)
    assert rig.given(rig.staff.senior, other) == refusing
    actions.call_start(actor=rig.staff.senior, lead_id=refusing)
    rig.say(rig.staff.senior, refusing, "not_engaged")
    for one in (lead, refusing):
        contact = Lead.objects.get(id=one).contact_id
        contacts.contact_change(actor=rig.staff.manager, contact_id=contact, fields={"mobile": mobile})
    rig.relay()
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead, refusing], action="reset")
    assert (rig.given(rig.staff.senior, campaign), rig.given(rig.staff.senior, other)) == (None, None)
    (gate,) = shut(rig, lead)
    assert (gate.gate, gate.next_at) == ("frequency", first + 30 * DAY)
    (gate,) = shut(rig, refusing)
    assert gate.detail is not None
    assert (gate.gate, gate.detail.code) == ("frequency", "refused")


def test_dialling_asks_again_and_refuses(rig: Rig) -> None:
    """Two numbers of one person, called in hand: each call counts."""
    campaign = french(rig)
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    for _ in range(4):
        actions.call_start(actor=rig.staff.senior, lead_id=lead)
        actions.call_hangup(actor=rig.staff.senior, lead_id=lead)
    with pytest.raises(Conflict) as refused:
        actions.call_start(actor=rig.staff.senior, lead_id=lead)
    assert refused.value.code == "may_not_contact"
    assert [one.code for one in refused.value.errors] == ["frequency"]


def test_an_attempt_keeps_what_was_answered_when_its_call_was_begun(rig: Rig) -> None:
    campaign = french(rig)
    lead = rig.lead(campaign)
    called(rig, campaign, lead, 4)
    verdicts = list(Attempt.objects.filter(lead=lead).order_by("at").values_list("verdict", flat=True))
    # The fourth too, though by the time it was dispositioned it made the person called too often.
    assert [one["allow"] for one in verdicts] == [True] * 4
    assert verdicts[3]["gates"]["frequency"] == {"ok": True, "code": "packs_allow"}


def test_a_lead_leaves_the_order_on_the_day_on_which_a_law_begins(rig: Rig) -> None:
    campaign = french(rig)
    with_consent, without = rig.lead(campaign), rig.lead(campaign)
    contacts.consent_add(
        actor=rig.staff.manager, contact_id=Lead.objects.get(id=with_consent).contact_id, channel="phone",
        given_at=clock.now(), source="Web form", text_version="3",
    )  # fmt: skip
    rig.relay()
    assert shut(rig, without) == []
    assert Lead.objects.get(id=without).turn_at == datetime(2026, 8, 10, 22, tzinfo=UTC)
    clock.advance(datetime(2026, 8, 11, 12, tzinfo=ZoneInfo("Europe/Paris")) - clock.now())
    rig.relay()
    assert [one.gate for one in shut(rig, without)] == ["basis"]
    assert Lead.objects.get(id=without).queue is None
    told = queries.why_not_dialling(actor=rig.staff.supervisor, campaign_id=campaign.id)
    assert told is not None
    assert (told.callable_now, told.by_gate) == (1, {"basis": 1})
    assert rig.given(rig.staff.senior, campaign) == with_consent


def test_consent_opens_the_lead_and_taking_it_back_closes_it(rig: Rig) -> None:
    campaign = rig.campaign(packs=["dk"])
    lead = rig.lead(campaign)
    contact = Lead.objects.get(id=lead).contact_id
    assert rig.given(rig.staff.senior, campaign) is None
    assert [one.gate for one in shut(rig, lead)] == ["basis"]
    consent = contacts.consent_add(
        actor=rig.staff.manager, contact_id=contact, channel="phone", given_at=clock.now(), source="Web form"
    )
    rig.relay()
    assert shut(rig, lead) == []
    contacts.consent_withdraw(actor=rig.staff.manager, contact_id=contact, consent_id=consent)
    # At once, without any reaction.
    assert rig.given(rig.staff.senior, campaign) is None
    assert [one.gate for one in shut(rig, lead)] == ["basis"]


def test_consent_by_e_mail_is_no_ground_for_a_call(rig: Rig) -> None:
    campaign = rig.campaign(packs=["dk"])
    lead = rig.lead(campaign)
    contact = Lead.objects.get(id=lead).contact_id
    contacts.consent_add(
        actor=rig.staff.manager, contact_id=contact, channel="email", given_at=clock.now(), source="Web form"
    )
    rig.relay()
    assert [one.gate for one in shut(rig, lead)] == ["basis"]
    assert rig.given(rig.staff.senior, campaign) is None


def test_a_relation_is_a_ground_from_its_day_on(rig: Rig) -> None:
    campaign = rig.campaign(packs=["dk_collecting"])
    lead = rig.lead(campaign)
    contact = Lead.objects.get(id=lead).contact_id
    relation = {"kind": "member", "since": date(2026, 3, 3)}
    contacts.relation_set(actor=rig.staff.manager, contact_id=contact, relation=relation)
    rig.relay()
    (gate,) = shut(rig, lead)
    assert (gate.gate, gate.next_at) == ("basis", datetime(2026, 3, 3, tzinfo=UTC))
    clock.advance(DAY)
    assert rig.given(rig.staff.senior, campaign) == lead


def test_a_callback_is_booked_within_the_packs_hours(rig: Rig) -> None:
    campaign = french(rig)
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    noon = clock.now() + timedelta(hours=3, minutes=20)  # 13:20
    with pytest.raises(Invalid) as refused:
        rig.say(rig.staff.senior, lead, "callback_private", callback={"at": noon})
    (fault,) = refused.value.errors
    assert fault.code == "outside_hours"
    assert datetime.fromisoformat(fault.extra["nearest"]) == clock.now() + timedelta(hours=2, minutes=59)


def test_a_callback_is_booked_when_the_person_may_be_called_again(rig: Rig) -> None:
    campaign = french(rig)
    lead = rig.lead(campaign)
    first = clock.now()
    called(rig, campaign, lead, 3)
    assert rig.given(rig.staff.senior, campaign) == lead
    with pytest.raises(Invalid) as refused:
        rig.say(rig.staff.senior, lead, "callback_private", callback={"at": clock.now() + DAY})
    (fault,) = refused.value.errors
    assert fault.code == "frequency"
    # 30 days after the first call is a Wednesday, 10:00 by now in summer time: 11:00, within the hours.
    assert datetime.fromisoformat(fault.extra["nearest"]) == first + 30 * DAY
    rig.say(rig.staff.senior, lead, "callback_private", callback={"at": first + 30 * DAY})


def test_other_packs_ask_for_a_new_approval_and_place_the_leads_again(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    manager = rig.staff.manager
    with pytest.raises(Conflict):
        actions.campaign_change(actor=manager, campaign_id=campaign.id, fields={"packs": ["dk"]})
    actions.campaign_pause(actor=manager, campaign_id=campaign.id)
    changed = actions.campaign_change(actor=manager, campaign_id=campaign.id, fields={"packs": ["dk"]})
    assert changed.state == "unapproved"
    actions.leads_replace(campaign_id=campaign.id)
    assert Lead.objects.get(id=lead).queue is None


def test_without_packs_nothing_is_asked(rig: Rig) -> None:
    campaign = rig.campaign(settings={"max_attempts": 100, "max_attempts_per_number": 100, "quarantine_s": 0})
    lead = rig.lead(campaign)
    called(rig, campaign, lead, 6)
    assert rig.given(rig.staff.senior, campaign) == lead
