"""What counts over versions and pauses of a journey, and what a run is asked that is taken over."""

from __future__ import annotations

import pytest

from ringround.journeys import actions, queries
from ringround.messaging import actions as messaging
from tests.integration.journeys.stage import Stage, node

DAY, WEEK = {"n": 1, "unit": "days"}, {"n": 1, "unit": "weeks"}


def over(stage: Stage, old: dict[str, object], new: dict[str, object], **targets: str) -> list[str]:
    """How the run of a lead ends that is taken over to a new version while it waits."""
    journey, lead = stage.publish(old), stage.lead(fields={"city": "Odense"})
    stage.close(lead)
    stage.settle()
    assert len(stage.runs(lead)) == 1
    stage.again(journey, new)
    actions.runs_migrate(actor=stage.rig.staff.manager, journey_id=journey.id, targets=targets)
    stage.settle()
    return stage.ends(lead)


def test_a_limit_holds_over_versions(stage: Stage) -> None:
    def few(text: str) -> dict[str, object]:
        return stage.document(
            node("few", "limit", {"next": "note", "over": "out"}, most=2, per=DAY), node("note", "note", text=text),
            node("out", "exit", reason="too many"),
        )  # fmt: skip

    journey = stage.publish(few("Old"))
    leads = [stage.lead() for _ in range(3)]
    for lead in leads[:1]:
        stage.close(lead)
        stage.settle()
    stage.again(journey, few("New"))
    for lead in leads[1:]:
        stage.close(lead)
        stage.settle()
    assert [stage.ends(lead) for lead in leads] == [["end"], ["end"], ["exit"]]


def test_what_happens_while_a_journey_is_held_is_counted(stage: Stage) -> None:
    count = {"event": "call_ended", "params": {}, "within": WEEK}
    document = stage.document(node("note", "note", text="x"), entry={"count": count, "op": "ge", "value": 1})
    journey, lead, manager = stage.publish(document), stage.lead(), stage.rig.staff.manager
    actions.journey_pause(actor=manager, journey_id=journey.id)
    stage.settle()
    stage.say(lead, "no_contact")
    stage.settle()
    actions.journey_resume(actor=manager, journey_id=journey.id)
    stage.close(lead)
    stage.settle()
    assert stage.ends(lead) == ["end"]


def test_a_run_that_is_taken_over_goes_on_by_what_the_new_version_asks_of_the_contact(stage: Stage) -> None:
    odense = {"path": "contact.fields.city", "op": "eq", "value": "Odense"}
    old = stage.document(node("wait", "wait", duration=DAY))
    new = stage.document(
        node("gate", "gate", {"yes": "in", "no": "out"}, condition=odense), node("in", "exit", reason="in"),
        node("out", "goal", name="out"),
    )  # fmt: skip
    assert over(stage, old, new, wait="gate") == ["exit"]


def test_a_run_that_is_taken_over_goes_on_by_the_hours_that_the_new_version_waits_for(stage: Stage) -> None:
    old = stage.document(node("wait", "wait", duration=DAY))
    new = stage.document(node("open", "wait_hours", {"next": "note"}), node("note", "note", text="x"))
    # All hours are open here: it goes on at once, and is not said to have none.
    assert over(stage, old, new, wait="open") == ["end"]


def test_a_run_waits_for_the_hours_though_another_of_the_same_lead_has_been_looked_at_anew(stage: Stage) -> None:
    urgent = {"path": "lead.urgent", "op": "eq", "value": False}
    hours = stage.publish(
        stage.document(node("note", "note", "open", text="x"), node("open", "wait_hours", {"next": "told"}),
                       node("told", "note", text="x"), name="Hours")
    )  # fmt: skip
    stage.publish(
        stage.document(node("note", "note", "gate", text="x"), node("gate", "gate", {"yes": "told"}, condition=urgent),
                       node("told", "note", text="x"), name="Asks")
    )  # fmt: skip
    stage.close(stage.lead())
    stage.settle()
    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=hours.id)
    assert (figures["nodes"]["open"]["skipped"], figures["nodes"]["told"]["entered"]) == ({}, 1)


@pytest.mark.parametrize("over_cap", ["skip", "wait"])
def test_hours_and_caps_of_the_organisation_hold_in_the_simulation(stage: Stage, over_cap: str) -> None:
    template = str(stage.template("email"))
    sends = [node("one", "send_email", "two", template=template), node("two", "send_email", "wait", template=template)]
    journey = stage.publish(stage.document(*sends, node("wait", "wait", duration=WEEK), trigger="by_hand", params={}))
    caps = [{"channel": "email", "most": 1, "days": 2}]
    # It is ten o'clock.
    quiet = {"from": "08:00", "to": "11:00"}
    messaging.message_settings_change(actor=stage.rig.staff.owner, quiet=quiet, caps=caps, over_cap=over_cap)
    lead = stage.rig.lead(stage.campaign, contact=stage.with_email())
    told = queries.simulate_lead(actor=stage.rig.staff.manager, journey_id=journey.id, lead_id=lead)
    skipped = {node: one["skipped"] for node, one in told["figures"]["nodes"].items() if one["skipped"]}
    assert skipped == ({"two": {"capped": 1}} if over_cap == "skip" else {})
