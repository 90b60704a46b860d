"""Leads over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from ringround.campaigns import actions, ports, queries, texts
from ringround.campaigns.api.shapes import (
    BulkIn,
    BulkOut,
    LeadChange,
    LeadChanged,
    LeadOut,
    LeadQuery,
    NoteIn,
    SavedFilterIn,
    SavedFilterOut,
    TimelineOut,
    WhyNotOut,
    WhyNotQuery,
    filter_of,
)
from ringround.campaigns.models import TimelineItem
from ringround.http.kit import ApiRequest, Id, Page, Paging, Query, Router, Status, no_content
from ringround.kernel import cursors
from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_
from ringround.kernel.text import sort_key

router = Router(tags=["Leads"])
filters_router = Router(tags=["Leads"])


@filters_router.get("", response=Page[SavedFilterOut], summary="List kept filters of leads")
def saved_filters(request: ApiRequest, paging: Query[Paging]) -> object:
    """One's own and those that are shared, by name."""
    every = queries.saved_filters(actor=request.actor)
    if paging.after:
        name, saved_id = cursors.decode(paging.after, str, UUID)
        last = sort_key(name or ""), saved_id or UUID(int=0)
        every = [one for one in every if (sort_key(one.name), one.id) > last]
    shown, more = every[: paging.size], len(every) > paging.size
    following = cursors.encode([shown[-1].name, shown[-1].id]) if more else None
    return {"items": [queries.saved_filter_json(one) for one in shown], "next": following}


@filters_router.post("", response={201: SavedFilterOut}, summary="Keep a filter of leads")
def filter_save(request: ApiRequest, body: SavedFilterIn) -> object:
    """`shared`: for all of the organisation, by who may change leads."""
    saved = actions.filter_save(actor=request.actor, name=body.name, query=body.query, shared=body.shared)
    return Status(201, queries.saved_filter_json(saved))


@filters_router.delete("/{saved_id}", response={204: None}, summary="Delete a kept filter of leads")
def filter_delete(request: ApiRequest, saved_id: Id) -> HttpResponse:
    """One's own, or a shared one as who may change leads."""
    actions.filter_delete(actor=request.actor, saved_id=saved_id)
    return no_content()


@router.get("", response=Page[LeadOut], summary="List leads")
def lead_list(request: ApiRequest, filter: Query[LeadQuery]) -> object:
    """Newest first, of every campaign the caller may see; agents get those they hold and those kept for them."""
    page = queries.lead_list(actor=request.actor, filter=filter_of(filter), size=filter.size, after=filter.after)
    return {"items": queries.leads_json(page.items, actor=request.actor), "next": page.next}


@router.post("/bulk", response={200: BulkOut, 202: BulkOut}, summary="Change many leads")
def leads_bulk(request: ApiRequest, body: BulkIn) -> object:
    """By `filter`, `ids` or `all`: `set` fields, or an `action`. A lead that refuses is left out and counted by its
    reason, the others are changed. More than a thousand are changed by a job (202): ask for how it gets on by its `id`.
    An empty selection is 422 `empty_selection`, never everything."""
    changes = _changes(body.set) if body.set is not None else None
    if changes == {}:
        raise Invalid.one(("body", "set"), "required", N_("Say what to set."))
    done = actions.leads_bulk(
        actor=request.actor,
        filter=filter_of(body.filter) if body.filter is not None else None,
        ids=body.ids,
        set=changes,
        action=body.action,
        all=body.all,
    )
    return Status(202 if done.state == "running" else 200, _bulk(done))


@router.get("/bulk/{bulk_id}", response=BulkOut, summary="How a change of many leads gets on")
def bulk(request: ApiRequest, bulk_id: Id) -> object:
    return _bulk(queries.bulk_get(actor=request.actor, bulk_id=bulk_id))


def _bulk(done: queries.Bulk) -> dict[str, Any]:
    refused = [{"code": code, "detail": words, "count": n} for code, words, n in texts.refusals(done.refused)]
    return {"id": done.id, "state": done.state, "total": done.total, "count": done.count, "refused": refused}


@router.get("/{lead_id}", response=LeadOut, summary="A lead")
def lead(request: ApiRequest, lead_id: Id) -> object:
    found = queries.lead_get(actor=request.actor, lead_id=lead_id)
    return queries.leads_json([found], actor=request.actor)[0]


@router.patch("/{lead_id}", response=LeadChanged, summary="Change a lead")
def lead_change(request: ApiRequest, lead_id: Id, body: LeadChange) -> object:
    """For supervisors. `reservation: null` takes it back from whoever holds it. An agent who does not work on the
    campaign at the moment is reserved it all the same, with the warning `agent_away`."""
    actions.lead_change(actor=request.actor, lead_id=lead_id, **_changes(body))
    changed = queries.lead_get(actor=request.actor, lead_id=lead_id)
    away = ports.away(changed.campaign_id, [body.reservation.by]) if body.reservation is not None else ()
    warnings = [{"code": "agent_away", "detail": str(texts.AGENT_AWAY)}] if away else []
    return {**queries.leads_json([changed], actor=request.actor)[0], "warnings": warnings}


def _changes(body: LeadChange) -> dict[str, Any]:
    changes = body.given()
    if body.reservation is not None:
        changes["reservation"] = {"by": body.reservation.by}
    return changes


@router.get("/{lead_id}/timeline", response=Page[TimelineOut], summary="A lead's history")
def timeline(request: ApiRequest, lead_id: Id, paging: Query[Paging]) -> object:
    """Everything that happened to it, newest first."""
    page = queries.lead_timeline(actor=request.actor, lead_id=lead_id, size=paging.size, after=paging.after)
    return {"items": [_line(one) for one in page.items], "next": page.next}


@router.post("/{lead_id}/notes", response={201: TimelineOut}, summary="Write a note on a lead")
def note_add(request: ApiRequest, lead_id: Id, body: NoteIn) -> object:
    """At most 5,000 characters; it stands in the lead's history, which is what it answers with."""
    return Status(201, _line(actions.note_add(actor=request.actor, lead_id=lead_id, text=body.text)))


def _line(one: queries.TimelineEntry | TimelineItem) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "kind": one.kind,
        "text": texts.timeline_words(one.key, one.params, one.text),
        "ref": {"type": one.ref_type, "id": one.ref_id} if one.ref_type else None,
        "by": one.by_id,
    }


@router.get("/{lead_id}/why-not", response=WhyNotOut, summary="Why is this lead not called now?")
def why_not(request: ApiRequest, lead_id: Id, asked: Query[WhyNotQuery]) -> object:
    """Every gate, and the next time at which it can be called. Without `agent` the gates about agents are open, and
    their `detail` says whose it is."""
    found = queries.why_not(actor=request.actor, lead_id=lead_id, agent_id=asked.agent)
    return {
        "callable": found.callable,
        "next_at": found.next_at,
        "gates": [
            {"gate": one.gate, "ok": one.ok, "next_at": one.next_at, "detail": texts.gate_words(one) or None}
            for one in found.gates
        ],
    }
