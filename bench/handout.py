"""The hand-out: the complete claim against the least that a queue in PostgreSQL can be.

One campaign of a million leads (`--quick`: 100,000), 64 clients, each claim by an agent who holds nothing. It begins with
ten thousand leads and ends with ten million (`_leads.py`; `LEADS=1000000` leaves the last part out, which takes some
minutes to load and 12 GB; `ARGS="--parts http"` measures one part alone and keeps the other figures of the result file).

`claim_vs_pgbench`: both sides are run by pgbench, in turn, and the ratio is taken pair by pair.
- The peer: one statement, `UPDATE … WHERE id = (SELECT … ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED)`, on a narrow
  table of its own with the same ids and positions and the index that suits it best; prepared; the best of the sweep.
- The claim: the very statement that `campaigns.actions.lead_next` sends, from the product's own SQL file and prepared as
  the product prepares it. It asks every gate, takes the numbers, writes lease, log and event, and commits. The campaign
  itself is read before only when it has changed since this process read it last; that is not in the measure.

No client gives a lead back inside the measured time: each claim is made by an agent of its own (64 of them at any
moment), and on the other side by a new holder. Between runs, unmeasured and alike for both, what was claimed is closed as
if worked and the tables are vacuumed, so that each run begins with only open leads at the head of its queue. The first
seconds of each run, in which 64 sessions start, are left out on both sides.

`during_report_ratio`: the claim while the leads' file and reports of figures are read without a pause in another process
(`_report.py`), against the claim of the same run without.

`at_10m_vs_1m`: the claim at ten million leads against a run at one million.

`vs_omnileads_rule`, `vs_omnileads_rule_at_10k`: the claim against the preview hand-out of OMniLeads (`_omnileads.py`) at as
many leads as the campaign has, and at 10,000, where each of our runs has 10,000 open leads too and both sides the number
of clients that suits them best.

`python_claims_per_s`: the action itself, in Python, by four processes. Not compared with anything.

`http_cycles_per_s`, `http_p99_ms` and `http_cpu_ms`: the whole of an agent's cycle through the product as it is served (`http_cycles.py`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench import _omnileads as omnileads
from bench import _report as report
from bench import http_cycles
from bench._leads import AGENT, FIRST, NOW, Ground, begin, check, grow, people
from bench.harness import ROOT, Bench, Goal, PgBench, arguments, database, pgbench

CLIENTS = 64
GOALS = {
    "claim_vs_pgbench": Goal(least=0.5), "during_report_ratio": Goal(least=0.5), "at_10m_vs_1m": Goal(least=0.8),
    "vs_omnileads_rule_at_10k": Goal(least=10), "vs_omnileads_rule": Goal(least=500),
    "http_cycles_per_s": Goal(least=300), "http_p99_ms": Goal(most=250),
}  # fmt: skip
# What may be measured alone, with `--parts`.
PARTS = ("few", "million", "python", "http", "most")
UNTIL = "2026-03-02 09:10:00+00"

# name of the peer's own index -> (index, which rows are free)
PEERS = {
    "partial index on position": (
        "CREATE INDEX bare_free ON bare_lead (position) WHERE reserved_by IS NULL",
        "reserved_by IS NULL",
    ),
    "partial index on campaign and position": (
        "CREATE INDEX bare_free ON bare_lead (campaign_id, position) WHERE reserved_by IS NULL",
        "campaign_id = '{campaign}' AND reserved_by IS NULL",
    ),
}


def claim_script(folder: Path, run: int, campaign: UUID) -> Path:
    """The statement that `lead_next` sends, prepared as the product prepares it."""
    from ringround.campaigns.queries.plan_facts import plan_load
    from ringround.infra import sql

    plan = plan_load(campaign_id=campaign)
    statement = sql.load("campaigns")["claim"]
    assert statement.prepared
    zones = ",".join(map(str, plan.zones))
    params = {
        "campaign": f"'{plan.id}'", "version": plan.version, "user": f"('{AGENT}' || :n)", "now": f"'{NOW.isoformat()}'",
        "until": f"'{UNTIL}'", "zones": f"'{{{zones}}}'", "known_zones": len(plan.zones),
        "max_attempts": plan.settings["max_attempts"], "new_per_retried": "NULL", "turned": "false", "packs": "NULL",
        "log_id": f"('01900000-0000-7000-8{run:03d}-' || :n)", "event_id": f"('01900000-0000-7000-8{run:03d}-' || :n)",
    }  # fmt: skip
    assert plan.settings["new_per_retried"] is None
    script = folder / "claim.sql"
    script.write_text(
        f"\\set n {FIRST} + :i * {CLIENTS} + :client_id\n\\set i :i + 1\n{_one_line(statement % params)};\n"
    )
    return script


def peer_script(folder: Path, run: int, where: str) -> Path:
    script = folder / "peer.sql"
    script.write_text(
        f"\\set n {FIRST} + :i * {CLIENTS} + :client_id\n\\set i :i + 1\n"
        f"UPDATE bare_lead SET reserved_by = ('01900000-0000-7000-9{run:03d}-' || :n)::uuid, reserved_until = '{UNTIL}'"
        f" WHERE id = (SELECT id FROM bare_lead WHERE {where} ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED)"
        " RETURNING id;\n"
    )
    return script


def close_claimed(dsn: str) -> int:
    """As if everything handed out had been worked; how many leads that were."""
    with psycopg.connect(dsn, autocommit=True) as db:
        done = db.execute(
            "UPDATE campaigns_lead SET status = 'not_interested', reserved_by_id = NULL, reserved_until = NULL,"
            " reserved_at = NULL, handout_rule = '', turn_at = NULL, event_no = event_no + 1 WHERE reserved_by_id IS NOT NULL"
        ).rowcount
        db.execute("TRUNCATE campaigns_number_hold")
        db.execute("TRUNCATE infra_event_out")  # the relay has moved them
        for table in ("campaigns_lead", "bare_lead", "campaigns_member"):
            if db.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
                db.execute(f"VACUUM (ANALYZE) {table}")
        db.execute("CHECKPOINT")
    return int(done)


def sweep(bench: Bench, server: Any, admin: str, folder: Path, seconds: float, campaign: UUID) -> str:
    """The peer with its best index; which rows are free to it."""
    found: dict[str, float] = {}
    for run, (name, (index, where)) in enumerate(PEERS.items(), start=900):
        _index(admin, index)
        script = peer_script(folder, run, where.format(campaign=campaign))
        found[name] = pgbench(server, script, clients=CLIENTS, seconds=seconds, define={"i": 0}).per_s
    best = max(found, key=lambda name: found[name])
    bench.note(peer_sweep={name: round(per_s) for name, per_s in found.items()}, peer=best)
    _index(admin, PEERS[best][0])
    return PEERS[best][1].format(campaign=campaign)


def _index(admin: str, index: str) -> None:
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("DROP INDEX IF EXISTS bare_free")
        db.execute(index)
        db.execute("VACUUM (ANALYZE) bare_lead")


def by_processes(server: Any, seconds: float, processes: int = 4) -> float:
    """`campaigns.actions.lead_next` itself, in Python, by so many processes: claims a second."""
    script = f"import sys; from bench.handout import claim_for; claim_for(int(sys.argv[1]), {processes}, {seconds})"
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    done = [float(one.communicate()[0]) for one in running]
    if any(one.returncode for one in running):
        raise RuntimeError("a process failed")
    return sum(done)


def claim_for(number: int, processes: int, seconds: float) -> None:
    """One such process: claims by one agent after another, and prints how many a second."""
    import django

    django.setup()
    from ringround.campaigns.actions import Handout, lead_next
    from ringround.campaigns.models import Campaign
    from ringround.infra import clock
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Organisation, User

    org = Organisation.objects.get()
    campaign = Campaign.objects.values_list("id", flat=True).get()
    people = [
        Actor(user=user, organisation=org, home=org, role="senior_agent")
        for user in User.objects.order_by("-id")[: 4000 * processes][number::processes]
    ]
    with clock.frozen(NOW):
        begun, made = time.monotonic(), 0
        for actor in people:
            found = lead_next(actor=actor, campaign_id=campaign)
            assert isinstance(found, Handout), found
            made += 1
            if time.monotonic() - begun > seconds:
                break
        print(made / (time.monotonic() - begun))


@dataclass(frozen=True)
class Size:
    """How much is measured. `few`, `leads`, `most`: leads of the campaign, one after the other."""

    leads: int
    most: int
    runs: int
    seconds: int
    warm_up: int
    claims_each: int  # by each agent, for the rule of the peer by name
    few: int = 10_000

    @property
    def sweep_s(self) -> int:
        return max(4, self.seconds // 3)


FULL = Size(leads=1_000_000, most=10_000_000, runs=5, seconds=15, warm_up=4, claims_each=1500)
QUICK = Size(leads=100_000, most=300_000, runs=2, seconds=4, warm_up=2, claims_each=500)


@dataclass
class Measuring:
    """One whole measurement."""

    bench: Bench
    size: Size
    server: Any
    folder: Path
    ground: Ground
    run: int = 0

    @property
    def admin(self) -> str:
        return str(self.server.dsn_for("ringround", admin=True))

    def grow(self, leads: int, *, bare: bool = True) -> None:
        begun = time.monotonic()
        grow(self.admin, self.ground, leads, bare=bare)
        check(self.ground)
        self.bench.say(f"{leads:,} leads, loaded in {time.monotonic() - begun:.0f} s")

    def claim(self, *, seconds: float = 0, each: int = 0, clients: int = CLIENTS) -> PgBench:
        """Claims by the statement itself; afterwards what was given is closed, as if worked."""
        self.run += 1
        script = claim_script(self.folder, self.run, self.ground.campaign)
        warm_up = self.size.warm_up if seconds else 1
        done = pgbench(
            self.server, script, clients=clients, seconds=seconds, each=each, warm_up=warm_up, define={"i": 0}
        )
        given = close_claimed(self.admin)
        if given != done.transactions:
            raise RuntimeError(f"{done.transactions} claims gave {given} leads: there are too few agents")
        return done

    def omnileads(self, clients: int) -> float:
        return omnileads.per_s(self.server, self.admin, self.folder, clients=clients, seconds=self.size.sweep_s)

    def few_leads(self) -> None:
        """Against the rule of OMniLeads at ten thousand leads: ours too has as many open ones, in each run anew. Each
        with the number of clients that suits it best."""
        most = self.size.few * 2 // 3
        clients = (2, 16) if self.bench.quick else (1, 2, 4, 16, 64)
        omnileads.fill(self.admin, self.size.few)
        peer, found = omnileads.best(
            self.server, self.admin, self.folder, seconds=self.size.sweep_s, clients=clients
        )  # fmt: skip
        mine: dict[int, float] = {}
        for one in (16, CLIENTS):
            self.grow(self.ground.leads + self.size.few)
            mine[one] = self.claim(each=most // one, clients=one).per_s
        best = max(mine, key=lambda one: mine[one])
        self.bench.note(
            omnileads_sweep_at_10k=found, omnileads_clients_at_10k=peer, claim_clients_at_10k=best,
            claim_sweep_at_10k={f"{one} clients": round(rate) for one, rate in mine.items()},
        )  # fmt: skip
        for run in range(self.size.runs + 1):
            self.grow(self.ground.leads + self.size.few)
            theirs = self.omnileads(peer)
            ours = self.claim(each=most // best, clients=best).per_s
            self.bench.say(f"at {self.size.few:,}: {theirs:,.0f}/s, claim {ours:,.0f}/s, {ours / theirs:.1f}")
            if run:
                self.bench.add("vs_omnileads_rule_at_10k", ours / theirs)
                self.bench.add("omnileads_rule_at_10k_per_s", theirs)

    def million(self) -> list[float]:
        """Against the bare queue, against the rule of OMniLeads, and while a report runs; the claims a second."""
        bench, size = self.bench, self.size
        where = sweep(bench, self.server, self.admin, self.folder, size.sweep_s, self.ground.campaign)
        omnileads.fill(self.admin, size.leads)
        peer, found = omnileads.best(self.server, self.admin, self.folder, seconds=size.sweep_s, clients=(1, 2, 4, 8))
        bench.note(omnileads_sweep=found, omnileads_clients=peer)
        rates = []
        for run in range(size.runs + 1):
            bare = pgbench(
                self.server, peer_script(self.folder, run, where), clients=CLIENTS, seconds=size.seconds,
                warm_up=size.warm_up, define={"i": 0},
            )  # fmt: skip
            claim = self.claim(seconds=size.seconds)
            theirs = self.omnileads(peer)
            with report.running():
                during = self.claim(seconds=size.seconds)
            bench.say(
                f"run {run}: bare {bare.per_s:,.0f}/s, claim {claim.per_s:,.0f}/s, {claim.per_s / bare.per_s:.3f};"
                f" during a report {during.per_s:,.0f}/s, {during.per_s / claim.per_s:.3f}; OMniLeads {theirs:.2f}/s"
            )
            if run == 0:
                continue  # caches fill
            bench.add("claim_vs_pgbench", claim.per_s / bare.per_s)
            bench.add("claims_per_s", claim.per_s)
            bench.add("claim_latency_ms", claim.latency_ms)
            bench.add("pgbench_per_s", bare.per_s)
            bench.add("during_report_ratio", during.per_s / claim.per_s)
            bench.add("vs_omnileads_rule", claim.per_s / theirs)
            bench.add("omnileads_rule_per_s", theirs)
            rates.append(claim.per_s)
        return rates

    def most_leads(self, before: list[float]) -> None:
        """The same claim on ten times as many leads, each run against one of before (measured now if it was not)."""
        before = before or [self.claim(seconds=self.size.seconds).per_s for _ in range(self.size.runs + 1)][1:]
        with psycopg.connect(self.admin, autocommit=True) as db:
            db.execute("DROP TABLE IF EXISTS bare_lead, agente_en_contacto")
        people(self.admin, self.ground)  # the measurement by HTTP has had agents of its own
        self.grow(self.size.most, bare=False)
        for run, rate in enumerate([before[0], *before]):
            found = self.claim(seconds=self.size.seconds).per_s
            self.bench.say(f"run {run}: at {self.size.most:,} leads {found:,.0f}/s, {found / rate:.3f}")
            if run:
                self.bench.add("at_10m_vs_1m", found / rate)


def main() -> int:
    asked = arguments(
        __doc__ or "", leads="so many at last, for `at_10m_vs_1m` (10,000,000); 1000000 leaves it out", parts=PARTS
    )
    bench = Bench("handout", GOALS, asked.quick, partly=set(asked.parts) != set(PARTS))
    size = QUICK if asked.quick else FULL
    size = replace(size, most=asked.leads or size.most)
    # More connections than an installation has, for 64 clients; nothing else differs from what is shipped.
    with (
        database(keep=asked.keep, options={"max_connections": "100"}) as server,
        tempfile.TemporaryDirectory() as where,
    ):
        bench.note(
            leads=size.leads, most_leads=size.most, clients=CLIENTS, seconds=size.seconds,
            postgres=server.programs.version, pgbench_threads=2, peer_protocol="prepared", claim_protocol="prepared",
            warm_up=size.warm_up,
        )  # fmt: skip
        admin = server.dsn_for("ringround", admin=True)
        measuring = Measuring(bench, size, server, Path(where), begin(admin, CLIENTS * size.claims_each))
        if "few" in asked.parts:
            measuring.few_leads()
        measuring.grow(size.leads)
        rates = measuring.million() if "million" in asked.parts else []
        if "python" in asked.parts:
            for _ in range(size.runs):
                bench.add("python_claims_per_s", by_processes(server, size.seconds / 2))
                close_claimed(admin)
        if "http" in asked.parts:
            tokens = http_cycles.agents(measuring.ground.campaign, CLIENTS)
            for _ in range(size.runs):
                by_http(bench, measuring.ground.campaign, tokens, size.seconds, size.warm_up)
                close_claimed(admin)
        if "most" in asked.parts and size.most > size.leads:
            measuring.most_leads(rates)
    return bench.finish()


def by_http(bench: Bench, campaign: UUID, tokens: list[str], seconds: float, warm_up: float) -> None:
    """As many clients as above, through the product as it is served."""
    from ringround.campaigns.models import Disposition

    nobody = Disposition.objects.filter(campaign=campaign, kind="no_contact").values_list("name", flat=True)[0]
    done = http_cycles.measure(campaign, tokens, nobody, seconds=seconds, warm_up=warm_up)
    bench.say(f"by HTTP: {done.cycles / seconds:,.0f} cycles/s, p99 {done.p99_ms():,.0f} ms")
    bench.add("http_cycles_per_s", done.cycles / seconds)
    bench.add("http_p99_ms", done.p99_ms())
    bench.add("http_cpu_ms", sum(done.cpu_ms().values()))
    bench.say(f"  processor time a cycle, in ms: {done.cpu_ms()}")


def _one_line(text: str) -> str:
    return " ".join(line for line in text.splitlines() if not line.strip().startswith("--"))


if __name__ == "__main__":
    sys.exit(main())
