"""Whether a kept connection still serves is seen without asking the server."""

from __future__ import annotations

import select
import time

from django.db.backends.postgresql import base

# The longest that a connection is believed unasked: something between here and the server may have dropped it silently.
BELIEVED_S = 30.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django asks with `SELECT 1` at the first statement of every request: a statement in each seven of a short one.

    A server that went away has closed the connection, and then there is something to read: its goodbye. On one that
    rests there is nothing. So the server is asked only where there is, or where nobody has for half a minute.
    """

    _asked_at = 0.0

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
