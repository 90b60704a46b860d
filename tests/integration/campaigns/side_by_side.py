"""Two at work at the same moment, each in a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection


def beside(act: Callable[[], object]) -> threading.Thread:
    """`act` in a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for_a_waiter() -> None:
    """Until some other connection waits for a lock."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            # One that waits for a row waits for a transaction, which is of no database: but its table is.
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_locks t USING (pid) JOIN pg_database d ON d.oid = t.database"
                " WHERE d.datname = current_database() AND NOT l.granted"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
