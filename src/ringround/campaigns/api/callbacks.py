"""Callbacks over HTTP."""

from __future__ import annotations

from django.http import HttpResponse

from ringround.campaigns import actions, queries
from ringround.campaigns.api.shapes import CallbackChange, CallbackFilter, CallbackOut
from ringround.campaigns.models import Callback
from ringround.http.kit import ApiRequest, Id, Page, Query, Router, no_content
from ringround.kernel.errors import NotFound

router = Router(tags=["Callbacks"])


def _json(one: Callback) -> dict[str, object]:
    return {
        "lead": one.lead_id,
        "campaign": one.campaign_id,
        "at": one.at,
        "private": one.private,
        "owner": one.owner_id,
        "number": one.number or None,
        "note": one.note,
        "created_at": one.created_at,
    }


@router.get("", response=Page[CallbackOut], summary="List callbacks")
def callback_list(request: ApiRequest, filter: Query[CallbackFilter]) -> object:
    """Booked ones, the next first. Agents get their own, and the common ones of their campaigns."""
    page = queries.callback_list(
        actor=request.actor,
        agent_id=filter.agent,
        campaign_id=filter.campaign,
        due_by=filter.due_by,
        size=filter.size,
        after=filter.after,
    )
    return {"items": [_json(one) for one in page.items], "next": page.next}


@router.patch("/{lead_id}", response=CallbackOut, summary="Move a callback")
def callback_change(request: ApiRequest, lead_id: Id, body: CallbackChange) -> object:
    """Outside calling hours: 422 `outside_hours`, with the `nearest` time that is allowed."""
    actions.callback_change(actor=request.actor, lead_id=lead_id, **body.given())
    found = queries.callback_of(lead_id=lead_id)
    if found is None:
        raise NotFound("callback")
    return _json(found)


@router.delete("/{lead_id}", response={204: None}, summary="Cancel a callback")
def callback_cancel(request: ApiRequest, lead_id: Id) -> HttpResponse:
    """The lead is an `automatic_redial`, due now."""
    actions.callback_cancel(actor=request.actor, lead_id=lead_id)
    return no_content()
