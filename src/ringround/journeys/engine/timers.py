"""Timers that are due."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from ringround.infra import sql
from ringround.journeys.engine.book import Book
from ringround.journeys.engine.rows import run_of
from ringround.journeys.engine.work import Batch, Item
from ringround.journeys.rules.run import Outcome, State, Timer, Wake

# How late timers were taken is counted by these, in seconds.
LATE_S = (1, 2, 5, 10, 60, 600, 3600)


def take(book: Book, now: datetime, floor: datetime, limit: int) -> tuple[int, datetime | None]:
    """Wake the runs whose timers are due; how many timers, and when the last of them was."""
    rows = sql.rows("journeys", "timers_claim", now=now, floor=floor, limit=limit)
    if not rows:
        return 0, None
    due: dict[UUID, dict[int, datetime]] = {}
    for row in rows:
        due.setdefault(row["run_id"], {})[row["epoch"]] = row["due"]
    found: list[tuple[datetime, Item]] = []
    held: list[tuple[UUID, int, datetime, int]] = []
    late: Counter[int] = Counter()
    for row in sql.rows("journeys", "runs_lock", runs=list(due)):
        at = due[row["id"]].get(row["epoch"])
        loaded = book.get(row["version_id"])
        # One of an older epoch has been overtaken: it does nothing.
        if at is None:
            continue
        if loaded is None or loaded.held:
            # Of a version that this release cannot read, too: another may.
            held.append((row["id"], row["version_id"], at, row["epoch"]))
            continue
        late[bisect_right(LATE_S, (now - at).total_seconds())] += 1
        run, kept = run_of(row)
        answer = kept.pop("answer", None)
        # What was answered while its journey was held is taken now.
        wake: Wake = Timer(run.epoch)
        if answer:
            # One that an earlier release kept has no epoch.
            status, reason, final, epoch = (*answer, run.epoch)[:4]
            if epoch == run.epoch and run.state is State.ACTING:
                wake = Outcome(run.epoch, status, reason, final, outside=True)
        found.append((at, Item(loaded, row["lead_id"], run, wake, kept=kept)))
    if held:
        columns = [list(column) for column in zip(*held, strict=True)]
        sql.run(
            "journeys", "timers_hold", **dict(zip(("runs", "versions", "dues", "epochs"), columns, strict=True))
        )  # fmt: skip
    found.sort(key=itemgetter(0))
    Batch(now).run([item for _, item in found])
    if late:
        sql.run(
            "journeys", "counts_add", versions=[0 for _ in late], nodes=["" for _ in late],
            keys=[f"late:{LATE_S[one] if one < len(LATE_S) else 'more'}" for one in late], ns=list(late.values()),
        )  # fmt: skip
    return len(rows), max(row["due"] for row in rows)
