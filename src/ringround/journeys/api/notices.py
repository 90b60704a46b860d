"""What journeys have to tell the caller, over HTTP."""

from __future__ import annotations

from uuid import UUID

from ringround.http.kit import ApiRequest, Id, Page, Query, Router
from ringround.journeys import actions, queries
from ringround.journeys.api.shapes import NoticeOut, NoticesQuery
from ringround.journeys.models import Notice
from ringround.kernel import cursors

notices_router = Router(tags=["Journeys"])


@notices_router.get("", response=Page[NoticeOut], summary="List what journeys have to tell you")
def notice_list(request: ApiRequest, paging: Query[NoticesQuery]) -> object:
    """Newest first, the caller's own: those that *Notify a user* has made, and what nobody may miss (`journey` is null
    then). Seen ones are kept for 30 days."""
    after = cursors.decode(paging.after, UUID)[0] if paging.after else None
    rows, last = queries.notice_list(actor=request.actor, seen=paging.seen, size=paging.size, after=after)
    return {"items": [_shown(one) for one in rows], "next": cursors.encode([last]) if last else None}


@notices_router.post("/{notice_id}/seen", response=NoticeOut, summary="Say that a notice is seen")
def notice_seen(request: ApiRequest, notice_id: Id) -> object:
    """It does no harm twice: `seen_at` is the first time."""
    return _shown(actions.notice_seen(actor=request.actor, notice_id=notice_id))


def _shown(one: Notice) -> dict[str, object]:
    return {
        "id": one.id, "journey": one.journey_id, "lead": one.lead_id, "text": one.text, "at": one.at,
        "seen_at": one.seen_at,
    }  # fmt: skip
