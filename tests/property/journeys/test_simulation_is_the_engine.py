"""Promise 9: what the simulation says of a lead and what happens to it is what the engine does.

Journeys, leads and what happens to them by chance. The live engine plays it on the real database and virtual time; the
simulation is given what people and machines did, and has to come to the same runs, line by line and to the second, the
same messages and notes, and the same leads, at every step of the way.

By a seeded generator: the same each time. `RINGROUND_TEST_SOAK=1` (`make soak`) plays many more.
"""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from ringround.infra import clock
from tests.integration.campaigns.rig import MONDAY
from tests.property.journeys.live import Given, Ground, Live, ground, undone
from tests.property.journeys.simulated import Simulated

GROUPS, EACH = (range(50), 20) if os.environ.get("RINGROUND_TEST_SOAK") else (range(4), 5)
# How long is looked after the last thing that happens.
AFTERWARDS = timedelta(days=45)


@pytest.fixture
def here(db: None) -> Ground:
    with clock.frozen(MONDAY):
        return ground()


@pytest.mark.parametrize("group", GROUPS)
def test_the_simulation_comes_to_what_the_engine_does(here: Ground, group: int) -> None:
    for seed in range(group * EACH, (group + 1) * EACH):
        with undone(), clock.frozen(MONDAY):
            compare(here, seed)


def compare(here: Ground, seed: int) -> Simulated:
    live, dice = Live(here), Random(seed)
    now = clock.now()
    live.lead(email=True, mobile=True)
    live.lead(email=False, mobile=True, attempts=2, status="automatic_redial", next_contact_at=now + timedelta(hours=5))
    live.settle()
    chance = live.begin(dice)
    live.start()
    live.play([Given(*chance.happening()) for _ in range(dice.randint(5, 12))], AFTERWARDS)
    simulated = Simulated(live)
    for n, leads in simulated.play():
        if live.seen[n]:
            assert leads == live.seen[n], (f"seed {seed}, before step {n}", other(leads, live.seen[n]))
    runs, played = live.runs(), simulated.runs()
    assert {key: len(found) for key, found in played.items()} == {key: len(found) for key, found in runs.items()}, seed
    for key, ids in runs.items():
        for id, playing in zip(ids, played[key], strict=True):
            assert simulated.told_of(playing) == live.told_of(id), (seed, key)
    assert simulated.effects() == live.effects(), seed
    return simulated


def other(one: dict[Any, dict[str, Any]], two: dict[Any, dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What of which lead is different: in the simulation, and in the engine."""
    both = ((key, name) for key in one.keys() | two.keys() for name in {**one.get(key, {}), **two.get(key, {})})
    found = ((key, name, one.get(key, {}).get(name, "?"), two.get(key, {}).get(name, "?")) for key, name in both)
    return [line for line in found if line[2] != line[3]]
