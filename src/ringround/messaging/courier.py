"""The courier of messages: sends what is due, inside the worker (`infra.courier`); several may run side by side.

1. Whoever has the advisory lock shares places out among transports, organisation by organisation (`kernel.shares`), as
   many as each transport's throttle gives, and leases the messages (`messages_claim`).
2. Under the same lock each is asked whether it may go: suppression, an address that bounced, quiet hours, caps. One
   that may not is skipped, or waits. So two workers cannot both send the last message that a cap allows.
3. The rest is carried by threads. What came of it is noted together, for those whose claim is still the latest.

A message is leased in real time and due in business time: a demo's clock moves the second alone. What is repeated after
a crash, and what is not: docs/laws/effects.md.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Flag
from uuid import UUID

from django.db import Error as DatabaseFault
from django.db import connection, transaction

from ringround.infra import clock, sql
from ringround.infra.courier import CourierLoop
from ringround.kernel.shares import Waiting, share_out
from ringround.messaging.actions.called import taken_by_bind
from ringround.messaging.actions.sending import judged, messages_done
from ringround.messaging.models import Message, MessagePart, Transport
from ringround.messaging.queries import settings_of
from ringround.messaging.rules.delivery import Bucket, may_hand_over, refill, take
from ringround.messaging.transports import DRAWERS, SMPP
from ringround.messaging.transports.port import Letter, Outcome, Way
from ringround.messaging.ways import letter_of, way_of

log = logging.getLogger(__name__)

# How much is under way in one worker; of one organisation and of one transport over all of them.
AT_ONCE, EACH_ORG, EACH = 32, 24, 24
# Longer than a try can last.
LEASE = timedelta(seconds=180)
# How often it is looked whether binds are to be made or ended.
KEEP_S = 5.0
LOCK = 7_264_030  # "messages" among the product's advisory locks


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that may go."""

    message_id: UUID
    transport_id: UUID
    claim_no: int
    kind: str
    way: Way
    letter: Letter


class MessageCourier(CourierLoop[Parcel, Outcome]):
    """Messages to their transports."""

    name, at_once, idle_s, notes = "messages", AT_ONCE, 0.5, AT_ONCE
    _kept_at: float | None = None

    def run(self, stop: Flag) -> None:
        """Until told to stop; binds are kept beside it."""
        SMPP.take, SMPP.ended = taken_by_bind, connection_closed
        self._kept_at = -KEEP_S
        try:
            super().run(stop)
        finally:
            SMPP.close()

    def _keep(self) -> None:
        """Every few seconds: be bound to each active transport that has a bind. Only in the worker."""
        if self._kept_at is None or time.monotonic() - self._kept_at < KEEP_S:
            return
        self._kept_at = time.monotonic()
        rows = Transport.objects.filter(kind="smpp", active=True)
        SMPP.keep([way for row in rows if (way := way_of(row)) is not None])

    def claim(self, *, free: int, now: datetime) -> list[Parcel]:
        """What is due and may go, leased. `now` is real time."""
        self._keep()
        business = clock.now()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            places = self._places(free=free, business=business, real=now)
            if not places:
                return []
            rows = sql.rows(
                "messaging", "messages_claim", now=business, real=now, lease=now + LEASE,
                transports=list(places), places=list(places.values()),
            )  # fmt: skip
            messages = list(
                Message.objects.select_related("transport", "organisation")
                .filter(id__in=[row["id"] for row in rows])
                .order_by("next_at", "id")
            )
            going = judged(messages=messages, now=business, real=now)
            self._spend(going, now)
            self.served(key for one in messages for key in (one.transport_id, one.organisation_id) if key is not None)
            return [parcel for one in going if (parcel := _packed(one)) is not None]

    def carry(self, parcel: Parcel) -> Outcome:
        """One try. Runs in a thread without a database."""
        return DRAWERS[parcel.kind].carry(parcel.way, parcel.letter)

    def done(self, *, back: Sequence[tuple[Parcel, Outcome | None]], now: datetime) -> None:
        """What has become of these tries."""
        # A fault of ours may lie behind the handing over.
        broken = Outcome("unknown", reason="internal")
        messages_done(
            outcomes={parcel.message_id: (parcel.claim_no, came or broken) for parcel, came in back},
            now=clock.now(), real=now,
        )  # fmt: skip

    def _places(self, *, free: int, business: datetime, real: datetime) -> dict[UUID, int]:
        waiting = []
        self._buckets: dict[UUID, tuple[Bucket, float]] = {}
        for row in sql.rows("messaging", "transports_waiting", now=business, real=real, each=EACH):
            ready = row["ready"]
            if row["throttle_per_s"] is not None:
                bucket = refill(Bucket(row["tokens"], row["tokens_at"]), per_s=row["throttle_per_s"], now=real)
                self._buckets[row["id"]] = (bucket, row["throttle_per_s"])
                ready = min(ready, max(0, int(bucket.tokens)))
            waiting.append(Waiting(row["id"], row["org_id"], row["failing"], ready, row["under_way"]))
        return share_out(waiting, free=free, turns=self.turns, each=EACH, each_org=EACH_ORG) if waiting else {}

    def _spend(self, going: Sequence[Message], real: datetime) -> None:
        """Take from the throttles what goes; what was judged and does not costs nothing."""
        for transport_id, (bucket, _per_s) in self._buckets.items():
            count = sum(one.transport_id == transport_id for one in going)
            if count:
                left = take(bucket, count)
                sql.run("messaging", "transport_taken", transport=transport_id, tokens=left.tokens, at=real)


def connection_closed() -> None:
    """A bind's thread is over, and with it its connection to the database."""
    connection.close()


def _packed(message: Message) -> Parcel | None:
    """The message, ready to go. One that cannot be packed fails alone: all others of all organisations are in the same
    transaction, and would be claimed and rolled back with it for ever."""
    try:
        return _pack(message)
    except DatabaseFault:
        raise
    except Exception:
        log.exception("message %s cannot be packed", message.id)
        outcome = Outcome("refused", reason="internal")
        messages_done(
            outcomes={message.id: (message.claim_no, outcome)}, now=clock.now(), real=clock.real_now()
        )  # fmt: skip
        return None


def _pack(message: Message) -> Parcel | None:
    """The message, ready to go; None where its transport cannot be used, or where it must not go again."""
    transport = message.transport
    assert transport is not None
    drawer = DRAWERS[transport.kind]
    now, real = clock.now(), clock.real_now()
    idempotent = drawer.idempotent or bool(transport.settings.get("idempotent"))
    if not may_hand_over(doubts=message.doubts, idempotent=idempotent):
        messages_done(
            outcomes={message.id: (message.claim_no, Outcome("refused", reason="unknown_outcome"))}, now=now, real=real
        )
        return None
    way = way_of(transport)
    if way is None:
        # No key of ours opens its secrets: it waits for the operator.
        outcome = Outcome("later", reason="credentials", detail="the secrets cannot be read", down=True)
        messages_done(outcomes={message.id: (message.claim_no, outcome)}, now=now, real=real)
        return None
    handed = frozenset(
        MessagePart.objects.filter(message=message).values_list("number", flat=True) if message.parts > 1 else ()
    )
    letter = letter_of(message, sender=transport.sender, settings=settings_of(message.organisation_id), handed=handed)
    return Parcel(message.id, transport.id, message.claim_no, transport.kind, way, letter)
