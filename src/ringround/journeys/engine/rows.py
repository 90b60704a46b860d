"""Runs as rows, and rows as runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ringround.journeys.rules.run import Run, State
from ringround.journeys.rules.values import Event

# The column `state`.
WAITING, ACTING, PARKED, RETRYING = 0, 1, 2, 3
STATE = {WAITING: State.WAITING, ACTING: State.ACTING, RETRYING: State.RETRYING, PARKED: State.ACTING}
CODE = {State.WAITING: WAITING, State.ACTING: ACTING, State.RETRYING: RETRYING}


def run_of(row: Mapping[str, Any]) -> tuple[Run, dict[str, Any]]:
    """The run of a row, and what the engine itself keeps with it (`error`, `n`, `was`)."""
    kept: dict[str, Any] = json.loads(row["data"]) if row["data"] else {}
    woke = kept.pop("woke", None)
    event = kept.pop("event", None)
    put_off = kept.pop("put_off", None)
    run = Run(
        id=str(row["id"]),
        state=STATE[row["state"]],
        node=row["node"] or None,
        epoch=row["epoch"],
        started_at=row["entered_at"],
        arrived_at=row["since"],
        due=row["due"],
        visits=kept.pop("visits", {}),
        steps=row["steps"],
        tries=kept.pop("tries", 0),
        depth=kept.pop("depth", 1),
        woke=(woke[0], datetime.fromisoformat(woke[1])) if woke else None,
        event=event_read(event) if event else None,
        put_off=(put_off[0], put_off[1]) if put_off else None,
    )
    return run, kept


def state_of(run: Run) -> int:
    return CODE[run.state]


def data_of(run: Run, kept: Mapping[str, Any]) -> str | None:
    """What stands in no column, as short as it can be: most runs have none of it."""
    found: dict[str, Any] = dict(kept)
    if run.visits:
        found["visits"] = dict(run.visits)
    if run.tries:
        found["tries"] = run.tries
    if run.depth != 1:
        found["depth"] = run.depth
    if run.woke is not None:
        found["woke"] = [run.woke[0], run.woke[1].isoformat()]
    if run.put_off is not None:
        found["put_off"] = list(run.put_off)
    if run.event is not None:
        found["event"] = event_written(run.event)
    return json.dumps(found, default=str, separators=(",", ":")) if found else None


def event_written(event: Event) -> dict[str, Any]:
    written: dict[str, Any] = {"type": event.type, "at": event.at.isoformat(), "data": dict(event.data), "id": event.id}
    if event.text is not None:
        written["text"] = event.text
    if event.cause:
        written["cause"] = dict(event.cause)
    return written


def event_read(raw: Mapping[str, Any]) -> Event:
    return Event(
        type=raw["type"], at=datetime.fromisoformat(raw["at"]), data=raw.get("data") or {}, text=raw.get("text"),
        cause=raw.get("cause"), id=raw.get("id", ""),
    )  # fmt: skip
