"""A step that waits for a call to end: what the call has come to is asked first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Disposition
from ringround.infra import clock
from ringround.journeys import actions, queries
from ringround.journeys.models import Journey
from tests.integration.journeys.stage import Stage, node

OPEN = ["new", "automatic_redial", "common_redial"]


def called(stage: Stage, **facts: Any) -> UUID:
    """A lead that the senior agent is talking to."""
    lead = stage.lead(**facts)
    senior = stage.rig.staff.senior
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=lead, reservation={"by": senior.user_id})
    campaigns.call_start(actor=senior, lead_id=lead)
    return lead


def by_hand(stage: Stage, lead: UUID, *nodes: dict[str, Any], **settings: Any) -> Journey:
    """A journey that is started for this lead while it is called."""
    made = stage.publish(stage.document(*nodes, trigger="by_hand", params={}, **settings))
    actions.runs_start(actor=stage.rig.staff.manager, journey_id=made.id, lead_ids=[lead])
    stage.settle()
    assert [one.node for one in stage.runs(lead)] == [nodes[0]["id"]]
    assert not queries.runs_stuck()
    return made


@pytest.mark.parametrize(
    ("said", "status"),
    [("no_contact", "unqualified"), ("callback_private", "private_redial"), ("engaged", "success")],
)
@pytest.mark.parametrize("settings", ["entry", "exit_when"])
def test_7_a_lead_in_a_call_is_closed_afterwards_only_where_the_call_has_left_it_as_it_is_meant(
    stage: Stage, said: str, status: str, settings: str
) -> None:
    about = {
        "entry": {"path": "lead.status", "op": "in", "value": OPEN},
        "exit_when": {"path": "lead.status", "op": "nin", "value": OPEN},
    }
    lead = called(stage)
    by_hand(stage, lead, node("close", "close", status="unqualified"), **{settings: about[settings]})
    more = {"callback": {"at": clock.now() + timedelta(days=2)}} if said == "callback_private" else {}
    stage.rig.say(stage.rig.staff.senior, lead, said, **more)
    stage.later(hours=12)
    assert stage.rig.see(lead).status == status
    assert not stage.runs(lead)


def test_what_was_decided_on_one_status_is_not_done_to_another(stage: Stage) -> None:
    lead = called(stage)
    journey = by_hand(stage, lead, node("reset", "reset"))
    stage.rig.say(stage.rig.staff.senior, lead, "engaged")
    stage.later(hours=12)
    assert stage.rig.see(lead).status == "success"
    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert figures["nodes"]["reset"]["skipped"] == {"status_changed": 1}


def test_what_ends_a_run_is_heard_while_its_step_waits_for_the_call(stage: Stage) -> None:
    lead = called(stage)
    urgent = {"path": "lead.urgent", "op": "eq", "value": True}
    by_hand(stage, lead, node("close", "close", status="invalid"), exit_when=urgent)
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=lead, urgent=True)
    stage.settle()
    assert stage.ends(lead) == ["exit_when"]


@pytest.mark.parametrize("said", ["no_contact", "no_action", None])
def test_what_waits_for_a_call_is_done_as_soon_as_it_is_over(stage: Stage, said: str | None) -> None:
    Disposition.objects.create(campaign=stage.campaign, name="Nothing", kind="no_action", position=99)
    lead = called(stage, status="common_redial")
    by_hand(stage, lead, node("off", "deactivate"), exit_when={"path": "lead.status", "op": "eq", "value": "success"})
    if said:
        stage.rig.say(stage.rig.staff.senior, lead, said)
    else:
        campaigns.leads_release_held(actor=stage.rig.staff.senior)
    stage.settle()
    assert (stage.rig.see(lead).active, stage.ends(lead)) == (False, ["end"])


def test_what_waits_for_a_call_waits_on_while_it_lasts(stage: Stage) -> None:
    lead = called(stage)
    by_hand(stage, lead, node("off", "deactivate"))
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=lead, priority=9)
    stage.settle()
    assert (stage.rig.see(lead).active, len(stage.runs(lead))) == (True, 1)
