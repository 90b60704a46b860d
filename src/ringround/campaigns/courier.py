"""The courier of external sites: sends what was written down for them. It runs inside the worker (`infra.courier`);
several may run side by side.

Places go to each organisation in its turn, and to each site of it (`kernel.shares`), so that a slow CRM keeps nobody
else's waiting. What is under way is leased by `sites_claim`, and sent again with the same `Idempotency-Key`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from ringround.campaigns.actions.sites import site_delivery_done
from ringround.campaigns.headers import opened
from ringround.campaigns.rules.site import server
from ringround.infra import outbound, sql
from ringround.infra.courier import CourierLoop
from ringround.infra.secrets import KeyTrouble
from ringround.kernel.shares import Waiting, share_out

LOCK = 7_264_021  # among the product's advisory locks, beside the webhooks'
# How much is under way here at once; by all couriers together of one organisation, and of one site.
AT_ONCE, EACH_ORG, EACH = 8, 4, 2
# Longer than a call can last: looking up a name has only the resolver's own patience.
LEASE = timedelta(seconds=120)
# Of a header's words those that are so long are shown to nobody.
SECRET = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `error` is empty when the answer was good."""

    status: int | None
    error: str
    answer: str


class SiteCourier(CourierLoop[dict[str, Any], Outcome]):
    """A parcel is a row of `sites_claim`."""

    name, at_once = "sites", AT_ONCE

    def claim(self, *, free: int, now: datetime) -> list[dict[str, Any]]:
        """What is due, shared out among those who wait."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                # What is under way is counted and added to by one at a time; a claim is over in a few milliseconds.
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            found = [Waiting(**row) for row in sql.rows("campaigns", "sites_waiting", now=now, each=EACH)]
            places = share_out(found, free=free, turns=self.turns, each=EACH, each_org=EACH_ORG)
            if not places:
                return []
            rows = sql.rows(
                "campaigns", "sites_claim", now=now, lease=now + LEASE, sites=list(places), places=list(places.values())
            )
            self.served(key for row in rows for key in (row["site_id"], row["org_id"]))
            return rows

    def carry(self, parcel: dict[str, Any]) -> Outcome:
        """One try. Runs in a thread without a database."""
        try:
            signed = _signed_in(parcel)
        except KeyTrouble:
            return Outcome(None, "unreadable_headers", "")
        headers = dict(signed)
        headers["Idempotency-Key"] = str(parcel["id"])
        if parcel["content_type"]:
            headers["Content-Type"] = parcel["content_type"]
        body = parcel["body"].encode() if parcel["method"] == "POST" else None
        try:
            found = outbound.send(parcel["method"], parcel["url"], headers=headers, body=body)
        except outbound.Unsent as fault:
            return Outcome(None, fault.code, "")
        error = "" if found.good else "redirect" if 300 <= found.status < 400 else "refused"
        return Outcome(found.status, error, _without(found.text, signed))

    def done(self, *, back: Sequence[tuple[dict[str, Any], Outcome | None]], now: datetime) -> None:
        """What each site has answered."""
        for row, came in back:
            outcome = came or Outcome(None, "internal", "")
            site_delivery_done(
                delivery_id=row["id"], tries=row["tries"], now=now, status=outcome.status,
                error=outcome.error, answer=outcome.answer,
            )  # fmt: skip


def _without(text: str, signed: Mapping[str, str]) -> str:
    """An answer as it may be shown: a site that tells what it was asked does not show the sign-in by it."""
    words = {part for value in signed.values() for part in (value, *value.split()) if len(part) >= SECRET}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "…")
    return text


def _signed_in(parcel: Mapping[str, Any]) -> dict[str, str]:
    """The site's own headers; KeyTrouble. What was written down before the site got another server goes there without
    them: they are not that one's to know."""
    if not parcel["headers"] or server(parcel["url"]) != server(parcel["site_url"]):
        return {}
    return opened(parcel["headers"])
