"""Telling screens that something changed: a topic and an id, never a value.

Only the relay notifies: NOTIFY inside a business transaction takes a lock that serialises all commits. Each topic is
told at most once in 100 ms; the last change is always told.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

CHANNEL = "ringround_live"
EVERYONE = "*"  # the topic of a notice that says: something may have been missed
LEAST_GAP_S = 0.1


@dataclass(frozen=True, slots=True)
class Touch:
    """Something behind `topic` (`campaign:<id>`, `agent:<id>`, `import:<id>`) of `org_id` has changed."""

    org_id: UUID
    topic: str
    id: str = ""


_waiting: dict[str, Touch] = {}


def touch(org_id: UUID, topic: str, id: str = "") -> None:
    """Ask for a notice from inside the relay's own work (a tick), told with the next batch."""
    _waiting[topic] = Touch(org_id, topic, id)


class ScreenNotifier:
    """Coalesces touches by topic and sends them when their time has come."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def add(self, touches: Iterable[Touch]) -> None:
        for one in touches:
            _waiting[one.topic] = one

    def refresh(self) -> None:
        """Tell every screen to ask for all it shows."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"t": EVERYONE})])

    def flush(self, now: float | None = None) -> float | None:
        """Send what is due; seconds until the next is, or None when nothing waits."""
        now = time.monotonic() if now is None else now
        due = [t for topic, t in _waiting.items() if now - self._last.get(topic, -1e9) >= LEAST_GAP_S]
        if due:
            with connection.cursor() as cursor:
                payloads = [json.dumps({"o": str(t.org_id), "t": t.topic, "i": t.id}) for t in due]
                cursor.execute("SELECT pg_notify(%s, p) FROM unnest(%s::text[]) AS p", [CHANNEL, payloads])
            for one in due:
                del _waiting[one.topic]
                self._last[one.topic] = now
        if len(self._last) > 10_000:
            self._last = {topic: at for topic, at in self._last.items() if now - at < 1}
        if not _waiting:
            return None
        return max(0.0, min(LEAST_GAP_S - (now - self._last.get(topic, -1e9)) for topic in _waiting))
