"""What came otherwise than as an event: webhooks, leads chosen by hand or by another journey, answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import clock, sql
from ringround.journeys.engine import unread
from ringround.journeys.engine.book import Book
from ringround.journeys.engine.entering import Candidate, entering
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.rows import ACTING, PARKED, RETRYING, STATE, event_read, run_of
from ringround.journeys.engine.work import Batch, Item
from ringround.journeys.models import Run
from ringround.journeys.rules.run import Enter, Outcome, State, Stop, Timer, Wake

Row = Mapping[str, Any]


def take(book: Book, limit: int) -> bool:
    """Take some in, in the order in which they came; whether more wait."""
    rows = sorted(sql.rows("journeys", "intake_take", limit=limit), key=lambda row: row["id"])
    now = clock.now()
    # Of what belongs together none may overtake the other: what ends and answers goes by itself.
    part: list[Row] = []
    for row in rows:
        if part and (part[0]["kind"] == "enter") != (row["kind"] == "enter"):
            _do(book, part, now)
            part = []
        part.append(row)
    _do(book, part, now)
    return len(rows) >= limit


def _do(book: Book, rows: Sequence[Row], now: datetime) -> None:
    if not rows:
        return
    if rows[0]["kind"] == "enter":
        _enter(book, rows, now)
    else:
        _wake(book, rows, now)


def _enter(book: Book, rows: Sequence[Row], now: datetime) -> None:
    facts = Facts(now)
    candidates = []
    for row in rows:
        loaded = book.current(row["journey_id"])
        if loaded is not None:
            raw = json.loads(row["data"])
            event = event_read(raw) if raw else None
            cause = json.loads(row["cause"]) if row["cause"] else None
            candidates.append(Candidate(loaded, row["lead_id"], event, cause))
    Batch(now).run(entering(candidates, facts, now), facts)


def _wake(book: Book, rows: Sequence[Row], now: datetime) -> None:
    """Replies wake their run under the epoch they carry; a stop ends all that the lead has of a journey."""
    replies: dict[UUID, Row] = {row["run_id"]: row for row in rows if row["kind"] == "reply"}
    stops = [row for row in rows if row["kind"] == "stop"]
    found = {row["id"]: (row, _answer(replies[row["id"]])) for row in _locked(list(replies))}
    for row in _of_leads([one["lead_id"] for one in stops if one["lead_id"] is not None]):
        loaded = book.get(row["version_id"])
        wanted = {one["journey_id"] for one in stops if one["lead_id"] == row["lead_id"]}
        if loaded is not None and loaded.journey_id in wanted:
            found[row["id"]] = (row, Stop("stopped"))
    for row in _locked([one["run_id"] for one in stops if one["run_id"] is not None]):
        found[row["id"]] = (row, Stop("stopped"))
    items: list[Item] = []
    for row, wake in found.values():
        loaded = book.get(row["version_id"])
        if isinstance(wake, Outcome) and (loaded is None or loaded.held):
            _hold(row, wake, now)
        elif loaded is None:
            unread.end([row], "stopped", now)
        else:
            run, kept = run_of(row)
            items.append(Item(loaded, row["lead_id"], run, wake, kept=kept))
    items += _again(book, {row["run_id"] for row in rows if row["kind"] == "again"} - found.keys(), now)
    Batch(now).run(items)


def _hold(row: Row, answer: Outcome, now: datetime) -> None:
    """An answer to a run whose journey is held: kept with it, and taken with the timers that are given back."""
    if row["state"] != ACTING or row["epoch"] != answer.epoch:
        return
    kept = json.loads(row["data"]) if row["data"] else {}
    kept["answer"] = [answer.status, answer.reason, answer.final, answer.epoch]
    Run.objects.filter(id=row["id"]).update(data=kept)
    sql.run(
        "journeys", "timers_hold", runs=[row["id"]], versions=[row["version_id"]], dues=[now], epochs=[row["epoch"]]
    )


def _again(book: Book, ids: set[UUID], now: datetime) -> list[Item]:
    """Parked runs, tried again where they stand: as after an effect that failed."""
    items: list[Item] = []
    for row in _locked(list(ids)):
        loaded = book.get(row["version_id"])
        if loaded is None or row["state"] != PARKED:
            continue
        run, kept = run_of(row)
        kept.pop("error", None)
        was = STATE[kept.pop("was", RETRYING)]
        if run.node is None:
            items.append(Item(loaded, row["lead_id"], replace(run, state=State.NEW), Enter(run.event), kept=kept))
        else:
            # As it was found then: a wait that was over is over, anything else is done once more.
            waits = was is State.WAITING
            again = replace(run, state=State.WAITING) if waits else replace(run, state=State.RETRYING, due=now)
            items.append(Item(loaded, row["lead_id"], again, Timer(run.epoch), kept=kept))
    return items


def _answer(row: Row) -> Wake:
    data = json.loads(row["data"])
    return Outcome(row["epoch"], data["status"], data.get("reason", ""), bool(data.get("final")), outside=True)


def _locked(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    return sql.rows("journeys", "runs_lock", runs=list(ids)) if ids else []


def _of_leads(leads: Sequence[UUID]) -> list[dict[str, Any]]:
    return sql.rows("journeys", "runs_of_leads", leads=list(dict.fromkeys(leads))) if leads else []
