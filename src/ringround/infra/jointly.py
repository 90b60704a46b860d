"""Writing jointly: what several threads want written at about the same moment goes in one statement and one commit.

1. Who finds nobody gathering leads: waits a moment for others, takes all that have come, writes it and lets them go.
2. Everybody else joins, and goes on when what they brought is committed.
3. Where the joint writing fails, or whoever led is gone, each writes its own: only theirs fails whose own does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from django.db import connection

log = logging.getLogger(__name__)

T = TypeVar("T")
# Who has waited so long for another's writing writes its own.
PATIENCE_S = 5.0


class _Group(Generic[T]):
    __slots__ = ("items", "lock", "written")

    def __init__(self) -> None:
        self.items: list[T] = []
        # Held by who leads until the group is written, or has failed.
        self.lock = Lock()
        self.written = False


class Jointly(Generic[T]):
    """`write(items)` for many threads. It commits by itself, and what it writes twice is as if written once."""

    def __init__(self, write: Callable[[Sequence[T]], object], *, wait_s: float) -> None:
        self._write, self._wait_s = write, wait_s
        self._door = Lock()
        self._gathering: _Group[T] | None = None

    def write(self, item: T) -> None:
        """Returns when it is committed; raises what its own writing raises. Within a transaction it is written there
        and then: nobody else's may depend on whether that one commits."""
        if connection.in_atomic_block:
            self._write([item])
            return
        with self._door:
            group = self._gathering
            leads = group is None
            if group is None:
                group = self._gathering = _Group()
                group.lock.acquire()
            group.items.append(item)
        if leads:
            self._lead(group)
        elif group.lock.acquire(timeout=PATIENCE_S):
            group.lock.release()
        if not group.written:
            self._write([item])

    def _lead(self, group: _Group[T]) -> None:
        try:
            time.sleep(self._wait_s)
            with self._door:
                self._gathering = None
            if len(group.items) > 1:
                self._write(group.items)
                group.written = True
        except Exception as error:
            # What was the matter is told by those whose own writing fails too.
            log.warning("%s cannot be written jointly: %s", len(group.items), type(error).__name__)
        finally:
            with self._door:
                if self._gathering is group:
                    self._gathering = None
            group.lock.release()
