"""The product at work while it is being killed: agents, a supervisor, imports, webhooks and a reader of the change feed
by HTTP, journeys over all of it with an SMSC and a mail server (`conductor.py`), and all the while web, worker, relay,
journeys and PostgreSQL are ended by SIGKILL and the clock steps forward and back. Afterwards the database is audited
against what was answered, and against what came to the neighbours (`audit.py`).

In `make test` a short one, seeded. `RINGROUND_TEST_SOAK=1` (`make soak`): 200 agents for ten minutes, and a report in
bench/results/soak.json. Nothing here is about speed: whatever is slow is waited for.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx

from tests.e2e.product import ROOT, running, wait_for
from tests.soak import crew
from tests.soak.conductor import DUE, UNDER_WAY, Conductor, conducting
from tests.soak.crew import Api, Told
from tests.soak.house import EVERYDAY, House, migrated
from tests.stand_in import StandIn, allow_private_in, answers, standing_in

SOAK = bool(os.environ.get("RINGROUND_TEST_SOAK"))


@dataclass(frozen=True)
class Size:
    agents: int
    people: int
    load_s: float
    # Between two deaths, at least and at most.
    deaths_s: tuple[float, float]
    think_s: float
    # Until everything that was under way is done.
    rest_s: float
    # Of so many new leads, how many get an SMS, a mail, nothing.
    shares: dict[str, int]


SIZE = (
    Size(
        agents=200,
        people=20_000,
        load_s=600,
        deaths_s=(4, 10),
        think_s=3.0,
        rest_s=1200,
        shares={"sms": 1, "mail": 1, "none": 18},
    )
    if SOAK
    else Size(
        agents=12,
        people=240,
        load_s=15,
        deaths_s=(2, 3),
        think_s=0.5,
        rest_s=400,
        shares={"sms": 1, "mail": 1, "none": 6},
    )
)
SEED = int(os.environ.get("RINGROUND_TEST_SEED") or 20261122)
# Short, so that everything runs out, falls due and comes back while it lasts.
SETTINGS = {
    "reservation_s": 20, "skip": "yes", "skip_cooldown_s": 5, "quarantine_s": 15, "max_attempts": 4,
    "max_attempts_per_number": 4, "release_private_after_h": 1, "wrap_up_s": 0, "no_callback_days": 1,
}  # fmt: skip
VICTIMS = {"web": "_web", "worker": "_worker", "relay": "infra.relay", "journeys": "journeys.engine", "postgres": ""}
# Of the clock, in seconds.
JUMPS = [-90.0, -5.0, 30.0, 300.0, 3700.0]


@dataclass
class Stage(House):
    """The running product, and what was set up on it."""

    victims = VICTIMS

    conductor: Conductor = field(kw_only=True)
    told: Told = field(default_factory=Told)
    campaigns: list[str] = field(default_factory=list)
    agents: list[dict[str, str]] = field(default_factory=list)
    dispositions: dict[str, dict[str, str]] = field(default_factory=dict)
    list_id: str = ""
    # Where the reader of the change feed begins, and the last event before that.
    feed_from: str = ""
    seen_last: str = ""

    def set(self, hook: StandIn) -> None:
        """Agents with tokens, a list, two campaigns that follow it, a webhook."""
        made = self.beside("tests.soak.stage", self.org, str(SIZE.agents))
        self.agents = json.loads(made)
        api = self.product.api(self.token)
        columns = [
            {"name": "name", "type": "text", "role": "name"}, {"name": "mobile", "type": "phone"},
            {"name": "city", "type": "text"}, {"name": "member_no", "type": "external_id"},
            {"name": "email", "type": "email"},
        ]  # fmt: skip
        self.list_id = api.post("contact-lists", {"name": "Givere", "region": "DK", "columns": columns})["id"]
        for name in ("Efterår", "Jul"):
            fields = {
                "name": name, "mode": "manual", "lists": [self.list_id], "hours": EVERYDAY, "holidays": None,
                "settings": SETTINGS,
            }  # fmt: skip
            made_campaign = api.post("campaigns", fields)
            campaign = made_campaign["id"]
            api.put(f"campaigns/{campaign}/agents", {"users": [agent["id"] for agent in self.agents]})
            self.product.api(self.product.told["tokens"]["manager2"]).post(f"campaigns/{campaign}/approve")
            api.post(f"campaigns/{campaign}/start")
            self.campaigns.append(campaign)
            kinds = {one["kind"]: one["id"] for one in made_campaign["dispositions"]}
            self.dispositions[campaign] = kinds
        self.conductor.set(api, self.campaigns, SIZE.shares)
        page = api.get("events", size="500")
        while page["items"]:
            self.seen_last = page["items"][-1]["id"]
            page = api.get("events", after=page["next"], size="500")
        self.feed_from = page["next"]
        api.post("webhooks", {"url": hook.url, "types": ["campaigns.lead.status_changed", "contacts.import.done"]})

    # --- the work -----------------------------------------------------------------------------

    async def work(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=self.product.url, timeout=120, limits=limits) as client:
            owner = Api(client, self.token, self.told, "owner")
            importer = crew.Importer(owner, self.list_id, every_s=SIZE.load_s / 8, rows=SIZE.people // 20)
            await importer.bring("begin", 26_000_000, SIZE.people)
            self.part("import")
            agents = []
            for number, agent in enumerate(self.agents):
                campaign = self.campaigns[number % 2]
                api = Api(client, agent["token"], self.told, f"agent {number}")
                agents.append(
                    crew.Agent(api, campaign, self.dispositions[campaign], Random(number), self.now, SIZE.think_s)
                )
            ids = [agent["id"] for agent in self.agents]
            supervisor = Api(client, self.product.told["tokens"]["supervisor"], self.told, "supervisor")
            every_s = 0.5 if SOAK else 0.3
            reader = crew.Reader(Api(client, self.token, self.told, "reader"), self.feed_from)
            people = self.conductor.people(client)
            stop, quiet = asyncio.Event(), asyncio.Event()
            async with people.there():
                async with asyncio.TaskGroup() as group:
                    for one in agents:
                        group.create_task(one.work(stop))
                    group.create_task(
                        crew.Supervisor(supervisor, self.campaigns, ids, Random(SEED), every_s=every_s).work(stop)
                    )
                    group.create_task(importer.work(stop))
                    group.create_task(reader.work(stop))
                    group.create_task(self.deaths_and_jumps(quiet, Random(SEED), SIZE.deaths_s, JUMPS))
                    await asyncio.sleep(SIZE.load_s)
                    # The last deaths are worked through, too.
                    quiet.set()
                    await asyncio.sleep(SIZE.load_s / 10)
                    stop.set()
                self.part("load")
                await asyncio.gather(*(one.go_home() for one in agents))
                self.part("leave")
                await self.journeys_rest()
            await self.rest()
            self.part("rest")
            await reader.to_the_end()

    async def journeys_rest(self) -> None:
        """Until no run is under way and every message is where it goes: when nothing is due, time passes."""
        end = time.monotonic() + SIZE.rest_s
        while left := await asyncio.to_thread(self.read, UNDER_WAY):
            assert time.monotonic() < end, f"journeys do not come to rest: {left}"
            if not SOAK:
                await asyncio.to_thread(self.conductor.hurry, self.read, self.died_at.get("worker"))
            if not self.conductor.busy and not await asyncio.to_thread(self.read, DUE, self.now()):
                self.step_clock(180.0, note=False)
            await asyncio.sleep(0.2)

    async def rest(self) -> None:
        """Until nothing is under way, and every lease and rest of a lead has run out."""
        while True:
            await asyncio.to_thread(self.until_idle)
            # Answered when everything due by then is done.
            await asyncio.to_thread(self.product.advance, timedelta(hours=3))
            await asyncio.to_thread(self.until_idle)
            # What time has made of leads may have begun journeys.
            if not await asyncio.to_thread(self.read, UNDER_WAY):
                return
            await self.journeys_rest()

    def until_idle(self) -> None:
        wait_for(lambda: not self.read(_WAITS), within_s=SIZE.rest_s)

    def hurry_webhooks(self) -> None:
        """What was on its way when the worker died is sent again when its lease of two minutes is over; now it is."""
        self.read("UPDATE http_webhook_delivery SET next_at = now() WHERE state = 'pending' AND next_at > now()")
        self.read("UPDATE http_webhook SET next_at = now() WHERE next_at > now()")

    # --- what must hold -----------------------------------------------------------------------

    def audit(self) -> list[str]:
        """Everything that does not hold together; empty when all is well."""
        file = self.product.data / "soak.json"
        file.write_text(
            json.dumps({
                "campaigns": self.campaigns, "said": self.told.said, "imported": self.told.imported,
                **self.conductor.told(),
            })
        )  # fmt: skip
        found: list[str] = json.loads(self.beside("tests.soak.audit", str(file)))
        return found

    def feed(self) -> list[str]:
        """The reader had each of the organisation's events once, in order."""
        last = "SELECT id FROM infra_event WHERE (org_id = %s OR also_org_id = %s) ORDER BY seq"
        known = [str(event) for (event,) in self.read(last, self.org, self.org)]
        had = self.told.feed
        # What was recorded before the reader began is not due.
        due = known[known.index(self.seen_last) + 1 :] if self.seen_last else known
        if had == due:
            return []
        wrong = next((at for at, pair in enumerate(zip(had, due, strict=False)) if pair[0] != pair[1]), None)
        return [f"the change feed gave {len(had)} events, there are {len(due)}; the first that is another: {wrong}"]

    def webhooks(self, hook: StandIn) -> list[str]:
        """Each event came at least once, and those of a subject in order."""
        came = [json.loads(request.body) for request in hook.requests]
        rows = self.read(
            "SELECT e.id, e.seq FROM infra_event e, http_webhook w WHERE e.org_id = w.org_id AND e.seq > w.since_seq"
            " AND e.type = ANY (w.types)"
        )
        seqs = {str(event): seq for event, seq in rows}
        missing = set(seqs) - {one["id"] for one in came}
        strange = {one["id"] for one in came} - set(seqs)
        wrong = crew.out_of_turn([(one["subject"]["id"], one["id"]) for one in came if one["id"] in seqs], seqs)
        faults = {"never came": missing, "came though not asked for": strange, "came before an earlier one": wrong}
        return [f"webhook: {len(events)} events {how}" for how, events in faults.items() if events]

    def report(self) -> dict[str, Any]:
        told = self.told
        return {
            "agents": SIZE.agents, "seconds": SIZE.load_s, "parts_s": self.parts, "cycles": told.cycles,
            "dispositions": dict(Counter(told.said.values())), "deaths": dict(self.deaths),
            "clock_steps_s": self.steps, "requests_sent_again": told.repeats, "imports": len(told.imported),
            "feed_events": len(told.feed), "journeys": self.conductor.report(self.read),
            "statuses": dict(sorted(told.statuses.items())),
        }  # fmt: skip


# Whatever is still to be done by somebody.
_WAITS = """
SELECT 'event' FROM infra_event_out
UNION ALL SELECT 'audit' FROM infra_audit_pending
UNION ALL SELECT 'reaction' FROM infra_parked_reaction
UNION ALL SELECT 'job' FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
UNION ALL SELECT 'relay' FROM infra_cursor r, infra_cursor o WHERE r.name = 'relay' AND o.name = 'reactions'
    AND o.seq < r.seq
UNION ALL SELECT 'webhooks' FROM infra_cursor r, infra_cursor o WHERE r.name = 'relay' AND o.name = 'webhooks'
    AND o.seq < r.seq
LIMIT 1
"""
_DELIVERIES = "SELECT 1 FROM http_webhook_delivery WHERE state = 'pending' LIMIT 1"


def test_nothing_is_doubled_lost_or_stuck_while_every_process_is_killed_again_and_again() -> None:
    with (
        standing_in() as hook,
        conducting(SEED) as conductor,
        running("--empty", "--clock", like=migrated(), environ=allow_private_in()) as product,
    ):
        # The receiver has its bad moments, too.
        hook.first = [answers(200)] * 5 + [answers(500), answers(200), answers(503)]
        stage = Stage(product, conductor=conductor)
        stage.set(hook)
        stage.part("set")
        asyncio.run(stage.work())

        def delivered() -> bool:
            if not SOAK:
                stage.hurry_webhooks()
            return not stage.read(_DELIVERIES)

        wait_for(delivered, within_s=SIZE.rest_s)
        stage.part("webhooks")
        faults = [*stage.told.faults, *stage.audit(), *stage.feed(), *stage.webhooks(hook)]
        stage.part("audit")
        report = stage.report()
        if faults:
            log = (product.data / "serve.log").read_text()[-20_000:]
            raise AssertionError("\n".join([*faults[:20], json.dumps(report), log]))
        assert "saved" in stage.told.said.values()
        print(json.dumps(report))
        if SOAK:
            (ROOT / "bench" / "results" / "soak.json").write_text(json.dumps(report, indent=1) + "\n")
    shutil.rmtree(product.data, ignore_errors=True)
