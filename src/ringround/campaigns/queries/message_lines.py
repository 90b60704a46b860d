"""A lead's messages as lines of its history: read from the post room, where they stand with what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.messaging import queries as messaging
from ringround.messaging.queries import Message

# Of so many of a lead's messages lines are made; older ones stand on the messages' own page.
MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to a message. `key` is told by `texts.timeline_words`."""

    id: UUID
    at: datetime
    key: str
    params: dict[str, Any]
    text: str
    message_id: UUID
    by_id: UUID | None


def lines_of(*, lead_id: UUID, heard_since: datetime | None = None) -> list[Line]:
    """All lines of a lead that the caller has found visible, in no order. `heard_since`: of messages alone with which
    somebody did something since then."""
    rows = messaging.messages_of_lead(lead_id=lead_id, size=MOST, heard_since=heard_since)
    return [line for one in rows for line in _lines(one)]


def _lines(one: Message) -> Iterator[Line]:
    params = {"channel": one.channel, "status": one.status, "reason": one.reason, "message": str(one.id)}
    words = one.text if one.channel == "sms" else one.subject
    first = one.status if one.status in ("received", "queued", "skipped", "failed", "bounced") else "sent"
    yield _line(one, 0, one.sent_at if first == "sent" and one.sent_at else one.at, first, params, words)
    if one.delivered_at is not None and one.status == "delivered":
        yield _line(one, 1, one.delivered_at, "delivered", params, "")
    if one.opened_at is not None:
        yield _line(one, 2, one.opened_at, "opened", params, words)
    if one.clicked_at is not None:
        yield _line(one, 3, one.clicked_at, "clicked", params, words)


def _line(one: Message, nth: int, at: datetime, what: str, params: dict[str, Any], text: str) -> Line:
    # An id of its own for each, so that a page may end between two of one moment.
    id_ = UUID(int=one.id.int ^ nth)
    return Line(id_, at, f"{one.channel}_{what}", params, text, one.id, one.by_id if nth == 0 else None)


def fresh(lines: Sequence[Line], *, since: datetime) -> list[Line]:
    """What others did since then that whoever has the contact in hand should see, the newest first."""
    news = [one for one in lines if one.at >= since and one.key.endswith(("_received", "_opened", "_clicked"))]
    return sorted(news, key=lambda one: (one.at, one.id), reverse=True)
