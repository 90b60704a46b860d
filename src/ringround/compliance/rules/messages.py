"""Whether a message may go to somebody now: the gates of SMS and e-mail, asked at the moment of sending.

As for calls, a gate that is shut says from when it may open; what waiting does not open says None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ringround.compliance.rules import Detail, Gate, Verdict, earliest
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_
from ringround.kernel.windows import Hours, Window, next_all_open

_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many to one person within a time."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is asked about one message. `sent`: when others went to the same person by the same channel."""

    suppressed: bool = False
    bounced: bool = False
    zones: tuple[str, ...] = ()
    quiet: tuple[Hours, ...] = ()  # hours at which it may be sent; each must be open, in each zone
    caps: tuple[Cap, ...] = ()
    sent: tuple[datetime, ...] = ()


def may_message(facts: MessageFacts, now: datetime) -> Verdict:
    """Whether it may be sent now, and when else."""
    found = message_gates(facts, now)
    if all(gate.ok for gate in found):
        return Verdict(True, found, now)
    return Verdict(False, found, earliest(lambda at: message_gates(facts, at), now))


def message_gates(facts: MessageFacts, now: datetime) -> tuple[Gate, ...]:
    """Every gate, those that no waiting opens first."""
    return (
        Gate("suppression", not facts.suppressed, None, Detail("suppressed") if facts.suppressed else None),
        Gate("bounced", not facts.bounced, None, Detail("bounced_before") if facts.bounced else None),
        _quiet(facts, now),
        _capped(facts, now),
    )


def _quiet(facts: MessageFacts, now: datetime) -> Gate:
    zones = [zone for name in facts.zones if (zone := find_zone(name)) is not None] or [ZoneInfo("UTC")]
    windows = [Window(hours, zone) for hours in facts.quiet for zone in zones]
    shut = next((one for one in windows if not one.is_open(now)), None)
    if shut is None:
        return Gate("quiet_hours", True)
    local = now.astimezone(shut.zone)
    why = Detail("quiet_hours", {"zone": shut.zone.key, "local_time": f"{local:%H:%M}"})
    return Gate("quiet_hours", False, next_all_open(windows, now), why)


def _capped(facts: MessageFacts, now: datetime) -> Gate:
    found: list[tuple[datetime, Detail]] = []
    for cap in facts.caps:
        recent = sorted((at for at in facts.sent if now - cap.within < at), reverse=True)
        if len(recent) >= cap.most:
            # The one that is to go waits until the n-th newest is that old; with none allowed, for ever.
            said = Detail("capped", {"most": cap.most, "days": cap.within.days})
            if cap.most == 0:
                return Gate("cap", False, None, said)
            found.append((recent[cap.most - 1] + cap.within, said))
    if not found:
        return Gate("cap", True)
    until, why = max(found, key=lambda one: one[0])
    return Gate("cap", False, until, why)


def quiet_hours(raw: Mapping[str, Any] | None, *, loc: Loc = ("quiet",)) -> Hours | None:
    """The hours at which messages may be sent, from when they may not: `{"from": "21:00", "to": "08:00"}` on every day.
    None for none. Raises Invalid; from and to the same leaves no hour at all and is refused."""
    if raw is None:
        return None
    times = [_minutes(raw.get(name)) for name in ("from", "to")]
    faults = [
        Fault((*loc, name), "bad_time", N_("Write times as HH:MM."))
        for name, at in zip(("from", "to"), times, strict=True)
        if at is None
    ]
    if not faults and times[0] == times[1]:
        faults = [Fault(loc, "no_hours", N_("These hours leave no time to send anything."))]
    if faults:
        raise Invalid(faults)
    begin, end = times
    assert begin is not None
    assert end is not None
    # Quiet from 21 to 8 is open from 8 to 21; quiet from 12 to 13 is open before and after.
    day: Sequence[tuple[int, int]] = (
        [(end, begin)] if end < begin else [one for one in ((0, begin), (end, _DAY_MINUTES)) if one[0] < one[1]]
    )
    return Hours((tuple(day),) * 7)


def _minutes(raw: object) -> int | None:
    if not isinstance(raw, str) or len(raw) != 5 or raw[2] != ":" or not (raw[:2] + raw[3:]).isdecimal():
        return None
    hours, minutes = int(raw[:2]), int(raw[3:])
    return hours * 60 + minutes if hours < 24 and minutes < 60 else None
