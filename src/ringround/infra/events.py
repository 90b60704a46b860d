"""Events: facts that leave a room, written in the transaction that made them true.

No number is given here. Numbers from a sequence become visible out of order, and a reader with a cursor
would miss the late ones; the relay numbers what is committed (`infra.relay`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from ringround.infra import clock, event_types, sql, unit
from ringround.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event. `org_id` owns it, `also_org_id` may read it too (the agency of the campaign).

    `subject_no` must be drawn under the subject's row lock (a column of the subject that only rises).
    `data` holds ids, states and counts, never a personal value. `cause` says which event or run led here.
    """

    org_id: UUID
    type: str
    subject_type: str
    subject_id: UUID
    subject_no: int
    data: Mapping[str, Any] = field(default_factory=dict)
    also_org_id: UUID | None = None
    at: datetime | None = None
    cause: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A numbered event, as reactions and the change feed get it."""

    seq: int
    id: UUID
    org_id: UUID
    also_org_id: UUID | None
    type: str
    subject_type: str
    subject_id: UUID
    subject_no: int
    at: datetime
    data: dict[str, Any]
    cause: dict[str, Any] | None

    @classmethod
    def of(cls, seq: int, facts: Sequence[Any], data: Any, cause: Any) -> Event:
        """From a row: its number, the columns from `id` to `at`, and the two that are JSON."""
        id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at = facts
        return cls(seq, id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause)


def record(**facts: Any) -> None:
    """Write one event; the arguments are `Record`'s."""
    record_all([Record(**facts)])


def record_all(records: Iterable[Record]) -> None:
    """Write events in the caller's transaction; those of one unit of work go in one statement, at its end."""
    records = list(records)
    if not records:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("an event belongs to the transaction that made it true")
    now = clock.now()
    rows = []
    for one in records:
        event_types.check(one.type, one.subject_type, one.data)
        rows.append(
            (
                new_id(),
                one.org_id,
                one.also_org_id if one.also_org_id != one.org_id else None,
                one.type,
                one.subject_type,
                one.subject_id,
                one.subject_no,
                one.at or now,
                json.dumps(one.data),
                json.dumps(one.cause) if one.cause is not None else None,
            )
        )
    unit.later(_write, rows)


_COLUMNS = ("ids", "orgs", "also_orgs", "types", "subject_types", "subjects", "numbers", "times", "data", "causes")
# What one click records: each value by itself, which the server takes in quicker than lists.
_FEW = 8
_TYPES = {
    "id": "uuid", "org_id": "uuid", "also_org_id": "uuid", "type": "text", "subject_type": "text", "subject_id": "uuid",
    "subject_no": "bigint", "at": "timestamptz", "data": "jsonb", "cause": "jsonb",
}  # fmt: skip


@cache
def _few(count: int) -> sql.Statement:
    rows = ", ".join(
        "(" + ", ".join(f"%({name}_{at})s::{kind}" for name, kind in _TYPES.items()) + ")" for at in range(count)
    )
    made = sql.Statement(f"INSERT INTO infra_event_out ({', '.join(_TYPES)}) VALUES {rows}")  # noqa: S608 - constants
    made.prepared = True
    return made


def _write(rows: list[Any]) -> None:
    if len(rows) <= _FEW:
        values = {f"{name}_{at}": value for at, row in enumerate(rows) for name, value in zip(_TYPES, row, strict=True)}
        sql.later_text(_few(len(rows)), values)
        return
    columns = (list(column) for column in zip(*rows, strict=True))
    sql.later("infra", "events_add", **dict(zip(_COLUMNS, columns, strict=True)))
