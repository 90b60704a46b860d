"""What the packs of a campaign ask at one moment, together: the stricter wins, so all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ringround.compliance.packs import PACKS
from ringround.compliance.packs.shapes import CallingHours, MostCalls, NoHolidays, PriorBasis, RestAfterRefusal
from ringround.kernel.windows import Hours, Window


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` calls within any `within`."""

    pack: str
    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Rest:
    """No call for so long after a refusal."""

    pack: str
    rest: timedelta


@dataclass(frozen=True, slots=True)
class Ground:
    """Consent beforehand, or one of these relations: for each the days for which one that has ended still counts."""

    pack: str
    consent: bool
    relations: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Demands:
    """Of each lead: how often, how long after a refusal, and on what ground."""

    caps: tuple[Cap, ...] = ()
    rests: tuple[Rest, ...] = ()
    grounds: tuple[Ground, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.caps or self.rests or self.grounds)

    def to_json(self) -> dict[str, Any]:
        """As the database asks the same (campaigns/sql/functions/packs_v1.sql); lengths in seconds."""
        return {
            "caps": [[one.most, one.within.total_seconds()] for one in self.caps],
            "rest": max((one.rest.total_seconds() for one in self.rests), default=0),
            "grounds": [{"consent": one.consent, "relations": dict(one.relations)} for one in self.grounds],
        }


def unknown(packs: Sequence[str]) -> tuple[str, ...]:
    """Those that are not served here."""
    return tuple(pack for pack in packs if pack not in PACKS)


def demands(packs: Sequence[str], at: datetime) -> Demands:
    """What they ask at this moment; an unknown one asks nothing here, and is refused elsewhere."""
    caps, rests, grounds = [], [], []
    for key in packs:
        for rule in PACKS[key].holding(at) if key in PACKS else ():
            match rule.effect:
                case MostCalls(most, within):
                    caps.append(Cap(key, most, within))
                case RestAfterRefusal(rest):
                    rests.append(Rest(key, rest))
                case PriorBasis(consent, relations):
                    grounds.append(Ground(key, consent, relations))
                case _:
                    pass
    return Demands(tuple(caps), tuple(rests), tuple(grounds))


@lru_cache(maxsize=4096)
def windows(packs: tuple[str, ...], zone: ZoneInfo) -> tuple[Window, ...]:
    """The hours and holidays of the packs in one zone, each on the days on which it holds."""
    found = []
    for key in packs:
        for rule in PACKS[key].rules if key in PACKS else ():
            match rule.effect:
                case CallingHours(hours):
                    found.append(Window(hours, zone, None, rule.since, rule.until, key))
                case NoHolidays(place):
                    found.append(Window(Hours.always(), zone, place, rule.since, rule.until, key))
                case _:
                    pass
    return tuple(found)


def looks_back(packs: Sequence[str]) -> timedelta:
    """How old a call or a refusal can be and still count, by any of their rules; and a day for the call itself."""
    found = timedelta()
    for key in packs:
        for rule in PACKS[key].rules if key in PACKS else ():
            match rule.effect:
                case MostCalls(_, within):
                    found = max(found, within)
                case RestAfterRefusal(rest):
                    found = max(found, rest)
                case _:
                    pass
    return found + timedelta(days=1)


def next_change(packs: Sequence[str], after: datetime) -> datetime | None:
    """When the next of their rules begins or ends; then leads that nothing happens to have another place."""
    times = [
        at
        for key in packs
        if key in PACKS
        for rule in PACKS[key].rules
        for at in PACKS[key].times(rule)
        if at is not None and at > after
    ]
    return min(times, default=None)
