"""What `ringround doctor` looks at here: that journeys move, that no run is stuck, and how late timers were taken."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ringround.infra import clock, sql
from ringround.infra.doctor import Check, Finding
from ringround.journeys.engine.heard import PASSED_OVER, TOLD
from ringround.journeys.engine.rows import PARKED
from ringround.journeys.models import Run, Timer
from ringround.journeys.queries.runs import runs_stuck

LATE = timedelta(minutes=5)
BEHIND = 10_000
# Figures of journeys that start each other, or go round, without end.
ENDLESS = ["refused:too_deep", "finished:too_many_visits", "finished:too_many_steps"]


def journeys(settings: Any) -> Iterable[Finding]:
    """Overdue timers, events not read yet, runs that are parked or stuck."""
    now = clock.now()
    overdue = Timer.objects.filter(due__lt=now - LATE).count()
    waits = sql.row("journeys", "waits", now=now, floor=now)
    behind = waits["head"] - waits["reached"] if waits and waits["reached"] is not None else 0
    if overdue or behind > BEHIND:
        text = f"{overdue} timers are over five minutes late, {behind} events are not read yet"
        yield Finding("journeys", "fault", text, "See that `ringround serve` (or `--only journeys`) runs.")
    else:
        late = {row["key"]: row["n"] for row in sql.rows("journeys", "counts", versions=[0])}
        told = ", ".join(
            f"{n} within {key.removeprefix('late:')} s" for key, n in sorted(late.items()) if key.startswith("late:")
        )
        yield Finding("journeys", "ok", f"nothing is overdue{f'; timers taken: {told}' if told else ''}")
    yield from _alarms()
    if parked := Run.objects.filter(state=PARKED).count():
        advice = "See them under Journeys, or by `GET /journeys/{id}/runs?state=parked`; try them again or end them."
        yield Finding("runs of journeys", "warning", f"{parked} are parked with an error", advice)
    if stuck := runs_stuck(most=100):
        text = f"{len(stuck)} wait for nothing, the first is {stuck[0]['id']}"
        yield Finding("runs of journeys", "fault", text, "End them by `POST /journey-runs/{id}/stop`, and report it.")


def _alarms() -> Iterable[Finding]:
    """Journeys that start each other or go round without end, and events that none of them has heard."""
    since = (clock.now() - TOLD).date().isoformat()
    days = {
        row["node"]: row["n"]
        for row in sql.rows("journeys", "counts", versions=[0])
        if row["key"] == PASSED_OVER and row["node"] >= since
    }
    if days:
        text = f"{sum(days.values())} events were passed over, since they break something; the last on {max(days)}"
        advice = f"See the log of the engine, and report it. This is told for {TOLD.days} days."
        yield Finding("journeys", "warning", text, advice)
    for row in sql.rows("journeys", "endless", keys=ENDLESS):
        text = f"*{row['name']}* ({row['id']}) goes round and round: {row['n']} runs were stopped or not begun"
        yield Finding("journeys", "warning", text, "Look at what starts it, and publish it anew when that is mended.")


CHECKS: list[Check] = [journeys]
