"""What journeys promise, each on the live engine."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Lead, TimelineItem
from ringround.contacts import actions as contacts
from ringround.infra import clock, sql
from ringround.journeys import actions, queries
from ringround.journeys.engine import effects
from ringround.journeys.engine.loop import Engine
from ringround.journeys.models import HeldTimer, Journey, Log, Run, RunEnd, Sweep, Timer
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.integration.campaigns.rig import Rig
from tests.integration.journeys.stage import Stage, node

HOUR = {"n": 1, "unit": "hours"}
DAY = {"n": 1, "unit": "days"}
STAYS = {"path": "lead.status", "op": "ne", "value": "not_interested"}


def note(stage: Stage, lead: Any) -> list[str]:
    return list(TimelineItem.objects.filter(lead=lead, kind="note").order_by("at", "id").values_list("text", flat=True))


def waiting(stage: Stage, **settings: Any) -> dict[str, Any]:
    """Wait an hour, write a note."""
    return stage.document(node("wait", "wait", "note", duration=HOUR), node("note", "note", text="Hej"), **settings)


def figures(stage: Stage, journey: Journey) -> dict[str, Any]:
    """As they are told, and the same as can be made of the log again."""
    told = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    rebuilt = queries.stats_rebuilt(journey_id=journey.id).to_json()
    for name in ("started", "finished", "nodes"):
        assert told[name] == rebuilt[name]
    return told


# --- 1. exactly once ----------------------------------------------------------------------------


def test_a_batch_that_is_cut_off_before_its_end_leaves_nothing_and_is_done_once_afterwards(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(3)]
    for lead in leads:
        stage.close(lead)
    stage.settle()
    clock.advance(timedelta(hours=1))

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ringround.journeys.engine.work.log_of_events.record_all", cut)
        with pytest.raises(KeyboardInterrupt):
            Engine().step()
    assert Timer.objects.count() == 3
    assert not any(note(stage, lead) for lead in leads)
    stage.settle()
    Engine().drain()
    assert [note(stage, lead) for lead in leads] == [["Hej"]] * 3


# --- 2. the fence ---------------------------------------------------------------------------------


def test_a_timer_that_was_overtaken_by_an_event_does_nothing(stage: Stage) -> None:
    event = {"type": "status_changed", "params": {"to": ["success"]}}
    stage.publish(
        stage.document(
            node("wait", "wait_event", {"happened": "long", "timeout": "late"}, event=event, timeout=HOUR),
            node("long", "wait", "won", duration=DAY),
            node("won", "note", text="won"),
            node("late", "note", text="late"),
        )
    )
    lead = stage.lead()
    stage.close(lead)
    stage.later(minutes=30)
    stage.close(lead, "success")
    stage.settle()
    assert len(stage.due()) == 2
    stage.later(hours=1)
    assert [one.node for one in stage.runs(lead)] == ["long"]
    stage.later(days=1)
    assert note(stage, lead) == ["won"]


# --- 3. in the order of commits ---------------------------------------------------------------------


def test_events_of_a_lead_are_taken_in_their_order_also_within_a_batch(stage: Stage) -> None:
    stage.publish(waiting(stage, exit_when=STAYS, reentry="always"))
    lead = stage.lead()
    stage.close(lead)
    stage.close(lead, "success")
    stage.close(lead, "not_interested")
    stage.settle()
    # Facts are of now: the second run is not ended by what the first one's leaving was about.
    assert len(stage.runs(lead)) + len(stage.ends(lead)) == 2
    assert stage.runs(lead)


def test_the_cursor_passes_each_event_once(stage: Stage) -> None:
    stage.publish(waiting(stage, reentry="always"))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    for _ in range(3):
        Engine().drain()
    assert len(stage.runs(lead)) == 1


# --- 4. timers --------------------------------------------------------------------------------------


def test_after_downtime_the_overdue_fire_oldest_first_and_none_early(stage: Stage) -> None:
    stage.publish(waiting(stage))
    leads = []
    for _ in range(3):
        lead = stage.lead()
        stage.close(lead)
        stage.settle()
        leads.append(lead)
        clock.advance(timedelta(minutes=10))
    clock.advance(timedelta(minutes=29, seconds=59))
    stage.settle()
    assert not any(note(stage, lead) for lead in leads)
    clock.advance(timedelta(days=2))
    stage.settle()
    rows = RunEnd.objects.order_by("id").values_list("lead_id", flat=True)
    assert list(rows) == leads
    late = sql.rows("journeys", "counts", versions=[0])
    assert sum(row["n"] for row in late if row["key"].startswith("late:")) == 3


@pytest.mark.parametrize(
    ("rule", "ends", "told"), [("run", "end", ["Hej"]), ("skip", "skipped", []), ("exit", "late", [])]
)
def test_a_node_says_what_becomes_of_a_wait_that_was_slept_over(
    stage: Stage, rule: str, ends: str, told: list[str]
) -> None:
    stage.publish(
        stage.document(
            node("wait", "wait", "note", duration=HOUR, late=rule, late_after={"n": 5, "unit": "minutes"}),
            node("note", "note", text="Hej"),
        )
    )
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    clock.advance(timedelta(hours=3))
    stage.settle()
    assert (stage.ends(lead), note(stage, lead)) == ([ends], told)


# --- 5. entry and exit ------------------------------------------------------------------------------


def test_the_entry_condition_is_asked_once_and_exit_when_again_and_again(stage: Stage) -> None:
    entry = {"path": "lead.priority", "op": "lt", "value": 60}
    stage.publish(waiting(stage, entry=entry, exit_when={"path": "lead.urgent", "op": "eq", "value": True}))
    low, high, urgent = stage.lead(), stage.lead(priority=90), stage.lead()
    for lead in (low, high, urgent):
        stage.close(lead)
    stage.settle()
    assert not stage.runs(high)
    supervisor = stage.rig.staff.supervisor
    campaigns.lead_change(actor=supervisor, lead_id=low, priority=90)
    campaigns.lead_change(actor=supervisor, lead_id=urgent, urgent=True)
    stage.settle()
    assert stage.ends(urgent) == ["exit_when"]
    stage.later(hours=1)
    assert (note(stage, low), note(stage, urgent)) == (["Hej"], [])


@pytest.mark.parametrize(
    ("settings", "runs"),
    [
        ({"reentry": "once"}, 1),
        ({"reentry": "after_exit"}, 2),
        ({"reentry": "always", "max_runs": 2}, 2),
        ({"reentry": "cool_down", "cool_down": {"n": 3, "unit": "days"}}, 1),
    ],
)
def test_how_often_a_lead_may_come_again(stage: Stage, settings: dict[str, Any], runs: int) -> None:
    stage.publish(waiting(stage, **settings))
    lead = stage.lead()
    for _ in range(3):
        stage.close(lead)
        stage.settle()
        stage.close(lead, "success")
        stage.later(minutes=40)
    assert len(stage.runs(lead)) + len(stage.ends(lead)) == runs


# --- 6. versions ------------------------------------------------------------------------------------


def test_runs_stay_on_their_version_until_they_are_taken_over_once(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead, later = stage.lead(), stage.lead()
    stage.close(lead)
    stage.later(minutes=30)
    changed = stage.document(
        node("wait", "wait", "note", duration={"n": 2, "unit": "hours"}), node("note", "note", text="Nyt")
    )
    version = stage.again(journey, changed)
    stage.close(later)
    stage.settle()
    (old,), (new,) = stage.runs(lead), stage.runs(later)
    assert (old.version_id == version.id, new.version_id == version.id) == (False, True)
    manager = stage.rig.staff.manager
    preview = queries.migration_preview(actor=manager, journey_id=journey.id)
    assert preview == [{"version": 1, "node": "wait", "what": "changed", "runs": 1}]
    assert actions.runs_migrate(actor=manager, journey_id=journey.id) == 1
    stage.later(minutes=31)
    assert note(stage, lead) == []
    # The wait is reckoned from when it began: two hours after the lead came.
    stage.later(minutes=59)
    assert note(stage, lead) == ["Nyt"]
    assert queries.migration_preview(actor=manager, journey_id=journey.id) == []


def test_a_node_that_is_gone_leads_to_a_chosen_one_or_to_the_end(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    stage.again(journey, stage.document(node("other", "wait", "note", duration=HOUR), node("note", "note", text="Hej")))
    actions.runs_migrate(actor=stage.rig.staff.manager, journey_id=journey.id, targets={"wait": "note"})
    stage.settle()
    assert (stage.ends(lead), note(stage, lead)) == (["end"], ["Hej"])


def test_the_second_of_two_managers_who_publish_is_told(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    seen = journey.revision
    actions.draft_save(
        actor=stage.rig.staff.manager, journey_id=journey.id, document=waiting(stage), revision=seen
    )  # fmt: skip
    with pytest.raises(Conflict, match="meanwhile"):
        actions.journey_publish(actor=stage.rig.staff.manager2, journey_id=journey.id, revision=seen)
    with pytest.raises(Conflict, match="meanwhile"):
        actions.draft_save(
            actor=stage.rig.staff.manager2, journey_id=journey.id, document=waiting(stage), revision=seen
        )  # fmt: skip


def test_the_second_of_two_managers_who_publish_the_same_draft_is_told(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    with pytest.raises(Conflict) as refused:
        actions.journey_publish(
            actor=stage.rig.staff.manager2, journey_id=journey.id, revision=journey.revision
        )  # fmt: skip
    assert refused.value.code == "published_already"
    assert [one.number for one in queries.version_list(actor=stage.rig.staff.manager, journey_id=journey.id)] == [1]


def test_the_list_of_runs_goes_on_from_page_to_page_over_all_versions(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    leads = []
    for minutes in (30, 45, 60):
        for _ in range(2):
            leads.append(stage.lead())
            stage.close(leads[-1])
        stage.settle()
        stage.again(journey, waiting(stage, max_runs=minutes))
    found: list[Any] = []
    after = None
    for _ in range(3):
        page, after = queries.run_list(
            actor=stage.rig.staff.manager, journey_id=journey.id, size=2, after=after, state="live"
        )
        found += [one.lead_id for one in page]
    assert (found, after) == (leads[::-1], None)


# --- 7. no end --------------------------------------------------------------------------------------


def test_two_journeys_that_undo_each_other_stop_with_an_alert(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    close = stage.document(
        node("close", "set_status", status="not_interested"), name="Close", params={"to": ["automatic_redial"]},
        reentry="always",
    )  # fmt: skip
    undo = stage.document(node("open", "set_status", status="automatic_redial"), name="Open", reentry="always")
    stage.publish(close)
    second = stage.publish(undo)
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert len(stage.ends(lead)) == 8
    both = [queries.stats(actor=stage.rig.staff.manager, journey_id=one.id) for one in Journey.objects.all()]
    assert sum(one["refused"].get("too_deep", 0) for one in both) == 1
    assert second.state == "published"
    assert "start each other without end" in caplog.text


# --- 8. what cannot be done ---------------------------------------------------------------------------


def test_what_cannot_be_done_is_skipped_with_its_reason_and_the_run_goes_on(stage: Stage) -> None:
    journey = stage.publish(
        stage.document(node("close", "close", "note", status="invalid"), node("note", "note", text="Hej"))
    )
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert note(stage, lead) == ["Hej"]
    told = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert told["nodes"]["close"]["skipped"] == {"closed": 1}


def test_a_failure_is_tried_three_times_and_then_goes_by_the_error_arrow(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: object, asked: list[Any]) -> list[Any]:
        return [effects.Outcome(one[2].epoch, "failed", "broken") for one in asked]

    monkeypatch.setattr(effects.Effects, "_leads", failing)
    journey = stage.publish(stage.document(node("close", "reset", {"error": "far"}), node("far", "wait", duration=DAY)))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert Run.objects.get(lead_id=lead).state == 3
    stage.later(minutes=11)
    assert [one.node for one in stage.runs(lead)] == ["far"]
    told = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id)
    assert told["nodes"]["close"]["failed"] == {"broken": 3}


def test_one_run_that_breaks_the_batch_is_parked_and_holds_nobody_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(5)]
    for lead in leads:
        stage.close(lead)
    stage.settle()
    bad = leads[2]
    whole = campaigns.leads_apply

    def poisoned(*, changes: Any, now: Any) -> Any:
        if any(one.lead_id == bad for one in changes):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return whole(changes=changes, now=now)

    with monkeypatch.context() as patch:
        patch.setattr(effects.campaigns, "leads_apply", poisoned)
        stage.later(hours=1)
    assert [bool(note(stage, lead)) for lead in leads] == [True, True, False, True, True]
    manager = stage.rig.staff.manager
    (parked,), _ = queries.run_list(actor=manager, journey_id=Journey.objects.get().id, state="parked")
    assert (parked.lead_id, "division by zero" in parked.error) == (bad, True)
    assert not queries.runs_stuck()
    actions.run_retry(actor=manager, run_id=parked.id)
    stage.later(minutes=1)
    assert stage.ends(bad) == ["end"]


def test_a_run_that_nothing_will_wake_is_found(stage: Stage) -> None:
    stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert not queries.runs_stuck()
    Timer.objects.all().delete()
    (found,) = queries.runs_stuck()
    assert found["lead_id"] == lead


def test_of_many_runs_the_oldest_and_the_newest_are_looked_at(stage: Stage) -> None:
    stage.publish(waiting(stage))
    leads = [stage.lead() for _ in range(4)]
    for lead in leads:
        stage.close(lead)
        stage.settle()
    runs = [stage.runs(lead)[0].id for lead in leads]
    assert not queries.runs_stuck(each=1)
    # Woken sooner than its own time: it has a timer all the same.
    Timer.objects.filter(run_id=runs[0]).update(due=clock.now())
    assert not queries.runs_stuck(each=1)
    Timer.objects.all().delete()
    assert [one["id"] for one in queries.runs_stuck(each=1)] == [runs[0], runs[3]]
    assert [one["id"] for one in queries.runs_stuck()] == runs
    assert len(queries.runs_stuck(most=3)) == 3


def test_a_timer_is_looked_up_by_its_time(stage: Stage) -> None:
    """Else all timers would be read for the doctor's look."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql.load('journeys')['stuck_suspects']}", {"each": 10})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "journeys_timer_due" in plan
    assert "Join" not in plan


# --- 9. and 10. figures ---------------------------------------------------------------------------------


def test_figures_can_be_made_again_from_the_log(stage: Stage) -> None:
    journey = stage.publish(waiting(stage, exit_when=STAYS))
    leads = [stage.lead() for _ in range(4)]
    for lead in leads:
        stage.close(lead)
    stage.later(minutes=30)
    stage.close(leads[0], "success")
    stage.later(minutes=30)
    for lead in leads[1:3]:
        stage.close(lead, "success")
        stage.close(lead)
    stage.settle()
    assert figures(stage, journey)["nodes"]["wait"]["entered"] == 6


def test_figures_are_the_same_where_runs_end_at_what_was_skipped_or_failed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = stage.publish(
        stage.document(
            node("close", "close", "note", status="invalid", on_skip="exit"), node("note", "note", text="Hej")
        )
    )
    stage.close(stage.lead())
    stage.settle()
    with monkeypatch.context() as patch:
        patch.setattr(effects.Effects, "_leads", lambda _, asked: [
            effects.Outcome(one[2].epoch, "failed", "broken", final=True) for one in asked
        ])  # fmt: skip
        stage.close(stage.lead())
        stage.settle()
    found = figures(stage, journey)
    assert found["finished"] == {"failed": 1, "skipped": 1}
    assert found["nodes"]["close"]["entered"] == 2


def test_figures_are_the_same_after_runs_were_taken_over_elsewhere(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    for _ in range(2):
        stage.close(stage.lead())
    stage.settle()
    kinds = [node("wait", "wait_until", "note", condition=STAYS, timeout=DAY), node("note", "note", text="Hej")]
    stage.again(journey, stage.document(*kinds))
    actions.runs_migrate(actor=stage.rig.staff.manager, journey_id=journey.id)
    stage.settle()
    found = figures(stage, journey)["nodes"]["wait"]
    assert (found["entered"], found["waiting"], found["left"]) == (4, 2, {"migrated": 2})
    stage.again(journey, stage.document(node("other", "wait", "note", duration=HOUR), node("note", "note", text="Hej")))
    actions.runs_migrate(actor=stage.rig.staff.manager, journey_id=journey.id, targets={"wait": "note"})
    stage.settle()
    assert figures(stage, journey)["nodes"]["wait"]["left"] == {"migrated": 4}
    first = queries.stats(actor=stage.rig.staff.manager, journey_id=journey.id, version=1)["nodes"]["wait"]
    assert (first["entered"], first["left"], first["waiting"]) == (2, {"migrated": 2}, 0)


# --- the life of a journey ------------------------------------------------------------------------------


def test_a_paused_journey_stands_still_and_goes_on_where_it_was(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead, other = stage.lead(), stage.lead()
    stage.close(lead)
    stage.later(minutes=30)
    manager = stage.rig.staff.manager
    actions.journey_pause(actor=manager, journey_id=journey.id)
    stage.close(other)
    stage.later(hours=2)
    assert (note(stage, lead), stage.runs(other)) == ([], [])
    assert HeldTimer.objects.count() == 1
    actions.journey_resume(actor=manager, journey_id=journey.id)
    stage.settle()
    assert note(stage, lead) == ["Hej"]


def test_an_archived_journey_ends_its_runs(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    actions.journey_archive(actor=stage.rig.staff.manager, journey_id=journey.id)
    stage.settle()
    assert (stage.ends(lead), stage.runs(lead)) == (["stopped"], [])
    stage.later(hours=2)
    assert note(stage, lead) == []


def test_leads_that_match_are_counted_first_and_let_in_afterwards(stage: Stage) -> None:
    document = waiting(stage, entry={"path": "lead.status", "op": "eq", "value": "not_interested"})
    leads = [stage.lead(status="not_interested") for _ in range(3)]
    fresh = stage.lead()
    stage.settle()
    manager = stage.rig.staff.manager
    assert queries.backfill_count(actor=manager, document=document) == {"count": 3, "looked_at": 4, "more": False}
    journey = stage.publish(document)
    stage.settle()
    assert not Run.objects.exists()
    actions.backfill(actor=manager, journey_id=journey.id)
    stage.settle()
    assert {one.lead_id for one in Run.objects.all()} == set(leads)
    assert not stage.runs(fresh)
    assert (Sweep.objects.get().looked_at, Sweep.objects.get().entered) == (4, 3)


def test_a_lead_that_is_erased_while_it_waits_ends_its_run(stage: Stage) -> None:
    stage.publish(waiting(stage))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    contact = Lead.objects.values_list("contact_id", flat=True).get(id=lead)
    contacts.contact_erase(actor=stage.rig.staff.owner, contact_id=contact)
    stage.settle()
    assert (stage.ends(lead), stage.runs(lead)) == (["stopped"], [])


def test_a_lead_of_another_organisation_cannot_be_started_and_is_not_there(stage: Stage) -> None:
    journey = stage.publish(waiting(stage))
    other = Rig(stage.rig.cast, stage.rig.cast.magazine)
    theirs = other.lead(other.campaign(agents=[other.staff.senior]))
    with pytest.raises(NotFound):
        actions.runs_start(actor=stage.rig.staff.manager, journey_id=journey.id, lead_ids=[theirs])
    with pytest.raises(NotFound):
        actions.journey_pause(actor=other.staff.manager, journey_id=journey.id)
    with pytest.raises(Forbidden):
        actions.journey_pause(actor=stage.rig.staff.supervisor, journey_id=journey.id)


def test_a_campaign_of_another_merchant_is_not_automated(stage: Stage) -> None:
    other = Rig(stage.rig.cast, stage.rig.cast.magazine)
    theirs = other.campaign(agents=[other.staff.senior])
    made = actions.journey_create(
        actor=stage.rig.staff.manager, name="Theirs", document=waiting(stage, campaigns=[theirs.id])
    )
    with pytest.raises(Invalid):
        actions.journey_publish(actor=stage.rig.staff.manager, journey_id=made.id)


def test_a_journey_starts_and_stops_another(stage: Stage) -> None:
    second = stage.publish(stage.document(node("long", "wait", duration=DAY), name="Second", trigger="by_hand"))
    first = stage.document(
        node("start", "start_journey", "wait", journey=str(second.id)),
        node("wait", "wait", "stop", duration=HOUR),
        node("stop", "stop_journey", journey=str(second.id)),
    )
    stage.publish(first)
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert len(stage.runs(lead)) == 2
    stage.later(hours=1)
    assert sorted(stage.ends(lead)) == ["end", "stopped"]


def test_a_schedule_lets_its_audience_in_at_its_time(stage: Stage) -> None:
    audience = {"path": "lead.status", "op": "eq", "value": "new"}
    params = {"time": "12:00", "days": ["mon"], "audience": audience}
    journey = stage.publish(stage.document(node("note", "note", text="Hej"), trigger="schedule", params=params))
    fits, not_ = stage.lead(), stage.lead(status="success")
    assert journey.next_at is not None
    clock.advance(journey.next_at - clock.now())
    stage.settle()
    assert (note(stage, fits), note(stage, not_)) == (["Hej"], [])
    journey.refresh_from_db()
    assert journey.next_at == clock.now() + timedelta(days=7)


def test_a_limit_lets_so_many_through(stage: Stage) -> None:
    stage.publish(stage.document(node("few", "limit", "note", most=2, per=DAY), node("note", "note", text="Hej")))
    leads = [stage.lead() for _ in range(3)]
    for lead in leads:
        stage.close(lead)
    stage.settle()
    assert sum(bool(note(stage, lead)) for lead in leads) == 2


def test_conditions_count_what_has_happened(stage: Stage) -> None:
    often = {"count": {"event": "status_changed", "params": {}, "within": DAY}, "op": "ge", "value": 3}
    stage.publish(stage.document(node("often", "gate", "note", condition=often), node("note", "note", text="often"),
                                 reentry="always"))  # fmt: skip
    lead = stage.lead()
    for status in ("not_interested", "success", "not_interested"):
        stage.close(lead, status)
        stage.settle()
    assert note(stage, lead) == ["often"]


def test_a_users_note_is_on_their_list_until_they_have_seen_it(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    stage.publish(stage.document(node("tell", "notify_user", who="user", user=str(user.user_id), text="Se her")))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    (notice,), _more = queries.notice_list(actor=user, seen=False)
    assert (notice.text, queries.notices_waiting(actor=user)) == ("Se her", 1)
    actions.notice_seen(actor=user, notice_id=notice.id)
    assert queries.notice_list(actor=user, seen=False) == ([], None)
    assert queries.notice_list(actor=user, seen=True)[0] == [notice]


def test_nothing_personal_is_kept_in_the_log_or_told_in_events(stage: Stage) -> None:
    stage.publish(waiting(stage))
    lead = stage.rig.lead(stage.campaign, fields={"city": "Svaneke"})
    stage.close(lead)
    stage.later(hours=1)
    told = json.dumps([list(row) for row in Log.objects.values_list("node", "out", "reason")])
    told += json.dumps([one.data for one in stage.events("journeys.run.finished")])
    assert "Svaneke" not in told
