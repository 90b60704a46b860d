"""Every trigger, action, wait and setting of the catalogue on the live engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as leads
from ringround.campaigns.models import Campaign, Lead, TimelineItem
from ringround.contacts.models import Contact
from ringround.infra import clock
from ringround.journeys import actions, queries
from ringround.journeys.models import Journey, Run, RunEnd
from ringround.journeys.rules.catalogue import NODES, TRIGGERS
from ringround.messaging import actions as messaging
from ringround.messaging.actions.notes import status_note
from ringround.messaging.models import Message, Transport
from tests.integration.journeys.stage import Stage, node

HOUR, DAY = {"n": 1, "unit": "hours"}, {"n": 1, "unit": "days"}
OVER = node("over", "exit")
# By whom: their own tests.
OTHERWISE = {"webhook", "schedule", "by_hand"}


def begun_by(stage: Stage) -> dict[str, Journey]:
    """A journey for each trigger, that ends at once."""
    params: dict[str, dict[str, Any]] = {
        "attempts_reached": {"attempts": 1},
        "field_changed": {"fields": ["lead.priority"]},
        "status_changed": {},
        "sms_received": {"words": ["ja"]},
        "event_emitted": {"name": "told"},
    }
    made = {}
    for type in TRIGGERS.keys() - OTHERWISE - {"journey_finished"}:
        nodes = [node("tell", "emit_event", "over", name="told"), OVER] if type == "lead_saved" else [OVER]
        made[type] = stage.publish(stage.document(*nodes, name=type, trigger=type, params=params.get(type, {})))
    after = {"journey": str(made["lead_created"].id)}
    made["journey_finished"] = stage.publish(
        stage.document(OVER, name="finished", trigger="journey_finished", params=after)
    )
    return made


def test_every_trigger_begins_a_run_when_it_happens(stage: Stage) -> None:
    journeys = begun_by(stage)
    template = stage.template("email")
    stage.template("sms")
    owner, supervisor = stage.rig.staff.owner, stage.rig.staff.supervisor
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email(), expires_at=clock.now() + timedelta(days=1))
    stage.settle()
    stage.say(lead, "no_contact")
    campaigns.lead_change(actor=supervisor, lead_id=lead, priority=77)
    stage.say(lead, "callback_private", callback={"at": clock.now() + timedelta(hours=2)})
    for status in ("delivered", "failed", "bounced"):
        campaigns.message_send(actor=owner, lead_id=lead, channel="email", template_id=template)
        message = stage.messages(lead)[-1]
        with transaction.atomic():
            status_note(message, "sent", now=clock.now())
            status_note(message, status, now=clock.now())
    first = stage.messages(lead)[0].id
    messaging.message_opened(message_id=first, machine=False, now=clock.now())
    messaging.message_clicked(message_id=first, link=1, now=clock.now())
    campaigns.message_send(actor=owner, lead_id=lead, channel="sms", text="Hej")
    messaging.message_receive(
        transport=Transport.objects.get(name="Box sms"), number=stage.messages(lead)[-1].to, to="Charity",
        text="Ja tak", provider_id="1", now=clock.now(),
    )  # fmt: skip
    stage.session_told(lead)
    stage.agreement_told(stage.rig.see(lead).contact_id, "subscription.activated")
    stage.later(days=1, seconds=1)
    campaigns.lead_change(actor=supervisor, lead_id=lead, active=False)
    stage.settle()
    names = {one.id: type for type, one in journeys.items()}
    begun = {names[one] for one in RunEnd.objects.filter(lead_id=lead).values_list("journey_id", flat=True)}
    assert begun == TRIGGERS.keys() - OTHERWISE


Check = Callable[[Lead], object]


def effects(stage: Stage) -> dict[str, tuple[dict[str, Any], dict[str, Any], Check]]:
    """Of each action its parameters, what the lead is before, and whether it is so afterwards."""
    soon, senior = clock.now() + timedelta(hours=1), stage.rig.staff.senior.user_id
    target, other = stage.rig.campaign(), stage.rig.campaign()

    def at(campaign: Campaign, lead: Lead) -> bool:
        return Lead.objects.filter(campaign=campaign, contact=lead.contact_id).exists()

    def noted(lead: Lead) -> bool:
        (line,) = TimelineItem.objects.filter(lead=lead, kind="note")
        return line.text == "Hej" and not leads.lead_news(lead=lead)

    def written(channel: str) -> Check:
        return lambda lead: [one.channel for one in stage.messages(lead.id)] == [channel]

    return {
        "reset": ({}, {"status": "success", "attempts": 3}, lambda lead: (lead.status, lead.attempts) == ("new", 0)),
        "deactivate": ({}, {}, lambda lead: not lead.active),
        "activate": ({}, {"active": False}, lambda lead: lead.active),
        "close": ({"status": "invalid"}, {}, lambda lead: lead.status == "invalid"),
        "set_status": ({"status": "success"}, {}, lambda lead: lead.status == "success"),
        "next_contact": ({"duration": HOUR}, {}, lambda lead: lead.next_contact_at == soon),
        "fast_forward": (
            {}, {"status": "automatic_redial", "next_contact_at": soon},
            lambda lead: lead.next_contact_at == clock.now(),
        ),
        "assign": ({"user": str(senior)}, {}, lambda lead: lead.assigned_to_id == senior),
        "set_field": (
            {"field": "contact.fields.city", "value": "Odense"}, {},
            lambda lead: Contact.objects.get(id=lead.contact_id).fields["city"] == "Odense",
        ),
        "priority": ({"value": 77}, {}, lambda lead: lead.priority == 77),
        "urgent": ({}, {}, lambda lead: lead.urgent_at == clock.now()),
        "note": ({"text": "Hej", "console": False}, {}, noted),
        "snooze": ({"duration": HOUR}, {}, lambda lead: lead.snoozed_until == soon),
        "suppress": ({}, {}, lambda lead: lead.suppressed),
        "add_to_campaign": ({"campaign": str(target.id)}, {}, lambda lead: lead.status == "new" and at(target, lead)),
        "move_to_campaign": (
            {"campaign": str(other.id)}, {}, lambda lead: lead.status == "unqualified" and at(other, lead)
        ),
        "send_sms": ({"template": str(stage.template("sms"))}, {}, written("sms")),
        "send_email": ({"template": str(stage.template("email"))}, {}, written("email")),
        "emit_event": ({"name": "told"}, {}, lambda lead: stage.events("journeys.event.emitted")),
    }  # fmt: skip


def test_every_action_does_to_the_lead_what_it_says(stage: Stage) -> None:
    manager = stage.rig.staff.manager
    table = effects(stage)
    for type, (params, before, after) in table.items():
        made = stage.publish(stage.document(node("a", type, **params), name=type, trigger="by_hand", params={}))
        lead = stage.rig.lead(stage.campaign, contact=stage.with_email(), **before)
        Lead.objects.filter(id=lead).update(created_at=clock.now() - timedelta(days=1))
        actions.runs_start(actor=manager, journey_id=made.id, lead_ids=[lead])
        stage.settle()
        told = queries.stats(actor=manager, journey_id=made.id)["nodes"]["a"]
        assert (type, told["left"], told["skipped"], told["failed"]) == (type, {"next": 1}, {}, {})
        assert after(stage.rig.see(lead)), type
    # These have tests of their own.
    rest = {"call_url", "notify_user", "start_journey", "stop_journey", "release"}
    assert table.keys() | rest == {one.type for one in NODES.values() if one.group == "action"}


def started(stage: Stage, *nodes: dict[str, Any], lead: UUID | None = None, **settings: Any) -> UUID:
    made = stage.publish(
        stage.document(*nodes, name=str(Journey.objects.count()), trigger="by_hand", params={}, **settings)
    )
    one = lead or stage.lead()
    actions.runs_start(actor=stage.rig.staff.manager, journey_id=made.id, lead_ids=[one])
    stage.settle()
    return one


def test_a_lead_that_is_held_is_released(stage: Stage) -> None:
    lead = stage.lead()
    campaigns.lead_change(
        actor=stage.rig.staff.supervisor, lead_id=lead, reservation={"by": stage.rig.staff.senior.user_id}
    )
    started(stage, node("a", "release"), lead=lead)
    assert stage.rig.see(lead).reserved_by_id is None


def test_waits_for_a_time_of_day_and_for_hours_end_where_the_lead_is(stage: Stage) -> None:
    hours = {"mon": [["09:00", "17:00"]], "tue": [["11:00", "17:00"]]}
    campaign = stage.rig.campaign(hours=hours)
    by_clock = started(stage, node("w", "wait_time", time="08:30", days=["tue"]))
    by_hours = stage.rig.lead(campaign)
    stage.until(clock.now().replace(hour=18))
    started(stage, node("w", "wait_hours"), lead=by_hours, campaigns=[campaign.id])
    ends = [datetime.fromisoformat("2026-03-03T08:30:00+01:00"), datetime.fromisoformat("2026-03-03T11:00:00+01:00")]
    assert stage.due() == ends
    stage.until(ends[0])
    assert (stage.ends(by_clock), stage.ends(by_hours)) == (["end"], [])
    stage.until(ends[1])
    assert stage.ends(by_hours) == ["end"]


def test_a_wait_for_a_condition_ends_when_it_is_met_or_its_time_is_up(stage: Stage) -> None:
    met = {"path": "lead.priority", "op": "ge", "value": 70}
    nodes = (
        node("w", "wait_until", {"met": "yes", "timeout": "no"}, condition=met, timeout=DAY),
        node("yes", "exit", reason="met"),
        node("no", "exit", reason="late"),
    )
    one, other = started(stage, *nodes), started(stage, *nodes)
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=one, priority=70)
    stage.later(days=1)
    reasons = dict(RunEnd.objects.values_list("lead_id", "reason"))
    assert reasons == {one: "met", other: "late"}


def test_a_round_is_gone_so_many_times_and_a_split_goes_one_way(stage: Stage) -> None:
    lead = started(
        stage,
        node("w", "wait", "half", duration=HOUR),
        node("half", "split", {"a": "note", "b": "no"}, paths=[{"out": "a", "weight": 1}, {"out": "b", "weight": 0}]),
        node("no", "exit"),
        node("note", "note", "back", text="Hej"),
        node("back", "goto", {"again": "w", "done": "goal"}, max=2),
        node("goal", "goal", name="Reached"),
    )  # fmt: skip
    stage.later(days=1)
    assert TimelineItem.objects.filter(lead=lead, kind="note").count() == 3
    assert list(RunEnd.objects.values_list("how", "reason")) == [("goal", "Reached")]


def test_settings_of_a_journey_are_kept_by_the_engine(stage: Stage) -> None:
    won = {"path": "lead.priority", "op": "ge", "value": 70}
    wait = node("w", "wait", duration={"n": 3, "unit": "days"})
    goal, old = started(stage, wait, goal=won), started(stage, wait, max_age=DAY)
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=goal, priority=70)
    zoned = started(stage, node("w", "wait_time", time="12:00"), zone="America/New_York")
    assert stage.due()[0] == datetime.fromisoformat("2026-03-02T12:00:00-05:00")
    quiet = stage.rig.lead(stage.campaign, contact=stage.with_email())
    send = node("send", "send_email", template=str(stage.template("email")))
    started(stage, send, lead=quiet, quiet_hours={"from": "09:00", "to": "20:00"})
    stage.later(days=1)
    assert (stage.ends(goal), stage.ends(old), stage.ends(zoned)) == (["goal"], ["max_age"], ["end"])
    (message,) = Message.objects.filter(lead_id=quiet)
    assert message.quiet == {"from": "09:00", "to": "20:00"}


def test_a_contact_with_two_leads_is_in_a_journey_once(stage: Stage) -> None:
    other = stage.rig.campaign()
    one = stage.lead()
    contact = stage.rig.see(one).contact_id
    two = stage.rig.lead(other, contact=contact)
    made = stage.publish(
        stage.document(
            node("w", "wait", duration=DAY), trigger="by_hand", params={}, campaigns=[stage.campaign.id, other.id],
            key="contact", reentry="after_exit",
        )
    )  # fmt: skip
    actions.runs_start(actor=stage.rig.staff.manager, journey_id=made.id, lead_ids=[one, two])
    stage.settle()
    assert Run.objects.count() == 1
    stage.later(days=1)
    actions.runs_start(actor=stage.rig.staff.manager, journey_id=made.id, lead_ids=[two])
    stage.settle()
    assert [run.lead_id for run in Run.objects.all()] == [two]


def test_who_came_a_short_time_ago_comes_again_when_it_is_over(stage: Stage) -> None:
    made = stage.publish(stage.document(OVER, trigger="by_hand", params={}, reentry="cool_down", cool_down=DAY))
    lead = stage.lead()
    for hours, runs in ((0, 1), (23, 1), (1, 2)):
        stage.later(hours=hours)
        actions.runs_start(actor=stage.rig.staff.manager, journey_id=made.id, lead_ids=[lead])
        stage.settle()
        assert len(stage.ends(lead)) == runs


def test_publishing_lets_in_who_matches_and_takes_runs_over_where_the_document_says_so(stage: Stage) -> None:
    lead = stage.lead(status="not_interested")
    document: Mapping[str, Any] = {"entry": {"path": "lead.status", "op": "eq", "value": "not_interested"}}
    made = stage.publish(stage.document(node("w", "wait", duration=DAY), backfill="matching", **document))
    stage.settle()
    assert [run.lead_id for run in stage.runs(lead)] == [lead]
    version = stage.again(made, stage.document(node("w", "wait", duration=HOUR), edit_policy="migrate", **document))
    stage.settle()
    assert [run.version_id for run in stage.runs(lead)] == [version.id]
    stage.later(hours=1)
    assert stage.ends(lead) == ["end"]
