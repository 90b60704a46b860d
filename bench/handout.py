"""The hand-out: the complete claim against the least that a queue in PostgreSQL can be.

One campaign of a million leads (`--quick`: 100,000), 64 clients, each claim by an agent who holds nothing.

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

`python_claims_per_s`: the action itself, in Python, by four processes. Not compared with anything.

`http_cycles_per_s`, `http_p99_ms` and `http_cpu_ms`: the whole of an agent's cycle through the product as it is served (`http_cycles.py`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench import http_cycles
from bench.harness import ROOT, Bench, Goal, arguments, database, pgbench

CLIENTS = 64
GOALS = {
    "claim_vs_pgbench": Goal(least=0.5), "http_cycles_per_s": Goal(least=300), "http_p99_ms": Goal(most=250),
}  # fmt: skip
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
UNTIL = "2026-03-02 09:10:00+00"
# An agent's id from a number of twelve digits, so that a pgbench script can name a new one at each claim.
AGENT, FIRST = "01900000-0000-7000-9000-", 100_000_000_000

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


def load(admin: str, leads: int, agents: int, *, contact: str = "", lead: str = "") -> UUID:
    """A running campaign with so many leads and agents. One of each is made by the product's actions; the others are
    copies of those rows with ids, positions and numbers of their own. Contacts carry no search text, unless `contact`
    says so: as `lead`, more of what the n-th copy has of its own, `, 'column', value` in SQL."""
    from ringround.campaigns import actions as campaigns
    from ringround.campaigns.models import Campaign
    from ringround.contacts import actions as contacts
    from ringround.infra import clock
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership, Organisation, User

    with clock.frozen(NOW):
        org = Organisation.objects.create(name="Hjælpen", kind="merchant", created_at=NOW)
        person = User.objects.create(
            id=UUID(f"{AGENT}{0:012d}"), email="agent@example.org", name="Agent", language="en"
        )
        Membership.objects.create(organisation=org, user=person, role="owner")
        actor = Actor(user=person, organisation=org, home=org, role="owner")
        columns = [{"name": "name", "type": "text", "role": "name"}, {"name": "mobile", "type": "phone"}]
        listed = contacts.contact_list_create(actor=actor, name="Givere", columns=columns, region="DK")
        fields = {"name": "Person", "mobile": "28 12 34 56"}
        one = contacts.contact_create(actor=actor, list_id=listed.id, fields=fields)
        hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        made = campaigns.campaign_create(
            actor=actor,
            fields={"name": "Efterår", "mode": "preview", "lists": [str(listed.id)], "hours": hours, "holidays": None},
        )
        campaigns.list_leads_add(campaign_id=made.id, contact_ids=[one.id])
        Campaign.objects.filter(id=made.id).update(state="running", next_position=leads + 1)
    with psycopg.connect(admin, autocommit=True) as db:
        # References are right by construction; looking each up would take longer than all the rest.
        db.execute("SET session_replication_role = replica")
        db.execute("SET synchronous_commit = off")
        user = f"('{AGENT}' || ({FIRST} + n))::uuid"
        _copies(db, "orgs_user", 0, agents - 1, f"'id', {user}, 'email', 'agent' || n || '@example.org'")
        db.execute(
            "INSERT INTO campaigns_member (id, campaign_id, user_id, duty, retried_streak)"
            f" SELECT gen_random_uuid(), '{made.id}', {user}, 'agent', 0 FROM generate_series(0, {agents - 1}) AS n"
        )
        contact_id, lead_id = (f"('01900000-0000-7000-{kind}000-' || lpad(n::text, 12, '0'))::uuid" for kind in "ac")
        _copies(db, "contacts_contact", 2, leads, f"'id', {contact_id}, 'search', ''{contact}")
        _copies(
            db, "campaigns_lead", 2, leads,
            f"'id', {lead_id}, 'contact_id', {contact_id}, 'position', n,"
            f" 'numbers', jsonb_build_array('+452' || lpad(n::text, 7, '0')){lead}",
        )  # fmt: skip
        db.execute(
            "CREATE TABLE bare_lead (id uuid PRIMARY KEY, campaign_id uuid NOT NULL, position bigint NOT NULL,"
            " reserved_by uuid, reserved_until timestamptz)"
        )
        db.execute("INSERT INTO bare_lead SELECT id, campaign_id, position FROM campaigns_lead ORDER BY position")
        db.execute("GRANT ALL ON bare_lead TO PUBLIC")
        db.execute("TRUNCATE infra_event_out")
        db.execute("VACUUM (ANALYZE)")
        db.execute("CHECKPOINT")
    return made.id


def _copies(db: psycopg.Connection[Any], table: str, first: int, last: int, changes: str) -> None:
    """Copies of the table's one row, numbered `n`, with some columns changed."""
    db.execute(
        f"INSERT INTO {table} SELECT r.* FROM {table} AS t, generate_series({first}, {last}) AS n,"
        f" LATERAL jsonb_populate_record(t, jsonb_build_object({changes})) AS r"
    )


def check(campaign: UUID, leads: int) -> None:
    """The loaded leads are as `rules.place` would have them."""
    from ringround.campaigns.queries.plan_facts import plan_load
    from ringround.campaigns.queries.rows import facts
    from ringround.campaigns.rules.place import place
    from ringround.infra import sql

    plan = plan_load(campaign_id=campaign)
    for n in range(2, leads, leads // 97):
        row = sql.row("campaigns", "lead_read", lead=UUID(f"01900000-0000-7000-c000-{n:012d}"))
        assert row is not None
        at = place(facts(row), plan.order, row["created_at"])
        for name in ("queue", "for_agent", "rank", "rank_text", "turn_at"):
            assert row[name] == getattr(at, name), (n, name)


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
        "max_attempts": plan.settings["max_attempts"], "new_per_retried": "NULL", "turned": "false",
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


def main() -> int:
    asked = arguments(__doc__ or "")
    bench = Bench("handout", GOALS, asked.quick)
    leads, runs, seconds, warm = (100_000, 2, 4, 2) if asked.quick else (1_000_000, 5, 15, 4)
    agents = CLIENTS * (500 if asked.quick else 1500)
    # More connections than an installation has, for 64 clients; nothing else differs from what is shipped.
    with (
        database(keep=asked.keep, options={"max_connections": "100"}) as server,
        tempfile.TemporaryDirectory() as where,
    ):
        folder = Path(where)
        admin = server.dsn_for("ringround", admin=True)
        bench.say(f"loading {leads:,} leads")
        campaign = load(admin, leads, agents)
        check(campaign, leads)
        peer = sweep(bench, server, admin, folder, 2 if asked.quick else 5, campaign)
        bench.note(
            leads=leads, clients=CLIENTS, seconds=seconds, postgres=server.programs.version, pgbench_threads=2,
            peer_protocol="prepared", claim_protocol="prepared", warm_up=warm,
        )  # fmt: skip
        for run in range(runs + 1):
            bare = pgbench(
                server, peer_script(folder, run, peer), clients=CLIENTS, seconds=seconds, warm_up=warm, define={"i": 0}
            )
            claim = pgbench(
                server, claim_script(folder, run, campaign), clients=CLIENTS, seconds=seconds, warm_up=warm,
                define={"i": 0},
            )  # fmt: skip
            given = close_claimed(admin)
            if given != claim.transactions:
                raise RuntimeError(f"{claim.transactions} claims gave {given} leads: there are too few agents")
            bench.say(
                f"run {run}: bare {bare.per_s:,.0f}/s, claim {claim.per_s:,.0f}/s, {claim.per_s / bare.per_s:.3f}"
            )
            if run == 0:
                continue  # caches fill
            bench.add("claim_vs_pgbench", claim.per_s / bare.per_s)
            bench.add("claims_per_s", claim.per_s)
            bench.add("claim_latency_ms", claim.latency_ms)
            bench.add("pgbench_per_s", bare.per_s)
        for _ in range(runs):
            bench.add("python_claims_per_s", by_processes(server, seconds / 2))
            close_claimed(admin)
        for _ in range(runs):
            by_http(bench, campaign, seconds, warm)
            close_claimed(admin)
    return bench.finish()


def by_http(bench: Bench, campaign: UUID, seconds: float, warm_up: float) -> None:
    """As many clients as above, through the product as it is served."""
    from ringround.campaigns.models import Disposition

    nobody = Disposition.objects.filter(campaign=campaign, kind="no_contact").values_list("name", flat=True)[0]
    tokens = http_cycles.agents(campaign, CLIENTS)
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
