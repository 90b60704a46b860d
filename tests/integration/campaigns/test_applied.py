"""What journeys do to leads: many at once, by the rules of the single actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ringround.campaigns import actions, queries
from ringround.campaigns.actions import LeadStep, Stepped, leads_apply
from ringround.campaigns.models import Callback, Lead, LeadAnswers, TimelineItem
from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.ids import new_id
from tests.integration.campaigns.rig import Rig, later

RUN = new_id()
JOURNEY = str(new_id())


def step(rig: Rig, lead_id: UUID, action: str, *, meant_for: str | None = None, **params: Any) -> LeadStep:
    return LeadStep(
        key=f"{RUN}:{action}:{lead_id}", lead_id=lead_id, action=action, params=params, org_id=rig.staff.org.id,
        by="Again", ref=("journey_run", RUN), cause={"journey": JOURNEY, "run": str(RUN), "depth": 1}, status=meant_for,
    )  # fmt: skip


def do(rig: Rig, lead_id: UUID, action: str, **params: Any) -> Stepped:
    (done,) = leads_apply(changes=[step(rig, lead_id, action, **params)], now=clock.now())
    return done


def said(done: Stepped) -> tuple[str, str]:
    return done.outcome, done.reason


def test_many_leads_are_reset_at_once_and_each_tells_why(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = rig.leads(campaign, 3)
    for lead in leads:
        assert rig.given(rig.staff.senior, campaign) == lead
        rig.say(rig.staff.senior, lead, "not_engaged")
    EventOut.objects.all().delete()
    done = leads_apply(changes=[step(rig, one, "reset") for one in leads], now=clock.now())
    assert [said(one) for one in done] == [("ok", "")] * 3
    for lead in map(rig.see, leads):
        assert (lead.status, lead.attempts, lead.active, lead.queue) == ("new", 0, True, 5)
        (line,) = TimelineItem.objects.filter(lead=lead, kind="journey")
        assert (line.key, line.params, line.ref_type, line.ref_id) == (
            "journey_reset",
            {"by": "Again"},
            "journey_run",
            RUN,
        )
        event = EventOut.objects.get(subject_id=lead.id, type="campaigns.lead.status_changed")
        assert event.data["to"] == "new"
        assert event.cause == {"journey": JOURNEY, "run": str(RUN), "depth": 1}
    assert queries.progress(campaigns=[campaign])[campaign.id].by_status == {"new": 3}
    row = AuditPending.objects.filter(action="campaigns.leads.changed").get()
    assert row.data == {"count": 3, "fields": ["reset"], "journey": JOURNEY}


def test_a_reset_keeps_the_answers_in_the_history_and_clears_them_on_the_lead(rig: Rig) -> None:
    lead = rig.lead(rig.campaign(), status="not_interested", result={"why": "Ikke nu"})
    assert said(do(rig, lead, "reset")) == ("ok", "")
    assert rig.see(lead).result == {}
    assert LeadAnswers.objects.get(lead=lead).answers == {"why": "Ikke nu"}


def test_a_closed_lead_is_not_closed_again_and_says_so(rig: Rig) -> None:
    campaign = rig.campaign()
    open_, closed = rig.lead(campaign), rig.lead(campaign, status="success")
    assert said(do(rig, open_, "close", status="unqualified")) == ("ok", "")
    assert said(do(rig, closed, "close", status="unqualified")) == ("skipped", "closed")
    assert (rig.see(open_).status, rig.see(closed).status) == ("unqualified", "success")
    assert not TimelineItem.objects.filter(lead=closed, kind="journey").exists()


def test_a_lead_in_a_call_waits_until_after_it(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.given(rig.staff.senior, campaign)
    actions.call_start(actor=rig.staff.senior, lead_id=lead)
    waits = do(rig, lead, "close", status="unqualified")
    assert said(waits) == ("later", "in_call")
    until = rig.see(lead).reserved_until
    assert until is not None
    assert waits.again_at == until + timedelta(seconds=1)
    assert said(do(rig, lead, "note", text="Call gently")) == ("ok", "")
    rig.say(rig.staff.senior, lead, "no_contact")
    assert said(do(rig, lead, "close", status="unqualified")) == ("ok", "")


def test_a_step_meant_for_another_status_is_left_out(rig: Rig) -> None:
    lead = rig.lead(rig.campaign(), status="private_redial", owner_id=rig.staff.senior.user_id)
    close = step(rig, lead, "close", status="unqualified", meant_for="automatic_redial")
    (done,) = leads_apply(changes=[close], now=clock.now())
    assert said(done) == ("skipped", "status_changed")


def test_ending_the_quarantine_never_makes_it_later(rig: Rig) -> None:
    campaign, now = rig.campaign(), clock.now()
    waiting = rig.lead(campaign, status="automatic_redial", attempts=1, next_contact_at=now + timedelta(hours=5))
    due = rig.lead(campaign, status="automatic_redial", attempts=1, next_contact_at=now - timedelta(hours=1))
    private = rig.lead(campaign, status="private_redial", owner_id=rig.staff.senior.user_id, next_contact_at=now)
    assert [said(do(rig, one, "fast_forward")) for one in (waiting, due, private)] == [
        ("ok", ""), ("ok", ""), ("skipped", "not_in_quarantine"),
    ]  # fmt: skip
    assert rig.see(waiting).next_contact_at == now
    assert rig.see(waiting).attempts == 1
    assert rig.see(due).next_contact_at == now - timedelta(hours=1)


def test_a_callback_moves_with_its_lead_and_keeps_its_owner(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = [rig.lead(campaign), rig.lead(campaign)]
    at = clock.now() + timedelta(days=2)
    for lead in leads:
        rig.given(rig.staff.senior, campaign)
        rig.say(rig.staff.senior, lead, "callback_private", callback={"at": at})
    soon = later(hours=1) + timedelta(minutes=1)
    done = leads_apply(
        changes=[step(rig, one, "next_contact", at=soon, earliest=True) for one in leads], now=clock.now()
    )
    assert [said(one) for one in done] == [("ok", "")] * 2
    for lead in leads:
        assert Callback.objects.get(lead=lead, state="booked").at == soon
        seen = rig.see(lead)
        assert (seen.next_contact_at, seen.owner_id) == (soon, rig.staff.senior.user_id)
    assert EventOut.objects.filter(type="campaigns.callback.moved").count() == 2
    assert said(do(rig, leads[0], "next_contact", at=at, earliest=True)) == ("ok", "")
    assert rig.see(leads[0]).next_contact_at == soon


def test_who_is_placed_twice_at_once_is_there_the_second_time(rig: Rig) -> None:
    other = rig.campaign()
    soon = clock.now() + timedelta(hours=2)
    for duplicate, came in (("skip", ("skipped", "duplicate")), ("update", ("ok", ""))):
        lead = rig.lead(rig.campaign())
        done = leads_apply(
            changes=[
                step(rig, lead, "add", campaign=other.id, duplicate=duplicate),
                step(rig, lead, "add", campaign=other.id, duplicate=duplicate, next_contact_at=soon),
            ],
            now=clock.now(),
        )
        assert [said(one) for one in done] == [("ok", ""), came]
        made = Lead.objects.get(campaign=other, contact=rig.see(lead).contact_id)
        assert made.next_contact_at == (soon if duplicate == "update" else None)


def test_two_steps_on_one_lead_are_done_in_their_order(rig: Rig) -> None:
    lead = rig.lead(rig.campaign())
    done = leads_apply(
        changes=[
            step(rig, lead, "set_status", status="automatic_redial"),
            step(rig, lead, "priority", value=90),
            step(rig, lead, "close", status="invalid"),
            step(rig, lead, "priority", value=10),
        ],
        now=clock.now(),
    )
    assert [one.outcome for one in done] == ["ok"] * 4
    assert (rig.see(lead).status, rig.see(lead).priority) == ("invalid", 10)


def test_one_that_refuses_keeps_nothing_and_holds_nobody_up(rig: Rig) -> None:
    campaign = rig.campaign(agents=[rig.staff.junior])
    leads = rig.leads(campaign, 2)
    senior, junior = rig.staff.senior.user_id, rig.staff.junior.user_id
    done = leads_apply(
        changes=[step(rig, leads[0], "assign", user=senior), step(rig, leads[1], "assign", user=junior)],
        now=clock.now(),
    )
    assert [said(one) for one in done] == [("failed", "not_an_agent"), ("ok", "")]
    assert (rig.see(leads[0]).assigned_to_id, rig.see(leads[1]).assigned_to_id) == (None, junior)


def test_a_contact_is_added_to_another_campaign_once_and_called_at_the_same_hour_days_later(rig: Rig) -> None:
    source, target = rig.campaign(), rig.campaign()
    # The clocks change on 29 March 2026 in between.
    leads = rig.leads(source, 2)
    done = leads_apply(changes=[step(rig, one, "add", campaign=target.id, days=30) for one in leads], now=clock.now())
    made = [rig.see(one.lead_id) for one in done if one.lead_id is not None]
    assert [one.campaign_id for one in made] == [target.id] * 2
    assert {one.next_contact_at for one in made} == {datetime.fromisoformat("2026-04-01T10:00:00+02:00")}
    assert {rig.see(one).status for one in leads} == {"new"}
    again = do(rig, leads[0], "add", campaign=target.id, days=30)
    assert said(again) == ("skipped", "duplicate")
    created = EventOut.objects.filter(type="campaigns.lead.created", subject_id=made[0].id).get()
    assert created.cause is not None
    assert created.cause["journey"] == JOURNEY
    rig.put(made[0].id, status="not_interested")
    assert said(do(rig, leads[0], "add", campaign=target.id, duplicate="reset")) == ("ok", "")
    assert rig.see(made[0].id).status == "new"


def test_a_moved_lead_is_called_no_more_where_it_was(rig: Rig) -> None:
    source, target = rig.campaign(), rig.campaign()
    lead = rig.lead(source)
    assert said(do(rig, lead, "move", campaign=target.id)) == ("ok", "")
    assert rig.see(lead).status == "unqualified"
    assert Lead.objects.get(campaign=target).contact_id == rig.see(lead).contact_id


def test_a_lead_is_not_closed_for_a_campaign_where_its_contact_is_in_a_call(rig: Rig) -> None:
    source, target = rig.campaign(), rig.campaign()
    lead = rig.lead(source)
    assert said(do(rig, lead, "add", campaign=target.id)) == ("ok", "")
    there = Lead.objects.get(campaign=target)
    assert rig.given(rig.staff.senior, target) == there.id
    actions.call_start(actor=rig.staff.senior, lead_id=there.id)
    for action, duplicate in (("move", "reset"), ("move", "update"), ("add", "reset")):
        done = do(rig, lead, action, campaign=target.id, duplicate=duplicate)
        assert said(done) == ("later", "in_call")
        assert done.again_at is not None
        assert done.again_at > rig.see(there.id).reserved_until
    assert rig.see(lead).status == "new"
    assert TimelineItem.objects.filter(lead=lead, kind="journey").count() == 1
    rig.say(rig.staff.senior, there.id, "not_engaged")
    assert said(do(rig, lead, "move", campaign=target.id, duplicate="reset")) == ("ok", "")
    assert (rig.see(lead).status, rig.see(there.id).status) == ("unqualified", "new")


def test_no_lead_goes_to_another_merchants_campaign_and_no_other_merchants_lead_is_touched(rig: Rig) -> None:
    other = Rig(rig.cast, rig.cast.magazine)
    theirs = other.campaign(agents=[other.staff.senior])
    mine, strange = rig.lead(rig.campaign()), other.lead(theirs)
    assert said(do(rig, mine, "add", campaign=theirs.id)) == ("failed", "campaign_gone")
    assert said(do(rig, strange, "close", status="invalid")) == ("skipped", "lead_gone")
    assert other.see(strange).status == "new"


def test_an_answer_must_fit_its_question(rig: Rig) -> None:
    form = [{"key": "why", "label": "Why", "type": "choice", "options": ["A", "B"]}]
    campaign = rig.campaign()
    actions.form_put(actor=rig.staff.manager, campaign_id=campaign.id, form=form)
    lead = rig.lead(campaign)
    assert do(rig, lead, "set_field", key="why", value="C").outcome == "failed"
    assert said(do(rig, lead, "set_field", key="why", value="B")) == ("ok", "")
    assert rig.see(lead).result == {"why": "B"}
    assert LeadAnswers.objects.get(lead=lead).why == "journey"


def test_who_is_suppressed_is_called_no_more(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    assert said(do(rig, lead, "suppress", channel="any")) == ("ok", "")
    rig.relay()
    assert rig.given(rig.staff.senior, campaign) is None
    assert TimelineItem.objects.filter(lead=lead, key="journey_suppress").exists()


def test_facts_of_leads_are_plain_and_say_where_it_is(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign, fields={"city": "Aarhus", "zone": "Europe/Lisbon"}, attempts=2)
    facts = queries.leads_facts([lead, new_id()])[lead]
    assert (facts["lead"]["status"], facts["lead"]["attempts"], facts["contact"]["fields"]["city"]) == (
        "new",
        2,
        "Aarhus",
    )
    assert (facts["campaign"]["id"], facts["zone"]) == (str(campaign.id), "Europe/Lisbon")
    assert "contact" not in queries.leads_facts([lead], contacts=False)[lead]
