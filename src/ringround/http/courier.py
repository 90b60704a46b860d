"""The courier of webhooks: brings events to them. It runs inside the worker (`infra.courier`); several may run side by
side.

What is under way is leased by `webhooks_claim`, and sent again with the same `webhook-id`. Who is served next is shared
out anew at each claim (`rules.share_out`), so that slow targets keep nobody else's events waiting.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from standardwebhooks import Webhook as Signer

from ringround.http import actions, ports, rules
from ringround.http.queries import event_out, event_visible
from ringround.infra import outbound, sql
from ringround.infra.courier import CourierLoop
from ringround.infra.secrets import KeyTrouble

log = logging.getLogger(__name__)

AT_ONCE = 16
# Longer than a call can last: looking up a name has only the resolver's own patience.
LEASE = timedelta(seconds=120)
LOCK = 7_264_020  # "courier" among the product's advisory locks


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery, ready to go."""

    delivery_id: UUID
    webhook_id: UUID
    claim_no: int
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `error` is empty when the answer was good."""

    status: int | None
    error: str
    answer: str
    took_ms: int


class Courier(CourierLoop[Parcel, Outcome]):
    """Events to webhooks."""

    name, at_once, idle_s = "webhooks", AT_ONCE, 0.5

    def claim(self, *, free: int, now: datetime) -> list[Parcel]:
        """What is due, shared out among those who wait."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                # What is under way is counted and added to by one at a time; a claim is over in a few milliseconds.
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            found = sql.rows("http", "webhooks_waiting", now=now, each=rules.EACH)
            places = rules.share_out([rules.Waiting(**row) for row in found], free=free, turns=self.turns)
            if not places:
                return []
            rows = sql.rows(
                "http", "webhooks_claim", now=now, lease=now + LEASE, webhooks=list(places),
                places=list(places.values()),
            )  # fmt: skip
            self.served(key for row in rows for key in (row["webhook_id"], row["org_id"]))
            return [parcel for row in rows if (parcel := _pack(row, now)) is not None]

    def carry(self, parcel: Parcel) -> Outcome:
        """One try. Runs in a thread without a database."""
        return carry(parcel)

    def done(self, *, back: Sequence[tuple[Parcel, Outcome | None]], now: datetime) -> None:
        """What each webhook has answered."""
        for parcel, came in back:
            outcome = came or Outcome(None, "internal", "", 0)
            actions.delivery_done(
                delivery_id=parcel.delivery_id,
                claim_no=parcel.claim_no,
                now=now,
                status=outcome.status,
                error=outcome.error,
                answer=outcome.answer,
                took_ms=outcome.took_ms,
            )


def _pack(row: dict[str, Any], now: datetime) -> Parcel | None:
    """The request for a claimed delivery; None for an event that the organisation may read no more."""
    event = sql.row("http", "webhooks_event", seq=row["seq"])
    if event is None or not event_visible(event, org_id=row["org_id"]):
        actions.delivery_withhold(delivery_id=row["id"])
        return None
    told = event_out(event)
    body = json.dumps(
        {**told, "timestamp": told["at"]}, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")
    )
    # The same at every try: by it the receiver knows what it has had already.
    message = str(row["event_id"])
    try:
        secrets = [actions.reveal(one) for one in (row["secret"], row["old_secret"]) if one]
    except KeyTrouble:
        # It waits for the operator's key as long as a lease, and is tried again; everybody else's go on.
        actions.delivery_unsent(delivery_id=row["id"])
        log.error("webhook %s has a secret that no key of ours opens", row["webhook_id"])
        return None
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Signer(one).sign(message, now, body) for one in secrets),
    }
    return Parcel(row["id"], row["webhook_id"], row["claim_no"], row["url"], headers, body.encode())


def carry(parcel: Parcel) -> Outcome:
    """One try. Runs in a thread without a database."""
    began = time.monotonic()
    status, error, answer = None, "", ""
    try:
        found = outbound.send("POST", parcel.url, headers=parcel.headers, body=parcel.body)
        status, answer = found.status, found.text
        if not found.good:
            error = "redirect" if 300 <= found.status < 400 else "refused"
    except outbound.Unsent as fault:
        error = fault.code
    return Outcome(status, error, answer, round((time.monotonic() - began) * 1000))


def fan_out(batch: int = 500) -> bool:
    """Make deliveries of new events, for the relay; whether more waits. Each event once for each webhook that wants it,
    however often this is cut off: the cursor moves in the transaction that makes them."""
    end = sql.row("http", "webhooks_log_end")
    assert end is not None
    head, first = end["head"], end["first"]
    reached = first if end["reached"] is None else end["reached"]
    if reached is not None and reached >= head:
        return False
    if first is None:
        sql.run("http", "webhooks_reach", seq=head)
        return False
    until = min(head, reached + batch)
    with transaction.atomic():
        if not sql.run("http", "webhooks_reach", seq=until):
            return False
        actions.deliveries_make(
            events=sql.rows("http", "webhooks_events", after=reached, until=until), merchants=ports.get().merchants_of
        )
    return bool(until < head)
