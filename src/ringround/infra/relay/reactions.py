"""Handing numbered events to the rooms that react to them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence

from django.db import connection, transaction

from ringround.infra.events import Event

log = logging.getLogger(__name__)

Reaction = Callable[[Event], None]
BATCH = 500
TRIES = 3


def react(reactions: Mapping[str, Sequence[Reaction]], batch: int = BATCH) -> int:
    """Run the reactions to the next events after the cursor; how many events were passed.

    Reactions are idempotent: when the process dies before the cursor is committed, the batch runs again. One that
    fails three times is logged with its event and passed, so that one bad event does not stop the house; its other
    reactions have run.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES ('reactions', 0) ON CONFLICT DO NOTHING")
        cursor.execute("SELECT seq FROM infra_cursor WHERE name = 'reactions' FOR UPDATE")
        after = cursor.fetchone()[0]
        cursor.execute(
            "SELECT seq, id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause"
            " FROM infra_event WHERE seq > %s ORDER BY seq LIMIT %s",
            [after, batch],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        for row in rows:
            wanted = reactions.get(row[4], ())
            if not wanted:
                continue
            data, cause = (json.loads(value) if isinstance(value, str) else value for value in row[9:11])
            seq, *facts = row[:9]
            event = Event.of(seq, facts, data, cause)
            for reaction in wanted:
                _try(reaction, event)
        cursor.execute("UPDATE infra_cursor SET seq = %s WHERE name = 'reactions'", [rows[-1][0]])
        return len(rows)


def _try(reaction: Reaction, event: Event) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                reaction(event)
            return
        except Exception:
            log.exception("%s failed on event %s (%s), try %d", reaction.__qualname__, event.seq, event.type, attempt)
