"""Onboarding: a provider's webhooks, the lists of sessions, a collection day, and the way from the agent's Send to the
donor's yes. Each part can be measured alone (`ARGS="--parts webhooks charges"`), which keeps the other figures; one that
fails keeps no other from being measured. All four take about a quarter of an hour of a machine that does nothing else.

`webhooks`, by the product as it is served (two web processes, relay and worker), beside the database and the one that
tells, on the same processors: 500 signed events a second for a minute (`_webhooks.py`).
- `webhooks_per_s`: answered with 200, by 200 ms after the last was due. `webhook_p99_ms`: from when an event was due until
  its answer was there.
- `webhooks_behind`, `webhooks_behind_s`: how many were not applied when the last was answered, and how long the oldest of
  them had waited; `webhooks_caught_up_s`: when all were. Afterwards it is looked in the database whether each was applied
  once and of each mandate in the order in which they were told: if not, there is no figure.

`charges`: a million subscriptions that are due on one day; the charge run in this process until it finds nothing, each
batch with its orders in the outbox. `charges_per_s`. Afterwards: of each one charge and one order, of none two.

`sessions`: two million on twenty campaigns (`_sessions.py`), asked over HTTP as the merchant's owner and as the agency's
supervisor: first pages, by campaign, status and date, deep ones, and who was won.
- `session_list_p95_ms`. `lead_page_p95_ms`: a person with 200 sessions; `short_lead_page_p95_ms`: others with two. Each
  kind's own 95th percentile is in the notes.

`donor` (`_donor.py`):
- `send_to_accept_s`: from the agent's Send until the agent has been told by the live stream, has asked for the session and
  it says Complete; the donor takes no time.
- `donor_page_kb`, `donor_first_paint_s`: what the donor's page with everything on it (terms, methods, national id) brings
  over the line, and when a Chromium on slow 3G shows the first of it.

The rows are copies of a session that went from the submitting to the sandbox's yes (`_signed.py`). Server, product and
whoever asks share the machine's cores.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import psycopg

from bench import _donor as donor
from bench import _sessions as sessions
from bench import _signed as signed
from bench import _webhooks as webhooks
from bench.harness import Bench, Goal, arguments, database

GOALS = {
    "webhooks_per_s": Goal(least=500),
    "webhook_p99_ms": Goal(most=200),
    "charges_per_s": Goal(least=3_334),
    "session_list_p95_ms": Goal(most=150),
    "lead_page_p95_ms": Goal(most=200),
    "send_to_accept_s": Goal(most=1),
    "donor_page_kb": Goal(most=100),
    "donor_first_paint_s": Goal(most=1),
}
PARTS = ("webhooks", "charges", "sessions", "donor")
CAMPAIGNS = 20


def charges(bench: Bench, db: psycopg.Connection[Any], _ground: signed.Ground) -> None:
    """A day's collection."""
    from ringround.infra import clock
    from ringround.onboarding.actions.agreements.run import charges_run

    many = 20_000 if bench.quick else 1_000_000
    now = clock.now()
    day = f"'{now.date().isoformat()}'::date"
    changes = {
        "next_due_on": day, "schedule_on": day, "starts_on": day, "anchor_day": f"{now.day}::smallint",
        "amount": "5000 + n % 100 * 100",
    }  # fmt: skip
    signed.grow(db, many, due=changes)
    began, batches = time.perf_counter(), 0
    while charges_run(now=now):
        batches += 1
    took = time.perf_counter() - began
    bench.add("charges_per_s", many / took)
    bench.note(charges={"subscriptions": many, "batches": batches, "seconds": round(took, 1)})
    row = db.execute(
        "SELECT count(*), count(DISTINCT c.subscription_id), count(o.id), count(DISTINCT o.subject_id)"
        " FROM onboarding_charge c LEFT JOIN onboarding_gateway_order o ON o.subject_id = c.id AND o.what = 'schedule_charge'"
        " AND o.state = 'pending' WHERE c.id > '01900001-0000-7000-8f00-000000000000'"
    ).fetchone()
    assert row == (many,) * 4, (row, many)
    assert not charges_run(now=now)
    signed.clear(db)


def main() -> int:
    asked = arguments(__doc__ or "", parts=PARTS)
    bench = Bench("onboarding", GOALS, asked.quick, partly=set(asked.parts) != set(PARTS))
    with database(keep=asked.keep) as server:
        admin = str(server.dsn_for("ringround", admin=True))
        with psycopg.connect(admin, autocommit=True) as db:
            ground = signed.begin(CAMPAIGNS)
            signed.kept(db)
            signed.clear(db)
            bench.note(postgres=server.programs.version)
            parts: dict[str, Callable[[Bench, Any, Any], None]] = {
                "webhooks": webhooks.measure,
                "charges": charges,
                "sessions": sessions.measure,
                "donor": donor.measure,
            }
            failed = [
                name for name in PARTS if name in asked.parts and not _alone(parts[name], name, bench, db, ground)
            ]
    bench.partly = bench.partly or bool(failed)
    missed = bench.finish() if bench.figures else 1
    return int(bool(missed or failed))


def _alone(part: Callable[[Bench, Any, Any], None], name: str, bench: Bench, db: Any, ground: signed.Ground) -> bool:
    """One part, and how long it took; whether it came to its end. Where it does not, nothing of it is kept, and the others
    have their turn."""
    figures, notes, began = dict(bench.figures), dict(bench.notes), time.perf_counter()
    try:
        part(bench, db, ground)
    except Exception:
        traceback.print_exc()
        bench.figures, bench.notes = figures, notes
        signed.clear(db)
        return False
    bench.note(**{f"{name}_took_s": round(time.perf_counter() - began)})
    told = {figure: round(values[-1], 4) for figure, values in bench.figures.items() if figure not in figures}
    bench.say(f"after {name}, {bench.notes[f'{name}_took_s']} s: {json.dumps(told)}")
    return True


if __name__ == "__main__":
    sys.exit(main())
