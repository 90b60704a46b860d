"""Journeys: the real engine on the real tables, in this process, with lead changes and messages.

One campaign of a million leads (`--quick`: 10,000), one journey that lets all of them in: wait, make it urgent, send an
SMS, wait. What is measured, in this order:

- `enter_per_s`: leads let in (backfill), with the run, its timer, its event and its figures.
- `bytes_per_waiting_run`: what runs, timers, log and figures take on disk, indexes and all, while everyone waits.
- `idle_core_share`: the engine with all of them waiting: its own processor time and its connection's, of a core.
- `transitions_per_s`: everything due at once. A transition is an arrow taken: each run that wakes takes three, changes its
  lead, writes a message and sets its next timer. `wakes_per_s` is the same in timers. None early, none twice: counted.
- `events_per_s`: events of the log read with 200 published journeys, 5 % of them hits that let a lead in.
- `event_to_effect_p99_ms`: at 1,000 events a second (half of what is asked of a quick run), from an event's being in the
  log to its effect's being committed.
- `vs_procrastinate`: wakes a second against Procrastinate's jobs a second, each job doing the same: read the lead, change
  it, note it, and put off the next job. Its best of a sweep of concurrency, with its own schema.

Server and client share the machine's cores. `--leads 10000000` for the large one.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench._leads import NOW, load
from bench.harness import Bench, Goal, arguments, database

GOALS = {
    "transitions_per_s": Goal(least=5_000),
    "events_per_s": Goal(least=5_000),
    "event_to_effect_p99_ms": Goal(most=2_000),
    "bytes_per_waiting_run": Goal(most=300),
    "idle_core_share": Goal(most=0.01),
    "vs_procrastinate": Goal(least=20),
}
JOURNEYS = 200
TABLES = ("journeys_run", "journeys_timer", "journeys_log", "journeys_count", "journeys_count_delta")


def admin_of(server: Any) -> str:
    return str(server.dsn_for("ringround", admin=True))


def document(campaign: UUID, name: str, trigger: dict[str, Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name, "scope": {"campaigns": [str(campaign)]}, "trigger": trigger, "settings": {"reentry": "always"},
        "nodes": nodes, "start": nodes[0]["id"],
    }  # fmt: skip


def node(id: str, type: str, to: str | None = None, **params: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "params": params, "next": {"next": to} if to else {}}


def size(db: psycopg.Connection[Any]) -> int:
    total = 0
    for table in TABLES:
        row = db.execute("SELECT pg_total_relation_size(%s::regclass)", [table]).fetchone()
        assert row is not None
        total += int(row[0])
    return total


def cpu_of(pid: int) -> float:
    """Processor seconds that a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def waiting(bench: Bench, db: psycopg.Connection[Any], actor: Any, campaign: UUID, leads: int) -> None:
    """All leads enter, wait, and are woken at once."""
    from django.db import connection

    from ringround.infra import clock
    from ringround.journeys import actions
    from ringround.journeys.engine.loop import Engine
    from ringround.journeys.models import Log, Run, Timer
    from ringround.messaging import actions as messaging
    from ringround.messaging.models import Message

    messaging.transport_create(actor=actor, name="Box", kind="sandbox", channel="sms", sender="Charity")
    texts = {"da": {"text": "Vi ringer"}}
    template = messaging.template_create(actor=actor, name="T", channel="sms", language="da", texts=texts)
    nodes = [
        node("wait", "wait", "urgent", duration={"n": 3, "unit": "months"}),
        node("urgent", "urgent", "sms"),
        node("sms", "send_sms", "again", template=str(template.id)),
        node("again", "wait", duration={"n": 3, "unit": "months"}),
    ]
    made = actions.journey_make(
        actor=actor, name="Bench", document=document(campaign, "Bench", {"type": "by_hand"}, nodes), publish=True
    )
    before = size(db)
    actions.backfill(actor=actor, journey_id=made.id)
    engine = Engine()
    began = time.perf_counter()
    engine.drain()
    bench.add("enter_per_s", leads / (time.perf_counter() - began))
    assert Run.objects.count() == Timer.objects.count() == leads
    db.execute("VACUUM (ANALYZE) journeys_run")
    bench.add("bytes_per_waiting_run", (size(db) - before) / leads)

    # Idle: as the process itself, for some seconds.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
    seconds = 5.0 if bench.quick else 30.0
    idle(bench, seconds)

    with clock.frozen(clock.now() + timedelta(days=80)):
        Engine().drain()
    assert not Log.objects.exists(), "some woke early"
    due = clock.now() + timedelta(days=93)
    with clock.frozen(due):
        began = time.perf_counter()
        Engine().drain()
        took = time.perf_counter() - began
    moved = Log.objects.count()
    assert moved == 3 * leads, (moved, leads)
    assert Message.objects.count() == leads
    assert Run.objects.filter(node="again").count() == leads
    bench.add("transitions_per_s", moved / took)
    bench.add("wakes_per_s", leads / took)


def idle(bench: Bench, seconds: float) -> None:
    from django.db import connection

    from ringround.journeys.engine.loop import Engine

    stop = threading.Event()
    pids: list[int] = []
    engine = Engine()

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
        engine.run(stop)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(1.0)
    own, theirs = time.process_time(), cpu_of(pids[0])
    time.sleep(seconds)
    spent = time.process_time() - own + cpu_of(pids[0]) - theirs
    stop.set()
    thread.join()
    bench.add("idle_core_share", spent / seconds)


def put_events(db: psycopg.Connection[Any], org: UUID, campaigns: list[str], leads: int, first: int, many: int) -> None:
    """Numbered events as the relay writes them: every twentieth is one that a journey waits for."""
    db.execute(
        """
        INSERT INTO infra_event (seq, id, org_id, type, subject_type, subject_id, subject_no, at, data)
        SELECT n, gen_random_uuid(), %(org)s,
            CASE WHEN n %% 20 = 0 THEN 'campaigns.lead.status_changed' ELSE 'campaigns.lead.updated' END, 'lead',
            ('01900000-0000-7000-c000-' || lpad((2 + n %% %(leads)s)::text, 12, '0'))::uuid, n, clock_timestamp(),
            CASE WHEN n %% 20 = 0 THEN jsonb_build_object('campaign', (%(campaigns)s::text[])[1 + n %% %(some)s],
                'from', 'new', 'to', 'not_interested')
            ELSE jsonb_build_object('campaign', (%(campaigns)s::text[])[1 + n %% %(some)s], 'fields', '["priority"]'::jsonb)
            END
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
        """,
        {"org": org, "campaigns": campaigns, "some": len(campaigns), "leads": leads - 2, "first": first,
         "last": first + many - 1},
    )  # fmt: skip
    db.execute("UPDATE infra_cursor SET seq = %s WHERE name = 'relay'", [first + many - 1])


def heard(bench: Bench, db: psycopg.Connection[Any], admin: str, actor: Any, campaign: UUID, leads: int) -> None:
    """Events with 200 journeys published."""
    from ringround.infra import clock
    from ringround.journeys import actions
    from ringround.journeys.engine.loop import Engine
    from ringround.journeys.models import RunEnd

    for n in range(JOURNEYS):
        # The first takes what comes; the others wait for what does not, on the same campaign.
        to = "not_interested" if n == 0 else ("success", "invalid", "exhausted", "unqualified")[n % 4]
        trigger = {"type": "status_changed", "params": {"to": [to]}}
        nodes = [node("urgent", "urgent")]
        doc = document(campaign, f"J{n}", trigger, nodes)
        actions.journey_make(actor=actor, name=f"J{n}", document=doc, publish=True)
    many = 20_000 if bench.quick else 200_000
    row = db.execute("SELECT coalesce((SELECT seq FROM infra_cursor WHERE name = 'relay'), 0)").fetchone()
    assert row is not None
    first = int(row[0]) + 1
    db.execute("INSERT INTO infra_cursor (name, seq) VALUES ('relay', 0) ON CONFLICT DO NOTHING")
    put_events(db, actor.org_id, [str(campaign)], leads, first, many)
    db.execute("ANALYZE infra_event")
    engine = Engine()
    ended = RunEnd.objects.count()
    began = time.perf_counter()
    engine.drain()
    bench.add("events_per_s", many / (time.perf_counter() - began))
    assert RunEnd.objects.count() - ended == many // 20

    # A steady stream, and how long each effect took to be there.
    rate, seconds = (500, 5) if bench.quick else (1_000, 30)
    first += many
    over = threading.Event()

    def feed() -> None:
        with psycopg.connect(admin, autocommit=True) as other:
            for n in range(seconds * 10):
                at = began + n / 10
                time.sleep(max(0.0, at - time.perf_counter()))
                put_events(other, actor.org_id, [str(campaign)], leads, first + n * rate // 10, rate // 10)
        over.set()

    last = RunEnd.objects.order_by("-id").values_list("id", flat=True).first()
    began = time.perf_counter()
    thread = threading.Thread(target=feed)
    thread.start()
    seen: dict[UUID, datetime] = {}
    while not over.is_set() or len(seen) < rate * seconds // 20:
        more = engine.step()
        now = clock.real_now()
        for id, lead in RunEnd.objects.filter(id__gt=last).order_by("id").values_list("id", "lead_id"):
            last = id
            seen[lead] = now
        if not more:
            time.sleep(0.1)
    thread.join()
    # From when the event was written to when its effect was seen here.
    told = db.execute(
        "SELECT subject_id, at FROM infra_event WHERE seq >= %s AND type = 'campaigns.lead.status_changed'", [first]
    ).fetchall()
    late = [(seen[lead] - at).total_seconds() * 1000 for lead, at in told]
    bench.add("event_to_effect_p99_ms", statistics.quantiles(late, n=100)[98])


def procrastinate(bench: Bench, server: Any, wakes: float) -> None:
    """The same chain by jobs: read the lead, change it, note it, put off the next."""
    from procrastinate import App, PsycopgConnector

    jobs = 150 if bench.quick else 4_000
    rates: dict[int, float] = {}
    for concurrency in (1, 4, 16):
        app = App(connector=PsycopgConnector(conninfo=server.dsn, min_size=2, max_size=concurrency + 4))

        @app.task(name="bench.step", queue=f"bench{concurrency}")
        async def step(lead: str, left: int, app: App = app, concurrency: int = concurrency) -> None:
            async with app.connector.pool.connection() as db, db.transaction():  # type: ignore[attr-defined]
                await db.execute("SELECT * FROM campaigns_lead WHERE id = %s FOR UPDATE", [lead])
                await db.execute("UPDATE campaigns_lead SET priority = 60 WHERE id = %s", [lead])
                await db.execute(
                    "INSERT INTO journeys_log (run_id, n, at, version_id, node, out, outcome, reason)"
                    " VALUES (gen_random_uuid(), 1, now(), 0, 'bench', 'next', '', '')"
                )
            later = app.configure_task("bench.step", schedule_in={"days": 90}, queue=f"bench{concurrency}")
            await later.defer_async(lead=lead, left=left - 1)

        async def run(app: App = app, concurrency: int = concurrency) -> float:
            async with app.open_async():
                task = app.configure_task("bench.step", queue=f"bench{concurrency}")
                leads = [f"01900000-0000-7000-c000-{2 + n:012d}" for n in range(jobs)]
                await task.batch_defer_async(*({"lead": one, "left": 1} for one in leads))
                began = time.perf_counter()
                await app.run_worker_async(
                    queues=[f"bench{concurrency}"], wait=False, concurrency=concurrency, listen_notify=False,
                    install_signal_handlers=False, delete_jobs="always",
                )  # fmt: skip
                return jobs / (time.perf_counter() - began)

        rates[concurrency] = asyncio.run(run())
    bench.note(procrastinate={"jobs_per_s": {str(one): round(rate, 1) for one, rate in rates.items()}, "jobs": jobs})
    bench.add("vs_procrastinate", wakes / max(rates.values()))


def main() -> int:
    asked = arguments(__doc__ or "", leads="how many leads there are (and wait)")
    bench = Bench("journeys", GOALS, quick=asked.quick)
    leads = asked.leads or (10_000 if asked.quick else 1_000_000)
    with database(keep=asked.keep) as server, psycopg.connect(admin_of(server), autocommit=True) as db:
        campaign = load(admin_of(server), leads, 2)
        from ringround.infra import clock
        from ringround.orgs.actor import Actor
        from ringround.orgs.models import Membership

        owner = Membership.objects.select_related("user", "organisation").get(role="owner")
        actor = Actor(user=owner.user, organisation=owner.organisation, home=owner.organisation, role="owner")
        bench.note(leads=leads, journeys=JOURNEYS, now=NOW.isoformat(), started=clock.real_now().isoformat())
        bench.say(f"{leads} leads")
        waiting(bench, db, actor, campaign, leads)
        bench.say(json.dumps({name: round(values[-1], 4) for name, values in bench.figures.items()}))
        heard(bench, db, admin_of(server), actor, campaign, leads)
        procrastinate(bench, server, bench.figures["wakes_per_s"][-1])
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
