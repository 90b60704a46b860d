"""Whether a kept connection still serves is seen without asking the server; and what waits for the next statement goes
before it, whichever way that one goes (`infra.database.prepared`)."""

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base

from ringround.infra.database import prepared

# The longest that a connection is believed unasked: something between here and the server may have dropped it silently.
BELIEVED_S = 30.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks with `SELECT 1` at the first statement of every request: a statement in each seven of a short one.

    A server that went away has closed the connection, and then there is something to read: its goodbye. On one that
    rests there is nothing. So the server is asked only where there is, or where nobody has for half a minute.
    """

    _asked_at = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: list[Any] = []

    def _cursor(self, name: str | None = None) -> Any:
        prepared.flush(self)
        return super()._cursor(name)  # type: ignore[misc]

    def _commit(self) -> None:
        if self.connection is not None:
            prepared.commit(self)

    def _rollback(self) -> None:
        self.waiting = []
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        # It is younger than any savepoint: SAVEPOINT and RELEASE send what waits. Never asked for, it cannot fail.
        self.waiting = []
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def _close(self) -> None:
        self.waiting = []
        super()._close()  # type: ignore[misc]

    def is_usable(self) -> bool:
        now = time.monotonic()
        if self.connection is not None and now - self._asked_at < BELIEVED_S and self._rests():
            return True
        usable = bool(super().is_usable())
        self._asked_at = now if usable else 0.0
        return usable

    def _rests(self) -> bool:
        if self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
