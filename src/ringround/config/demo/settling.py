"""Doing here what the relay and the worker do elsewhere, until nothing waits."""

from __future__ import annotations

from functools import cache

from django.db import connection
from procrastinate.contrib.django import app

from ringround.config import wiring

_relay = cache(wiring.make_relay)


def settle() -> None:
    """Numbers, reactions, ticks and background work, as of the clock's moment."""
    _relay().drain()
    while _jobs():
        with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
            worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
        _relay().drain()


def _jobs() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo')")
        return bool(cursor.fetchone()[0])
