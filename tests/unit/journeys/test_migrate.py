"""Runs taken over to a new version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ringround.journeys.rules.interpreter import advance
from ringround.journeys.rules.migrate import fates, migrate
from ringround.journeys.rules.run import Moved, Outcome, State, Timer
from tests.unit.journeys.graphs import NOW, begin, end, facts, graph, hours, is_, minutes, node, note

HOUR = timedelta(hours=1)


def waiting(n: int, *more: dict[str, Any]) -> Any:
    return graph(node("w", "wait", "note", duration=hours(n)), note(), *more)


def timer(made: Any, moved: Moved, hours_later: float) -> Moved:
    return advance(made, moved.run, Timer(moved.run.epoch), facts(), NOW + hours_later * HOUR)


def test_the_preview_says_of_every_node_what_becomes_of_it() -> None:
    old = graph(node("a", "wait", "b", duration=hours(1)), node("b", "wait", "c", duration=hours(1)), note("c", "d"),
                note("d"))  # fmt: skip
    new = graph(node("a", "wait", "b", duration=hours(2)), node("b", "wait", "d", duration=hours(1)), note("d"))
    assert [(one.node, one.what) for one in fates(old, new)] == [
        ("a", "changed"), ("b", "same"), ("c", "gone"), ("d", "same"),
    ]  # fmt: skip


def test_the_same_node_goes_on_and_a_longer_wait_is_reckoned_from_its_start() -> None:
    begun = begin(waiting(3))
    for n, at in ((3, 3), (5, 5), (2, 2)):
        moved = migrate(waiting(3), waiting(n), begun.run, facts(), NOW + HOUR)
        assert moved.wait is not None
        assert moved.wait.at == NOW + at * HOUR
        assert moved.run.epoch == begun.run.epoch + 1
        assert timer(waiting(n), moved, at).effect is not None


def test_a_wait_that_is_over_by_the_new_version_is_over_now_and_not_late() -> None:
    begun = begin(waiting(9))
    new = graph(node("w", "wait", "note", duration=hours(2), late="exit", late_after=minutes(1)), note())
    moved = migrate(waiting(9), new, begun.run, facts(), NOW + 5 * HOUR)
    assert moved.wait is not None
    assert moved.wait.at == NOW + 5 * HOUR
    assert timer(new, moved, 5).effect is not None


def test_a_timer_of_the_old_version_is_stale() -> None:
    begun = begin(waiting(3))
    moved = migrate(waiting(3), waiting(5), begun.run, facts(), NOW)
    assert advance(waiting(5), moved.run, Timer(begun.run.epoch), facts(), NOW + 9 * HOUR).stale


def test_where_the_node_is_gone_the_run_goes_on_at_the_chosen_one_or_ends() -> None:
    begun, new = begin(waiting(3)), graph(note("other"))
    moved = migrate(waiting(3), new, begun.run, facts(), NOW, {"w": "other"})
    assert moved.effect is not None
    assert moved.effect.node == "other"
    assert end(migrate(waiting(3), new, begun.run, facts(), NOW)) == "version"
    assert end(migrate(waiting(3), new, begun.run, facts(), NOW, {"w": "nowhere"})) == "version"


def test_a_node_of_another_kind_is_come_to_anew() -> None:
    new = graph(node("w", "gate", {"yes": "note"}, condition=is_("lead.status", "new")), note())
    moved = migrate(waiting(3), new, begin(waiting(3)).run, facts(), NOW)
    assert moved.effect is not None
    assert moved.effect.node == "note"


def test_what_comes_of_a_step_that_is_out_is_taken_under_the_new_version() -> None:
    begun, new = begin(graph(note())), graph(note("note", "more"), note("more"))
    assert begun.run.state is State.ACTING
    moved = migrate(graph(note()), new, begun.run, facts(), NOW)
    assert (moved.run, moved.log, moved.stale) == (begun.run, (), False)
    after = advance(new, moved.run, Outcome(begun.run.epoch), facts(), NOW)
    assert after.effect is not None
    assert after.effect.node == "more"


def test_a_run_that_tries_again_tries_again() -> None:
    made = graph(note())
    failed = advance(made, begin(made).run, Outcome(1, "failed", "down"), facts(), NOW)
    moved = migrate(made, made, failed.run, facts(), NOW)
    assert moved.wait is not None
    assert failed.wait is not None
    assert (moved.wait.at, moved.run.state) == (failed.wait.at, State.RETRYING)


def test_a_key_that_was_used_before_the_node_came_on_a_loop_is_not_used_again() -> None:
    old = graph(note("n", "w"), node("w", "wait", {}, duration=hours(1)))
    new = graph(note("n", "w"), node("w", "wait", "g", duration=hours(1)), node("g", "goto", {"again": "n"}, max=2))
    begun = begin(old)
    waits = advance(old, begun.run, Outcome(1), facts(), NOW)
    moved = migrate(old, new, waits.run, facts(), NOW)
    again = timer(new, moved, 1)
    assert begun.effect is not None
    assert again.effect is not None
    assert (begun.effect.key, again.effect.key) == ("run:n:1", "run:n:2")
