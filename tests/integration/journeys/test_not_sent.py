"""Messages that a step has queued and that do not go: the step's figures say so, and the run ends where it is to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction

from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.journeys import queries
from ringround.journeys.models import Journey
from ringround.messaging.actions.notes import status_note
from ringround.messaging.models import Message
from tests.integration.journeys.stage import Stage, node

DAY = {"n": 1, "unit": "days"}


def sending(stage: Stage, on_skip: str) -> Journey:
    template = str(stage.template("email"))
    return stage.publish(
        stage.document(
            node("send", "send_email", "wait", template=template, on_skip=on_skip), node("wait", "wait", duration=DAY)
        )
    )


def refuse(stage: Stage, message: Message, status: str = "skipped", reason: str = "capped") -> None:
    """As the courier does."""
    with transaction.atomic():
        status_note(message, status, now=clock.now(), reason=reason)
    stage.settle()


@pytest.mark.parametrize(("on_skip", "ends", "runs"), [("exit", ["skipped"], 0), ("continue", [], 1)])
def test_who_is_suppressed_is_skipped_at_once_with_the_reason(
    stage: Stage, on_skip: str, ends: list[str], runs: int
) -> None:
    journey = sending(stage, on_skip)
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    contacts.suppression_add(actor=stage.rig.staff.owner, value="kunde@example.org", channel="email")
    stage.close(lead)
    stage.settle()
    assert (stage.ends(lead), len(stage.runs(lead))) == (ends, runs)
    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    # Once: what the message itself tells is the same skip.
    assert figures["nodes"]["send"]["skipped"] == {"suppressed": 1}


@pytest.mark.parametrize(("on_skip", "ends", "runs"), [("exit", ["skipped"], 0), ("continue", [], 1)])
def test_what_the_courier_skips_later_reaches_the_step_and_its_run(
    stage: Stage, on_skip: str, ends: list[str], runs: int
) -> None:
    journey = sending(stage, on_skip)
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    stage.close(lead)
    stage.later(hours=1)
    assert len(stage.runs(lead)) == 1
    (message,) = stage.messages(lead)
    refuse(stage, message)
    assert (stage.ends(lead), len(stage.runs(lead))) == (ends, runs)
    told = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert told["nodes"]["send"]["skipped"] == {"capped": 1}
    rebuilt = queries.stats_rebuilt(journey_id=journey.id).to_json()
    for name in ("started", "finished", "nodes"):
        assert told[name] == rebuilt[name]


def test_what_the_courier_gives_up_is_counted_also_when_the_run_is_over(stage: Stage) -> None:
    journey = stage.publish(stage.document(node("send", "send_email", template=str(stage.template("email")))))
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    stage.close(lead)
    stage.settle()
    assert stage.ends(lead) == ["end"]
    (message,) = stage.messages(lead)
    refuse(stage, message, "failed", "refused")
    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert figures["nodes"]["send"]["failed"] == {"refused": 1}


def test_a_message_that_is_of_no_run_is_nobodys(stage: Stage) -> None:
    journey = sending(stage, "exit")
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    stage.close(lead)
    stage.settle()
    (message,) = stage.messages(lead)
    Message.objects.update(key=f"{uuid4()}:send:1")
    message.refresh_from_db()
    refuse(stage, message)
    assert len(stage.runs(lead)) == 1
    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert figures["nodes"]["send"]["skipped"] == {}
