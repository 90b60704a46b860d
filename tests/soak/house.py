"""The running product that a soak kills again and again: its processes and its server end by SIGKILL, its clock is
moved, and its database is read."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

import psycopg

from tests import database
from tests.conftest import SERVER
from tests.e2e.product import ROOT, Product
from tests.soak import crew

EVERYDAY = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass
class House:
    """The product, and what has gone wrong with it so far."""

    # Who may be killed, by a word of its command line; the server has none.
    victims: ClassVar[Mapping[str, str]]

    product: Product
    deaths: Counter[str] = field(default_factory=Counter)
    died_at: dict[str, datetime] = field(default_factory=dict)
    steps: list[float] = field(default_factory=list)
    # How long each part took, for the report.
    parts: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def token(self) -> str:
        return str(self.product.told["tokens"]["owner"])

    @property
    def org(self) -> str:
        return str(self.product.told["orgs"]["charity"]["id"])

    def beside(self, module: str, *words: str) -> str:
        """A program beside the product, on its data."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("RINGROUND_")}
        environ = {
            **plain, "RINGROUND_DATA": str(self.product.data), "DJANGO_SETTINGS_MODULE": "ringround.config.settings",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", module, *words], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def kill(self, what: str, dice: Random) -> bool:
        """End one of them as a power cut would; whether there was one at this moment."""
        try:
            if what == "postgres":
                found = self.postgres()
            else:
                found = self.product.processes(self.victims[what])
            if not found:
                return False
            os.kill(dice.choice(found), signal.SIGKILL)
        except OSError:
            return False  # gone meanwhile
        self.deaths[what] += 1
        self.died_at[what] = crew.utc_now()
        return True

    def postgres(self) -> list[int]:
        """The server's process; none while it starts, when the file may be that of the one before."""
        lines = (self.product.data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()
        return [int(lines[0])] if len(lines) >= 8 and lines[7].strip() == "ready" else []

    async def deaths_and_jumps(
        self, stop: asyncio.Event, dice: Random, between_s: tuple[float, float], jumps: list[float]
    ) -> None:
        """Each of them dies in its turn, in another order every time, so long after the one before; most deaths come
        with a jump of the clock. Goes on until everybody has died."""
        while not stop.is_set() or set(self.deaths) != set(self.victims):
            # One that is just being started is waited for.
            for what in dice.sample(list(self.victims), len(self.victims)):
                if stop.is_set() and what in self.deaths:
                    continue
                await asyncio.sleep(dice.uniform(*between_s))
                end = time.monotonic() + crew.PATIENCE_S
                while not self.kill(what, dice):
                    assert time.monotonic() < end, f"{what} does not come back"
                    await asyncio.sleep(0.2)
                if dice.random() < 0.7:
                    self.step_clock(dice.choice(jumps))

    def step_clock(self, by_s: float, *, note: bool = True) -> None:
        """The clock of the whole machine jumps: every process reads its offset from one file."""
        file = self.product.data / "clock.json"
        found = json.loads(file.read_text())["offset_s"]
        draft = file.with_suffix(".soak")
        draft.write_text(json.dumps({"offset_s": found + by_s}))
        draft.replace(file)
        if note:
            self.steps.append(by_s)

    def now(self) -> datetime:
        offset = json.loads((self.product.data / "clock.json").read_text())["offset_s"]
        return crew.utc_now() + timedelta(seconds=offset)

    def read(self, text: str, *params: object) -> list[tuple[Any, ...]]:
        from ringround.infra.postgres import Server

        with psycopg.connect(Server(self.product.data).dsn, autocommit=True) as db:
            done = db.execute(text, params or None)  # type: ignore[call-overload]
            return list(done.fetchall()) if done.description else []

    def part(self, name: str) -> None:
        """A part ends here."""
        self.parts[name] = round(time.monotonic() - self.began - sum(self.parts.values()), 1)


def migrated() -> str:
    """The address of the tests' own migrated database, which nobody else uses as it is."""
    url = os.environ[SERVER]
    return database.named(url, database.template(url))
