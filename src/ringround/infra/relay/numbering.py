"""Giving committed events their numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.infra import sql
from ringround.infra.events import Event

BATCH = 1000


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
    known = sql.load("infra")
    with transaction.atomic():
        sql.later("infra", "cursor_here", name="relay")
        head = sql.soon("infra", "relay_head")
        rows = sql.rows_text(known["events_take"], {"limit": batch})
        if not rows:
            return Batch([])
        highest: dict[UUID, int] = {}
        for row in rows:
            highest[row[5]] = max(highest.get(row[5], 0), row[6])
        asked = {"subjects": list(highest), "ids": [row[0] for row in rows], "highest": list(highest.values())}
        rows = sorted([*rows, *sql.rows_text(known["events_rest"], asked)], key=lambda row: row[0])
        rows = in_subject_order(rows)
        last = head.row()
        assert last is not None
        numbers = list(range(last["seq"] + 1, last["seq"] + 1 + len(rows)))
        # With the COMMIT.
        sql.later("infra", "events_move", ids=[row[0] for row in rows], numbers=numbers)
        sql.later("infra", "relay_reached", seq=numbers[-1])
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
