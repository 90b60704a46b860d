"""A run, what wakes it, and what comes of a move: the values that `interpreter.advance` takes and gives.

    engine                                     advance
    ------                                     -------
    Enter(event)            ----------------->  Moved(effect=…)    do it, in one batch with other runs' effects,
    Outcome(epoch, "ok")    ----------------->  Moved(wait=…)      keep the run, and a timer row where `wait.at` is set
    Timer(epoch)            ----------------->  Moved(finished=…)

Every move that does anything raises the run's epoch; a timer, an event or an outcome of an older epoch is stale and
does nothing. What comes of a move is one of: an effect to be done, a wait, an end, or (stale) nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ringround.journeys.rules.values import Event

# Of one run; past them it ends, and somebody is told.
MOST_VISITS = 100
MOST_STEPS = 1_000
# Journeys that start each other are this deep at most.
DEEPEST_CAUSE = 8
# How often an effect that failed is tried, and how long is waited after the first, the second failure.
TRIES = 3


class State(StrEnum):
    NEW = "new"  # made, and not yet begun: Enter -> any of the others
    ACTING = "acting"  # an effect is out: its outcome -> any
    WAITING = "waiting"  # at a wait: timer or event -> any
    RETRYING = "retrying"  # an effect failed, or its lead is in a call: tried again at `due`: timer -> acting
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One lead's way through one version. All that the interpreter keeps; the engine adds who and where.

    `arrived_at` is when it came to its node, from which waits are reckoned; `due` the node's own time, which a maximum
    age does not move. `visits` counts nodes that lie on a loop, others are visited once. `event` is kept only where the
    journey asks about it later (`Graph.keeps_event`).
    """

    id: str
    state: State = State.NEW
    node: str | None = None
    epoch: int = 0
    started_at: datetime
    arrived_at: datetime | None = None
    due: datetime | None = None
    visits: Mapping[str, int] = field(default_factory=dict)
    steps: int = 0
    tries: int = 0
    depth: int = 1
    # The wait at which it last slept, and when it woke: a wait for a time of day that is met again in the same minute
    # is for the next day.
    woke: tuple[str, datetime] | None = None
    event: Event | None = None
    # An effect waits for a call on the lead to end: the lead's status when it was decided on; and whether the run came
    # straight from its entry condition, which is then asked again.
    put_off: tuple[str, bool] | None = None


# --- what wakes a run -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enter:
    """The run begins. `event` is None for one started by hand or by the calendar."""

    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    epoch: int


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the lead that may concern the run where it stands (`Graph.listens`).

    `epoch` is the one under which the run was found waiting; None where it is read and moved in one transaction.
    """

    event: Event
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the effect: ok, skipped or failed, with a reason. `final`: trying again would not help.

    `later`: not now, but `at`; everything is asked again by then. `outside`: it came by itself, after a time in which
    nothing else was heard.
    """

    epoch: int
    status: str = "ok"
    reason: str = ""
    final: bool = False
    at: datetime | None = None
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """The run is ended from outside: by hand, by another journey, or since its lead is gone; `how` it is then told."""

    reason: str = "stopped"
    how: str = "stopped"


Wake = Enter | Timer | Happened | Outcome | Stop


# --- what comes of a move ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """To be done by the engine. `key` is stable (`run:node:visit`): a repeat is recognised by it.

    `data` is resolved: times are instants, the campaign of a table is found. By type:

    - reset, deactivate, activate, fast_forward, release: {}
    - close, set_status: {status}; assign: {user}; priority: {value}; urgent: {on}; snooze: {until}
    - next_contact: {at, keep: set|earliest} (`earliest` is reckoned against the locked lead)
    - set_field: {field, value}; note: {text, console}; suppress: {channel, scope}
    - add_to_campaign, move_to_campaign: {campaign, next_contact_at or None, duplicate: skip|update|reset}
    - send_sms, send_email: {template, quiet_hours or None}
    - call_url: {url, method, values: {path: value}}; notify_user: {user, text}; emit_event: {name}
    - start_journey, stop_journey: {journey}
    - limit: {most, since}: how many runs were let through this node since then; `ok` lets through, and is counted;
      `skipped` is over the limit
    """

    type: str
    node: str
    visit: int
    key: str
    data: Mapping[str, Any]
    # Of an effect that waited for a call to end: the lead's status when it was asked again whether it is meant still.
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """When to wake the run at the latest (None: only by an event), and since when it waits for what."""

    at: datetime | None
    node: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Why the run ended. `end` (its way was over), `goal`, `exit`, `exit_when`, `max_age`, `past`, `late`, `skipped`,
    `failed`, `no_campaign`, `too_many_visits`, `too_many_steps`, `version`, `entry`, `stopped`;
    `name` is the writer's own."""

    reason: str
    name: str = ""

    @property
    def alarming(self) -> bool:
        """Whether somebody is to be told: the journey goes round and round."""
        return self.reason in ("too_many_visits", "too_many_steps")


class Entry(NamedTuple):
    """A line of the run's log, of which the figures per node are made.

    `what`: entered, left (detail: the arrow), skipped, failed (detail: the reason), waiting, finished (detail: why).
    """

    node: str | None
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move came to: exactly one of `effect`, `wait` and `finished`, or `stale` and nothing has changed. One that
    is taken over to a new version while its step is out has none of them.

    `late_s` is how long after its time a timer was taken, in seconds.
    """

    run: Run
    effect: Effect | None = None
    wait: Wait | None = None
    finished: Finished | None = None
    log: tuple[Entry, ...] = ()
    stale: bool = False
    late_s: float = 0.0
