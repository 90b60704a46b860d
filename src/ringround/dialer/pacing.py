"""How many calls to begin now, and which to give up. Events in, decisions out: no clock, no database, no dice.

    pacer = Pacer(PacingSettings(mode="progressive"))
    pacer.observe({"at": 0.0, "type": "agent_ready", "agent": "anna"})
    pacer.observe({"at": 0.0, "type": "leads_left", "n": 100})
    pacer.decide(0.0)  # Decision(launch=1, ...)

It knows what it was told, in the order of time, and nothing else. `decide` changes nothing by itself: only the
`call_launched` that follows does. So whoever takes over tells a new one the same events and has the same Pacer.

- `agent_ready`, `agent_reserved`, `agent_talking`, `agent_wrapping`, `agent_leaving` (after what is in hand) and
  `agent_gone`, with `agent`: what an agent does now.
- `call_launched`, `call_ringing`, `call_answered`, `call_human`, `call_machine`, `call_connected`, `call_abandoned` and
  `call_ended`, with `call`: what has become of a call.
- `leads_left` and `lines_free`, with `n`: how many there are; untold is no limit.

`at` is in seconds. What is not in order, of another type or of a call that is not known raises ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Mode(StrEnum):
    PROGRESSIVE = "progressive"  # one call for each agent who is free
    FIXED_RATIO = "fixed_ratio"  # so many lines for each agent who is free


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingSettings:
    """All have a default. `ratio`: lines for each free agent, at least 1 (`fixed_ratio` alone)."""

    mode: str = Mode.PROGRESSIVE
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if self.mode not in set(Mode):
            raise ValueError(f"mode is one of {', '.join(Mode)}")
        if not (self.ratio >= 1.0 and math.isfinite(self.ratio)):
            raise ValueError("ratio is a number of at least 1")


@dataclass(frozen=True, slots=True)
class Decision:
    """Begin so many calls now, and give these up; `reason` is why not more, as a word for the board."""

    launch: int
    cancel: tuple[str, ...]
    reason: str


class Agent(StrEnum):
    READY = "ready"
    RESERVED = "reserved"
    TALKING = "talking"
    WRAPPING = "wrapping"
    LEAVING = "leaving"


# Whom a call can still come to.
FREE: Final = frozenset({Agent.READY, Agent.RESERVED})
# What becomes of a call, but for its launch and its end; a machine, and one that nobody came to, wait for nobody.
SETTLED: Final = {
    "connected": True,
    "abandoned": True,
    "machine": True,
    "ringing": False,
    "answered": False,
    "human": False,
}


class Pacer:
    """The state of one campaign's dialling, kept by its events."""

    def __init__(self, settings: PacingSettings | None = None) -> None:
        self.settings = settings or PacingSettings()
        self._at = -math.inf
        self._agents: dict[str, Agent] = {}
        # Calls under way -> whether they want an agent no more.
        self._calls: dict[str, bool] = {}
        self._leads_left: int | None = None
        self._lines_free: int | None = None

    def observe(self, event: Mapping[str, Any]) -> None:
        """Take in an event. ValueError, and nothing has changed, for one that cannot be."""
        at, kind = float(event["at"]), str(event["type"])
        if not at >= self._at:
            raise ValueError(f"{kind} at {at} comes after {self._at}")
        subject, _, what = kind.partition("_")
        take: Callable[[Mapping[str, Any], str], None] | None = {
            "agent": self._agent, "call": self._call, "leads": self._number, "lines": self._number,
        }.get(subject)  # fmt: skip
        if take is None:
            raise ValueError(f"there is no event {kind}")
        take(event, what)
        self._at = at

    def decide(self, now: float) -> Decision:
        """What to do at `now`, in seconds, not before the last event."""
        if not now >= self._at:
            raise ValueError(f"{now} is before the last event, at {self._at}")
        free = sum(state in FREE for state in self._agents.values())
        waited_for = sum(not settled for settled in self._calls.values())
        wanted = math.floor(self.settings.ratio * free) if self.settings.mode == Mode.FIXED_RATIO else free
        limits = {"leads": self._leads_left, "lines": self._lines_free}
        launch, reason = wanted - waited_for, "agents" if free == 0 else "calls_under_way"
        for name, limit in limits.items():
            if limit is not None and limit < launch:
                launch, reason = limit, name
        return Decision(launch=max(launch, 0), cancel=(), reason=reason)

    def _agent(self, event: Mapping[str, Any], what: str) -> None:
        agent = str(event["agent"])
        if what == "gone":
            self._agents.pop(agent, None)
        elif what in set(Agent):
            self._agents[agent] = Agent(what)
        else:
            raise ValueError(f"there is no event agent_{what}")

    def _call(self, event: Mapping[str, Any], what: str) -> None:
        call = str(event["call"])
        if what == "launched":
            if call in self._calls:
                raise ValueError(f"the call {call} was launched before")
            self._calls[call] = False
            # Both are told anew from time to time; until then they are one less.
            self._leads_left = None if self._leads_left is None else max(self._leads_left - 1, 0)
            self._lines_free = None if self._lines_free is None else max(self._lines_free - 1, 0)
            return
        if call not in self._calls:
            raise ValueError(f"the call {call} was not launched, or has ended")
        if what == "ended":
            del self._calls[call]
        elif what in SETTLED:
            self._calls[call] = self._calls[call] or SETTLED[what]
        else:
            raise ValueError(f"there is no event call_{what}")

    def _number(self, event: Mapping[str, Any], what: str) -> None:
        number = int(event["n"])
        if number < 0:
            raise ValueError(f"{event['type']} is at least 0")
        match event["type"]:
            case "leads_left":
                self._leads_left = number
            case "lines_free":
                self._lines_free = number
            case _:
                raise ValueError(f"there is no event {event['type']}")
