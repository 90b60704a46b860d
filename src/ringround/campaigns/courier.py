"""The courier of external sites: sends what was written down for them. It runs inside the worker; several may run side
by side.

Places go to each organisation in its turn, and to each site of it (`kernel.shares`), so that a slow CRM keeps nobody
else's waiting. What is under way is leased in the database (`sites_claim`): a courier that is killed loses nothing, and
what it had is sent again when the lease is over, with the same `Idempotency-Key`. Threads only call; everything that is
read and written is the loop's, on one connection.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Flag
from typing import Any
from uuid import UUID

from django.db import connection

from ringround.campaigns.actions.sites import site_delivery_done
from ringround.infra import clock, outbound, sql
from ringround.kernel.shares import Waiting, share_out

log = logging.getLogger(__name__)

# How much is under way here at once; of one organisation, and of one site.
AT_ONCE, EACH_ORG, EACH = 8, 4, 2
# How many are remembered to have been served.
MOST_TURNS = 20_000
IDLE_S, FAULT_S = 1.0, 2.0
# Longer than a call can last: looking up a name has only the resolver's own patience.
LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `error` is empty when the answer was good."""

    status: int | None
    error: str
    answer: str


class SiteCourier:
    """Claims, sends and notes, until told to stop."""

    def __init__(self, *, now: Callable[[], datetime] = clock.real_now) -> None:
        self._now = now
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sites")
        self._under_way: dict[Future[Outcome], dict[str, Any]] = {}
        self._turn = 0
        self._turns: dict[UUID, int] = {}

    def run(self, stop: Flag) -> None:
        """Until told to stop. A lost database is waited for, a fault is logged and outlived."""
        while not stop.is_set():
            try:
                if not self.step(wait_s=IDLE_S):
                    stop.wait(IDLE_S)
            except Exception:
                log.exception("the courier of external sites stumbled; it goes on")
                connection.close()
                stop.wait(FAULT_S)
        # What is under way is sent again by whoever runs next: better twice than to keep everyone waiting here.
        self._pool.shutdown(wait=False, cancel_futures=True)
        connection.close()

    def drain(self) -> None:
        """Send everything that is due now, for tests."""
        while self.step(wait_s=1.0):
            pass

    def step(self, *, wait_s: float) -> bool:
        """One round: take what is due, note what has come back; whether anything is under way."""
        for row in self._claim():
            self._under_way[self._pool.submit(carry, row)] = row
        if not self._under_way:
            return False
        done, _rest = wait(self._under_way, timeout=wait_s, return_when=FIRST_COMPLETED)
        for future in done:
            row = self._under_way.pop(future)
            fault = future.exception()
            if fault is not None:
                log.error("telling an external site failed here", exc_info=fault)
            outcome = future.result() if fault is None else Outcome(None, "internal", "")
            site_delivery_done(
                delivery_id=row["id"], tries=row["tries"], now=self._now(), status=outcome.status,
                error=outcome.error, answer=outcome.answer,
            )  # fmt: skip
        return True

    def _claim(self) -> list[dict[str, Any]]:
        free = AT_ONCE - len(self._under_way)
        if not free:
            return []
        now = self._now()
        mine: Counter[UUID] = Counter(row["site_id"] for row in self._under_way.values())
        org_of = {row["site_id"]: row["org_id"] for row in self._under_way.values()}
        found = [
            Waiting(**row, under_way=mine.pop(row["id"], 0))
            for row in sql.rows("campaigns", "sites_waiting", now=now, each=EACH)
        ]
        if not found:
            return []
        # Those with nothing more to send count for their organisation.
        found += [Waiting(site, org_of[site], False, 0, count) for site, count in mine.items()]
        places = share_out(found, free=free, turns=self._turns, each=EACH, each_org=EACH_ORG)
        if not places:
            return []
        rows = sql.rows(
            "campaigns", "sites_claim", now=now, lease=now + LEASE, sites=list(places), places=list(places.values())
        )
        self._served(rows)
        return rows

    def _served(self, rows: list[dict[str, Any]]) -> None:
        self._turn += 1
        if len(self._turns) > MOST_TURNS:
            self._turns.clear()
        for row in rows:
            self._turns[row["site_id"]] = self._turns[row["org_id"]] = self._turn


def carry(row: dict[str, Any]) -> Outcome:
    """One try. Runs in a thread without a database."""
    headers = {"Idempotency-Key": str(row["id"])}
    if row["content_type"]:
        headers["Content-Type"] = row["content_type"]
    body = row["body"].encode() if row["method"] == "POST" else None
    try:
        found = outbound.send(row["method"], row["url"], headers=headers, body=body)
    except outbound.Unsent as fault:
        return Outcome(None, fault.code, "")
    error = "" if found.good else "redirect" if 300 <= found.status < 400 else "refused"
    return Outcome(found.status, error, found.text)
