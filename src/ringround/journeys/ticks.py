"""What time alone makes due here. The engine has a process of its own (`journeys.engine.__main__`); the relay looks
after what piles up, and drives the engine where the virtual clock is moved, and in tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from ringround.infra import clock, sql
from ringround.infra.relay.loop import Tick
from ringround.infra.relay.screens import touch
from ringround.journeys.engine.heard import PASSED_OVER, TOLD
from ringround.journeys.engine.loop import Engine
from ringround.journeys.models import CountDelta, Outbox, Version
from ringround.journeys.rules.durations import FIRST

# A webhook is known again for so long; what was sent out is kept so long.
SEEN = timedelta(days=30)
SENT = timedelta(days=30)
# A notice that was seen can be read again for so long; one that nobody looks at is of no use after so long.
READ, UNREAD = timedelta(days=30), timedelta(days=180)
# The longest that a limit counts back.
LIMITED = timedelta(days=3_660)
FOLD = 10_000
# So many rows of a kind are forgotten in one statement.
BATCH = 5_000

_engine: list[Engine] = []


def engine() -> bool:
    """All that waits; whether there was anything."""
    if not _engine:
        _engine.append(Engine())
    waits = sql.row("journeys", "waits", now=clock.now(), floor=FIRST)
    before = waits["reached"] if waits else None
    _engine[0].drain()
    after = sql.row("journeys", "waits", now=clock.now(), floor=FIRST)
    return bool(waits and after and (waits["timers"] or waits["intake"] or waits["sweeps"] or waits["schedules"])) or (
        after is not None and before != after["reached"]
    )


def fold() -> bool:
    """Figures appended by batches into the rows that are read; whoever looks at them is told."""
    moved = CountDelta.objects.order_by().values("version_id").distinct()
    for org, journey in Version.objects.filter(id__in=moved).values_list("journey__organisation", "journey").distinct():
        touch(org, f"journey:{journey}")
    return sql.run("journeys", "counts_fold") > 0 and CountDelta.objects.count() >= FOLD


def clear() -> bool:
    """What is done with is forgotten, in batches; whether there is more."""
    now = clock.now()
    old = {
        "seen_clear": now - SEEN, "outbox_clear": now - SENT, "notices_read_clear": now - READ,
        "notices_unread_clear": now - UNREAD, "heard_clear": now, "passes_clear": now - LIMITED,
    }  # fmt: skip
    gone = [sql.run("journeys", name, before=before, limit=BATCH) for name, before in old.items()]
    sql.run("journeys", "passed_over_clear", key=PASSED_OVER, before=(now - TOLD).date().isoformat())
    return max(gone) >= BATCH


def next_due() -> datetime | None:
    """The next moment at which a run is woken or a schedule comes; for the virtual clock."""
    row = sql.row("journeys", "next_due", now=clock.now())
    return row["at"] if row else None


def idle(now: datetime) -> bool:
    """Whether nothing is overdue."""
    waits = sql.row("journeys", "waits", now=now, floor=FIRST)
    assert waits is not None
    behind = waits["reached"] is not None and waits["reached"] < waits["head"]
    busy = behind or waits["timers"] or waits["intake"] or waits["sweeps"] or waits["schedules"]
    return not busy and not Outbox.objects.filter(state="pending", next_at__lte=clock.real_now()).exists()


TICKS = [
    Tick("journeys.engine", 1.0, engine, elsewhere=True),
    Tick("journeys.fold", 2.0, fold),
    Tick("journeys.clear", 3600.0, clear),
]
