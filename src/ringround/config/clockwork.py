"""Moving the virtual clock: forward from one due moment to the next, so that things happen in the order of time.

What the relay does is done here too, by the process that was asked: everything in it is claimed by row locks, so the
two of them do each thing once, whoever comes first. Nothing here waits for the other's next round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from ringround.infra import clock
from ringround.infra.relay.loop import Relay

LOCK = 7_264_002  # "clock" among the product's advisory locks
# Two moments nearer to each other than this are one step; the relay, too, is up to half a second late.
SMALLEST_STEP = timedelta(seconds=1)
# How long a caller may wait. After half of it the steps grow: order gets coarser, but the answer comes.
PATIENCE_S = 30.0
JOBS_S = 30.0

_JOBS = """
SELECT count(*) FROM procrastinate_jobs
WHERE status = 'doing' OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
"""

NextDue = Callable[[], datetime | None]
Idle = Callable[[datetime], bool]


def run_until(target: datetime, *, relay: Relay, next_due: list[NextDue], idle: list[Idle]) -> None:
    """Go to `target`; returns when everything due by then is done, or has had its time."""
    with _alone():
        began = time.monotonic()
        wait_s = JOBS_S
        wait_s = _settle(relay, idle, wait_s)
        step = SMALLEST_STEP
        while clock.now() < target:
            now = clock.now()
            due = min((at for room in next_due if (at := room()) is not None and at > now), default=target)
            clock.set_offset(min(target, max(due, now + step)) - clock.real_now())
            wait_s = _settle(relay, idle, wait_s)
            if time.monotonic() - began > PATIENCE_S / 2:
                step = max(step * 2, (target - now) / 16)


def _settle(relay: Relay, idle: list[Idle], wait_s: float) -> float:
    """Until no event waits for its number or its reactions, no room has anything due, and no job is to be done; at most
    `wait_s`. Returns how long the next may wait: a job that never ends is waited for once, not at every step."""
    give_up_at = time.monotonic() + wait_s
    while True:
        relay.drain()
        quiet = all(room(clock.now()) for room in idle) and not _jobs()
        # A job may have ended between the two looks and left events behind.
        if quiet and not relay.step(ticks=False):
            return wait_s
        if time.monotonic() > give_up_at:
            return 0.0
        if not quiet:
            time.sleep(0.02)


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        return int(cursor.fetchone()[0])


@contextmanager
def _alone() -> Iterator[None]:
    """Two who move the clock at once go one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
