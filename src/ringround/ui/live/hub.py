"""Who hears what, in one process: subscribers by topic, and the last two minutes for those who come back."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

KEEP_S = 120.0
KEEP_EVENTS = 5_000
# More different changes than this waiting for one client: it does not read. It may come back and refresh.
MOST_WAITING = 256
REFRESH = "refresh"
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Happened:
    """One change. `at` is real time in seconds, `number` counts in this process."""

    number: int
    at: float
    topic: str
    id: str


@dataclass(eq=False)
class Client:
    """One open stream. `names`: topic -> the name its owner asked for (`agent:<id>` -> `agent:me`)."""

    names: dict[str, str]
    # What waits, once each: a client that lags is told the last of several like changes.
    waiting: dict[tuple[str, str], int] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[object] | None = None
    dropped: bool = False

    def put(self, name: str, id: str, number: int) -> None:
        """Let the client hear it; one that does not read is dropped."""
        if self.dropped:
            return
        self.waiting.pop((name, id), None)
        self.waiting[name, id] = number
        if len(self.waiting) > MOST_WAITING:
            self.dropped = True
            self.waiting.clear()
            # It may be stuck in a write that never returns.
            if self.task is not None:
                self.task.cancel()
        self.wake.set()

    def take(self) -> list[tuple[str, str, int]]:
        """Everything that waits, oldest first."""
        taken = [(name, id, number) for (name, id), number in self.waiting.items()]
        self.waiting.clear()
        self.wake.clear()
        return taken


class Hub:
    """Lives in one event loop; nothing here awaits, so nothing here is half done."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self._number = 0
        self._recent: deque[Happened] = deque(maxlen=KEEP_EVENTS)
        self._clients: dict[str, set[Client]] = {}
        self._all: set[Client] = set()
        # Since when everything has been heard without a gap; None while not listening.
        self._complete_since: float | None = None

    def __len__(self) -> int:
        return len(self._all)

    @property
    def position(self) -> str:
        """Where this process's record stands now; `Last-Event-ID` of who has heard everything."""
        return f"{self.epoch}.{self._number}"

    def listening(self) -> None:
        """The connection stands (again)."""
        self.missed()

    def missed(self) -> None:
        """Whoever is here may have missed something: the record begins anew."""
        self._complete_since = time.time()
        self._recent.clear()
        # The gap is a step of its own, so that no position from before it counts as complete.
        self._number += 1
        for client in self._all:
            client.put(REFRESH, "", self._number)

    def deaf(self) -> None:
        """The connection is lost; until it is back, nobody can be told what they missed."""
        self._complete_since = None

    def publish(self, topic: str, id: str) -> None:
        """Tell everyone who listens to the topic."""
        self._number += 1
        now = time.time()
        if len(self._recent) == KEEP_EVENTS and self._complete_since is not None:
            # The oldest falls out: from before it the record has a gap.
            self._complete_since = max(self._complete_since, self._recent[0].at)
        self._recent.append(Happened(self._number, now, topic, id))
        for client in self._clients.get(topic, ()):
            client.put(client.names[topic], id, self._number)

    def join(self, names: dict[str, str], *, since: float | None = None, last_id: str = "") -> Client:
        """A new stream; it is first told what happened after `last_id` or the moment `since`, else to refresh."""
        client = Client(names)
        self._all.add(client)
        for topic in names:
            self._clients.setdefault(topic, set()).add(client)
        self._catch_up(client, since, last_id)
        return client

    def narrow(self, client: Client, names: dict[str, str]) -> None:
        """The stream goes on with fewer topics."""
        self._forget(client, client.names.keys() - names.keys())
        client.names = names

    def leave(self, client: Client) -> None:
        """The stream has ended."""
        self._all.discard(client)
        self._forget(client, client.names)

    def _forget(self, client: Client, topics: Iterable[str]) -> None:
        for topic in topics:
            listeners = self._clients.get(topic)
            if listeners is not None:
                listeners.discard(client)
                if not listeners:
                    del self._clients[topic]

    def close(self) -> None:
        """End every stream, so that the process can."""
        for client in list(self._all):
            client.dropped = True
            client.wake.set()

    def _catch_up(self, client: Client, since: float | None, last_id: str) -> None:
        epoch, _, digits = last_id.partition(".")
        if last_id:
            if epoch == self.epoch and _DIGITS.fullmatch(digits) and self._has_all_after(int(digits)):
                self._replay(client, [one for one in self._recent if one.number > int(digits)])
            else:
                client.put(REFRESH, "", self._number)
        elif since is not None:
            horizon = max(self._complete_since or time.time(), time.time() - KEEP_S)
            if since >= horizon:
                self._replay(client, [one for one in self._recent if one.at >= since])
            else:
                client.put(REFRESH, "", self._number)

    def _has_all_after(self, number: int) -> bool:
        if self._complete_since is None:
            return False
        return number >= (self._recent[0].number - 1 if self._recent else self._number)

    @staticmethod
    def _replay(client: Client, past: list[Happened]) -> None:
        for one in past:
            if one.topic in client.names:
                client.put(client.names[one.topic], one.id, one.number)
