"""Everybody who uses the product during the soak, by HTTP alone: agents, a supervisor, somebody who imports, a program
that reads the change feed. They go on whatever dies: a request without an answer, or with 503, is sent again with the
same Idempotency-Key until it is answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx

# How long a request is repeated before the product counts as gone. A web process that was killed is minutes in coming
# back where many others want the processors.
PATIENCE_S = 400.0
PAUSE_S = 0.2


@dataclass
class Told:
    """What was asked and answered; what the audit holds against the database."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    # The note of each disposition: saved, refused, or unknown when no answer came before the end.
    said: dict[str, str] = field(default_factory=dict)
    imported: dict[str, int] = field(default_factory=dict)
    feed: list[str] = field(default_factory=list)
    repeats: int = 0
    cycles: int = 0


class Api:
    """One client's way to the product."""

    def __init__(self, client: httpx.AsyncClient, token: str, told: Told, name: str) -> None:
        self.client, self.told, self.name = client, told, name
        self.headers = {"Authorization": f"Bearer {token}"}

    async def __call__(
        self, method: str, path: str, body: Any = None, *, key: str = "", **more: Any
    ) -> httpx.Response:  # fmt: skip
        """The answer, after however many tries. 500 is a fault of the product; so is silence for that long."""
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = await self.client.request(method, f"/api/v1/{path}", json=body, headers=headers, **more)
            except httpx.TransportError as fault:
                last = repr(fault)
            else:
                if answer.status_code not in (429, 503):
                    what = f"{method} {path.split('?')[0].split('/')[0]} {answer.status_code}"
                    self.told.statuses[what] += 1
                    if answer.status_code >= 500:
                        self.told.faults.append(
                            f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:300]}"
                        )
                    return answer
                last = f"{answer.status_code} {answer.text[:200]}"
            self.told.repeats += 1
            if time.monotonic() > end:
                raise AssertionError(f"{self.name}: {method} {path} had no answer: {last}")
            await asyncio.sleep(PAUSE_S)


@dataclass
class Agent:
    """One agent at work."""

    api: Api
    campaign: str
    dispositions: dict[str, str]
    dice: Random
    now: Any
    think_s: float

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            answer = await self.api("POST", "agent/next", {})
            if answer.status_code == 409:
                code = answer.json()["code"]
                if code == "paused":
                    await self.api("POST", "agent/resume", {})
                else:
                    await self.api("POST", "agent/join", {"campaign": self.campaign})
            elif answer.status_code == 200:
                await self.treat(answer.json()["lead"])
                self.api.told.cycles += 1
            await asyncio.sleep(self.dice.uniform(0.2, 1.8) * self.think_s)

    async def treat(self, lead: dict[str, Any]) -> None:
        match self.dice.randrange(20):
            case 0 | 1:
                await self.api("POST", "agent/skip", {"reason": "optaget"})
            case 2:
                await self.api("POST", "agent/pause", {"reason": "kaffe"})
            case 3:
                # Looks away: asks again with the lead in hand, or comes back after the lease has run out.
                return
            case 4:
                await self.api("POST", "agent/leave", {"release": True})
            case choice:
                if choice % 3 == 0:
                    await self.api("POST", "agent/call", {"lead": lead["id"]})
                    await asyncio.sleep(self.dice.uniform(0, 0.3) * self.think_s)
                    await self.api("POST", "agent/hangup", {})
                await self.say(lead)

    async def say(self, lead: dict[str, Any]) -> None:
        kind = self.dice.choices(list(_KINDS), list(_KINDS.values()))[0]
        key = str(UUID(int=self.dice.getrandbits(128)))
        note = f"soak {key}"
        body: dict[str, Any] = {"lead": lead["id"], "disposition": self.dispositions[kind], "note": note}
        if kind.startswith("callback"):
            at = self.now() + timedelta(seconds=self.dice.randrange(5, 120))
            body["callback"] = {"at": at.isoformat(timespec="seconds")}
        self.api.told.said[note] = "unknown"
        answer = await self.api("POST", "agent/disposition", body, key=key)
        self.api.told.said[note] = "saved" if answer.is_success else "refused"

    async def go_home(self) -> None:
        await self.api("POST", "agent/leave", {"release": True})


_KINDS = {
    "no_contact": 35, "not_engaged": 25, "engaged": 10, "callback_private": 8, "do_not_call_back": 4, "invalid": 4,
}  # fmt: skip


@dataclass
class Supervisor:
    """Reassigns, reserves, takes back, puts leads first, and does so to many at once."""

    api: Api
    campaigns: list[str]
    agents: list[str]
    dice: Random
    every_s: float

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.sleep(self.dice.uniform(0.5, 1.5) * self.every_s)
            campaign = self.dice.choice(self.campaigns)
            answer = await self.api("GET", f"leads?campaign={campaign}&size=50&status=new,automatic_redial")
            leads = [one["id"] for one in answer.json()["items"]]
            if not leads:
                continue
            lead, agent = self.dice.choice(leads), self.dice.choice(self.agents)
            match self.dice.randrange(8):
                case 0 | 1:
                    await self.change(lead, {"assigned_to": self.dice.choice([agent, None])})
                case 2:
                    await self.change(lead, {"reservation": None})
                case 3:
                    await self.change(lead, {"reservation": {"by": agent}})
                case 4:
                    await self.change(lead, {"urgent": True})
                case 5:
                    some = self.dice.sample(leads, min(10, len(leads)))
                    await self.bulk({"ids": some, "set": {"assigned_to": self.dice.choice([agent, None])}})
                case 6:
                    await self.bulk({"ids": self.dice.sample(leads, min(10, len(leads))), "action": "release"})
                case 7:
                    await self.bulk({"ids": [lead], "action": "reset"})

    async def change(self, lead: str, body: dict[str, Any]) -> None:
        await self.api("PATCH", f"leads/{lead}", body, key=self.key())

    async def bulk(self, body: dict[str, Any]) -> None:
        await self.api("POST", "leads/bulk", body, key=self.key())

    def key(self) -> str:
        return str(UUID(int=self.dice.getrandbits(128)))


@dataclass
class Importer:
    """Brings more people into the list that the campaigns follow."""

    api: Api
    list_id: str
    every_s: float
    rows: int

    async def work(self, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await self.bring(f"fil{number}", 28_000_000 + number * 10_000)
            await asyncio.sleep(self.every_s)

    async def bring(self, name: str, first: int, rows: int = 0) -> None:
        """One file, until the product says that it is done."""
        rows = rows or self.rows
        told = self.api.told
        file = csv(name, first, rows)
        started = await self.api(
            "POST", f"contact-lists/{self.list_id}/imports", key=f"import {name}",
            files={"file": (f"{name}.csv", file)}, data={"options": '{"match": ["external_id"]}'},
        )  # fmt: skip
        assert started.status_code == 202, started.text
        told.imported[name] = rows
        end = time.monotonic() + 2 * PATIENCE_S
        while True:
            found = (await self.api("GET", f"imports/{started.json()['id']}")).json()
            if found["state"] == "done":
                break
            assert found["state"] in ("queued", "running"), found
            assert time.monotonic() < end, f"an import does not end: {found}"
            await asyncio.sleep(0.5)
        counts = found["counts"]
        if (counts["rows"], counts["new"], counts["rejected"]) != (rows, rows, 0):
            told.faults.append(f"import {name} of {rows} rows says {counts}")


def csv(name: str, first: int, rows: int) -> bytes:
    """People with a number and an address each, every tenth with the number of the one before."""
    lines = ["name,mobile,city,member_no,email"]
    for row in range(rows):
        mobile = first + (row - 1 if row % 10 == 9 else row)
        lines.append(
            f"Person {row},{mobile},{('Aarhus', 'Ærø', 'Vejle')[row % 3]},{name}-{row},{name}-{row}@example.org"
        )
    return "\n".join(lines).encode() + b"\n"


@dataclass
class Reader:
    """Follows the change feed from where it begins to its end."""

    api: Api
    after: str

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self.page():
                await asyncio.sleep(0.5)

    async def page(self) -> int:
        found = (await self.api("GET", f"events?after={self.after}&size=500")).json()
        self.api.told.feed += [one["id"] for one in found["items"]]
        self.after = found["next"]
        return len(found["items"])

    async def to_the_end(self) -> None:
        while await self.page():
            pass


def out_of_turn(seen: Iterable[tuple[str, str]], seqs: dict[str, int]) -> list[str]:
    """Of (subject, event) as they came: events whose first coming was before an earlier one of their subject."""
    last: dict[str, int] = {}
    known: set[str] = set()
    wrong = []
    for subject, event in seen:
        if event in known:
            continue
        known.add(event)
        if last.get(subject, 0) > seqs[event]:
            wrong.append(event)
        last[subject] = seqs[event]
    return wrong


def utc_now() -> datetime:
    return datetime.now(UTC)
