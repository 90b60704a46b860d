"""Made-up people at the other end, and what they do with a call. Pure: chance comes in by a seed, time not at all."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Did(StrEnum):
    """What comes of a call at the carrier; the answer to an Asterisk's trunk in brackets."""

    ANSWERED = "answered"
    MACHINE = "machine"
    BUSY = "busy"  # 486
    UNANSWERED = "unanswered"  # rings until the caller gives up
    UNKNOWN = "unknown"  # 404
    FULL = "full"  # 503
    DECLINED = "declined"  # 603
    DUMB = "dumb"  # nothing is said at all


# Q.850, as an Asterisk tells it.
CAUSES: Final = {Did.BUSY: 17, Did.UNKNOWN: 1, Did.FULL: 34, Did.DECLINED: 21}


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long something lasts: half the time less than `median_s`. `spread` is that of its logarithm; 0 is always."""

    median_s: float
    spread: float = 0.0

    def drawn(self, dice: random.Random) -> float:
        return dice.lognormvariate(math.log(self.median_s), self.spread) if self.spread else self.median_s


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Those whose number matches `numbers` (a pattern of its end): shares of 1, the rest never answers."""

    numbers: str = ""
    answered: float = 0.30
    machine: float = 0.15
    busy: float = 0.05
    unknown: float = 0.03
    full: float = 0.01
    declined: float = 0.02
    dumb: float = 0.0
    # From dialling to the first ring, from there to the answer, how long a person talks, how long they wait for
    # somebody to talk with, and how long a machine's greeting and recording go on.
    begins: Lasts = Lasts(0.4, 0.3)
    rings: Lasts = Lasts(9.0, 0.5)
    talks: Lasts = Lasts(110.0, 0.8)
    waits: Lasts = Lasts(6.0, 0.5)
    machine_talks: Lasts = Lasts(30.0)
    # A machine is known for one after so long; these shares are taken for the other.
    found: Lasts = Lasts(1.8, 0.1)
    person_taken_for_machine: float = 0.03
    machine_taken_for_person: float = 0.10

    def __post_init__(self) -> None:
        shares = [getattr(self, did.value) for did in Did if did is not Did.UNANSWERED]
        if min(shares) < 0 or sum(shares) > 1 + 1e-9:
            raise ValueError("shares of what comes of a call are 0 to 1, and together at most 1")
        re.compile(self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The table: the first whose pattern matches a number's end says how its people are; `people` are all others."""

    seed: int = 0
    people: People = field(default_factory=People)
    patterns: Sequence[People] = ()
    # An agent's telephone is up after so long; these are not there at all.
    agent_answers_s: float = 0.3
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What one call comes to, in seconds from the one before."""

    did: Did
    begins_s: float
    rings_s: float
    waits_s: float
    talks_s: float
    found_s: float
    taken_for_machine: bool


def fate(settings: Settings, number: str, nth: int) -> Fate:
    """What comes of the nth call to a number: the same with the same seed, whatever other calls there are."""
    people = next((one for one in settings.patterns if re.search(f"(?:{one.numbers})$", number)), settings.people)
    dice = random.Random(f"{settings.seed}:{number}:{nth}")
    drawn, did = dice.random(), Did.UNANSWERED
    for one in Did:
        if one is Did.UNANSWERED:
            continue
        drawn -= getattr(people, one.value)
        if drawn < 0:
            did = one
            break
    machine = did is Did.MACHINE
    mistaken = dice.random() < (people.machine_taken_for_person if machine else people.person_taken_for_machine)
    return Fate(
        did=did,
        begins_s=people.begins.drawn(dice),
        rings_s=people.rings.drawn(dice),
        waits_s=people.waits.drawn(dice),
        talks_s=(people.machine_talks if machine else people.talks).drawn(dice),
        found_s=people.found.drawn(dice),
        taken_for_machine=machine is not mistaken,
    )
