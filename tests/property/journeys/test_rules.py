"""Whatever the journey and whatever happens: it ends or waits, nothing is early, nothing raises, all is repeatable."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringround.journeys.rules import document
from ringround.journeys.rules.conditions import ready
from ringround.journeys.rules.graph import Graph, compiled
from ringround.journeys.rules.interpreter import advance
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.migrate import migrate
from ringround.journeys.rules.run import (
    MOST_STEPS,
    MOST_VISITS,
    Enter,
    Happened,
    Moved,
    Outcome,
    Run,
    State,
    Stop,
    Timer,
)
from ringround.journeys.rules.simulate import Played, World
from ringround.journeys.rules.values import Event, Scope, zone_of
from tests.property.journeys.documents import NOW, conditions, documents, happenings, json, leads, moments


def often(examples: int) -> settings:
    """So many journeys; how quickly they are made up is a matter of the machine and of what else it does."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


ANSWERS = st.sampled_from([("ok", ""), ("ok", ""), ("skipped", "no_address"), ("failed", "down")])


def whole(moved: Moved) -> None:
    """A move comes to exactly one thing."""
    came_to = [moved.effect, moved.wait, moved.finished]
    assert sum(one is not None for one in came_to) == (0 if moved.stale else 1)
    if moved.finished is not None:
        assert moved.run.state is State.FINISHED


def played(raw: dict[str, Any], facts: Any, events: list[tuple[str, Event]], answers: list[Any]) -> World:
    said = iter(answers * 1000)
    world = World([Played("j", compiled(document.read(raw)))], NOW, says=lambda lead, effect: next(said, None))
    for name in ("a", "b"):
        world.add(name, deepcopy(facts))
    for lead, event in events:
        world.happen(lead, event)
    world.run_until(NOW + timedelta(days=60))
    return world


@often(120)
@given(documents(), leads(), happenings(), st.lists(ANSWERS, min_size=1, max_size=6))
def test_a_journey_always_ends_or_waits_and_does_nothing_twice(
    raw: Any, facts: Any, events: list[tuple[str, Event]], answers: list[Any]
) -> None:
    world = played(raw, facts, events, answers)
    for playing in world.runs.values():
        run, graph = playing.run, playing.journey.graph
        assert run.steps <= MOST_STEPS + 1
        assert all(count <= MOST_VISITS + 1 for count in run.visits.values())
        if run.state is State.FINISHED:
            assert playing.finished is not None
            continue
        # Nothing stalls: it waits for a time to come, or for something to happen.
        assert run.state in (State.WAITING, State.RETRYING)
        at = [timer[0] for timer in world._timers if timer[2:] == (run.id, run.epoch)]
        assert at or graph.listens(run.node)
        assert all(one > world.now for one in at)
    done = Counter(one.effect.key for one in world.done if one.status == "ok")
    assert all(count == 1 for count in done.values())
    figures = world.figures["j"]
    assert figures.started == len(world.runs)
    assert sum(figures.finished.values()) == sum(one.finished is not None for one in world.runs.values())


@often(60)
@given(documents(), leads(), happenings(), st.lists(ANSWERS, min_size=1, max_size=6))
def test_the_same_script_gives_the_same(
    raw: Any, facts: Any, events: list[tuple[str, Event]], answers: list[Any]
) -> None:
    one, two = (played(raw, facts, events, answers) for _ in range(2))
    assert one.done == two.done
    assert one.figures == two.figures
    assert {id: playing.run for id, playing in one.runs.items()} == {
        id: playing.run for id, playing in two.runs.items()
    }


@often(120)
@given(documents(loops=False), leads(), st.integers(1, 10**6))
def test_nothing_is_early(raw: Any, facts: Any, before: int) -> None:
    # A run that leaves by a condition may do so whenever it is asked.
    raw["settings"] = {name: value for name, value in raw["settings"].items() if name not in ("exit_when", "goal")}
    graph, now = compiled(document.read(raw)), NOW
    moved = advance(graph, Run(id="r", started_at=now), Enter(), facts, now)
    for _ in range(30):
        whole(moved)
        if moved.effect is not None:
            moved = advance(graph, moved.run, Outcome(moved.run.epoch), facts, now)
        elif moved.wait is not None and moved.wait.at is not None:
            assert moved.wait.at >= now
            early = max(now, moved.wait.at - timedelta(seconds=before))
            if early < moved.wait.at:
                sooner = advance(graph, moved.run, Timer(moved.run.epoch), facts, early)
                assert (sooner.run, sooner.wait) == (moved.run, moved.wait)
            now = moved.wait.at
            moved = advance(graph, moved.run, Timer(moved.run.epoch), facts, now)
        else:
            return


WAKES = st.one_of(
    st.builds(Enter, st.none() | st.builds(Event, st.just("campaigns.lead.created"), moments)),
    st.builds(Timer, st.integers(0, 3)),
    st.builds(
        Outcome, st.integers(0, 3), st.sampled_from(["ok", "skipped", "failed", "?"]), st.just("x"), st.booleans()
    ),
    st.builds(
        Happened,
        st.builds(
            Event,
            st.sampled_from(["campaigns.lead.status_changed", "campaigns.lead.updated", "messaging.message.opened"]),
            moments,
            st.dictionaries(st.sampled_from(["to", "from", "fields", "columns", "attempts", "machine"]), json),
        ),
        st.none() | st.integers(0, 3),
    ),
    st.builds(Stop),
)
JUNK = st.dictionaries(st.sampled_from(["lead", "contact", "campaign", "zone", "windows", "counts"]), json)


@often(120)
@given(documents(), documents(), st.lists(st.tuples(WAKES, leads() | JUNK, moments), max_size=8))
def test_a_move_comes_of_any_wake_on_any_facts_at_any_time(raw: Any, other: Any, moves: list[Any]) -> None:
    graph, new = compiled(document.read(raw)), compiled(document.read(other))
    run = Run(id="r", started_at=NOW)
    for wake, facts, now in moves:
        moved = advance(graph, run, wake, facts, now)
        whole(moved)
        run = moved.run
        over = migrate(graph, new, run, facts, now)
        if over.run.epoch == run.epoch:
            assert run.state in (State.NEW, State.ACTING, State.FINISHED)
        else:
            whole(over)


@often(120)
@given(conditions, leads() | JUNK, moments)
def test_a_condition_is_true_or_false_on_any_facts_and_changes_only_when_it_says(
    raw: Any, facts: Any, now: Any
) -> None:
    condition = ready(raw)
    scope = Scope(facts, None, now, zone_of(facts, None))
    answer = condition.test(scope)
    assert answer in (True, False)
    at = condition.flip(scope) if condition.flip is not None else None
    assert at is None or at > now
    later = at - timedelta(microseconds=1) if at is not None else now + timedelta(days=400)
    assert condition.test(Scope(facts, None, later, scope.zone)) is answer


# --- the linter -----------------------------------------------------------------------------------------


@often(120)
@given(json)
def test_the_linter_takes_any_json(raw: Any) -> None:
    assert check(raw).document is None


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A journey of which one place holds something else."""
    raw = draw(documents())
    at: Any = raw
    for _ in range(draw(st.integers(1, 7))):
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if isinstance(at[key], dict | list) and at[key] and draw(st.booleans()):
            at = at[key]
        else:
            at[key] = draw(json | st.sampled_from(["n0", "eq", "lead.status", OTHER_ID, {"all": [{}]}]))
            break
    return raw


OTHER_ID = "0190a000-0000-7000-8000-000000000009"


@often(180)
@given(spoilt(), leads())
def test_what_the_linter_lets_through_can_be_compiled_and_run(raw: Any, facts: Any) -> None:
    read = check(raw).document
    if read is not None:
        assert check(document.dump(read)).document == read
        graph: Graph = compiled(read)
        whole(advance(graph, Run(id="r", started_at=NOW), Enter(), facts, NOW))


@often(100)
@given(documents(loops=False))
def test_a_journey_without_loops_made_of_good_parts_is_good(raw: Any) -> None:
    assert check(raw).errors == []
