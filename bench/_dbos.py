"""DBOS Transact doing the chain of `_peers`, in an environment of its own; prints `{"per_s": …, "version": …}`.

`python bench/_dbos.py URL JOBS CONCURRENCY`. A wait is a workflow that is put on the queue with a delay: one that sleeps
(`DBOS.sleep`) would keep a thread of this process for the three months. What it does to the lead is one transaction of the
datasource, committed together with DBOS's own record of it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from importlib.metadata import version

import sqlalchemy as sa
from dbos import DBOS, SetEnqueueOptions, SQLAlchemyDatasource

LATER_S = 90 * 86_400
# How often the queue is looked at; by default once a second, which would be all that is measured.
POLL_S = 0.01
LONGEST_S = 300


def main() -> None:
    url, jobs, concurrency = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    DBOS(
        config={
            "name": "bench", "system_database_url": url, "sys_db_pool_size": concurrency + 4,
            "run_admin_server": False, "log_level": "WARNING",
        }
    )  # fmt: skip
    data = SQLAlchemyDatasource.create(
        url, engine_kwargs={"pool_size": concurrency, "max_overflow": 4}, schema="dbos_datasource"
    )
    # A queue is known to all later processes, which would begin at once; so each has its own.
    queue = f"bench{time.time_ns()}"
    left, mine, over = jobs, threading.Lock(), threading.Event()

    @data.transaction(isolation_level="READ COMMITTED")
    def act(lead: str) -> None:
        db = data.sql_session()
        db.execute(sa.text("SELECT * FROM campaigns_lead WHERE id = :lead FOR UPDATE"), {"lead": lead})
        db.execute(sa.text("UPDATE campaigns_lead SET priority = 60 WHERE id = :lead"), {"lead": lead})
        db.execute(
            sa.text(
                "INSERT INTO journeys_log (run_id, n, at, version_id, node, out, outcome, reason)"
                " VALUES (gen_random_uuid(), 1, now(), 0, 'bench', 'next', '', '')"
            )
        )

    @DBOS.workflow()
    def step(lead: str) -> None:
        nonlocal left
        act(lead)
        with SetEnqueueOptions(delay_seconds=LATER_S):
            DBOS.enqueue_workflow(queue, step, lead)
        with mine:
            left -= 1
            if not left:
                over.set()

    DBOS.launch()
    for n in range(jobs):
        DBOS.enqueue_workflow(queue, step, f"01900000-0000-7000-c000-{2 + n:012d}")
    began = time.perf_counter()
    DBOS.register_queue(queue, worker_concurrency=concurrency, polling_interval_sec=POLL_S)
    if not over.wait(LONGEST_S):
        raise SystemExit(f"{left} of {jobs} were left after {LONGEST_S} s")
    print(json.dumps({"per_s": jobs / (time.perf_counter() - began), "version": version("dbos")}), flush=True)
    DBOS.destroy(workflow_completion_timeout_sec=10)


if __name__ == "__main__":
    main()
