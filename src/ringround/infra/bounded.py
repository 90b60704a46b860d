"""A statement that may take only so long: reports read in short steps, each with a snapshot of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from ringround.kernel.errors import Conflict
from ringround.kernel.messages import N_

STEP_S = 15.0
# What somebody who waits for a page is given, however many steps it has.
WHOLE_S = 45.0
_end: ContextVar[float | None] = ContextVar("bounded_end", default=None)


@contextmanager
def within(seconds: float = WHOLE_S) -> Iterator[None]:
    """All the steps inside may take only so long together, so that a few large questions do not keep every thread of a
    web process; Conflict `report_too_slow` then. What nobody waits for has no such end."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


@contextmanager
def bounded(seconds: float = STEP_S) -> Iterator[None]:
    """Statements inside are cut off after `seconds` each, or what is left of `within`; Conflict `report_too_slow` then.

    For one statement at a time: the isolation is READ COMMITTED, so the snapshot goes with the statement, and the
    transaction is over before the next.
    """
    end = _end.get()
    if end is not None:
        left = end - time.monotonic()
        if left <= 0:
            raise _too_slow()
        seconds = min(seconds, max(left, 0.01))
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
            yield
    except OperationalError as fault:
        if isinstance(fault.__cause__, QueryCanceled):
            raise _too_slow() from fault
        raise


def _too_slow() -> Conflict:
    return Conflict("report_too_slow", N_("This takes too long. Ask for less at once."))
