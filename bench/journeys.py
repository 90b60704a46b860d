"""Journeys: the real engine on the real tables, in this process, with lead changes and messages.

One campaign of a million leads (`--quick`: 10,000), one journey that lets all of them in: wait, make it urgent, send an
SMS with the person's name, wait. Every part begins without runs and can be measured alone, which keeps the other figures
(`ARGS="--parts peers editor"`).

`wait`, in this order:
- `enter_per_s`: leads let in (backfill), with the run, its timer, its event and its figures.
- `bytes_per_waiting_run`: what runs, timers, log and figures take on disk, indexes and all, while everyone waits.
- `idle_core_share`: the engine with all of them waiting: its own processor time and its connection's, of a core.
- `transitions_per_s`: everything due at once. A transition is an arrow taken: each run that wakes takes three, changes its
  lead, writes a message that is to be sent and sets its next timer. `wakes_per_s` is the same in timers. None early, none
  twice: counted. `transition_cpu_us`: processor time of the engine and of its connection for each.

`events`:
- `events_per_s`: events of the log read with 200 published journeys, 5 % of them hits that let a lead in.
- `event_to_effect_p99_ms`: at 1,000 events a second (half of what is asked of a quick run), from an event's being in the
  log to its effect's being committed.

`peers`: `vs_procrastinate`, `vs_dbos`: wakes of a journey a second against jobs and workflows that do the same (`_peers.py`).

`most`: `at_10m_vs_1m`: `transitions_per_s` of 100,000 that are due among ten million that wait, against among one million.
Those that wait are copies of one that has entered. `LEADS` is how many at last; it takes some minutes and 20 GB to load.

`editor`: `editor_kb_gzip`: all scripts that the editor's page loads beside those of every page, as they are served.
`editor_frame_p95_ms`: from one picture to the next while sixty nodes are moved about and their counts come in
(`_editor.py`); 33 ms are two pictures of a screen that shows sixty a second.

Server and client share the machine's cores.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from bench import _editor as editor
from bench import _peers as peers
from bench._leads import NOW, Ground, begin, grow, numbers
from bench.harness import Bench, Goal, arguments, cpu_of, database

GOALS = {
    "transitions_per_s": Goal(least=5_000),
    "events_per_s": Goal(least=5_000),
    "event_to_effect_p99_ms": Goal(most=2_000),
    "bytes_per_waiting_run": Goal(most=300),
    "idle_core_share": Goal(most=0.01),
    "vs_procrastinate": Goal(least=20),
    "vs_dbos": Goal(least=20),
    "at_10m_vs_1m": Goal(least=0.8),
    "editor_kb_gzip": Goal(most=200),
    "editor_frame_p95_ms": Goal(most=33.4),
}
# What may be measured alone, with `--parts`.
PARTS = ("wait", "events", "peers", "most", "editor")
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


def fresh(db: psycopg.Connection[Any]) -> None:
    """No runs, and nothing that they have left behind."""
    db.execute(
        "TRUNCATE journeys_run, journeys_run_end, journeys_timer, journeys_held_timer, journeys_log, journeys_count,"
        " journeys_count_delta, journeys_intake, messaging_message, campaigns_timeline, infra_event_out CASCADE"
    )


def long_way(actor: Any, campaign: UUID) -> Any:
    """The journey of `wait` and `most`, published."""
    from ringround.journeys import actions
    from ringround.messaging import actions as messaging
    from ringround.messaging.models import Transport

    if not Transport.objects.exists():
        messaging.transport_create(actor=actor, name="Box", kind="sandbox", channel="sms", sender="Charity")
    texts = {"da": {"text": 'Kære {{ contact.name | "ven" }}. Vi har prøvet at ringe, og ringer igen i morgen.'}}
    name = f"Message {time.monotonic_ns()}"
    template = messaging.template_create(actor=actor, name=name, channel="sms", language="da", texts=texts)
    nodes = [
        node("wait", "wait", "urgent", duration={"n": 3, "unit": "months"}),
        node("urgent", "urgent", "sms"),
        node("sms", "send_sms", "again", template=str(template.id)),
        node("again", "wait", duration={"n": 3, "unit": "months"}),
    ]
    doc = document(campaign, name, {"type": "by_hand"}, nodes)
    return actions.journey_make(actor=actor, name=name, document=doc, publish=True)


def woken(due: datetime, leads: int) -> float:
    """Wake all that are due by then; how long it took. Each has taken three arrows and has a message that is to be sent."""
    from ringround.infra import clock
    from ringround.journeys.engine.loop import Engine
    from ringround.journeys.models import Log
    from ringround.messaging.models import Message

    before = Log.objects.count(), Message.objects.filter(status="queued").count()
    with clock.frozen(due):
        began = time.perf_counter()
        Engine().drain()
        took = time.perf_counter() - began
    after = Log.objects.count(), Message.objects.filter(status="queued").count()
    assert (after[0] - before[0], after[1] - before[1]) == (3 * leads, leads), (before, after, leads)
    return took


def waiting(bench: Bench, db: psycopg.Connection[Any], actor: Any, campaign: UUID, leads: int) -> None:
    """All leads enter, wait, and are woken at once."""
    from django.db import connection

    from ringround.infra import clock
    from ringround.journeys import actions
    from ringround.journeys.engine.loop import Engine
    from ringround.journeys.models import Log, Run, Timer

    made = long_way(actor, campaign)
    before = size(db)
    actions.backfill(actor=actor, journey_id=made.id)
    began = time.perf_counter()
    Engine().drain()
    bench.add("enter_per_s", leads / (time.perf_counter() - began))
    assert Run.objects.count() == Timer.objects.count() == leads
    db.execute("VACUUM (ANALYZE) journeys_run")
    bench.add("bytes_per_waiting_run", (size(db) - before) / leads)

    # Idle: as the process itself, for some seconds.
    idle(bench, 5.0 if bench.quick else 30.0)

    with clock.frozen(clock.now() + timedelta(days=80)):
        Engine().drain()
    assert not Log.objects.exists(), "some woke early"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    used = time.process_time(), cpu_of(server)
    took = woken(clock.now() + timedelta(days=93), leads)
    used = time.process_time() - used[0], cpu_of(server) - used[1]
    assert Run.objects.filter(node="again").count() == leads
    bench.add("transitions_per_s", 3 * leads / took)
    bench.add("wakes_per_s", leads / took)
    bench.add("transition_cpu_us", sum(used) / (3 * leads) * 1e6)
    bench.note(
        transition_cpu_us={"engine": round(used[0] / leads / 3e-6, 1), "server": round(used[1] / leads / 3e-6, 1)}
    )


def most(bench: Bench, admin: str, actor: Any, ground: Ground, few: int, many: int) -> None:
    """As many woken among `many` that wait as among `few`."""
    from ringround.journeys import actions
    from ringround.journeys.engine.loop import Engine
    from ringround.journeys.models import Run

    runs, each = 3, few // 20
    made = long_way(actor, ground.campaign)
    actions.runs_start(actor=actor, journey_id=made.id, lead_ids=[UUID(peers.lead(0))])
    Engine().drain()
    first = Run.objects.values_list("due", flat=True).get()
    assert first is not None
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("CREATE TABLE bench_run AS SELECT * FROM journeys_run")
        fresh(db)
    rates: dict[int, list[float]] = {few: [], many: []}
    done, there = 1, 1
    for leads in (few, many):
        if leads > ground.leads:
            grow(admin, ground, leads, bare=False)
            numbers(admin)
        wait(admin, there + 1, leads)
        there = leads
        for run in range(runs):
            # The n-th lead's run is due n milliseconds after the first.
            done += each
            rates[leads].append(3 * each / woken(first + timedelta(milliseconds=done), each))
            bench.say(f"{leads:,} wait, run {run}: {rates[leads][-1]:,.0f} transitions/s")
    for ours, before in zip(rates[many], rates[few], strict=True):
        bench.add("at_10m_vs_1m", ours / before)
    bench.note(at_10m_vs_1m={"waiting": [few, many], "woken": each})


def wait(admin: str, first: int, last: int) -> None:
    """Leads from the first to the last wait as that of `bench_run` does."""
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        run = "('01900000-0000-7000-d000-' || lpad(n::text, 12, '0'))::uuid"
        lead = "('01900000-0000-7000-c000-' || lpad(n::text, 12, '0'))::uuid"
        due = "r.due + n * interval '1 ms'"
        names = "version_id, epoch, state, node, entered_at, since, steps, data"
        source = f"FROM bench_run r, generate_series({first}, {last}) AS n"
        db.execute(
            f"INSERT INTO journeys_run (id, lead_id, due, {names}) SELECT {run}, {lead}, {due}, {names} {source}"
        )
        db.execute(f"INSERT INTO journeys_timer (due, run_id, epoch) SELECT {due}, {run}, epoch {source}")
        db.execute("VACUUM (ANALYZE) journeys_run, journeys_timer")
        db.execute("CHECKPOINT")


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


def main() -> int:
    asked = arguments(
        __doc__ or "",
        leads="so many wait at last, for `at_10m_vs_1m` (10,000,000); the rest is of a million",
        parts=PARTS,
    )
    bench = Bench("journeys", GOALS, asked.quick, partly=set(asked.parts) != set(PARTS))
    leads, many = (10_000, 20_000) if asked.quick else (1_000_000, 10_000_000)
    many = asked.leads or many
    leads = min(leads, many)
    with database(keep=asked.keep) as server, psycopg.connect(admin_of(server), autocommit=True) as db:
        admin = admin_of(server)
        ground = begin(admin, 2)
        grow(admin, ground, leads)
        numbers(admin)
        from ringround.infra import clock
        from ringround.infra.garbage import settle
        from ringround.journeys.engine.loop import GARBAGE
        from ringround.orgs.actor import Actor
        from ringround.orgs.models import Membership

        settle(*GARBAGE)
        owner = Membership.objects.select_related("user", "organisation").get(role="owner")
        actor = Actor(user=owner.user, organisation=owner.organisation, home=owner.organisation, role="owner")
        bench.note(leads=leads, journeys=JOURNEYS, now=NOW.isoformat(), started=clock.real_now().isoformat())
        bench.say(f"{leads:,} leads")

        def chain() -> None:
            links = peers.chain(actor, partial(document, ground.campaign), node, 2_000 if bench.quick else 50_000)
            jobs, runs = (150, 1) if bench.quick else (2_000, 5)
            peers.measure(bench, admin, links, jobs=jobs, runs=runs)

        parts: dict[str, Callable[[], None]] = {
            "wait": lambda: waiting(bench, db, actor, ground.campaign, leads),
            "events": lambda: heard(bench, db, admin, actor, ground.campaign, leads),
            "peers": chain,
            "most": lambda: most(bench, admin, actor, ground, leads, many),
            "editor": lambda: editor.measure(bench, actor, ground.campaign),
        }
        for name in PARTS:
            if name in asked.parts:
                fresh(db)
                parts[name]()
                told = {name: round(values[-1], 4) for name, values in bench.figures.items()}
                bench.say(f"after {name}: {json.dumps(told)}")
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
