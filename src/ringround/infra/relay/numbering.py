"""Giving committed events their numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ringround.infra.events import Event

BATCH = 1000

_COLUMNS = "id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause"
_TAKE = f"SELECT {_COLUMNS} FROM infra_event_out ORDER BY id LIMIT %s"  # noqa: S608
_REST = f"""
SELECT {_COLUMNS} FROM infra_event_out o
WHERE o.subject_id = ANY(%s) AND NOT (o.id = ANY(%s))
  AND o.subject_no < (SELECT max(n) FROM unnest(%s::uuid[], %s::bigint[]) AS t(s, n) WHERE t.s = o.subject_id)
"""  # noqa: S608
_MOVE = f"""
WITH gone AS (DELETE FROM infra_event_out WHERE id = ANY(%s::uuid[]) RETURNING {_COLUMNS})
INSERT INTO infra_event (seq, {_COLUMNS})
SELECT n.seq, {", ".join("gone." + column.strip() for column in _COLUMNS.split(","))}
FROM gone JOIN unnest(%s::uuid[], %s::bigint[]) AS n(id, seq) ON n.id = gone.id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Batch:
    events: list[Event]

    def __len__(self) -> int:
        return len(self.events)


def number_events(batch: int = BATCH) -> Batch:
    """Move one batch of events into the log with numbers that follow each other without a gap.

    1. Take the oldest by id. Ids come from the clocks of many processes, so this is only about fairness.
    2. Add what the same subjects have with a lower `subject_no`: who drew a number did so under the subject's lock,
       after the lower number had committed, so every lower one is visible here by now.
    3. Keep each subject's places in the batch, but fill them in the order of `subject_no`.
    4. Number and move, in one transaction; the counter's row lock admits one relay.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES ('relay', 0) ON CONFLICT DO NOTHING")
        cursor.execute("SELECT seq FROM infra_cursor WHERE name = 'relay' FOR UPDATE")
        seq = cursor.fetchone()[0]
        cursor.execute(_TAKE, [batch])
        rows = cursor.fetchall()
        if not rows:
            return Batch([])
        highest: dict[UUID, int] = {}
        for row in rows:
            highest[row[5]] = max(highest.get(row[5], 0), row[6])
        cursor.execute(_REST, [list(highest), [row[0] for row in rows], list(highest), list(highest.values())])
        rows = sorted([*rows, *cursor.fetchall()], key=lambda row: row[0])
        rows = in_subject_order(rows)
        ids = [row[0] for row in rows]
        numbers = list(range(seq + 1, seq + 1 + len(rows)))
        cursor.execute(_MOVE, [ids, ids, numbers])
        cursor.execute("UPDATE infra_cursor SET seq = %s WHERE name = 'relay'", [numbers[-1]])
    return Batch([_event(number, row) for number, row in zip(numbers, rows, strict=True)])


def in_subject_order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave each subject's places where they are, and fill them by `subject_no` (column 6; the subject is column 5)."""
    places: dict[UUID, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row[5], []).append(place)
    ordered = list(rows)
    for mine in places.values():
        for place, row in zip(mine, sorted((rows[place] for place in mine), key=lambda row: row[6]), strict=True):
            ordered[place] = row
    return ordered


def _event(seq: int, row: tuple[Any, ...]) -> Event:
    data, cause = (json.loads(value) if isinstance(value, str) else value for value in row[8:10])
    return Event.of(seq, row[:8], data, cause)
