"""The editor's page and what its script asks for. The API can do all of it too; both call the same actions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import queries as campaigns
from ringround.journeys import actions, queries
from ringround.journeys.editor_words import words
from ringround.journeys.models import Journey, Version
from ringround.journeys.rules import lint
from ringround.journeys.rules.document import MAX_BYTES, Document, dump
from ringround.journeys.views import choices
from ringround.journeys.views.common import crumbs, journey_crumb
from ringround.journeys.views.runs import node_name
from ringround.kernel.errors import Conflict, Invalid, NotFound, RingroundError, TooLarge
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import assets

P = ParamSpec("P")
View = Callable[Concatenate[ActorRequest, P], HttpResponse]


def for_script(view: View[P]) -> View[P]:
    """Refusals as the API says them, in the reader's language, for a script that shows them."""

    @wraps(view)
    def guarded(request: ActorRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RingroundError as refused:
            told: dict[str, Any] = {"code": refused.code, "detail": str(refused)}
            faults = refused.errors if isinstance(refused, Invalid | Conflict) else ()
            told["errors"] = [{"code": one.code, "detail": str(one.detail), "loc": list(one.loc)} for one in faults]
            return JsonResponse(told, status=refused.status)

    return guarded


def body_of(request: ActorRequest) -> dict[str, Any]:
    """The JSON that the script sends; Invalid for anything else."""
    found: object = None
    # A form has been read as one already, and cannot be read again.
    if request.content_type == "application/json":
        if len(request.body) > 2 * MAX_BYTES:
            raise TooLarge()
        try:
            found = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict):
        raise Invalid.one("document", "bad_json", _("This is not JSON."))
    return found


@require_safe
@requires("journeys.read")
def edit(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """The editor, with everything that it needs to begin in the page itself."""
    found = queries.journey_get(actor=request.actor, journey_id=journey_id)
    catalogue = choices.catalogue(actor=request.actor)
    icons = {one["icon"] for one in (*catalogue["nodes"], *catalogue["triggers"])} | set(choices.OWN_ICONS)
    data = {
        "id": str(found.id),
        "topic": f"journey:{found.id}",
        "state": found.state,
        "revision": found.revision,
        "document": _drawn(found),
        "catalogue": catalogue,
        "choices": {**choices.choices(actor=request.actor), "journeys": _others(request, found)},
        "icons": {name: assets.icon_paths(name) for name in sorted(icons)},
        "words": words(),
        "versions": _versions(request, found),
        "addresses": _addresses(found),
        "may": {"edit": allows(request.actor, "journeys.change"), "publish": allows(request.actor, "journeys.publish")},
    }
    context = {"journey": found, "data": data, "crumbs": crumbs(journey_crumb(found)), "topic": f"journey:{found.id}"}
    return render(request, "journeys/edit.html", context)


def _drawn(found: Journey) -> dict[str, Any]:
    """The draft as the canvas takes it: whole, and laid out by the editor as long as nobody has put a step anywhere."""
    raw = found.draft
    nodes = raw.get("nodes") if isinstance(raw.get("nodes"), list) else []
    if found.revision == 1:
        # A template's or a program's; the editor knows better how large its boxes are.
        nodes = [{name: value for name, value in one.items() if name != "position"} for one in nodes]
    return {
        **raw,
        "scope": raw.get("scope") or {"campaigns": []},
        "trigger": {"params": {}, **(raw.get("trigger") or {"type": "status_changed"})},
        "entry": raw.get("entry"),
        "settings": raw.get("settings") or {},
        "nodes": [{"params": {}, "next": {}, **one} for one in nodes],
        "start": raw.get("start"),
    }


def _others(request: ActorRequest, found: Journey) -> list[dict[str, str]]:
    rows, _next = queries.journey_list(actor=request.actor, size=choices.MOST)
    return [{"value": str(one.id), "label": one.name} for one in rows if one.id != found.id]


def _versions(request: ActorRequest, found: Journey) -> list[dict[str, Any]]:
    made = queries.version_list(actor=request.actor, journey_id=found.id)
    running = running_on(made)
    return [
        {
            "number": one.number,
            "at": one.published_at.isoformat(),
            "by": str(one.published_by) if one.published_by else "",
            "runs": running.get(one.id, 0),
            "current": one.id == found.version_id,
        }
        for one in made
    ]


def running_on(versions: Iterable[Version]) -> dict[int, int]:
    """How many runs are under way on each version, by its id."""
    found: Counter[int] = Counter()
    for (version, _node), states in queries.runs_by_node(version_ids=[one.id for one in versions]).items():
        found[version] += sum(states.values())
    return found


def _addresses(found: Journey) -> dict[str, str]:
    names = ("draft", "check", "publish", "summary", "simulate", "stats", "leads")
    return {
        **{name: reverse(f"journeys:{name}", args=[found.id]) for name in names},
        "version": reverse("journeys:version", args=[found.id, 0]),
        "takeOver": reverse("journeys:take-over", args=[found.id]),
    }


@require_http_methods(["GET", "HEAD", "PUT"])
@requires("journeys.read")
@for_script
def draft(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """The draft as it is now and who wrote it; PUT writes it, unless another has written it meanwhile."""
    found = queries.journey_get(actor=request.actor, journey_id=journey_id)
    if request.method == "PUT":
        body = body_of(request)
        said, revision = body.get("document"), body.get("revision")
        if not isinstance(said, dict) or not isinstance(revision, int):
            raise Invalid.one("document", "required", _("Send the document and the revision that it comes from."))
        saved = actions.draft_save(actor=request.actor, journey_id=journey_id, document=said, revision=revision)
        return JsonResponse({"revision": saved.revision})
    return JsonResponse({"document": _drawn(found), "revision": found.revision, "at": found.updated_at.isoformat()})


@require_POST
@requires("journeys.read")
@for_script
def check(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """What the linter says of a document that may not be saved yet."""
    queries.journey_get(actor=request.actor, journey_id=journey_id)
    checked = queries.checked(actor=request.actor, document=body_of(request).get("document"))
    return JsonResponse({"faults": faults_json(checked)})


def faults_json(checked: lint.Checked) -> list[dict[str, Any]]:
    """Flaws by the place where the editor shows them."""
    return [
        {"node": place, "param": param, "code": one.code, "detail": str(one.text), "level": one.level}
        for one in checked.flaws
        for place, param in [_place(one)]
    ]


def _place(flaw: lint.Flaw) -> tuple[str | None, str | None]:
    """The node and the field: the trigger is a node on the canvas, and none in the document."""
    head, *rest = flaw.field.split(".")
    if flaw.node is None and head in ("trigger", "entry", "start"):
        named = rest[1] if len(rest) > 1 and rest[0] == "params" else None
        return "@trigger", "entry" if head == "entry" else named
    if head in ("params", "settings", "scope") and rest:
        return flaw.node, rest[0]
    return flaw.node, head or None


@require_safe
@requires("journeys.read")
@for_script
def version(request: ActorRequest, journey_id: UUID, number: int) -> HttpResponse:
    """The document of one version."""
    made = queries.version_list(actor=request.actor, journey_id=journey_id)
    found = next((one for one in made if one.number == number), None)
    if found is None:
        raise NotFound("version")
    return JsonResponse({"document": found.document})


@require_safe
@requires("journeys.read")
@for_script
def stats(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """Figures per node, of all versions."""
    return JsonResponse(queries.stats(actor=request.actor, journey_id=journey_id))


@require_safe
@requires("journeys.read")
@for_script
def summary(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """What publishing the draft would change, and for whom."""
    actor = request.actor
    found = queries.journey_get(actor=actor, journey_id=journey_id)
    checked = queries.checked(actor=actor, document=found.draft)
    made = queries.version_list(actor=actor, journey_id=journey_id)
    names = {str(id): name for id, name in _campaigns(request, found)}
    settings = checked.document.settings if checked.document is not None else None
    backfill = None
    if not made and settings is not None and settings.backfill == "matching":
        backfill = queries.backfill_count(actor=actor, document=found.draft)["count"]
    running = running_on(made)
    return JsonResponse(
        {
            "revision": found.revision,
            "document": _drawn(found),
            "before": made[0].document if made else None,
            "same": bool(made) and checked.document is not None and made[0].document == dump(checked.document),
            "number": made[0].number + 1 if made else 1,
            "faults": faults_json(checked),
            "runs": [{"version": one.number, "count": running[one.id]} for one in made if running.get(one.id)],
            "policy": settings.edit_policy if settings is not None else "pin",
            "fates": _fates(request, found, made, checked.document),
            "backfill": backfill,
            "campaigns": list(names.values()),
        }
    )


def _fates(
    request: ActorRequest, found: Journey, made: Sequence[Version], document: Document | None
) -> list[dict[str, Any]]:
    """What becomes of runs that go over, by the step where they stand, as the newest version that has it calls it."""
    if document is None or document.settings.edit_policy != "migrate":
        return []
    counts: Counter[tuple[str, str]] = Counter()
    for row in queries.migration_preview(actor=request.actor, journey_id=found.id, draft=document):
        counts[row["node"], row["what"]] += row["runs"]
    names = {
        node["id"]: node_name(one.document, node["id"]) for one in reversed(made) for node in one.document["nodes"]
    }
    return [
        {"node": node, "name": names[node], "what": what, "runs": runs} for (node, what), runs in counts.items()
    ]  # fmt: skip


def _campaigns(request: ActorRequest, found: Journey) -> list[tuple[UUID, str]]:
    named = (found.draft.get("scope") or {}).get("campaigns") or []
    ids = [id for one in named if (id := parse_id(one)) is not None]
    own = campaigns.visible_campaigns(request.actor).filter(id__in=ids)
    return sorted(own.values_list("id", "name"), key=lambda one: one[1])


@require_POST
@requires("journeys.publish")
@for_script
def publish(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """Make the draft, as it was looked at, the version that whoever enters gets."""
    queries.journey_get(actor=request.actor, journey_id=journey_id)
    body = body_of(request)
    asked, targets = body.get("revision"), body.get("targets")
    made = actions.journey_publish(
        actor=request.actor,
        journey_id=journey_id,
        revision=asked if isinstance(asked, int) else None,
        targets={str(node): str(to) for node, to in targets.items()} if isinstance(targets, dict) else None,
    )
    messages.success(request, _("Version %(number)s is published.") % {"number": made.number})
    return JsonResponse({"next": reverse("journeys:journey", args=[journey_id])})
