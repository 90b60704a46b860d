"""What the interpreter promises: fences, tries, limits of loops, and what ends a run."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from ringround.journeys.rules.interpreter import advance
from ringround.journeys.rules.run import Enter, Happened, Outcome, Run, State, Stop, Timer
from tests.unit.journeys.graphs import (
    CAMPAIGN,
    NOW,
    OTHER,
    begin,
    end,
    event,
    facts,
    graph,
    hours,
    is_,
    minutes,
    node,
    note,
    told,
)

HOUR = timedelta(hours=1)
WAIT_NOTE = graph(node("w", "wait", "note", duration=hours(1)), note())


# --- the fence ------------------------------------------------------------------------------------------


def test_a_timer_that_fires_twice_moves_the_run_once() -> None:
    begun = begin(WAIT_NOTE)
    moved = advance(WAIT_NOTE, begun.run, Timer(begun.run.epoch), facts(), NOW + HOUR)
    again = advance(WAIT_NOTE, moved.run, Timer(begun.run.epoch), facts(), NOW + HOUR)
    assert again.stale
    assert again.run is moved.run
    assert again.log == ()


def test_an_outcome_of_an_older_epoch_is_stale() -> None:
    begun = begin(graph(note(), node("b", "note", text="y")))
    assert advance(WAIT_NOTE, begun.run, Outcome(begun.run.epoch - 1), facts(), NOW).stale


@pytest.mark.parametrize("wake", [Enter(), Timer(2), Outcome(2), Stop(), Happened(event("campaigns.lead.updated"))])
def test_a_run_that_has_ended_is_moved_by_nothing(wake: Any) -> None:
    begun = begin(graph(node("x", "exit")))
    assert begun.run.state is State.FINISHED
    assert advance(WAIT_NOTE, begun.run, wake, facts(), NOW).stale


def test_every_move_raises_the_epoch() -> None:
    begun = begin(WAIT_NOTE)
    moved = advance(WAIT_NOTE, begun.run, Timer(1), facts(), NOW + HOUR)
    ended = advance(WAIT_NOTE, moved.run, Outcome(2), facts(), NOW + HOUR)
    assert [begun.run.epoch, moved.run.epoch, ended.run.epoch] == [1, 2, 3]
    assert end(ended) == "end"


def test_a_run_that_is_stopped_ends_wherever_it_is() -> None:
    for run in (Run(id="r", started_at=NOW), begin(WAIT_NOTE).run, begin(graph(note())).run):
        moved = advance(WAIT_NOTE, run, Stop("by_hand"), facts(), NOW)
        assert moved.finished is not None
        assert (moved.finished.reason, moved.finished.name) == ("stopped", "by_hand")


def test_a_run_at_a_node_that_is_not_there_is_ended_and_not_raised() -> None:
    begun = begin(WAIT_NOTE)
    assert end(advance(graph(note("z")), begun.run, Timer(1), facts(), NOW + HOUR)) == "version"


# --- what ends a run ------------------------------------------------------------------------------------


SOLD = {"exit_when": is_("lead.status", "success")}


def test_exit_when_is_asked_when_something_happens_and_again_on_waking() -> None:
    made = graph(node("w", "wait", "note", duration=hours(1)), note(), settings=SOLD)
    begun = begin(made)
    assert made.listens("w") == {"campaigns.lead.status_changed"}
    happened = Happened(event("campaigns.lead.status_changed", to="success"))
    assert end(advance(made, begun.run, happened, facts(status="success"), NOW)) == "exit_when"
    assert end(advance(made, begun.run, Timer(1), facts(status="success"), NOW + HOUR)) == "exit_when"
    assert advance(made, begun.run, Happened(event("campaigns.lead.updated")), facts(), NOW).stale


def test_a_status_that_was_so_in_between_ends_the_run_too() -> None:
    made = graph(node("w", "wait", "note", duration=hours(1)), note(), settings=SOLD)
    happened = Happened(event("campaigns.lead.status_changed", to="success"))
    assert end(advance(made, begin(made).run, happened, facts(status="new"), NOW)) == "exit_when"


def test_what_a_run_has_done_itself_does_not_end_it_before_it_goes_on() -> None:
    made = graph(node("c", "close", "note", status="success"), note(), settings=SOLD)
    moved = advance(made, begin(made).run, Outcome(1), facts(status="success"), NOW)
    assert moved.effect is not None
    assert moved.effect.node == "note"


def test_exit_when_that_holds_at_the_beginning_ends_the_run_at_once() -> None:
    made = graph(note(), settings=SOLD)
    assert end(begin(made, facts(status="success"))) == "exit_when"


def test_a_goal_that_is_reached_ends_the_run() -> None:
    made = graph(
        node("w", "wait", "note", duration=hours(1)), note(), settings={"goal": is_("lead.status", "success"), **SOLD}
    )
    assert end(advance(made, begin(made).run, Timer(1), facts(status="success"), NOW + HOUR)) == "goal"


def test_a_run_that_is_too_old_ends_at_its_age_and_not_later() -> None:
    made = graph(node("w", "wait", "note", duration=hours(9)), note(), settings={"max_age": hours(2)})
    begun = begin(made)
    assert begun.wait is not None
    assert begun.wait.at == NOW + 2 * HOUR
    assert end(advance(made, begun.run, Timer(1), facts(), NOW + 2 * HOUR)) == "max_age"


def test_exit_and_goal_nodes_end_with_their_words() -> None:
    moved = begin(graph(node("x", "exit", reason="no_reason")))
    assert moved.finished is not None
    assert (moved.finished.reason, moved.finished.name) == ("exit", "no_reason")
    moved = begin(graph(node("x", "goal", name="sold")))
    assert moved.finished is not None
    assert (moved.finished.reason, moved.finished.name) == ("goal", "sold")


# --- effects --------------------------------------------------------------------------------------------


def test_an_effect_that_fails_is_tried_three_times_under_one_key_and_then_goes_by_its_error_arrow() -> None:
    made = graph(node("n", "note", {"next": "ok", "error": "e"}, text="x"), note("ok"), note("e"))
    moved, now, keys, waits = begin(made), NOW, [], []
    for _ in range(2):
        assert moved.effect is not None
        keys.append(moved.effect.key)
        moved = advance(made, moved.run, Outcome(moved.run.epoch, "failed", "down"), facts(), now)
        assert moved.wait is not None
        assert moved.wait.at is not None
        assert moved.run.state is State.RETRYING
        waits.append(moved.wait.at - now)
        early = advance(made, moved.run, Timer(moved.run.epoch), facts(), moved.wait.at - timedelta(seconds=1))
        assert early.run == moved.run
        now = moved.wait.at
        moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), now)
    assert moved.effect is not None
    moved = advance(made, moved.run, Outcome(moved.run.epoch, "failed", "down"), facts(), now)
    assert keys == ["run:n:1", "run:n:1"]
    assert waits == [timedelta(minutes=1), timedelta(minutes=10)]
    assert moved.effect is not None
    assert moved.effect.node == "e"
    assert moved.run.tries == 0


def test_without_an_error_arrow_the_third_failure_ends_the_run() -> None:
    made = graph(note())
    run = Run(id="r", state=State.ACTING, node="note", epoch=5, started_at=NOW, tries=2)
    moved = advance(made, run, Outcome(5, "failed", "down"), facts(), NOW)
    assert moved.finished is not None
    assert (moved.finished.reason, moved.finished.name) == ("failed", "down")
    assert told(moved, "failed") == [("note", "down")]


def test_a_failure_for_good_is_not_tried_again() -> None:
    made = graph(node("n", "note", {"error": "e"}, text="x"), note("e"))
    moved = advance(made, begin(made).run, Outcome(1, "failed", "refused", final=True), facts(), NOW)
    assert moved.effect is not None
    assert moved.effect.node == "e"


def test_a_run_that_tries_again_leaves_when_it_is_to() -> None:
    made = graph(note(), settings=SOLD)
    moved = advance(made, begin(made).run, Outcome(1, "failed", "down"), facts(), NOW)
    assert end(advance(made, moved.run, Timer(2), facts(status="success"), NOW + HOUR)) == "exit_when"


def test_what_is_skipped_is_counted_and_goes_on_or_exits_as_told() -> None:
    on = graph(note("n", "b", on_skip="continue"), note("b"))
    moved = advance(on, begin(on).run, Outcome(1, "skipped", "no_address"), facts(), NOW)
    assert moved.effect is not None
    assert told(moved, "skipped") == [("n", "no_address")]
    off = graph(note("n", "b", on_skip="exit"), note("b"))
    moved = advance(off, begin(off).run, Outcome(1, "skipped", "no_address"), facts(), NOW)
    assert moved.finished is not None
    assert (moved.finished.reason, moved.finished.name) == ("skipped", "no_address")


@pytest.mark.parametrize(
    ("type", "params", "data"),
    [
        ("reset", {}, {}),
        ("close", {"status": "unqualified"}, {"status": "unqualified"}),
        ("assign", {"user": OTHER}, {"user": OTHER}),
        ("priority", {"value": 90}, {"value": 90}),
        ("urgent", {}, {"on": True}),
        ("note", {"text": "x", "console": False}, {"text": "x", "console": False}),
        ("snooze", {"duration": hours(1)}, {"until": NOW + HOUR}),
        ("suppress", {}, {"channel": "any", "scope": "organisation"}),
        ("next_contact", {"duration": minutes(1)}, {"at": NOW + timedelta(minutes=1), "keep": "set"}),
        ("next_contact", {"when": "at", "at": "2026-03-02T11:00:00+01:00"}, {"at": NOW + HOUR, "keep": "set"}),
        ("next_contact", {"when": "field", "field": "lead.expires_at", "keep": "earliest"},
         {"at": NOW + 2 * HOUR, "keep": "earliest"}),
        ("set_field", {"field": "lead.result.why", "value": 3}, {"field": "lead.result.why", "value": 3}),
        ("set_field", {"field": "contact.fields.By", "source": "field", "from": "lead.status"},
         {"field": "contact.fields.By", "value": "new"}),
        ("add_to_campaign", {"campaign": OTHER, "days": 30},
         {"campaign": OTHER, "next_contact_at": NOW + timedelta(days=30, hours=-1), "duplicate": "skip"}),
        ("add_to_campaign", {"choose": "table", "field": "lead.status", "map": {"NEW": OTHER}},
         {"campaign": OTHER, "next_contact_at": None, "duplicate": "skip"}),
        ("send_sms", {"template": OTHER}, {"template": OTHER, "quiet_hours": None}),
        ("call_url", {"url": "https://example.org/", "send": ["lead.status", "contact.fields.By"]},
         {"url": "https://example.org/", "method": "post",
          "values": {"lead.status": "new", "contact.fields.By": None}}),
        ("notify_user", {"who": "owner", "text": "x"}, {"user": CAMPAIGN, "text": "x"}),
        ("emit_event", {"name": "told"}, {"name": "told"}),
        ("start_journey", {"journey": OTHER}, {"journey": OTHER}),
        ("limit", {"most": 3, "per": hours(1)}, {"most": 3, "since": NOW - HOUR}),
    ],
)  # fmt: skip
def test_what_an_action_asks_for_is_reckoned_out(type: str, params: Any, data: Any) -> None:
    known = facts(expires_at=NOW + 2 * HOUR, owner=CAMPAIGN)
    moved = begin(graph(node("a", type, **params)), known)
    assert moved.effect is not None
    assert (moved.effect.type, moved.effect.data, moved.effect.key) == (type, data, "run:a:1")


@pytest.mark.parametrize(
    ("type", "params", "reason"),
    [
        ("notify_user", {"who": "owner", "text": "x"}, "no_user"),
        ("next_contact", {"when": "field", "field": "lead.expires_at"}, "no_date"),
        ("set_field", {"field": "lead.result.why", "source": "field", "from": "event.data.x"}, "no_value"),
        ("add_to_campaign", {"choose": "table", "map": {OTHER: OTHER}, "otherwise": "skip"}, "no_campaign"),
    ],
)
def test_an_action_without_what_it_needs_is_skipped(type: str, params: Any, reason: str) -> None:
    moved = begin(graph(node("a", type, "b", **params), note("b")))
    assert told(moved, "skipped") == [("a", reason)]
    assert moved.effect is not None
    assert moved.effect.node == "b"


def test_a_table_without_the_value_ends_the_run_where_it_is_told_to() -> None:
    made = graph(node("a", "add_to_campaign", "b", choose="table", map={OTHER: OTHER}), note("b"))
    assert end(begin(made, facts(last_contacted_by=CAMPAIGN))) == "no_campaign"


# --- control --------------------------------------------------------------------------------------------


def test_a_gate_goes_by_its_condition() -> None:
    made = graph(node("g", "gate", {"yes": "y", "no": "n"}, condition=is_("lead.status", "new")), note("y"), note("n"))
    for status, to in (("new", "y"), ("success", "n")):
        moved = begin(made, facts(status=status))
        assert moved.effect is not None
        assert moved.effect.node == to


def test_a_branch_takes_the_first_case_that_fits() -> None:
    cases = [
        {"out": "one", "value": "Ikke nu"},
        {"out": "two", "value": ["Aldrig", "Død"]},
        {"out": "three", "when": is_("lead.attempts", 3, "ge")},
    ]
    going = {"one": "a", "two": "b", "three": "c", "else": "d"}
    made = graph(
        node("g", "branch", going, field="lead.result.why", cases=cases), note("a"), note("b"), note("c"), note("d")
    )
    for why, attempts, to in (("ikke nu", 9, "a"), ("Død", 0, "b"), ("Måske", 3, "c"), (None, 0, "d"), ([], 0, "d")):
        moved = begin(made, facts(result={"why": why}, attempts=attempts))
        assert moved.effect is not None
        assert moved.effect.node == to


def test_a_split_shares_by_weight_and_a_run_goes_the_same_way_again() -> None:
    paths = [{"out": "a", "weight": 3}, {"out": "b", "weight": 1}, {"out": "never", "weight": 0}]
    made = graph(node("s", "split", {"a": "x", "b": "y", "never": "z"}, paths=paths), note("x"), note("y"), note("z"))
    went: Counter[str] = Counter()
    for number in range(2000):
        moved, again = begin(made, run=f"run {number}"), begin(made, run=f"run {number}")
        assert moved.effect is not None
        assert again.effect is not None
        assert moved.effect.node == again.effect.node
        went[moved.effect.node] += 1
    assert went["z"] == 0
    assert 1420 < went["x"] < 1580


def test_go_back_goes_so_many_rounds_with_a_key_for_each() -> None:
    made = graph(
        note("n", "w"), node("w", "wait", "g", duration=minutes(1)),
        node("g", "goto", {"again": "n", "done": "x"}, max=2), node("x", "exit"),
    )  # fmt: skip
    moved, now, keys = begin(made), NOW, []
    while moved.finished is None:
        if moved.effect is not None:
            keys.append(moved.effect.key)
            moved = advance(made, moved.run, Outcome(moved.run.epoch), facts(), now)
        else:
            now += timedelta(minutes=1)
            moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), now)
    assert keys == ["run:n:1", "run:n:2", "run:n:3"]


def test_over_the_limit_goes_by_its_own_arrow() -> None:
    made = graph(node("l", "limit", {"next": "a", "over": "b"}, most=1, per=hours(1)), note("a"), note("b"))
    begun = begin(made)
    through = advance(made, begun.run, Outcome(1), facts(), NOW)
    over = advance(made, begun.run, Outcome(1, "skipped", "limit"), facts(), NOW)
    assert through.effect is not None
    assert through.effect.node == "a"
    assert over.effect is not None
    assert over.effect.node == "b"


def test_a_loop_that_the_linter_never_saw_ends_at_a_hundred_visits() -> None:
    made = graph(
        node("a", "gate", {"yes": "b", "no": "b"}, condition=is_("lead.status", "new")),
        node("b", "gate", {"yes": "a", "no": "a"}, condition=is_("lead.status", "new")),
        checked=False,
    )
    moved = begin(made)
    assert moved.finished is not None
    assert moved.finished.reason == "too_many_visits"
    assert moved.finished.alarming
    assert Counter(line.node for line in moved.log if line.what == "entered")["a"] <= 100


def test_a_run_takes_a_thousand_steps_at_most() -> None:
    going = [
        node(f"n{i}", "gate", {"yes": f"n{(i + 1) % 1100}"}, condition=is_("lead.status", "new")) for i in range(1100)
    ]
    moved = begin(graph(*going, checked=False))
    assert end(moved) == "too_many_steps"
    assert sum(line.what == "entered" for line in moved.log) == 1000


def test_the_event_is_kept_where_the_journey_asks_about_it_later() -> None:
    asks = graph(
        node("w", "wait", "g", duration=hours(1)),
        node("g", "gate", {"yes": "note"}, condition=is_("event.data.reason", "x")),
        note(),
    )
    run = Run(id="r", started_at=NOW)
    begun = advance(asks, run, Enter(event("journeys.hook.received", reason="x")), facts(), NOW)
    assert begun.run.event is not None
    assert advance(asks, begun.run, Timer(1), facts(), NOW + HOUR).effect is not None
    begun = advance(WAIT_NOTE, run, Enter(event("journeys.hook.received", reason="x")), facts(), NOW)
    assert begun.run.event is None
