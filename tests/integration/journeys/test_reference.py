"""The ten journeys that callers ask for first, on the live engine, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Lead, LeadAnswers, TimelineItem
from ringround.infra import clock
from ringround.journeys.models import Run
from tests.integration.journeys.stage import Stage

FORM = [
    {"key": "why", "label": "Hvorfor var kunden ikke interesseret", "type": "choice", "options": ["Ikke nu", "Aldrig"]}
]


def go_to(at: datetime) -> None:
    clock.advance(at - clock.now())


def test_1_not_interested_is_new_again_after_three_months_also_from_the_last_of_november(stage: Stage) -> None:
    go_to(datetime(2026, 11, 30, 9, 0, tzinfo=UTC))
    stage.use("reuse_not_interested", months=3)
    lead, other = stage.lead(), stage.lead()
    for one in (lead, other):
        stage.say(one, "not_engaged")
    stage.later(days=40)
    stage.close(other, "success")
    stage.until(datetime(2027, 2, 28, 8, 59, 59, tzinfo=UTC))
    assert stage.rig.see(lead).status == "not_interested"
    assert stage.ends(other) == ["exit_when"]
    stage.until(datetime(2027, 2, 28, 9, 0, tzinfo=UTC))
    seen = stage.rig.see(lead)
    assert (seen.status, seen.attempts, seen.next_contact_at, seen.owner_id, seen.active) == (
        "new",
        0,
        None,
        None,
        True,
    )
    assert stage.rig.see(other).status == "success"


def test_2_the_answer_decides_what_becomes_of_who_was_not_interested(stage: Stage) -> None:
    campaigns.form_put(actor=stage.rig.staff.manager, campaign_id=stage.campaign.id, form=FORM)
    go_to(datetime(2026, 12, 1, 9, 0, tzinfo=UTC))
    stage.use("reuse_by_reason", field="why", retry_value="Ikke nu", stop_value="Aldrig", months=3)
    later, never, silent = (stage.lead(result={"why": why} if why else {}) for why in ("Ikke nu", "Aldrig", ""))
    for one in (later, never, silent):
        stage.say(one, "not_engaged")
    stage.settle()
    assert stage.rig.see(never).active is False
    assert (stage.ends(never), stage.ends(silent)) == (["end"], ["exit"])
    stage.until(datetime(2027, 3, 1, 9, 0, tzinfo=UTC))
    seen = stage.rig.see(later)
    assert (seen.status, seen.result) == ("new", {})
    assert LeadAnswers.objects.filter(lead=later, why="reset").get().answers == {"why": "Ikke nu"}


def test_3_at_the_most_attempts_the_contact_goes_on_to_another_campaign_once(stage: Stage) -> None:
    target = stage.rig.campaign()
    stage.use("max_attempts_to_campaign", target=str(target.id))
    most = 5
    lead = stage.lead(attempts=most - 2)
    stage.say(lead, "no_contact")
    stage.settle()
    assert not Lead.objects.filter(campaign=target).exists()
    stage.say(lead, "no_contact")
    stage.settle()
    made = Lead.objects.get(campaign=target)
    assert (made.contact_id, made.status) == (stage.rig.see(lead).contact_id, "new")
    assert (stage.rig.see(lead).status, stage.rig.see(lead).attempts) == ("exhausted", most)
    stage.close(lead, "automatic_redial")
    stage.say(lead, "no_contact")
    stage.settle()
    assert stage.ends(lead) == ["end"]


def test_4_who_is_won_goes_to_the_campaign_of_the_agent_who_won_them_callable_thirty_days_later(stage: Stage) -> None:
    mine, theirs = stage.rig.campaign(), stage.rig.campaign()
    staff = stage.rig.staff
    table = {str(staff.senior.user_id): str(mine.id), str(staff.junior.user_id): str(theirs.id)}
    stage.use("campaign_per_agent", map=table, days=30)
    won = stage.lead()
    stage.say(won, "engaged")
    stage.settle()
    made = Lead.objects.get(campaign=mine)
    # The clocks go forward in between: the same time on the wall.
    assert made.next_contact_at == datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
    assert not Lead.objects.filter(campaign=theirs).exists()
    by_hand = stage.lead()
    stage.close(by_hand, "success")
    stage.settle()
    assert stage.ends(by_hand) == ["no_campaign"]


def test_5_an_sms_goes_out_at_the_first_unanswered_call_and_never_again(stage: Stage) -> None:
    stage.use("sms_first_no_answer", template=str(stage.template("sms")))
    lead, answered = stage.lead(), stage.lead()
    stage.say(lead, "no_contact")
    stage.say(answered, "not_engaged")
    stage.settle()
    (message,) = stage.messages(lead)
    assert (message.channel, message.status, message.to) == ("sms", "queued", stage.rig.see(lead).numbers[0])
    assert not stage.messages(answered)
    campaigns.leads_bulk(actor=stage.rig.staff.supervisor, ids=[lead], action="reset")
    stage.say(lead, "no_contact")
    stage.settle()
    assert len(stage.messages(lead)) == 1


def test_6_an_email_without_an_address_is_skipped_and_counted(stage: Stage) -> None:
    journey = stage.use("email_first_no_answer", template=str(stage.template("email")))
    lead = stage.lead()
    stage.say(lead, "no_contact", outcome="busy")
    stage.settle()
    assert [one.status for one in stage.messages(lead)] == ["skipped"]
    from ringround.journeys import queries

    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert figures["started"] == 1
    assert sum(figures["nodes"]["send"]["skipped"].values()) == 1


def test_7_an_open_lead_that_expires_is_closed_and_a_private_callback_is_left(stage: Stage) -> None:
    stage.use("close_expired", status="unqualified")
    at = clock.now() + timedelta(hours=1)
    plain = stage.lead(expires_at=at)
    private = stage.lead(
        expires_at=at, status="private_redial", owner_id=stage.rig.staff.senior.user_id, next_contact_at=at
    )
    called = stage.lead(expires_at=at)
    reservation = {"by": stage.rig.staff.senior.user_id}
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=called, reservation=reservation)
    campaigns.call_start(actor=stage.rig.staff.senior, lead_id=called)
    stage.later(hours=1, seconds=1)
    assert stage.rig.see(plain).status == "unqualified"
    assert stage.rig.see(private).status == "private_redial"
    assert stage.rig.see(called).status == "new"
    stage.rig.say(stage.rig.staff.senior, called, "no_contact")
    stage.later(seconds=1)
    assert stage.rig.see(called).status == "unqualified"


def test_8_who_opens_the_mail_is_called_sooner_and_a_machine_is_nobody(stage: Stage) -> None:
    stage.rig.settings(stage.campaign, quarantine_s=86_400)
    template = stage.template("email")
    stage.use("speed_up_on_open", template=str(template))
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    stage.say(lead, "no_contact")
    stage.later(minutes=5)
    waits = stage.rig.see(lead).next_contact_at
    assert waits is not None
    stage.opened(lead, machine=True)
    assert stage.rig.see(lead).next_contact_at == waits
    stage.later(minutes=5)
    stage.opened(lead)
    seen = stage.rig.see(lead)
    assert (seen.next_contact_at, seen.attempts, seen.status) == (clock.now(), 1, "automatic_redial")
    assert stage.ends(lead) == ["end"]


def test_9_a_private_callback_comes_at_once_when_the_mail_is_opened_with_a_note(stage: Stage) -> None:
    stage.template("email")
    stage.use("callback_on_open", minutes=1, note="Kunden har åbnet mailen")
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    stage.say(lead, "callback_private", callback={"at": clock.now() + timedelta(days=2)})
    campaigns.message_send(
        actor=stage.rig.staff.owner, lead_id=lead, channel="email", text="Hej", subject="Hej"
    )  # fmt: skip
    stage.later(hours=1)
    stage.opened(lead)
    seen = stage.rig.see(lead)
    assert seen.next_contact_at == clock.now() + timedelta(minutes=1)
    assert (seen.status, seen.owner_id) == ("private_redial", stage.rig.staff.senior.user_id)
    (note,) = TimelineItem.objects.filter(lead=lead, kind="note")
    assert (note.text, note.ref_type) == ("Kunden har åbnet mailen", "journey_run")


def test_10_a_reminder_goes_out_two_hours_before_a_callback_wherever_it_is_moved(stage: Stage) -> None:
    stage.use("remind_before_callback", hours=2, channel="sms", template=str(stage.template("sms")))
    soon, moved = stage.lead(), stage.lead()
    start = clock.now()  # 10:00 in Copenhagen
    stage.say(soon, "callback_private", callback={"at": start + timedelta(minutes=90), "private": False})
    stage.say(moved, "callback_private", callback={"at": start + timedelta(hours=4)})
    stage.until(start + timedelta(hours=1, minutes=30))
    assert not stage.messages(soon)
    assert stage.ends(soon) == ["skipped"]
    campaigns.callback_change(actor=stage.rig.staff.supervisor, lead_id=moved, at=start + timedelta(hours=6))
    stage.until(start + timedelta(hours=3, minutes=59, seconds=59))
    assert not stage.messages(moved)
    stage.until(start + timedelta(hours=4))
    (message,) = stage.messages(moved)
    assert message.at == start + timedelta(hours=4)
    stage.later(hours=5)
    assert len(stage.messages(moved)) == 1
    assert not Run.objects.filter(lead_id=moved).exists()
