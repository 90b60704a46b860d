"""Reading the change feed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ringround.http import ports
from ringround.http.ports import Asker
from ringround.infra import event_types, sql
from ringround.kernel import cursors
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_


def feed(
    *, actor: Asker, after: str | None = None, types: Sequence[str] | None = None, size: int = 50
) -> tuple[list[dict[str, Any]], str]:
    """Events the actor's organisation may read, oldest first, and the cursor to go on from; always one."""
    ports.get().require(actor, "orgs.events.read")
    seq = cursors.decode_seq(after) if after else 0
    wanted = expand_types(types) if types else None
    rows = sql.rows(
        "http",
        "feed",
        org=actor.org_id,
        merchants=list(ports.get().merchants(actor)),
        after=seq,
        types=wanted,
        size=size,
    )
    head = rows[0]["head"]
    events = [event_out(row) for row in rows if row["seq"] is not None]
    # A cursor beyond the end (of a database restored from a backup, say) stays where it is rather than going back.
    following = rows[-1]["seq"] if len(events) == size else max(head, seq)
    return events, cursors.encode_seq(following)


def expand_types(types: Sequence[str], *loc: str) -> list[str]:
    """`campaigns.lead.*` is all that begin so; a type that does not exist is refused, not silently never found."""
    known = list(event_types.declared())
    wanted: list[str] = []
    for name in types:
        found = [one for one in known if one.startswith(name[:-1])] if name.endswith(".*") else [name]
        if not found or not set(found) <= set(known):
            raise Invalid(
                [Fault(loc or ("query", "types"), "unknown_event_type", N_("There is no such type of event."))]
            )
        wanted += found
    return wanted


def event_visible(event: Mapping[str, Any], *, org_id: UUID) -> bool:
    """Whether an organisation may read this event now: its own, or shared by a merchant that still works with it."""
    if event["org_id"] == org_id:
        return True
    return event["also_org_id"] == org_id and event["org_id"] in ports.get().merchants_of(org_id)


def event_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """An event as callers get it."""
    return {
        "id": row["id"],
        "cursor": cursors.encode_seq(row["seq"]),
        "type": row["type"],
        "at": row["at"],
        "organisation": row["org_id"],
        "subject": {"type": row["subject_type"], "id": row["subject_id"]},
        "data": _json(row["data"]),
        "cause": _json(row["cause"]),
    }


def _json(value: Any) -> Any:
    # Django's connections give jsonb as text.
    return json.loads(value) if isinstance(value, str) else value
