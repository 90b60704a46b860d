"""The courier of journeys: calls the addresses that steps have asked for. It runs inside the worker (`infra.courier`).

Private addresses are refused and nothing hangs longer than a deadline: that is `infra.outbound`. The key of the step
goes along as `Idempotency-Key`, the same at every try.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ringround.infra import outbound, sql
from ringround.infra.courier import CourierLoop
from ringround.journeys.actions.outbox import outbox_done

AT_ONCE, EACH = 8, 3
LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `error` is empty when the answer was good."""

    status: int | None
    error: str


class JourneyCourier(CourierLoop[dict[str, Any], Outcome]):
    """A parcel is a row of `outbox_claim`."""

    name, at_once = "journeys", AT_ONCE

    def claim(self, *, free: int, now: datetime) -> list[dict[str, Any]]:
        """What is due, leased."""
        return sql.rows("journeys", "outbox_claim", now=now, lease=now + LEASE, limit=free, each=EACH)

    def carry(self, parcel: dict[str, Any]) -> Outcome:
        """One try. Runs in a thread without a database."""
        request = json.loads(parcel["request"])
        method = request["method"].upper()
        body = None if method == "GET" else json.dumps(request["body"], ensure_ascii=False).encode()
        headers = {"Idempotency-Key": parcel["key"]}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            found = outbound.send(method, request["url"], headers=headers, body=body)
        except outbound.Unsent as fault:
            return Outcome(None, fault.code)
        return Outcome(found.status, "" if found.good else "redirect" if 300 <= found.status < 400 else "refused")

    def done(self, *, back: Sequence[tuple[dict[str, Any], Outcome | None]], now: datetime) -> None:
        """What each address has answered."""
        for row, came in back:
            outcome = came or Outcome(None, "internal")
            outbox_done(
                outbox_id=row["id"], claim_no=row["claim_no"], status=outcome.status, error=outcome.error
            )  # fmt: skip
