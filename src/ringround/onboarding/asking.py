"""Gateways are asked about sessions here, in the worker: whose time may be up, and whose beginning has lost its answer.

Beside the relay, which waits for nobody, and several at once: a provider that does not answer costs its own places.
There is nothing to lease: the same question twice has the same answer, and what comes of it is noted under the
session's lock, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from ringround.infra import clock
from ringround.infra.courier import CourierLoop
from ringround.onboarding.actions.sessions.expire import Asked, session_ask, sessions_asked

AT_ONCE, EACH = 8, 2


class Asker(CourierLoop[Asked, None]):
    """Questions about sessions."""

    name, at_once, idle_s = "sessions", AT_ONCE, 0.5

    def claim(self, *, free: int, now: datetime) -> list[Asked]:
        """What nobody here asks yet, of one account no more than its places."""
        asked = list(self.under_way.values())
        places = Counter(one.account_id for one in asked)
        found: list[Asked] = []
        for one in sessions_asked(
            now=clock.now(), busy=[one.session_id for one in asked], limit=AT_ONCE * 8, each=EACH
        ):  # fmt: skip
            if len(found) < free and places[one.account_id] < EACH:
                places[one.account_id] += 1
                found.append(one)
        return found

    def carry(self, parcel: Asked) -> None:
        """Asked and noted, on a connection of the thread's own: between its transactions the call is made."""
        try:
            session_ask(session_id=parcel.session_id, lost=parcel.lost, now=clock.now())
        finally:
            connection.close()

    def done(self, *, back: Sequence[tuple[Asked, None]], now: datetime) -> None:
        """Each has noted its own."""
