"""The list of journeys, a new one, and one with its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import queries as campaigns
from ringround.journeys import actions, queries
from ringround.journeys.forms import NewForm, TemplateForm
from ringround.journeys.models import Journey
from ringround.journeys.rules import lint
from ringround.journeys.rules.document import FORMAT, dump
from ringround.journeys.rules.templates import TEMPLATES, fill
from ringround.journeys.views import choices
from ringround.journeys.views.common import SIZE, crumbs
from ringround.journeys.views.runs import shown
from ringround.journeys.words import reason
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_safe
@requires("journeys.read")
def journey_list(request: ActorRequest) -> HttpResponse:
    """The organisation's journeys, newest first; told again as their runs move."""
    archived = request.GET.get("show") == "archived"
    found, after = queries.journey_list(
        actor=request.actor, size=SIZE, after=parse_id(request.GET.get("after", "")), archived=archived
    )
    here = reverse("journeys:list")
    context = {
        "rows": [_row(request, one) for one in found],
        "next": after,
        "topics": ",".join(f"journey:{one.id}" for one in found),
        "may_change": allows(request.actor, "journeys.change"),
        "archived": archived,
        "any_archived": not found and not archived and _any_archived(request),
        "tabs": [("live", _("In use"), here), ("archived", _("Archived journeys"), f"{here}?show=archived")],
        "tab": "archived" if archived else "live",
    }
    return htmx.page_or_fragment(request, "journeys/list.html", "journeys/_list.html", context)


def _any_archived(request: ActorRequest) -> bool:
    return bool(queries.journey_list(actor=request.actor, size=1, archived=True)[0])


def _row(request: ActorRequest, one: Journey) -> dict[str, Any]:
    figures = queries.stats(actor=request.actor, journey_id=one.id)
    return {
        "id": one.id,
        "name": one.name,
        "state": one.state,
        "changed": one.version is not None and one.state != Journey.State.ARCHIVED and _differs(one),
        "campaigns": campaign_names(request, one.draft),
        "running": sum(node["waiting"] for node in figures["nodes"].values()),
        "ended": sum(figures["finished"].values()),
        "published_at": one.version.published_at if one.version is not None else None,
    }


def _differs(one: Journey) -> bool:
    """Whether the draft says something else than what was published last."""
    assert one.version is not None
    ready = lint.check(one.draft).document
    return ready is None or dump(ready) != one.version.document


def campaign_names(request: ActorRequest, document: dict[str, Any]) -> str:
    """The campaigns of a document by name, as far as the reader sees them."""
    named = (document.get("scope") or {}).get("campaigns") or []
    ids = [id for one in named if (id := parse_id(one)) is not None]
    return ", ".join(
        campaigns.visible_campaigns(request.actor).filter(id__in=ids).order_by("name").values_list("name", flat=True)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires("journeys.change")
def new(request: ActorRequest) -> HttpResponse:
    """An empty one by name and campaign, or the gallery of templates."""
    known = choices.choices(actor=request.actor)
    form = NewForm(request.POST if request.method == "POST" else None, choices=known)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        document = {
            "format": FORMAT,
            "name": said["name"],
            "scope": {"campaigns": [said["campaign"]]},
            "trigger": {"type": "status_changed", "params": {}},
            "entry": None,
            "settings": {},
            "nodes": [],
            "start": None,
        }
        try:
            made = actions.journey_create(actor=request.actor, name=said["name"], document=document)
            return htmx.redirect(request, "journeys:edit", made.id)
        except (Invalid, Conflict) as wrong:
            form.add_error("name", str(wrong.errors[0].detail) if wrong.errors else str(wrong))
    context = {"form": form, "templates": list(TEMPLATES.values()), "crumbs": crumbs()}
    return render(request, "journeys/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("journeys.change")
def from_template(request: ActorRequest, key: str) -> HttpResponse:
    """One of the ready ones, with what it asks for."""
    template = TEMPLATES.get(key)
    if template is None:
        raise NotFound("journey_template")
    form = TemplateForm(
        request.POST if request.method == "POST" else None,
        params=template.params,
        choices=choices.choices(actor=request.actor),
        facts=choices.facts(actor=request.actor),
        initial={"name": str(template.name)},
    )
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            made = actions.journey_create(actor=request.actor, name=name, document=fill(key, form.given(), name=name))
            return htmx.redirect(request, "journeys:edit", made.id)
        except (Invalid, Conflict) as wrong:
            _put(form, wrong)
    context = {"form": form, "template": template, "crumbs": crumbs((_("New journey"), reverse("journeys:new")))}
    return render(request, "journeys/from_template.html", context, status=422 if form.errors else 200)


def _put(form: TemplateForm, wrong: Invalid | Conflict) -> None:
    if not wrong.errors:
        form.add_error("name", str(wrong))
    for fault in wrong.errors:
        field = next((str(part) for part in fault.loc if str(part) in form.fields), None)
        form.add_error(field, str(fault.detail))


@dataclass(frozen=True, slots=True)
class Button:
    """A command as a button, with what is asked before."""

    name: str
    label: str
    icon: str
    tone: str
    title: str
    text: str


def _buttons(request: ActorRequest, found: Journey) -> list[Button]:
    if not allows(request.actor, "journeys.publish"):
        return []
    pause = Button(
        "pause",
        _("Pause"),
        "player-pause",
        "warning",
        _("Pause this journey?"),
        _("Nobody begins it, and runs stand still until it goes on. What happens meanwhile is not heard."),
    )
    resume = Button(
        "resume",
        _("Go on"),
        "player-play",
        "success",
        _("Let it go on?"),
        _("What fell due meanwhile is done now, the oldest first."),
    )
    archive = Button(
        "archive",
        _("Archive"),
        "archive",
        "danger",
        _("Archive this journey?"),
        _("Its runs end and do nothing more. It cannot be brought back."),
    )
    return {"published": [pause, archive], "paused": [resume, archive], "draft": [archive]}.get(found.state, [])


@require_safe
@requires("journeys.read")
def journey(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """Its figures and its runs: where they are, why, what next and when."""
    found = queries.journey_get(actor=request.actor, journey_id=journey_id)
    tab = "ended" if request.GET.get("runs") == "ended" else "live"
    figures = queries.stats(actor=request.actor, journey_id=found.id)
    rows, after = queries.run_list(
        actor=request.actor,
        journey_id=found.id,
        state=tab,
        size=SIZE,
        after=parse_id(request.GET.get("after", "")),
    )
    here = reverse("journeys:journey", args=[found.id])
    context = {
        "journey": found,
        "crumbs": crumbs(),
        "campaigns": campaign_names(request, found.draft),
        "topic": f"journey:{found.id}",
        "buttons": _buttons(request, found),
        "may_change": allows(request.actor, "journeys.change"),
        "behind": allows(request.actor, "journeys.publish") and queries.any_behind(found),
        "running": sum(node["waiting"] for node in figures["nodes"].values()),
        "ended": sum(figures["finished"].values()),
        "hows": [(reason(code).capitalize(), count) for code, count in figures["finished"].items()],
        "tabs": [("live", _("Under way"), here), ("ended", _("Ended"), f"{here}?runs=ended")],
        "tab": tab,
        "rows": shown(request.actor, rows),
        "next": after,
    }
    return htmx.page_or_fragment(request, "journeys/journey.html", "journeys/_runs.html", context)


COMMANDS = {
    "pause": actions.journey_pause,
    "resume": actions.journey_resume,
    "archive": actions.journey_archive,
}


@require_POST
@requires("journeys.publish")
def command(request: ActorRequest, journey_id: UUID, name: str) -> HttpResponse:
    """Pause, resume or archive."""
    if name not in COMMANDS:
        raise NotFound("command")
    COMMANDS[name](actor=request.actor, journey_id=journey_id)
    words = {
        "pause": _("The journey is paused."),
        "resume": _("The journey goes on."),
        "archive": _("The journey is archived."),
    }
    return htmx.redirect(request, "journeys:journey", journey_id, toast=words[name])
