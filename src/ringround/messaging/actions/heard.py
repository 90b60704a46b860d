"""Parts of what people write: kept until all are there or long enough was waited, then one message is made of them.

They may come by several binds, in whatever order and more than once, and the worker that took the first may be gone
before the last. So they wait in the database. What is under way for one message is done by one after the other: of two
that bring the last two parts at once, neither would see the other's.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ringround.infra.unit import action
from ringround.messaging.actions.inbound import mark_of, message_receive
from ringround.messaging.models import HeardPart, Transport
from ringround.messaging.transports.port import Heard

log = logging.getLogger(__name__)

# So long parts wait for each other; so long those of a message that was made are known.
PATIENCE, KNOWN = timedelta(seconds=120), timedelta(hours=1)
# So long it is tried to make a message of them.
HOPELESS = timedelta(days=1)
# As many messages, and as many old parts, at a time.
BATCH = 200
LOCK = 7_264_031  # among the product's advisory locks, with the message's own number


@dataclass(frozen=True, slots=True)
class _Of:
    """What the parts of one message have in common."""

    transport_id: UUID
    number: str
    to: str
    ref: int

    def facts(self) -> dict[str, Any]:
        return {"transport_id": self.transport_id, "number": self.number, "to": self.to, "ref": self.ref}

    def alone(self) -> None:
        """Whoever comes second waits for the first."""
        name = f"{self.transport_id}\n{self.number}\n{self.to}\n{self.ref}"
        number = zlib.crc32(name.encode())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, number - 2**32 * (number >= 2**31)])


@action
def part_heard(*, transport: Transport, heard: Heard, now: datetime, real: datetime) -> bool:
    """Keep a part, and make the message where it was the last; whether the part was new."""
    part = heard.part
    assert part is not None
    of = _Of(transport.id, heard.number[:40], heard.to[:40], part.ref)
    of.alone()
    rows = {one.part: one for one in HeardPart.objects.filter(**of.facts())}
    mark = mark_of(f"{heard.number}\n{heard.to}\n{part.number}\n{heard.text}")
    there = rows.get(part.number)
    if there is not None and there.mark == mark and (there.joined_at is None or real - there.joined_at < KNOWN):
        return False
    joined = {number: one for number, one in rows.items() if one.joined_at is not None}
    if part.number in joined or any(one.total != part.total for one in joined.values()):
        # Telephones count to 255 or so, and begin again.
        HeardPart.objects.filter(**of.facts(), joined_at__isnull=False).delete()
    # One that comes late leaves the others known: they may be brought again, too.
    rows = {number: one for number, one in rows.items() if number not in joined}
    said = {"total": part.total, "text": heard.text.replace("\0", ""), "mark": mark}
    rows[part.number], _made = HeardPart.objects.update_or_create(
        **of.facts(), part=part.number, defaults=said, create_defaults={**said, "came_at": real}
    )
    if len(rows) >= part.total:
        _join(transport, list(rows.values()), now, real)
    return True


def parts_late(*, now: datetime, real: datetime) -> int:
    """Make messages of the parts that have waited long enough for others, and forget those that are known no longer;
    how many there were."""
    waiting = HeardPart.objects.filter(joined_at=None, came_at__lte=real - PATIENCE).order_by("came_at")
    found = list(dict.fromkeys(waiting.values_list("transport", "number", "to", "ref")[:BATCH]))
    for one in found:
        try:
            _late(_Of(*one), now, real)
        except Exception:
            raw = connection.connection
            if raw is None or raw.closed:
                raise
            # One that breaks something keeps no other waiting.
            log.exception("parts of a message that came by transport %s could not be joined", one[0])
            _given_up(_Of(*one), real)
    old = HeardPart.objects.filter(joined_at__lte=real - KNOWN).order_by("joined_at").values_list("id", flat=True)
    ids = list(old[:BATCH])
    if ids:
        HeardPart.objects.filter(id__in=ids).delete()
    return max(len(found), len(ids))


@action
def _given_up(of: _Of, real: datetime) -> None:
    """Parts that could not be joined for a day are let go, and not tried for ever."""
    of.alone()
    waiting = HeardPart.objects.filter(**of.facts(), joined_at=None, came_at__lte=real - HOPELESS)
    if gone := waiting.update(text="", joined_at=real):
        log.error("%s parts of a message that came by transport %s are given up", gone, of.transport_id)


@action
def _late(of: _Of, now: datetime, real: datetime) -> None:
    of.alone()
    rows = list(HeardPart.objects.select_related("transport").filter(**of.facts(), joined_at=None))
    # Others may have come, or all of them, while this waited.
    if rows and min(one.came_at for one in rows) <= real - PATIENCE:
        _join(rows[0].transport, rows, now, real)


def _join(transport: Transport, rows: Sequence[HeardPart], now: datetime, real: datetime) -> None:
    text = "".join(one.text for one in sorted(rows, key=lambda one: one.part))
    message_receive(
        transport=transport, number=rows[0].number, to=rows[0].to, text=text, provider_id="",
        said_at=str(int(real.timestamp() // 3600)), now=now,
    )  # fmt: skip
    HeardPart.objects.filter(id__in=[one.id for one in rows]).update(text="", joined_at=real)
