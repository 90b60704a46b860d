"""The engine on a real database."""

from __future__ import annotations

from datetime import UTC, datetime

from ringround.infra import clock
from ringround.journeys.models import Log
from tests.integration.journeys.stage import MONTHS3, Stage, node

KEEP = {"not": {"path": "lead.status", "op": "eq", "value": "not_interested"}}


def reuse(stage: Stage, **more: object) -> dict[str, object]:
    return stage.document(
        node("wait", "wait", "reset", duration=MONTHS3),
        node("reset", "reset"),
        exit_when=KEEP,
        **more,  # type: ignore[arg-type]
    )


def test_a_lead_that_was_not_interested_is_new_again_three_months_later_to_the_second(stage: Stage) -> None:
    clock.advance(datetime(2026, 11, 30, 9, 0, tzinfo=UTC) - clock.now())
    stage.publish(reuse(stage))
    lead = stage.lead()
    stage.say(lead, "not_engaged")
    stage.settle()
    (run,) = stage.runs(lead)
    assert (run.node, run.state) == ("wait", 0)
    assert stage.due() == [datetime(2027, 2, 28, 9, 0, tzinfo=UTC)]
    stage.until(datetime(2027, 2, 28, 8, 59, 59, tzinfo=UTC))
    assert stage.rig.see(lead).status == "not_interested"
    stage.until(datetime(2027, 2, 28, 9, 0, tzinfo=UTC))
    seen = stage.rig.see(lead)
    assert (seen.status, seen.attempts, seen.active, seen.result) == ("new", 0, True, {})
    assert stage.ends(lead) == ["end"]
    assert not stage.runs(lead)
    assert [one.out for one in Log.objects.filter(run_id=run.id).order_by("n")] == ["next", "next", ""]
