"""Callbacks over HTTP."""

from __future__ import annotations

from django.http import HttpResponse

from ringround.campaigns import actions, queries
from ringround.campaigns.api.shapes import CallbackChange, CallbackFilter, CallbackOut, ReassignIn, ReassignOut
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
        "version": queries.callback_version(one),
    }


@router.get("", response=Page[CallbackOut], summary="List callbacks")
def callback_list(request: ApiRequest, filter: Query[CallbackFilter]) -> object:
    """Booked ones, the next first. Agents get their own, and the common ones of their campaigns. `due_by` now: those
    that are overdue."""
    page = queries.callback_list(
        actor=request.actor,
        agent_id=filter.agent,
        campaign_id=filter.campaign,
        common=filter.common,
        supervised=filter.supervised,
        due_after=filter.due_after,
        due_by=filter.due_by,
        size=filter.size,
        after=filter.after,
    )
    return {"items": [_json(one) for one in page.items], "next": page.next}


@router.patch("/{lead_id}", response=CallbackOut, summary="Move a callback")
def callback_change(request: ApiRequest, lead_id: Id, body: CallbackChange) -> object:
    """Outside calling hours: 422 `outside_hours`, with the `nearest` time that is allowed. 409 `lead_held` while an
    agent has the contact, `changed_meanwhile` where the `version` is not what it is now."""
    actions.callback_change(actor=request.actor, lead_id=lead_id, **body.given())
    found = queries.callback_of(lead_id=lead_id)
    if found is None:
        raise NotFound("callback")
    return _json(found)


@router.delete("/{lead_id}", response={204: None}, summary="Cancel a callback")
def callback_cancel(request: ApiRequest, lead_id: Id) -> HttpResponse:
    """The lead is an `automatic_redial`, due now. 409 `lead_held` while an agent has the contact."""
    actions.callback_cancel(actor=request.actor, lead_id=lead_id)
    return no_content()


@router.post("/reassign", response=ReassignOut, summary="Give an agent's callbacks to another")
def callbacks_reassign(request: ApiRequest, body: ReassignIn) -> object:
    """All private ones of `from`, for when they are away; `to` null: common. Those that cannot be given stay, and are
    listed with why; at most 500 at a time."""
    moved, refused = actions.callbacks_reassign(
        actor=request.actor, from_id=body.from_, to_id=body.to, campaign_id=body.campaign
    )
    return {
        "moved": moved,
        "refused": [{"lead": one.lead_id, "code": one.code, "detail": one.detail} for one in refused],
    }
