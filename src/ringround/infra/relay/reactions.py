"""Handing numbered events to the rooms that react to them.

Reactions are idempotent, and each fails alone:

1. Each event with reactions has a transaction of its own, which moves the cursor too: what the process had done when it
   died is done, and only the event under way runs again. No reaction's locks wait for those of 499 others.
2. Each reaction to it has a savepoint. One that fails is parked with its error, and its event's other reactions run.
3. Behind a parked one, the same reaction to later events of the same subject is parked too, untried: it must not see
   the second change before the first. Other reactions and other subjects go on.
4. A reaction may say that an event is nothing to it (`only`): then nothing of the above happens for it. Most hand-outs
   are nobody's business here, and a transaction for each would be the relay's main work.
5. Parked ones are tried again in that order with growing pauses, for ever: `ringround doctor` tells of them, and
   `ringround reactions` tries them at once or drops them.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ringround.infra import clock
from ringround.infra.events import Event
from ringround.infra.models import ParkedReaction

log = logging.getLogger(__name__)

Reaction = Callable[[Event], None]
Reactions = Mapping[str, Sequence[Reaction]]
BATCH = 500
RETRY_EVERY_S = 1.0
RETRIES = 100
LONGEST_PAUSE_S = 3600
MOST_ERROR = 500

_COLUMNS = "seq, id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause"
# The first of each reaction and subject; those behind it wait for it.
_HEADS = """
SELECT p.id FROM infra_parked_reaction p
WHERE (p.next_at <= %s OR p.id = ANY(%s)) AND NOT EXISTS (
    SELECT 1 FROM infra_parked_reaction e
    WHERE e.subject_id = p.subject_id AND e.reaction = p.reaction AND e.seq < p.seq)
ORDER BY p.seq LIMIT %s
"""


def only(wants: Callable[[Event], bool]) -> Callable[[Reaction], Reaction]:
    """Mark a reaction as one to those events alone of which `wants` is true. It looks at the event and nothing else."""

    def mark(reaction: Reaction) -> Reaction:
        reaction.wants = wants  # type: ignore[attr-defined]
        return reaction

    return mark


def _wants(reaction: Reaction, event: Event) -> bool:
    wants: Callable[[Event], bool] | None = getattr(reaction, "wants", None)
    try:
        return wants is None or wants(event)
    except Exception:
        # It runs, and is parked if it fails too: here a fault would keep everybody's events waiting.
        log.exception("%s cannot say whether it wants %s", name_of(reaction), event.type)
        return True


def react(reactions: Reactions, batch: int = BATCH) -> int:
    """Run the reactions to the next events after the cursor; how many events were passed."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES ('reactions', 0) ON CONFLICT DO NOTHING")
        cursor.execute(
            f"SELECT {_COLUMNS} FROM infra_event WHERE seq > (SELECT seq FROM infra_cursor WHERE name = 'reactions')"  # noqa: S608
            " ORDER BY seq LIMIT %s",
            [batch],
        )
        rows = cursor.fetchall()
    if not rows:
        return 0
    for row in rows:
        if there := reactions.get(row[4], ()):
            event = _event(row)
            if wanted := [one for one in there if _wants(one, event)]:
                _hand_over(event, wanted)
    with transaction.atomic():
        _pass(rows[-1][0])
    return len(rows)


def retry(reactions: Reactions, ids: Iterable[UUID] = (), most: int = RETRIES) -> int:
    """Try parked reactions whose pause is over, and those with `ids` now; how many are done."""
    with connection.cursor() as cursor:
        # Real time: it is a fault that is waited for, not business.
        cursor.execute(_HEADS, [clock.real_now(), list(ids), most])
        heads = [row[0] for row in cursor.fetchall()]
    return sum(_again(reactions, one) for one in heads)


def name_of(reaction: Reaction) -> str:
    """What a reaction is called among the parked: `campaigns.contacts_added`."""
    parts = reaction.__module__.split(".")
    return f"{parts[1] if parts[0] == 'ringround' and len(parts) > 1 else parts[-1]}.{reaction.__qualname__}"


def _hand_over(event: Event, wanted: Sequence[Reaction]) -> None:
    with transaction.atomic():
        if not _pass(event.seq):
            return
        waiting = set(
            ParkedReaction.objects.filter(subject_id=event.subject_id).values_list("reaction", flat=True).distinct()
        )
        for reaction in wanted:
            name = name_of(reaction)
            # Untried, so without an error and due at once when it is the first.
            error = None if name in waiting else _run(reaction, event)
            if name in waiting or error is not None:
                ParkedReaction.objects.get_or_create(
                    seq=event.seq,
                    reaction=name,
                    defaults={
                        "org_id": event.org_id,
                        "type": event.type,
                        "subject_id": event.subject_id,
                        "error": error or "",
                        "tries": 0 if error is None else 1,
                        "parked_at": clock.real_now(),
                        "next_at": clock.real_now() + _pause(0 if error is None else 1),
                    },
                )


def _pass(seq: int) -> bool:
    """Move the cursor to `seq`; False when another process has passed it already. Its row's lock admits one."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE infra_cursor SET seq = %s WHERE name = 'reactions' AND seq < %s", [seq, seq])
        return bool(cursor.rowcount)


def _again(reactions: Reactions, parked_id: UUID) -> bool:
    with transaction.atomic():
        # Another process that tries it just now has its lock.
        parked = ParkedReaction.objects.select_for_update(skip_locked=True).filter(id=parked_id).first()
        if parked is None:
            return False
        reaction = next((one for one in reactions.get(parked.type, ()) if name_of(one) == parked.reaction), None)
        if reaction is None:
            error: str | None = "this version has no such reaction"
        else:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {_COLUMNS} FROM infra_event WHERE seq = %s", [parked.seq])  # noqa: S608
                error = _run(reaction, _event(cursor.fetchone()))
        if error is None:
            parked.delete()
            return True
        parked.tries += 1
        parked.error, parked.next_at = error, clock.real_now() + _pause(parked.tries)
        parked.save(update_fields=["tries", "error", "next_at"])
        return False


def _run(reaction: Reaction, event: Event) -> str | None:
    """Run it in a savepoint; what went wrong, in a line, or None."""
    try:
        with transaction.atomic():
            reaction(event)
    except Exception as fault:
        raw = connection.connection
        if raw is None or raw.closed:
            raise  # the database is gone, and with it everything that was not committed
        log.exception("%s failed on event %s (%s) and is parked", name_of(reaction), event.seq, event.type)
        return _told(fault)
    return None


def _told(fault: Exception) -> str:
    """The kind of fault, where, and its first line: what a database adds on further lines are a row's values."""
    frames = [one for one in traceback.extract_tb(fault.__traceback__) if "ringround" in one.filename]
    where = f" at {frames[-1].filename.rsplit('ringround/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    lines = str(fault).splitlines() or [""]
    return f"{type(fault).__name__}{where}: {lines[0]}"[:MOST_ERROR]


def _pause(tries: int) -> timedelta:
    """None before the first try, then 1 s, 2 s, 4 s … to an hour."""
    return timedelta(seconds=min(2 ** (tries - 1), LONGEST_PAUSE_S) if tries else 0)


def _event(row: Sequence[Any]) -> Event:
    data, cause = (json.loads(value) if isinstance(value, str) else value for value in row[9:11])
    return Event.of(row[0], row[1:9], data, cause)
