"""What the engine takes care of: much at once, people who change journeys meanwhile, and what breaks."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError, connection

from ringround.campaigns.actions import lead_change as changed
from ringround.campaigns.models import Lead, TimelineItem
from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.journeys import actions, doctor, queries, ticks
from ringround.journeys.engine import book, entering, halves, heard, loop, work
from ringround.journeys.engine.loop import Engine
from ringround.journeys.models import Count, CountDelta, Heard, HeldTimer, Intake, Run, Sweep, Timer
from ringround.kernel.errors import Conflict
from tests.integration.campaigns.rig import Rig
from tests.integration.journeys.stage import Stage, node

HOUR = {"n": 1, "unit": "hours"}
MATCHES = {"path": "lead.status", "op": "eq", "value": "not_interested"}


def notes(lead: Any) -> int:
    return TimelineItem.objects.filter(lead=lead, kind="note").count()


def waiting(stage: Stage, **settings: Any) -> dict[str, Any]:
    return stage.document(node("wait", "wait", "note", duration=HOUR), node("note", "note", text="Hej"), **settings)


def calling(stage: Stage, **settings: Any) -> dict[str, Any]:
    call = node("call", "call_url", "note", url="https://example.org/", method="post", send=[])
    return stage.document(call, node("note", "note", text="Hej"), **settings)


def answer(lead: Any) -> None:
    run = Run.objects.get(lead_id=lead)
    Intake.objects.create(kind="reply", run_id=run.id, epoch=run.epoch, at=clock.now(), data={"status": "ok"})


# --- much at once -----------------------------------------------------------------------------------


def test_one_transaction_takes_so_many_events_and_the_rest_come_after_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "EVENTS", 2)
    taken: list[int] = []
    whole = heard.carry_out
    monkeypatch.setattr(heard, "carry_out", lambda book, told: (taken.append(len(told)), whole(book, told))[1])
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(5)]
    for lead in leads:
        stage.close(lead)
    stage.settle()
    assert Run.objects.count() == 5
    assert max(taken) <= 2


def test_events_that_tell_of_thousands_of_contacts_are_taken_few_at_a_time() -> None:
    many = {"type": "contacts.list.contacts_changed", "data": json.dumps({"contacts": list(range(2_000))})}
    one = {"type": "campaigns.lead.updated", "data": "{}"}
    assert len(heard._as_many([one, many, many, many, one])) == 3
    huge = {**many, "data": json.dumps({"contacts": list(range(20_000))})}
    assert len(heard._as_many([huge, huge])) == 1


# --- changed meanwhile ------------------------------------------------------------------------------


def test_a_timer_is_not_put_aside_after_its_journey_was_resumed(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    manager = stage.rig.staff.manager
    actions.journey_pause(actor=manager, journey_id=journey.id)
    engine = Engine()
    engine.drain()
    clock.advance(timedelta(hours=2))
    # It has looked, and waits for its turn: now the journey goes on.
    actions.journey_resume(actor=manager, journey_id=journey.id)
    faults: list[Exception] = []
    engine._part(lambda: engine._timers(clock.now()), faults)
    assert (faults, HeldTimer.objects.count(), notes(lead)) == ([], 0, 1)


def test_a_held_timer_of_a_journey_that_runs_is_told_as_stuck_and_given_back(stage: Stage) -> None:
    stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    run = Run.objects.get(lead_id=lead)
    Timer.objects.all().delete()
    HeldTimer.objects.create(run_id=run.id, version_id=run.version_id, due=clock.now(), epoch=run.epoch)
    assert [one["id"] for one in queries.runs_stuck()] == [run.id]
    clock.advance(timedelta(hours=2))
    Engine().drain()
    assert notes(lead) == 1


def test_a_run_of_a_journey_that_was_put_away_does_nothing_more(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    clock.advance(timedelta(hours=2))
    actions.journey_archive(actor=stage.rig.staff.manager, journey_id=journey.id)
    # The sweep has not come to it yet.
    Sweep.objects.all().delete()
    stage.settle()
    assert (stage.ends(lead), notes(lead)) == (["stopped"], 0)


def test_an_answer_to_a_run_that_is_held_is_taken_when_it_goes_on(stage: Stage) -> None:
    journey = stage.publish(calling(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    manager = stage.rig.staff.manager
    actions.journey_pause(actor=manager, journey_id=journey.id)
    answer(lead)
    stage.later(hours=1)
    assert notes(lead) == 0
    assert not queries.runs_stuck()
    actions.journey_resume(actor=manager, journey_id=journey.id)
    stage.settle()
    assert (stage.ends(lead), notes(lead)) == (["end"], 1)


def test_what_ends_a_run_is_heard_while_its_step_is_out_also_when_it_is_so_no_more(stage: Stage) -> None:
    stage.publish(calling(stage, exit_when={"path": "lead.status", "op": "eq", "value": "success"}))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    stage.close(lead, "success")
    stage.close(lead, "not_interested")
    stage.settle()
    assert (stage.ends(lead)[0], notes(lead)) == ("exit_when", 0)


def test_what_ends_a_run_is_asked_when_an_answer_comes(stage: Stage) -> None:
    stage.publish(calling(stage, exit_when={"path": "lead.created_at", "op": "older_than", "value": HOUR}))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert len(stage.runs(lead)) == 1
    # Time alone makes it so: no event tells of it.
    clock.advance(timedelta(hours=2))
    answer(lead)
    stage.settle()
    assert (stage.ends(lead), notes(lead)) == (["exit_when"], 0)


# --- sweeps -----------------------------------------------------------------------------------------


def test_sweeps_take_turns(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SWEEP", 1)
    for _ in range(3):
        stage.lead(status="not_interested")
    for name in ("One", "Other"):
        journey = stage.publish(waiting(stage, name=name, entry=MATCHES))
        actions.backfill(actor=stage.rig.staff.manager, journey_id=journey.id)
    engine = Engine()
    engine.step()
    engine.step()
    assert [one.looked_at for one in Sweep.objects.order_by("id")] == [1, 1]


def test_leads_are_let_in_on_after_a_pause_and_a_new_version(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SWEEP", 1)
    leads = [stage.lead(status="not_interested") for _ in range(3)]
    journey = stage.publish(waiting(stage, entry=MATCHES))
    manager = stage.rig.staff.manager
    actions.backfill(actor=manager, journey_id=journey.id)
    engine = Engine()
    engine.step()
    actions.journey_pause(actor=manager, journey_id=journey.id)
    engine.drain()
    assert Sweep.objects.get().state == "running"
    assert Run.objects.count() == 1
    actions.journey_resume(actor=manager, journey_id=journey.id)
    version = stage.again(journey, waiting(stage, entry=MATCHES, max_runs=9))
    engine.drain()
    assert Sweep.objects.get().state == "done"
    assert {one.lead_id for one in Run.objects.all()} == set(leads)
    assert Run.objects.filter(version_id=version.id).count() == 2


# --- what breaks ------------------------------------------------------------------------------------


def test_a_version_that_cannot_be_read_keeps_its_timers_and_can_be_ended(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(waiting(stage))
    lead, other = stage.lead(), stage.lead()
    for one in (lead, other):
        stage.close(one)
    stage.settle()
    clock.advance(timedelta(hours=2))
    with monkeypatch.context() as patch:
        patch.setattr(book, "graph_of", lambda *_: None)
        Engine().drain()
        assert HeldTimer.objects.count() == 2
        (run,) = stage.runs(other)
        actions.run_stop(actor=stage.rig.staff.manager, run_id=run.id)
        Engine().drain()
        assert stage.ends(other) == ["stopped"]
    # The next release reads it.
    Engine().drain()
    assert (notes(lead), notes(other)) == (1, 0)


def test_a_journey_whose_question_breaks_on_a_lead_lets_it_out_and_all_others_in(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(3)]
    whole = entering.admits

    def breaks(graph: Any, event: Any, facts: Any, now: Any) -> Any:
        if facts["lead"]["id"] == str(leads[1]):
            raise ValueError("odd")
        return whole(graph, event, facts, now)

    monkeypatch.setattr(entering, "admits", breaks)
    for lead in leads:
        stage.close(lead)
    stage.settle()
    assert {one.lead_id for one in Run.objects.all()} == {leads[0], leads[2]}
    figures = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert figures["refused"] == {"error": 1}


def test_a_parked_run_ends_with_its_lead_and_what_was_heard_of_it_goes(stage: Stage) -> None:
    often = {
        "count": {"event": "status_changed", "params": {}, "within": {"n": 1, "unit": "days"}},
        "op": "ge",
        "value": 9,
    }
    stage.publish(waiting(stage, exit_when=often))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert Heard.objects.filter(lead_id=lead).exists()
    Run.objects.update(state=2)
    contact = Lead.objects.values_list("contact_id", flat=True).get(id=lead)
    contacts.contact_erase(actor=stage.rig.staff.owner, contact_id=contact)
    stage.settle()
    assert (stage.runs(lead), stage.ends(lead)) == ([], ["stopped"])
    assert not Heard.objects.filter(lead_id=lead).exists()


def test_a_parked_run_of_a_paused_journey_is_not_tried_again(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    Run.objects.update(state=2)
    manager = stage.rig.staff.manager
    actions.journey_pause(actor=manager, journey_id=journey.id)
    with pytest.raises(Conflict):
        actions.run_retry(actor=manager, run_id=Run.objects.get().id)


def test_an_event_that_breaks_everything_is_passed_over_and_all_others_are_heard(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(5)]
    whole = heard.carry_out

    def poisoned(book: Any, told: Any) -> None:
        if any(one.lead_id == leads[2] for one in told):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        whole(book, told)

    monkeypatch.setattr(heard, "carry_out", poisoned)
    for lead in leads:
        stage.close(lead)
    stage.settle()
    assert {one.lead_id for one in Run.objects.all()} == {*leads} - {leads[2]}
    assert "is passed over" in caplog.text
    (found,) = [one for one in doctor.journeys(None) if one.level == "warning"]
    assert "1 events were passed over" in found.text
    # It is told for a month; nobody can mend what was.
    clock.advance(heard.TOLD + timedelta(days=1))
    assert not [one for one in doctor.journeys(None) if one.level == "warning"]
    ticks.fold()
    assert Count.objects.filter(key=heard.PASSED_OVER).exists()
    ticks.clear()
    assert not Count.objects.filter(key=heard.PASSED_OVER).exists()


def refusing(monkeypatch: pytest.MonkeyPatch, bad: set[Any], statement: str) -> None:
    whole = heard.carry_out

    def poisoned(book: Any, told: Any) -> None:
        if bad & {one.lead_id for one in told}:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        whole(book, told)

    monkeypatch.setattr(heard, "carry_out", poisoned)
    monkeypatch.setattr(halves, "_failed", {})


def test_what_may_be_the_schemas_fault_is_waited_for_and_given_up_only_when_one_alone_has_failed_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(5)]
    refusing(monkeypatch, {leads[2]}, "SELECT nothing_of_the_kind")
    for lead in leads:
        stage.close(lead)
    for go in [stage.settle, *[Engine().drain] * halves.TIMES]:
        with pytest.raises(halves.Held) as held:
            go()
        assert isinstance(held.value.__cause__, ProgrammingError)
        # What came before it is done; it is the next.
        assert {one.lead_id for one in Run.objects.all()} == {*leads[:2]}
    assert "is passed over" not in caplog.text
    monkeypatch.setattr(halves, "PATIENCE_S", 0.0)
    for name, (_, _, times) in halves._failed.items():
        halves._failed[name] = (time.monotonic(), time.monotonic() + 60, times)
    Engine().drain()
    assert {one.lead_id for one in Run.objects.all()} == {*leads} - {leads[2]}
    assert "is passed over" in caplog.text


def test_what_fails_for_all_of_a_batch_is_the_fault_of_none_of_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(3)]
    monkeypatch.setattr(halves, "_given_up", lambda name: True)
    with monkeypatch.context() as patch:
        refusing(patch, set(leads), "SELECT nothing_of_the_kind")
        for lead in leads:
            stage.close(lead)
        with pytest.raises(halves.Held):
            stage.settle()
        assert not Run.objects.exists()
    Engine().drain()
    assert {one.lead_id for one in Run.objects.all()} == {*leads}


@pytest.mark.parametrize(("code", "halved"), [("54000", True), ("57014", True), ("40P01", False), ("53100", False)])
def test_what_is_too_much_at_once_is_halved_and_an_outage_is_not(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, code: str, halved: bool
) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(3)]
    refusing(monkeypatch, {leads[1]}, f"DO $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = '{code}'; END $$")
    for lead in leads:
        stage.close(lead)
    with pytest.raises(halves.Held if halved else OperationalError):
        stage.settle()
    assert {one.lead_id for one in Run.objects.all()} == ({leads[0]} if halved else set())


def test_a_run_that_is_parked_hears_in_the_same_batch_that_its_lead_is_gone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(waiting(stage))
    lead = stage.lead()
    whole, times = work.Effects.flush, iter((True,))
    monkeypatch.setattr(work.Effects, "flush", lambda self: 1 / 0 if next(times, False) else whole(self))
    stage.close(lead)
    contact = Lead.objects.values_list("contact_id", flat=True).get(id=lead)
    contacts.contact_erase(actor=stage.rig.staff.owner, contact_id=contact)
    stage.settle()
    assert stage.runs(lead) == []


def test_a_run_that_breaks_as_it_begins_begins_by_its_event_when_it_is_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    won = {"path": "event.data.to", "op": "eq", "value": "success"}
    journey = stage.publish(
        stage.document(
            node("gate", "gate", {"yes": "yes", "no": "no"}, condition=won),
            node("yes", "note", text="Ja"),
            node("no", "wait", duration=HOUR),
            params={},
        )
    )
    lead = stage.lead()
    with monkeypatch.context() as patch:
        patch.setattr(work, "advance", lambda *_: 1 / 0)
        stage.close(lead, "success")
        stage.settle()
    manager = stage.rig.staff.manager
    (parked,), _ = queries.run_list(actor=manager, journey_id=journey.id, state="parked")
    actions.run_retry(actor=manager, run_id=parked.id)
    stage.settle()
    assert (notes(lead), stage.ends(lead)) == (1, ["end"])


def test_the_doctor_tells_which_journeys_go_round_without_end(stage: Stage) -> None:
    journey = stage.publish(waiting(stage, name="Ring"))
    for kept in (CountDelta, Count):
        kept.objects.create(version_id=journey.version_id, node="", key="refused:too_deep", n=2)
    (found,) = [one for one in doctor.journeys(None) if one.level == "warning"]
    assert "*Ring*" in found.text
    assert "4 runs" in found.text


def test_what_one_organisation_counts_is_kept_for_it_alone_and_as_long_as_it_counts_back(stage: Stage) -> None:
    for weeks, name in ((1, "Short"), (2, "Long")):
        often = {"event": "status_changed", "params": {}, "within": {"n": weeks, "unit": "weeks"}}
        stage.publish(
            waiting(stage, name=name, trigger="by_hand", params={}, exit_when={"count": often, "op": "ge", "value": 9})
        )
    other = Rig(stage.rig.cast, stage.rig.cast.magazine)
    theirs = other.lead(other.campaign(agents=[other.staff.senior]))
    mine = stage.lead()
    changed(actor=other.staff.supervisor, lead_id=theirs, status="not_interested")
    stage.close(mine)
    stage.settle()
    (kept,) = Heard.objects.all()
    assert (kept.lead_id, kept.until - kept.at) == (mine, timedelta(days=14, hours=2))
    clock.advance(timedelta(days=14))
    ticks.clear()
    assert Heard.objects.exists()
    clock.advance(timedelta(hours=3))
    ticks.clear()
    assert not Heard.objects.exists()


def test_after_downtime_so_many_timers_are_taken_at_a_time_the_oldest_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(waiting(stage))
    leads = []
    for _ in range(5):
        leads.append(stage.lead())
        stage.close(leads[-1])
        stage.settle()
        clock.advance(timedelta(minutes=1))
    monkeypatch.setattr(loop, "TIMERS", 2)
    clock.advance(timedelta(hours=2))
    engine = Engine()
    engine.step()
    assert [notes(lead) for lead in leads] == [1, 1, 0, 0, 0]
    engine.drain()
    assert [notes(lead) for lead in leads] == [1] * 5
