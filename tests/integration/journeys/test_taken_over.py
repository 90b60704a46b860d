"""Runs that act or are parked are taken over to a new version, too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import TimelineItem
from ringround.infra import clock
from ringround.journeys import actions, queries
from ringround.journeys.engine import work
from ringround.journeys.models import HeldTimer, Intake, Journey, Outbox, Run, Version
from tests.integration.journeys.stage import Stage, node

HOUR = {"n": 1, "unit": "hours"}


def calling(stage: Stage, text: str, id: str = "call", to: str = "https://example.org/") -> dict[str, Any]:
    call = node(id, "call_url", "note", url=to, method="post", send=["lead.priority"])
    return stage.document(call, node("note", "note", text=text))


def begun(stage: Stage, document: dict[str, Any]) -> tuple[Journey, UUID]:
    journey, lead = stage.publish(document), stage.lead()
    stage.close(lead)
    stage.settle()
    return journey, lead


def over(stage: Stage, journey: Journey, document: dict[str, Any], **targets: str) -> Version:
    version = stage.again(journey, document)
    assert actions.runs_migrate(actor=stage.rig.staff.manager, journey_id=journey.id, targets=targets) == 1
    stage.settle()
    assert queries.migration_preview(actor=stage.rig.staff.manager, journey_id=journey.id) == []
    return version


def answered(lead: UUID, epoch: int, status: str = "ok") -> None:
    Intake.objects.create(
        kind="reply", run_id=Run.objects.get(lead_id=lead).id, epoch=epoch, at=clock.now(), data={"status": status}
    )  # fmt: skip


def notes(lead: UUID) -> list[str]:
    return list(TimelineItem.objects.filter(lead=lead, kind="note").values_list("text", flat=True))


def test_the_answer_to_a_run_that_was_taken_over_meanwhile_goes_on_under_the_new_version(stage: Stage) -> None:
    journey, lead = begun(stage, calling(stage, "Old"))
    before = Run.objects.get(lead_id=lead)
    version = over(stage, journey, calling(stage, "New"))
    after = Run.objects.get(lead_id=lead)
    assert (after.version_id, after.epoch, after.state) == (version.id, before.epoch, before.state)
    assert not queries.runs_stuck()
    answered(lead, before.epoch)
    stage.settle()
    assert (notes(lead), stage.ends(lead)) == (["New"], ["end"])


@pytest.mark.parametrize(("targets", "ends", "told"), [({}, "version", []), ({"call": "note"}, "end", ["New"])])
def test_a_run_whose_step_is_gone_while_it_is_out_ends_or_goes_on_elsewhere(
    stage: Stage, targets: dict[str, str], ends: str, told: list[str]
) -> None:
    journey, lead = begun(stage, calling(stage, "Old"))
    over(stage, journey, calling(stage, "New", id="other"), **targets)
    assert (stage.ends(lead), notes(lead)) == ([ends], told)


def test_a_parked_run_is_taken_over_and_stays_parked_until_it_is_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with monkeypatch.context() as patch:
        patch.setattr(work.Effects, "do", broken)
        journey, lead = begun(stage, stage.document(node("note", "note", text="Old")))
    version = over(stage, journey, stage.document(node("note", "note", text="New")))
    manager = stage.rig.staff.manager
    (parked,), _ = queries.run_list(actor=manager, journey_id=journey.id, state="parked")
    assert (parked.version, "division by zero" in parked.error) == (version, True)
    actions.run_retry(actor=manager, run_id=parked.id)
    stage.settle()
    assert (notes(lead), stage.ends(lead)) == (["New"], ["end"])


def test_a_further_try_says_what_the_first_one_said_and_goes_where_the_new_version_says(stage: Stage) -> None:
    journey, lead = begun(stage, calling(stage, "Old"))
    first = Outbox.objects.get()
    campaigns.lead_change(actor=stage.rig.staff.supervisor, lead_id=lead, priority=77)
    answered(lead, Run.objects.get(lead_id=lead).epoch, "failed")
    stage.later(minutes=1)
    assert Outbox.objects.get().request == first.request
    over(stage, journey, calling(stage, "New", to="https://example.com/"))
    answered(lead, Run.objects.get(lead_id=lead).epoch, "failed")
    stage.later(minutes=10)
    again = Outbox.objects.get()
    assert (again.key, again.request["url"]) == (first.key, "https://example.com/")
    assert again.request["body"]["values"] == {"lead.priority": 77}


def test_an_answer_kept_while_the_journey_was_held_does_not_eat_the_timer_of_where_the_run_is_taken_to(
    stage: Stage,
) -> None:
    journey, lead = begun(stage, calling(stage, "Old"))
    manager = stage.rig.staff.manager
    actions.journey_pause(actor=manager, journey_id=journey.id)
    answered(lead, Run.objects.get(lead_id=lead).epoch)
    stage.settle()
    assert Run.objects.get(lead_id=lead).data["answer"]
    # As where the run is taken over before its timer is looked at.
    HeldTimer.objects.all().delete()
    actions.journey_resume(actor=manager, journey_id=journey.id)
    waits = stage.document(node("wait", "wait", "note", duration=HOUR), node("note", "note", text="New"))
    over(stage, journey, waits, call="wait")
    assert "answer" not in (Run.objects.get(lead_id=lead).data or {})
    stage.later(hours=1)
    assert (notes(lead), stage.ends(lead)) == (["New"], ["end"])
