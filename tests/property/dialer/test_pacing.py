"""The Pacer's door: one call for each agent who is free, whatever happens in whatever order."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.dialer.pacing import Decision, Pacer, PacingSettings

AGENT_EVENTS = ("ready", "reserved", "talking", "wrapping", "leaving", "gone")
CALL_EVENTS = ("ringing", "answered", "human", "machine", "connected", "abandoned", "ended")


class Floor:
    """A floor of agents and the calls that are made for them, as the events tell it, counted another way."""

    def __init__(self, settings: PacingSettings) -> None:
        self.pacer = Pacer(settings)
        self.at = 0.0
        self.free: set[str] = set()
        self.waiting: set[str] = set()
        self.under_way: set[str] = set()
        self.launched = 0

    def tell(self, kind: str, **more: Any) -> None:
        self.pacer.observe({"at": self.at, "type": kind, **more})

    def agent(self, who: int, what: str) -> None:
        name = f"agent {who}"
        self.tell(f"agent_{what}", agent=name)
        (self.free.add if what in ("ready", "reserved") else self.free.discard)(name)

    def launch(self, how_many: int) -> None:
        for _ in range(how_many):
            self.launched += 1
            call = f"call {self.launched}"
            self.tell("call_launched", call=call)
            self.waiting.add(call)
            self.under_way.add(call)

    def call(self, which: int, what: str) -> None:
        if not self.under_way:
            return
        call = sorted(self.under_way)[which % len(self.under_way)]
        self.tell(f"call_{what}", call=call)
        if what in ("machine", "connected", "abandoned", "ended"):
            self.waiting.discard(call)
        if what == "ended":
            self.under_way.discard(call)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("agent"), st.integers(0, 6), st.sampled_from(AGENT_EVENTS)),
        st.tuples(st.just("call"), st.integers(0, 20), st.sampled_from(CALL_EVENTS)),
    ),
    max_size=120,
)


@given(STEPS)
def test_a_progressive_campaign_never_has_more_calls_than_agents_who_are_free_and_is_never_short_of_one(
    steps: list[tuple[str, int, str]],
) -> None:
    floor = Floor(PacingSettings(mode="progressive"))
    for subject, which, what in steps:
        floor.at += 0.4
        (floor.agent if subject == "agent" else floor.call)(which, what)
        decision = floor.pacer.decide(floor.at)
        assert decision.launch == max(len(floor.free) - len(floor.waiting), 0)
        floor.launch(decision.launch)
        assert floor.pacer.decide(floor.at).launch == 0


@given(STEPS, st.floats(1, 6), st.integers(0, 5), st.integers(0, 5))
def test_a_ratio_is_kept_within_leads_and_lines(
    steps: list[tuple[str, int, str]], ratio: float, leads: int, lines: int
) -> None:
    floor = Floor(PacingSettings(mode="fixed_ratio", ratio=ratio))
    for subject, which, what in steps:
        (floor.agent if subject == "agent" else floor.call)(which, what)
        floor.tell("leads_left", n=leads)
        floor.tell("lines_free", n=lines)
        decision = floor.pacer.decide(floor.at)
        assert decision.launch <= min(leads, lines)
        assert decision.launch + len(floor.waiting) <= max(ratio * len(floor.free), len(floor.waiting))


@given(STEPS)
def test_one_that_is_told_the_same_events_decides_the_same(steps: list[tuple[str, int, str]]) -> None:
    floor, told = Floor(PacingSettings()), []
    observe = floor.pacer.observe

    def noted(event: dict[str, Any]) -> None:
        told.append(copy.copy(event))
        observe(event)

    floor.pacer.observe = noted  # type: ignore[method-assign,assignment]
    for subject, which, what in steps:
        floor.at += 0.1
        (floor.agent if subject == "agent" else floor.call)(which, what)
        floor.launch(floor.pacer.decide(floor.at).launch)
    other = Pacer(PacingSettings())
    for event in told:
        other.observe(event)
    assert other.decide(floor.at) == floor.pacer.decide(floor.at)


def ready(*agents: str, **limits: int) -> Pacer:
    pacer = Pacer()
    for agent in agents:
        pacer.observe({"at": 0, "type": "agent_ready", "agent": agent})
    for name, n in limits.items():
        pacer.observe({"at": 0, "type": name, "n": n})
    return pacer


def test_deciding_changes_nothing() -> None:
    pacer = ready("a", "b")
    assert pacer.decide(1) == pacer.decide(1) == Decision(launch=2, cancel=(), reason="calls_under_way")


@pytest.mark.parametrize(
    ("pacer", "launch", "reason"),
    [
        (ready(), 0, "agents"),
        (ready("a", "b", leads_left=1), 1, "leads"),
        (ready("a", "b", lines_free=0), 0, "lines"),
        (ready("a", "b", leads_left=5, lines_free=5), 2, "calls_under_way"),
    ],
)
def test_why_not_more_is_said(pacer: Pacer, launch: int, reason: str) -> None:
    assert pacer.decide(0) == Decision(launch=launch, cancel=(), reason=reason)


def test_a_launch_takes_a_lead_and_a_line() -> None:
    pacer = ready("a", "b", leads_left=2, lines_free=1)
    pacer.observe({"at": 0, "type": "call_launched", "call": "1"})
    assert pacer.decide(0).reason == "lines"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"at": 4, "type": "agent_ready", "agent": "a"}, "comes after"),
        ({"at": float("nan"), "type": "agent_ready", "agent": "a"}, "comes after"),
        ({"at": 6, "type": "agent_asleep", "agent": "a"}, "no event agent_asleep"),
        ({"at": 6, "type": "weather", "n": 1}, "no event weather"),
        ({"at": 6, "type": "leads_lost", "n": 1}, "no event leads_lost"),
        ({"at": 6, "type": "leads_left", "n": -1}, "at least 0"),
        ({"at": 6, "type": "call_ended", "call": "7"}, "was not launched"),
        ({"at": 6, "type": "call_launched", "call": "1"}, "launched before"),
        ({"at": 6, "type": "call_lost", "call": "1"}, "no event call_lost"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(event: dict[str, Any], said: str) -> None:
    pacer = ready("a", "b")
    pacer.observe({"at": 5, "type": "call_launched", "call": "1"})
    with pytest.raises(ValueError, match=said):
        pacer.observe(event)
    assert pacer.decide(5).launch == 1


def test_what_was_before_the_last_event_is_not_decided() -> None:
    with pytest.raises(ValueError, match="before the last event"):
        ready("a").decide(-1)


@pytest.mark.parametrize(
    "wrong", [{"mode": "clever"}, {"ratio": 0.5}, {"ratio": float("nan")}, {"ratio": float("inf")}]
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"mode is one of|at least 1"):
        PacingSettings(**wrong)
