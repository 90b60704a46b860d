"""A statement that may take only so long: reports read in short steps, each with a snapshot of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from ringround.kernel.errors import Conflict
from ringround.kernel.messages import N_

STEP_S = 15.0


@contextmanager
def bounded(seconds: float = STEP_S) -> Iterator[None]:
    """Statements inside are cut off after `seconds` each; Conflict `report_too_slow` then.

    For one statement at a time: the isolation is READ COMMITTED, so the snapshot goes with the statement, and the
    transaction is over before the next.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
            yield
    except OperationalError as fault:
        if isinstance(fault.__cause__, QueryCanceled):
            raise Conflict("report_too_slow", N_("This takes too long. Ask for less at once.")) from fault
        raise
