"""All fates of the sandbox at random, while the product is being killed: callers sign people up and change what was
signed, donors come by their links, and all the while web, worker, relay, journeys and PostgreSQL are ended by SIGKILL
and the clock jumps. Between such rounds weeks go by, in which the worker dies while it collects. When everything has
come to rest, our database and the sandbox's books are audited (`audit_fates.py`).

In `make test` a short one, seeded: so many people, each process killed once, and the worker once more in each of the
nights between. `RINGROUND_TEST_SOAK=1` (`make soak`): for minutes, and a report in bench/results/fates.json;
with `RINGROUND_TEST_ROUNDS` as many rounds as that. Nothing here is about speed: whatever is slow is waited for.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx

from ringround.infra.postgres import Server
from ringround.onboarding.courier import LEASE
from ringround.onboarding.sandbox import LEASE as NOTICE_LEASE
from tests.e2e.product import ROOT, Product, running
from tests.soak import audit_fates, crew
from tests.soak.crew import Api, Told
from tests.soak.donors import FATES, WORKFLOWS, Caller, World
from tests.soak.house import EVERYDAY, House, migrated

SOAK = bool(os.environ.get("RINGROUND_TEST_SOAK"))
SEED = int(os.environ.get("RINGROUND_TEST_SEED") or 20261123)


ROUNDS = int(os.environ.get("RINGROUND_TEST_ROUNDS") or 9)


@dataclass(frozen=True)
class Size:
    callers: int
    # Of each round: how many of a hundred turns change something, and how many days go by after it, a step each.
    rounds: tuple[tuple[int, tuple[int, ...]], ...]
    # So long each dies in its turn, over and over; or once.
    round_s: float
    once: bool
    # Between two deaths, at least and at most.
    deaths_s: tuple[float, float]
    # A round has so many turns at least, and goes on until every fate has been met.
    turns: int
    # Who dies in the nights between.
    nights: tuple[str, ...]
    # Days after the last round, a step each: what is stopped after 30 days is stopped, and the last of it is told.
    last: tuple[int, ...]
    # Until everything that was under way is done.
    rest_s: float = 600


SIZE = (
    Size(
        callers=24,
        rounds=((20, (1, 1, 3)), *(((55, (1, 2, 4)),) * (ROUNDS - 1))),
        round_s=40,
        once=False,
        deaths_s=(2, 5),
        turns=0,
        nights=("worker", "worker", "relay", "postgres"),
        last=(7, 7, 7, 7, 3, 1, 1, 1, 1),
        rest_s=1200,
    )
    if SOAK
    else Size(
        callers=10,
        rounds=((40, (4, 27)),),
        round_s=0,
        once=True,
        deaths_s=(0.5, 1.0),
        turns=45,
        nights=("worker",),
        last=(4, 1),
    )
)
# In the short one each process is there once.
SPARSE = {} if SOAK else {"RINGROUND_WEB_WORKERS": "1"}
VICTIMS = {"web": "_web", "worker": "_worker", "relay": "infra.relay", "journeys": "journeys.engine", "postgres": ""}
JUMPS = [-5.0, 5.0, 30.0, 90.0, 700.0]


@dataclass
class Street(House):
    """The product, and everybody who is at work on it."""

    victims = VICTIMS

    told: Told = field(default_factory=Told)
    world: World = field(default_factory=lambda: World({}))
    days: int = 0

    def set(self) -> None:
        """A sandbox, a workflow of each kind, and a campaign with it."""
        api = self.product.api(self.token)
        api.post("gateways", {"name": "Sandkasse", "kind": "sandbox"})
        columns = [{"name": "name", "type": "text", "role": "name"}, {"name": "mobile", "type": "phone"}]
        a_list = api.post("contact-lists", {"name": "Givere", "region": "DK", "columns": columns})["id"]
        agents = [one["id"] for one in api.get("users", size="200")["items"] if one["role"] == "senior_agent"]
        for intention, definition in WORKFLOWS.items():
            workflow = api.post("workflows", {"name": intention, **definition})["id"]
            fields = {
                "name": intention, "mode": "manual", "lists": [a_list], "hours": EVERYDAY, "holidays": None,
                "workflow": workflow,
            }  # fmt: skip
            campaign = api.post("campaigns", fields)["id"]
            api.put(f"campaigns/{campaign}/agents", {"users": agents})
            self.product.api(self.product.told["tokens"]["manager2"]).post(f"campaigns/{campaign}/approve")
            api.post(f"campaigns/{campaign}/start")
            self.world.campaigns[intention] = campaign

    # --- the work -----------------------------------------------------------------------------

    async def work(self) -> None:
        dice = Random(SEED)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=self.product.url, timeout=60, limits=limits) as client:
            owner = Api(client, self.token, self.told, "owner")
            for number, (changes, days) in enumerate(SIZE.rounds, 1):
                await self.round(client, owner, dice, changes)
                self.part(f"round {number}")
                for by in days:
                    await self.day(owner, dice, by, death=dice.choice(SIZE.nights))
                self.part(f"days {number}")
            for by in SIZE.last:
                await self.day(owner, dice, by)
            self.part("last days")

    async def round(self, client: httpx.AsyncClient, owner: Api, dice: Random, changes: int) -> None:
        tokens = self.product.told["tokens"]
        stop, quiet = asyncio.Event(), asyncio.Event()
        self.world.deal()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.deaths_and_jumps(quiet, dice, SIZE.deaths_s, JUMPS))
            for number in range(SIZE.callers):
                token = tokens[("owner", "manager", "manager2", "supervisor")[number % 4]]
                caller = Caller(
                    Api(client, token, self.told, f"caller {number}"), owner, self.browser, self.world,
                    Random(dice.random()), self.now, changes,
                )  # fmt: skip
                group.create_task(caller.work(stop))
            if not SIZE.once:
                await asyncio.sleep(SIZE.round_s)
            # Everybody has died, or does so this once.
            quiet.set()
            end = time.monotonic() + SIZE.rest_s
            while self.world.turns < SIZE.turns or self.world.owed:
                assert time.monotonic() < end, f"nobody meets {self.world.owed} in {self.world.turns} turns"
                await asyncio.sleep(0.1)
            stop.set()
        await self.rest()
        self.world.known = [one for (one,) in self.read(_LIVE)]

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=60)

    async def day(self, owner: Api, dice: Random, by: int, death: str = "") -> None:
        """So many days go by at once, to half past two at night, when mandates are asked about; at its first moment
        somebody dies."""
        at = self.now().astimezone(audit_fates.ZONE) + timedelta(days=by)
        self.step_clock((at.replace(hour=2, minute=30) - self.now()).total_seconds(), note=False)
        self.days += by
        async with asyncio.TaskGroup() as group:
            moved = group.create_task(owner("POST", "_clock", {"advance_s": 1}))
            if death:
                await asyncio.sleep(dice.uniform(0, 0.8))
                self.kill(death, dice)
            # It is answered when nothing is overdue.
            while not (SOAK or moved.done()):
                await asyncio.to_thread(self.hurry)
                await asyncio.sleep(0.2)
        await self.rest()

    async def rest(self) -> None:
        """Until nothing is due."""
        end = time.monotonic() + SIZE.rest_s
        while left := await asyncio.to_thread(self.read, _WAITS, self.now()):
            assert time.monotonic() < end, f"this does not come to rest: {left}"
            if not SOAK:
                await asyncio.to_thread(self.hurry)
            await asyncio.sleep(0.2)

    def hurry(self) -> None:
        """What was on its way when somebody died is taken up again when its time is over; now it is."""
        old = crew.utc_now() - _OLD
        for who, text, time_is in _OVER:
            self.read(text, max(self.died_at.get(who, old), old) + time_is)

    # --- what came of it ----------------------------------------------------------------------

    def stumbled(self) -> list[str]:
        """What the product itself says that it could not do, although its database was there."""
        found = set(_STUMBLED.findall((self.product.data / "serve.log").read_text()))
        return [f"the log says: {one}" for one in sorted(found) if not _AWAY.search(one)]

    def report(self) -> dict[str, Any]:
        def counts(text: str) -> dict[str, int]:
            return {str(key): count for key, count in self.read(f"{text} GROUP BY 1 ORDER BY 1")}

        return {
            "callers": SIZE.callers, "days": self.days, "parts_s": self.parts, "deaths": dict(self.deaths),
            "clock_steps_s": self.steps, "requests_sent_again": self.told.repeats, "asked": dict(self.world.asked),
            "links_sent_again": self.world.stranded,
            "sessions": counts("SELECT action || ' ' || status, count(*) FROM onboarding_session"),
            "fates": counts("SELECT fate, count(*) FROM onboarding_sandbox_order WHERE what IN ('mandate', 'payment')"),
            "late": counts("SELECT late, count(*) FROM onboarding_session"),
            "subscriptions": counts("SELECT state, count(*) FROM onboarding_subscription"),
            "charges": counts("SELECT state || ' ' || reason, count(*) FROM onboarding_charge"),
            "orders": counts("SELECT what || ' ' || state || ' ' || reason, count(*) FROM onboarding_gateway_order"),
            "orders_in_doubt": self.read("SELECT count(*) FROM onboarding_gateway_order WHERE data ? 'doubt'")[0][0],
            "said": counts("SELECT kind || ' ' || state, count(*) FROM onboarding_gateway_event"),
            "called_back": self.read("SELECT count(*) FROM infra_audit WHERE action LIKE '%.called_back'")[0][0],
            "statuses": dict(sorted(self.told.statuses.items())),
        }  # fmt: skip


_LIVE = "SELECT id::text FROM onboarding_subscription WHERE state IN ('active', 'on_hold') ORDER BY id"
# Whatever time has made due, or has nothing to wait for.
_WAITS = """
WITH at (now) AS (SELECT %s::timestamptz)
SELECT 'event' FROM infra_event_out
UNION ALL SELECT 'audit' FROM infra_audit_pending
UNION ALL SELECT 'reaction' FROM infra_cursor r, infra_cursor o WHERE r.name = 'relay' AND o.name = 'reactions'
    AND o.seq < r.seq
UNION ALL SELECT 'order' FROM onboarding_gateway_order, at WHERE state = 'pending' AND next_at <= now
UNION ALL SELECT 'word' FROM onboarding_gateway_event e, at WHERE e.state = 'received' AND e.next_at <= now
    AND NOT EXISTS (SELECT FROM onboarding_gateway_event o WHERE o.ref = e.ref AND o.state = 'received' AND o.id < e.id)
UNION ALL SELECT 'notice' FROM onboarding_sandbox_notice, at WHERE next_at <= now
UNION ALL SELECT 'act' FROM onboarding_sandbox_order, at WHERE next_at <= now
UNION ALL SELECT 'session' FROM onboarding_session, at WHERE look_at <= now
UNION ALL SELECT 'beginning' FROM onboarding_session WHERE beginning_at IS NOT NULL AND status IN ('New', 'Processing')
LIMIT 3
"""
# Who carried it, what is over when it was begun before their death, and how long that lasts. What is so old has lost
# whoever carried it in any case.
_OLD = timedelta(seconds=6)
_OVER = (
    (
        "worker",
        """UPDATE onboarding_gateway_order SET lease_until = now()
        WHERE state = 'pending' AND lease_until > now() AND lease_until <= %s""",
        LEASE,
    ),
    (
        "worker",
        "UPDATE onboarding_sandbox_notice SET lease_until = now() WHERE lease_until > now() AND lease_until <= %s",
        NOTICE_LEASE,
    ),
    (
        "web",
        """UPDATE onboarding_session SET beginning_at = now() - interval '31 s'
        WHERE beginning_at > now() - interval '31 s' AND beginning_at < %s""",
        timedelta(0),
    ),
)
_STUMBLED = re.compile(
    r"(?:cannot be (?:applied|looked at|packed|tried again)|the term of subscription|the sandbox stumbled|carrying for"
    r" \w+ failed|outcomes of \w+ are lost)[^\n]*"
)
_AWAY = re.compile("connection|database system|closed the")


def test_whatever_dies_nothing_is_collected_twice_or_for_nothing() -> None:
    with running("--empty", "--clock", like=migrated(), environ=SPARSE) as product:
        street(product)
    shutil.rmtree(product.data, ignore_errors=True)


def street(product: Product) -> None:
    one = Street(product)
    one.set()
    one.part("set")
    asyncio.run(one.work())
    faults = [*one.told.faults, *audit_fates.faults(Server(product.data).dsn, one.world, one.now()), *one.stumbled()]
    one.part("audit")
    report = one.report()
    if faults:
        log = (product.data / "serve.log").read_text()[-20_000:]
        raise AssertionError("\n".join([*faults[:30], json.dumps(report), log]))
    assert set(one.deaths) == set(VICTIMS)
    assert one.world.met == {*FATES}
    print(json.dumps(report))
    if SOAK:
        (ROOT / "bench" / "results" / "fates.json").write_text(json.dumps(report, indent=1) + "\n")
