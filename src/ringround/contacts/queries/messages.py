"""What the post room asks about those it writes to. It has the contact from a room above that may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.infra import sql


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is to be written to: by SMS (`phone`) or e-mail (`email`)."""

    org_id: UUID
    campaign_id: UUID | None
    contact_id: UUID | None
    kind: str
    address: str


def messages_barred(*, recipients: Sequence[Recipient], now: datetime) -> set[int]:
    """The positions of those who are on a suppression list that counts for this message."""
    if not recipients:
        return set()
    rows = sql.rows(
        "contacts", "messages_barred", now=now,
        orgs=[one.org_id for one in recipients], campaigns=[one.campaign_id for one in recipients],
        contacts=[one.contact_id for one in recipients], kinds=[one.kind for one in recipients],
        addresses=[one.address for one in recipients],
    )  # fmt: skip
    return {row["i"] - 1 for row in rows}


def contact_zones(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The time zones that contacts themselves say, by id; empty where one says none. Erased ones are left out."""
    rows = sql.rows("contacts", "message_zones", ids=list(ids))
    return {row["id"]: row["timezone"] for row in rows if not row["erased"]}
