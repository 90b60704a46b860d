"""Runs as people read them: where one is, why, what next and when; and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import queries as campaigns
from ringround.journeys import actions, queries
from ringround.journeys.models import Log
from ringround.journeys.queries import Way
from ringround.journeys.rules.catalogue import NODES
from ringround.journeys.views.common import crumbs, journey_crumb
from ringround.journeys.words import reason
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


def shown(actor: Actor, ways: Sequence[Way]) -> list[dict[str, Any]]:
    """Rows for the templates, with the leads by name as far as the reader sees them."""
    names = campaigns.lead_names(actor=actor, lead_ids=[one.lead_id for one in ways])
    return [
        {
            "id": one.id,
            "lead_id": one.lead_id,
            "lead_name": names.get(one.lead_id, ""),
            "journey_name": one.journey.name,
            "where": _where(one),
            "next": _next(one),
            "at": one.ended_at or one.due,
            "entered_at": one.entered_at,
            "ended_at": one.ended_at,
            "version": one.version.number,
            "parked": one.state == "parked",
        }
        for one in ways
    ]


def node_name(document: dict[str, Any], id: str) -> str:
    """A step as its writer calls it, else by its kind."""
    node = next((one for one in document.get("nodes") or [] if one["id"] == id), None)
    if node is None:
        return id or _("at the beginning")
    kind = NODES.get(node["type"])
    return node.get("title") or (str(kind.label) if kind is not None else node["type"])


def _where(one: Way) -> str:
    return node_name(one.version.document, one.node)


def _next(one: Way) -> str:
    if one.ended_at is not None:
        return f"{reason(one.how)} ({one.reason})" if one.reason else reason(one.how)
    if one.state == "parked":
        return _("stands still after an error: %(error)s") % {"error": one.error}
    if one.state == "held":
        return _("held while the journey is paused, since")
    if one.state == "acting":
        return _("waits for what it has asked for")
    if one.state == "retrying":
        return _("is tried again at")
    node = one.node_json()
    type = node["type"] if node is not None else ""
    if one.due is None:
        return _("until it happens") if type == "wait_event" else _("until the condition is met")
    return _("at the latest") if type in ("wait_event", "wait_until") else _("goes on at")


@require_safe
@requires("journeys.read")
def run(request: ActorRequest, run_id: UUID) -> HttpResponse:
    """One run with what it did."""
    way = queries.run_get(actor=request.actor, run_id=run_id)
    row = shown(request.actor, [way])[0]
    lines = queries.run_way(actor=request.actor, run_id=run_id)
    context = {
        "row": row,
        "journey": way.journey,
        "crumbs": crumbs(journey_crumb(way.journey)),
        "lead_url": reverse("campaigns:lead", args=[way.lead_id]) if row["lead_name"] else "",
        "may_stop": allows(request.actor, "journeys.start"),
        "may_retry": allows(request.actor, "journeys.publish"),
        "log": [_line(way, one) for one in lines],
    }
    return render(request, "journeys/run.html", context)


def _line(way: Way, one: Log) -> dict[str, Any]:
    document = way.version.document
    node = next((each for each in document.get("nodes") or [] if each["id"] == one.node), None)
    tone = {"skipped": "warning", "failed": "danger"}.get(one.outcome, "neutral")
    icon = {"skipped": "player-skip-forward", "failed": "alert-triangle", "ended": "flag"}.get(one.outcome, "check")
    text = ""
    if one.outcome == "ended":
        text = _("The run ended: %(why)s.") % {"why": reason(one.reason)}
    elif one.outcome == "skipped":
        text = _("Not done: %(why)s.") % {"why": reason(one.reason)}
    elif one.outcome == "failed":
        text = _("Failed: %(why)s.") % {"why": reason(one.reason)}
    elif one.out:
        text = _out(node, one.out)
    return {"at": one.at, "icon": icon, "tone": tone, "title": node_name(document, one.node), "text": text}


def _out(node: dict[str, Any] | None, out: str) -> str:
    """The arrow by which it went on, where there was more than one."""
    kind = NODES.get(node["type"]) if node is not None else None
    if node is None or kind is None or out == "next":
        return ""
    fixed = {str(each.name): str(each.label) for each in kind.outs if not each.each}
    own = {
        entry["out"]: entry.get("label") or entry["out"]
        for each in kind.outs
        if each.each
        for entry in (node.get("params") or {}).get(each.each) or []
    }
    return _("Went on by “%(arrow)s”.") % {"arrow": fixed.get(out) or own.get(out) or out}


@require_POST
@requires("journeys.start")
def stop(request: ActorRequest, run_id: UUID) -> HttpResponse:
    """End a run."""
    actions.run_stop(actor=request.actor, run_id=run_id)
    return htmx.redirect(request, "journeys:run", run_id, toast=_("The run ends in a moment."))


@require_POST
@requires("journeys.publish")
def retry(request: ActorRequest, run_id: UUID) -> HttpResponse:
    """Try again where it stands still after an error."""
    actions.run_retry(actor=request.actor, run_id=run_id)
    return htmx.redirect(request, "journeys:run", run_id, toast=_("It is tried again in a moment."))


@require_POST
@requires("journeys.start")
def start(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Begin a journey for a lead by hand."""
    campaigns.lead_get(actor=request.actor, lead_id=lead_id)
    journey_id = parse_id(request.POST.get("journey", ""))
    if journey_id is None:
        raise Invalid.one("journey", "required", _("Choose a journey."))
    actions.runs_start(actor=request.actor, journey_id=journey_id, lead_ids=[lead_id])
    return htmx.redirect(
        request, "campaigns:lead", lead_id, toast=_("The journey begins in a moment, if it lets the lead in.")
    )
