"""The one LISTEN connection of a web process: hears the relay, and comes back after the database did."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable
from contextlib import suppress

import psycopg
from psycopg import sql

from ringround.infra.relay.screens import CHANNEL, EVERYONE
from ringround.ui.live.hub import Hub

log = logging.getLogger(__name__)

# A connection whose other end is gone without a word is noticed by asking it something this often.
PROBE_S = 15.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0


class Listener:
    """Runs until stopped. `conninfo` is asked at each connect, so that a moved database is found."""

    def __init__(self, hub: Hub, conninfo: Callable[[], str], *, probe_s: float = PROBE_S) -> None:
        self._hub = hub
        self._conninfo = conninfo
        self._probe_s = probe_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, if not yet begun."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="live-listener")

    async def stop(self) -> None:
        """End, and wait for it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo(), autocommit=True) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._hub.listening()
                    pause = FIRST_PAUSE_S
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("live stream: the database is not reached (%s), trying again", type(error).__name__)
            finally:
                self._hub.deaf()
            # Not all processes of all machines in the same instant.
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            async for notice in connection.notifies(timeout=self._probe_s):
                self._tell(notice.payload)
            await connection.execute("SELECT 1")

    def _tell(self, payload: str) -> None:
        try:
            message = json.loads(payload)
            topic, id = str(message["t"]), str(message.get("i", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            log.error("live stream: a notice that cannot be read")
            return
        if topic == EVERYONE:
            self._hub.missed()
        else:
            self._hub.publish(topic, id)
