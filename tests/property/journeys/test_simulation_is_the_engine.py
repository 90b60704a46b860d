"""Promise 9: what the simulation says of a lead and what happens to it is what the engine does.

Journeys, leads and what happens to them by chance. The live engine plays it on the real database and virtual time; the
simulation is given what people and machines did, and has to come to the same runs, line by line and to the second, the
same messages (when each went, waits until, or why it did not), the same requests to addresses, and the same leads, at
every step of the way.

What the simulation cannot know is given to it: what an address answers and when, what an agent says in a call or that
the lease of it ran out, what a machine or a person does with a message, and what managers do to journeys meanwhile
(`managed.py`: they hold and resume them, publish anew, take runs over). What follows from that it finds by itself.

By a seeded generator: the same each time. `RINGROUND_TEST_SOAK=1` (`make soak`) plays many more, and
`RINGROUND_TEST_SEEDS=5000:6000` those of these numbers.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from ringround.infra import clock
from tests.integration.campaigns.rig import MONDAY
from tests.property.journeys.chance import THEMES
from tests.property.journeys.live import Given, Ground, Live, ground, undone
from tests.property.journeys.simulated import Simulated

EACH = 20
SOAK, SEEDS = os.environ.get("RINGROUND_TEST_SOAK"), os.environ.get("RINGROUND_TEST_SEEDS", "")
FIRST, LAST = map(int, SEEDS.split(":")) if SEEDS else (0, 1000) if SOAK else (0, 18)
# What is to occur among the seeds that everybody plays, so that nothing is compared that never happens.
OCCURS = (
    "address: ok", "address: 503", "address: 404", "message: waits", "message: capped", "waits for a call",
    "held timer", "held answer", "taken over: waiting on", "taken over: acting", "taken over: elsewhere",
    "begun by: session_changed", "begun by: agreement_changed", "woken by: session_changed",
    "woken by: agreement_changed", "counted: signing",
)  # fmt: skip
# How long is looked after the last thing that happens.
AFTERWARDS = timedelta(days=45)


@pytest.fixture
def here(db: None) -> Ground:
    with clock.frozen(MONDAY):
        return ground()


@pytest.mark.parametrize("first", range(FIRST, LAST, EACH))
def test_the_simulation_comes_to_what_the_engine_does(here: Ground, first: int) -> None:
    happened: Counter[str] = Counter()
    for seed in range(first, min(first + EACH, LAST)):
        with undone(), clock.frozen(MONDAY):
            happened.update(compare(here, seed).world.happened)
    if first == 0:
        assert [one for one in OCCURS if not happened[one]] == [], happened


def compare(here: Ground, seed: int) -> Simulated:
    live, dice, themes = Live(here), Random(seed), [*THEMES]
    now = clock.now()
    live.lead(email=True, mobile=True)
    live.lead(email=False, mobile=True, attempts=2, status="automatic_redial", next_contact_at=now + timedelta(hours=5))
    live.settle()
    chance = live.begin(dice, themes[seed % len(themes)])
    live.start()
    live.play([Given(*one) for one in chance.script()], AFTERWARDS)
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
