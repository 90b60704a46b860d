"""What starts a journey, for whom and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringround.journeys.rules.entry import FIRST_TIME, Before, Refused, admits, depth_of, may_enter, next_scheduled
from ringround.journeys.rules.match import matcher
from ringround.journeys.rules.values import Event, Scope
from tests.unit.journeys.graphs import CAMPAIGN, NOW, OTHER, facts, graph, hours, is_, note

ZONE = ZoneInfo("Europe/Copenhagen")
BY_JOURNEY = {"run": "r", "journey": OTHER, "depth": 1}


def fits(trigger: str, params: dict[str, Any], type: str, known: dict[str, Any] | None = None, **more: Any) -> bool:
    parts = {name: more.pop(name) for name in ("cause", "text") if name in more}
    event = Event(type, NOW, more, **parts)
    return matcher(trigger, params)(event, Scope(known or facts(), event, NOW, ZONE))


LEAD, MESSAGE = "campaigns.lead.", "messaging.message."
SESSION, SUBSCRIPTION, CHARGE = "onboarding.session.", "onboarding.subscription.", "onboarding.charge."
PAUSED = {"status": "Complete", "intention": "upgrade", "action": "pause", "payment_type": "recurring"}


@pytest.mark.parametrize(
    ("trigger", "params", "type", "data", "is_so"),
    [
        ("lead_created", {}, LEAD + "created", {}, True),
        ("lead_created", {}, LEAD + "updated", {}, False),
        ("added_to_campaign", {"by": "journey"}, LEAD + "created", {"cause": BY_JOURNEY}, True),
        ("added_to_campaign", {"by": "journey"}, LEAD + "created", {}, False),
        ("added_to_campaign", {"by": "others"}, LEAD + "created", {"cause": BY_JOURNEY}, False),
        ("added_to_campaign", {}, LEAD + "created", {"cause": BY_JOURNEY}, True),
        ("status_changed", {"to": ["success"]}, LEAD + "status_changed", {"from": "new", "to": "success"}, True),
        ("status_changed", {"from": ["new"]}, LEAD + "status_changed", {"from": "success", "to": "new"}, False),
        ("status_changed", {}, LEAD + "status_changed", {}, True),
        ("status_changed", {"to": ["success"]}, LEAD + "status_changed", {"to": ["success"]}, False),
        ("lead_saved", {"kinds": ["engaged"]}, LEAD + "attempted", {"kind": "engaged"}, True),
        ("lead_saved", {"kinds": ["engaged"]}, LEAD + "attempted", {"kind": "invalid"}, False),
        ("field_changed", {"fields": ["lead.urgent"]}, LEAD + "updated", {"fields": ["urgent_at"]}, True),
        ("field_changed", {"fields": ["lead.result.why"]}, LEAD + "updated", {"fields": ["result"]}, True),
        ("field_changed", {"fields": ["lead.owner"]}, LEAD + "updated", {"fields": ["result"]}, False),
        ("field_changed", {"fields": ["contact.fields.By"]}, "contacts.contact.changed", {"columns": ["By"]}, True),
        ("field_changed", {"fields": ["contact.fields.By"]}, "contacts.contact.changed", {"columns": ["Navn"]}, False),
        ("field_changed", {"fields": ["contact.fields.By"]}, "contacts.contact.changed", {"columns": None}, False),
        ("lead_expired", {}, LEAD + "expired", {}, True),
        ("attempts_reached", {"attempts": 3}, LEAD + "attempted", {"attempts": 3}, True),
        ("attempts_reached", {"attempts": 3}, LEAD + "attempted", {"attempts": 4}, False),
        ("attempts_reached", {}, LEAD + "attempted", {"attempts": 4}, False),
        ("attempts_reached", {"attempts": "max"}, LEAD + "attempted", {"attempts": 5}, True),
        ("attempts_reached", {"attempts": "max"}, LEAD + "attempted", {"attempts": 6}, True),
        ("attempts_reached", {"attempts": "max"}, LEAD + "attempted", {}, False),
        ("call_ended", {"outcomes": ["busy"], "attempts": 1}, LEAD + "attempted", {"outcome": "busy", "attempts": 1},
         True),
        ("call_ended", {"outcomes": ["busy"], "attempts": 1}, LEAD + "attempted", {"outcome": "busy", "attempts": 2},
         False),
        ("call_ended", {"outcomes": ["busy"]}, LEAD + "attempted", {"outcome": "answered", "attempts": 1}, False),
        ("callback_scheduled", {"kind": "private"}, "campaigns.callback.scheduled", {"private": True}, True),
        ("callback_scheduled", {"kind": "common"}, "campaigns.callback.scheduled", {"private": True}, False),
        ("callback_scheduled", {}, "campaigns.callback.moved", {}, False),
        ("message_opened", {"template": OTHER, "nth": 1}, MESSAGE + "opened", {"template": OTHER, "nth": 1}, True),
        ("message_opened", {"template": OTHER, "nth": 1}, MESSAGE + "opened", {"template": OTHER, "nth": 2}, False),
        ("message_opened", {"template": OTHER}, MESSAGE + "opened", {"template": CAMPAIGN}, False),
        ("message_opened", {"template": OTHER}, MESSAGE + "opened", {"template": None}, False),
        ("message_opened", {}, MESSAGE + "opened", {"machine": True}, False),
        ("message_opened", {"machine": True}, MESSAGE + "opened", {"machine": True}, True),
        ("message_clicked", {"link": 2}, MESSAGE + "clicked", {"link": 1}, True),
        ("message_clicked", {"link": 2}, MESSAGE + "clicked", {"link": 2}, False),
        ("message_bounced", {"channel": "email"}, MESSAGE + "bounced", {"channel": "email"}, True),
        ("message_bounced", {"channel": "email"}, MESSAGE + "bounced", {"channel": "sms"}, False),
        ("sms_received", {"words": ["JA"]}, MESSAGE + "received", {"channel": "sms", "text": "ja tak"}, True),
        ("sms_received", {"words": ["JA"], "match": "equals"}, MESSAGE + "received", {"text": "ja tak"}, False),
        ("sms_received", {"words": ["JA"], "match": "equals"}, MESSAGE + "received", {"text": " Ja "}, True),
        ("sms_received", {"words": ["tak"], "match": "starts"}, MESSAGE + "received", {"text": "ja tak"}, False),
        ("sms_received", {"words": ["ja"]}, MESSAGE + "received", {}, False),
        ("sms_received", {}, MESSAGE + "received", {"channel": "email"}, False),
        ("session_changed", {}, SESSION + "created", {"status": "New"}, True),
        ("session_changed", {}, SUBSCRIPTION + "changed", PAUSED, False),
        ("session_changed", {"to": ["Complete", "Failed"]}, SESSION + "failed", {"status": "Failed"}, True),
        ("session_changed", {"to": ["Complete"]}, SESSION + "failed", {"status": "Failed"}, False),
        ("session_changed", {"to": ["Complete"]}, SESSION + "completed", {"status": ["Complete"]}, False),
        ("session_changed", {"intentions": ["upgrade"], "actions": ["pause"]}, SESSION + "completed", PAUSED, True),
        ("session_changed", {"intentions": ["upgrade"], "actions": ["restart"]}, SESSION + "completed", PAUSED, False),
        ("session_changed", {"intentions": ["signup"]}, SESSION + "completed", PAUSED, False),
        ("session_changed", {"payment_types": ["single"]}, SESSION + "completed", PAUSED, False),
        ("session_changed", {"payment_types": ["recurring"]}, SESSION + "completed", {}, False),
        ("agreement_changed", {}, SUBSCRIPTION + "activated", {}, True),
        ("agreement_changed", {}, CHARGE + "refunded", {}, True),
        ("agreement_changed", {}, SESSION + "completed", PAUSED, False),
        ("agreement_changed", {"what": ["held", "ended"]}, SUBSCRIPTION + "ended", {}, True),
        ("agreement_changed", {"what": ["held", "ended"]}, SUBSCRIPTION + "restarted", {}, False),
        ("agreement_changed", {"what": ["changed"]}, SUBSCRIPTION + "changed", {}, True),
        ("agreement_changed", {"what": ["charged"]}, CHARGE + "charged", {}, True),
        ("agreement_changed", {"what": ["charge_failed"], "attempt": 2}, CHARGE + "failed", {"attempt": 2}, True),
        ("agreement_changed", {"what": ["charge_failed"], "attempt": 2}, CHARGE + "failed", {"attempt": 1}, False),
        ("agreement_changed", {"attempt": 1}, SUBSCRIPTION + "ended", {}, False),
        ("webhook", {"from": "a"}, "journeys.hook.received", {}, True),
        ("journey_finished", {"journey": OTHER}, "journeys.run.finished", {"journey": OTHER.upper()}, True),
        ("journey_finished", {"journey": OTHER}, "journeys.run.finished", {"journey": CAMPAIGN}, False),
        ("journey_finished", {"journey": OTHER, "reasons": ["Sold"]}, "journeys.run.finished",
         {"journey": OTHER, "reason": "exit", "name": "sold"}, True),
        ("journey_finished", {"journey": OTHER, "reasons": ["Sold"]}, "journeys.run.finished",
         {"journey": OTHER, "reason": "end", "name": ""}, False),
        ("event_emitted", {"name": "told"}, "journeys.event.emitted", {"name": "told"}, True),
        ("event_emitted", {"name": "told"}, "journeys.event.emitted", {"name": "other"}, False),
        ("by_hand", {}, LEAD + "updated", {}, False),
    ],
)  # fmt: skip
def test_a_trigger_fits_what_it_is_for(trigger: str, params: Any, type: str, data: Any, is_so: bool) -> None:
    assert fits(trigger, params, type, **data) is is_so


def test_a_lead_is_deactivated_when_it_is_off_afterwards() -> None:
    changed = {"fields": ["active"]}
    assert fits("lead_deactivated", {}, LEAD + "updated", facts(active=False), **changed)
    assert not fits("lead_deactivated", {}, LEAD + "updated", facts(active=True), **changed)


# --- for whom -------------------------------------------------------------------------------------------


SOLD = {"type": "status_changed", "params": {"to": ["success"]}}


def changed(to: str = "success", **more: Any) -> Event:
    return Event(LEAD + "status_changed", NOW, {"to": to}, **more)


def test_a_lead_of_another_campaign_does_not_enter() -> None:
    made = graph(note(), trigger=SOLD)
    assert admits(made, changed(), facts(), NOW) is None
    elsewhere = {**facts(), "campaign": {"id": OTHER}}
    assert admits(made, changed(), elsewhere, NOW) is Refused.SCOPE
    assert admits(made, changed(), {}, NOW) is Refused.SCOPE


def test_the_entry_condition_is_asked_of_who_triggers_it_and_of_who_is_chosen_by_hand() -> None:
    made = graph(note(), trigger=SOLD, entry=is_("lead.attempts", 0, "gt"))
    assert admits(made, changed("new"), facts(attempts=1), NOW) is Refused.TRIGGER
    assert admits(made, changed(), facts(), NOW) is Refused.ENTRY
    assert admits(made, None, facts(), NOW) is Refused.ENTRY
    assert admits(made, None, facts(attempts=1), NOW) is None


@pytest.mark.parametrize(("depth", "why"), [(None, None), (7, None), (8, Refused.TOO_DEEP), ("x", None)])
def test_journeys_start_each_other_eight_deep_and_no_deeper(depth: Any, why: Refused | None) -> None:
    made = graph(note(), trigger=SOLD)
    assert admits(made, changed(cause={"depth": depth, "journey": OTHER}), facts(), NOW) is why


def test_a_run_is_one_deeper_than_what_caused_it() -> None:
    assert depth_of(None) == depth_of(changed()) == 1
    assert depth_of(changed(cause={"depth": 3})) == 4


@pytest.mark.parametrize(
    ("settings", "before", "why"),
    [
        ({"reentry": "once"}, FIRST_TIME, None),
        ({"reentry": "once"}, Before(1), Refused.ONCE),
        ({}, Before(3), None),
        ({}, Before(1, True), Refused.RUNNING),
        ({"reentry": "always"}, Before(9, True), None),
        ({"reentry": "always", "max_runs": 9}, Before(9, True), Refused.MAX_RUNS),
        ({"reentry": "cool_down", "cool_down": hours(2)}, Before(1, False, NOW - timedelta(hours=2, seconds=-1)),
         Refused.COOL_DOWN),
        ({"reentry": "cool_down", "cool_down": hours(2)}, Before(1, False, NOW - timedelta(hours=2)), None),
        ({"reentry": "cool_down", "cool_down": hours(2)}, Before(1, True, NOW - timedelta(hours=9)), Refused.RUNNING),
    ],
)  # fmt: skip
def test_how_often_a_lead_may_come(settings: Any, before: Before, why: Refused | None) -> None:
    assert may_enter(graph(note(), settings=settings), before, NOW, ZONE) is why


@pytest.mark.parametrize(
    ("params", "after", "at"),
    [
        ({"time": "09:00", "days": ["mon"]}, "2026-03-02 08:59", "2026-03-02 09:00"),
        ({"time": "09:00", "days": ["mon"]}, "2026-03-02 09:00", "2026-03-09 09:00"),
        ({"time": "09:00"}, "2026-03-28 10:00", "2026-03-29 09:00"),
        ({"time": "09:00", "month_days": [31]}, "2026-02-01 10:00", "2026-02-28 09:00"),
        ({"time": "09:00", "month_days": [1, 15]}, "2026-02-02 10:00", "2026-02-15 09:00"),
        ({"time": "09:00", "month_days": [13], "days": ["fri"]}, "2026-04-01 10:00", "2026-11-13 09:00"),
    ],
)
def test_the_calendar_says_when_next(params: Any, after: str, at: str) -> None:
    made = graph(note(), trigger={"type": "schedule", "params": params})
    since, expected = (datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC) for text in (after, at))
    assert next_scheduled(made, since, ZONE) == expected


def test_what_is_not_by_the_calendar_has_no_next_time() -> None:
    assert next_scheduled(graph(note()), NOW, ZONE) is None
