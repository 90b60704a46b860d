"""Doing here what the relay and the worker do elsewhere, until nothing waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

from django.db import connection
from procrastinate.contrib.django import app

from ringround.config import wiring
from ringround.infra import clock
from ringround.kernel.errors import NotFound, Unauthenticated
from ringround.onboarding import sandbox
from ringround.onboarding.actions.intake import webhook_called

_relay = cache(wiring.make_relay)


def settle() -> None:
    """Numbers, reactions, ticks and background work, as of the clock's moment."""
    with heard():
        _relay().drain()
    while _jobs():
        with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
            worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
        with heard():
            _relay().drain()


@contextmanager
def heard() -> Iterator[None]:
    """What the sandbox says is taken in here: no server is up while demo data is made."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        path = urlsplit(url).path
        *_rest, kind, slug, _webhook = path.split("/")
        try:
            webhook_called(
                kind=kind, slug=slug, headers=headers, raw=body, path=path, now=clock.now(), real=clock.real_now()
            )
        except Unauthenticated:
            return 401
        except NotFound:
            return 404
        return 200

    with sandbox.posting_by(post):
        yield


def _jobs() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo')")
        return bool(cursor.fetchone()[0])
