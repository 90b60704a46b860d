"""The same chain three times over: wait, change a lead, note it, wait again. By a journey, by jobs of Procrastinate, by
workflows of DBOS; each on the same server and tables, with its own schema, and as durable: nothing is lost or done twice
when the process is killed. A wake is one link: the wait that is over, what is done, and the next wait.

The peers do no more than that to the lead. A journey does it as the product does: with the rules of the lead, its place in
the order, its timeline, its events and its figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.harness import ROOT, Bench

CONCURRENCY = (1, 4, 16, 64)
LINKS = 12


def lead(n: int) -> str:
    return f"01900000-0000-7000-c000-{2 + n:012d}"


def chain(actor: Any, document: Callable[..., dict[str, Any]], node: Callable[..., dict[str, Any]], leads: int) -> Any:
    """A journey with a link for each call; wakes a second."""
    from ringround.infra import clock
    from ringround.journeys import actions
    from ringround.journeys.engine.loop import Engine
    from ringround.journeys.models import Log, Run

    nodes = []
    for n in range(LINKS):
        nodes.append(node(f"wait{n}", "wait", f"act{n}", duration={"n": 90, "unit": "days"}))
        # Another value each time: a change that changes nothing is told nobody.
        nodes.append(node(f"act{n}", "priority", f"wait{n + 1}", value=60 + n % 2))
    nodes.append(node(f"wait{LINKS}", "wait", duration={"n": 90, "unit": "days"}))
    doc = document("Chain", {"type": "by_hand"}, nodes)
    journey = actions.journey_make(actor=actor, name="Chain", document=doc, publish=True)
    for first in range(0, leads, 10_000):
        ids = [UUID(lead(n)) for n in range(first, min(leads, first + 10_000))]
        actions.runs_start(actor=actor, journey_id=journey.id, lead_ids=ids)
    engine = Engine()
    engine.drain()
    assert Run.objects.count() == leads
    days = 0

    def wakes() -> float:
        nonlocal days
        days += 91
        before = Log.objects.count()
        with clock.frozen(clock.now() + timedelta(days=days)):
            began = time.perf_counter()
            Engine().drain()
            took = time.perf_counter() - began
        # Each has left its wait and its change once.
        assert Log.objects.count() - before == 2 * leads
        return leads / took

    return wakes


def procrastinate(dsn: str, jobs: int, concurrency: int) -> float:
    """Jobs a second."""
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=dsn, min_size=2, max_size=concurrency + 4))
    queue = f"bench{time.monotonic_ns()}"

    @app.task(name="bench.step", queue=queue)
    async def step(lead: str) -> None:
        async with app.connector.pool.connection() as db, db.transaction():  # type: ignore[attr-defined]
            await db.execute("SELECT * FROM campaigns_lead WHERE id = %s FOR UPDATE", [lead])
            await db.execute("UPDATE campaigns_lead SET priority = 60 WHERE id = %s", [lead])
            await db.execute(
                "INSERT INTO journeys_log (run_id, n, at, version_id, node, out, outcome, reason)"
                " VALUES (gen_random_uuid(), 1, now(), 0, 'bench', 'next', '', '')"
            )
        await app.configure_task("bench.step", schedule_in={"days": 90}, queue=queue).defer_async(lead=lead)

    async def run() -> float:
        async with app.open_async():
            task = app.configure_task("bench.step", queue=queue)
            await task.batch_defer_async(*({"lead": lead(n)} for n in range(jobs)))
            began = time.perf_counter()
            await app.run_worker_async(
                queues=[queue], wait=False, concurrency=concurrency, listen_notify=False,
                install_signal_handlers=False, delete_jobs="always",
            )  # fmt: skip
            return jobs / (time.perf_counter() - began)

    return asyncio.run(run())


class Dbos:
    """Workflows a second, by `_dbos.py` in an environment of its own: nothing of the product needs it."""

    def __init__(self) -> None:
        uv = subprocess.run(
            [sys.executable, ROOT / "scripts/bootstrap.py", "--uv"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
        where = ROOT / ".cache" / "bench"
        subprocess.run(
            [uv, "sync", "--quiet", "--locked", "--only-group", "bench", "--no-install-project"], cwd=ROOT, check=True,
            env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(where), "VIRTUAL_ENV": ""},
        )  # fmt: skip
        self.python, self.version = where / "bin" / "python", ""

    def __call__(self, dsn: str, jobs: int, concurrency: int) -> float:
        words = [str(self.python), str(ROOT / "bench/_dbos.py"), dsn, str(jobs), str(concurrency)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        said = json.loads(done.stdout.splitlines()[-1])
        self.version = said["version"]
        return float(said["per_s"])


def measure(bench: Bench, dsn: str, wakes: Callable[[], float], *, jobs: int, runs: int) -> None:
    """Each peer in its best concurrency, in turn with the journey; the ratio pair by pair. `dsn` may make tables."""
    from importlib.metadata import version

    dbos = Dbos()
    peers: dict[str, Callable[[str, int, int], float]] = {"procrastinate": procrastinate, "dbos": dbos}
    best: dict[str, int] = {}
    for name, peer in peers.items():
        sweep = {one: peer(dsn, jobs, one) for one in CONCURRENCY}
        best[name] = max(sweep, key=lambda one: sweep[one])
        bench.note(**{name: {"per_s": {str(one): round(rate, 1) for one, rate in sweep.items()}, "jobs": jobs}})
    for _ in range(runs):
        ours = wakes()
        bench.add("chain_wakes_per_s", ours)
        for name, peer in peers.items():
            rate = peer(dsn, jobs, best[name])
            bench.add(f"{name}_per_s", rate)
            bench.add(f"vs_{name}", ours / rate)
    bench.notes["procrastinate"]["version"] = version("procrastinate")
    bench.notes["dbos"]["version"] = dbos.version
