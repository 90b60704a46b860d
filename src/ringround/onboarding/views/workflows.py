"""Workflows: listed, built with the agent's and the donor's side shown beside, and every version of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.onboarding import actions, queries
from ringround.onboarding.forms.builder import FIRST, Builder
from ringround.onboarding.models import Workflow, WorkflowVersion
from ringround.onboarding.rules import workflow as rules
from ringround.onboarding.texts import INTENTIONS
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

CHANGE = "onboarding.workflows.change"
PAGE, VERSIONS = 50, 25


def _may_change(request: ActorRequest, workflow: Workflow | None = None) -> bool:
    """Whether the actor makes and changes workflows here: a merchant's own people, or those who act for it."""
    own = request.actor.organisation.kind == "merchant"
    return allows(request.actor, CHANGE) and own and (workflow is None or workflow.merchant_id == request.actor.org_id)


def _crumbs(*more: tuple[object, str]) -> list[tuple[object, str]]:
    return [(_("Workflows"), reverse("onboarding:workflows")), *more]


@require_safe
@requires("onboarding.workflows.read")
def workflow_list(request: ActorRequest) -> HttpResponse:
    """The merchant's, or for an agency those of its campaigns."""
    asked = request.GET
    archived = asked.get("archived") == "1"
    intention = asked.get("intention", "")
    page = queries.workflow_list(
        actor=request.actor, q=asked.get("q", "")[:200], intention=intention if intention in INTENTIONS else "",
        archived=archived, size=PAGE, after=asked.get("after") or None,
    )  # fmt: skip
    context = {
        "rows": [
            (one, INTENTIONS[one.intention], one.merchant.name if one.merchant_id != request.actor.org_id else "")
            for one in page.items
        ],
        "next": page.next,
        "intentions": list(INTENTIONS.items()),
        "chosen": intention,
        "archived": archived,
        "filtered": bool(asked.get("q") or intention or archived),
        "may_change": _may_change(request),
        "others": request.actor.organisation.kind == "agency",
    }
    return htmx.page_or_fragment(request, "onboarding/workflows.html", "onboarding/_workflows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(CHANGE)
def workflow_new(request: ActorRequest, intention: str) -> HttpResponse:
    """A new workflow for sign-ups, or for upgrades."""
    if intention not in INTENTIONS:
        raise NotFound("workflow")
    if request.method != "POST":
        return _page(request, Builder.of(FIRST[intention]), None)
    do = request.POST.get("do", "")
    if do == "preview":
        return _preview(request, Builder.posted(intention, request.POST))
    if do != "save":
        return _page(request, Builder.held(intention, request.POST, do), None)
    builder = Builder.posted(intention, request.POST)
    if builder.is_valid():
        said = builder.said()
        try:
            made = actions.workflow_create(actor=request.actor, name=said["name"], definition=said)
            return htmx.redirect(request, "onboarding:workflow", made.id, toast=_("The workflow is saved."))
        except (Invalid, Conflict) as wrong:
            builder.put(wrong)
    return _page(request, builder, None, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("onboarding.workflows.read")
def workflow(request: ActorRequest, workflow_id: UUID) -> HttpResponse:
    """Its newest version; saved it is a new one. Who may not change it sees it."""
    found = queries.workflow_get(actor=request.actor, workflow_id=workflow_id)
    if request.method != "POST":
        newest = queries.version_of(found)
        return _page(request, Builder.of({**newest.definition, "name": found.name}), found, newest)
    do = request.POST.get("do", "")
    if do == "preview":
        return _preview(request, Builder.posted(found.intention, request.POST))
    if do != "save":
        return _page(request, Builder.held(found.intention, request.POST, do), found)
    builder = Builder.posted(found.intention, request.POST)
    status, meanwhile = 422, None
    if builder.is_valid():
        said = builder.said()
        try:
            saved = actions.workflow_version_add(
                actor=request.actor, workflow_id=workflow_id, definition=said, name=said["name"],
                expected=_number(request.POST.get("version", "")),
            )  # fmt: skip
            words = _("Saved as version %(number)s. Sessions that have begun keep theirs.") % {"number": saved.version}
            return htmx.redirect(request, "onboarding:workflow", workflow_id, toast=words)
        except Conflict as wrong:
            if wrong.code == "changed_meanwhile":
                found.refresh_from_db()
                status, meanwhile = 409, queries.version_of(found)
            else:
                builder.put(wrong)
        except Invalid as wrong:
            builder.put(wrong)
    return _page(request, builder, found, status=status, meanwhile=meanwhile)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 9 else None


@require_safe
@requires("onboarding.workflows.read")
def workflow_version(request: ActorRequest, workflow_id: UUID, number: int) -> HttpResponse:
    """One version as it was, and is for the sessions that began with it."""
    found = queries.workflow_get(actor=request.actor, workflow_id=workflow_id)
    version = queries.version_of(found, number)
    return _page(request, Builder.of(version.definition), found, version, old=True)


@require_safe
@requires("onboarding.workflows.read")
def workflow_versions(request: ActorRequest, workflow_id: UUID) -> HttpResponse:
    """All versions, newest first."""
    found, rows, following = queries.version_page(
        actor=request.actor, workflow_id=workflow_id, size=VERSIONS, after=request.GET.get("after") or None
    )
    context = {
        "workflow": found,
        "rows": rows,
        "next": following,
        # Who works for the merchant is none of an agency's business.
        "own": found.merchant_id == request.actor.org_id,
        "crumbs": _crumbs((found.name, reverse("onboarding:workflow", args=[found.id]))),
    }
    return htmx.page_or_fragment(request, "onboarding/versions.html", "onboarding/_versions.html", context)


@require_POST
@requires(CHANGE)
def workflow_archive(request: ActorRequest, workflow_id: UUID) -> HttpResponse:
    """Put it away, or take it back out."""
    if "back" in request.POST:
        try:
            actions.workflow_restore(actor=request.actor, workflow_id=workflow_id)
        except Conflict as wrong:
            return htmx.redirect(request, "onboarding:workflow", workflow_id, toast=wrong.detail, tone="warning")
        return htmx.redirect(request, "onboarding:workflow", workflow_id, toast=_("The workflow can be used again."))
    actions.workflow_archive(actor=request.actor, workflow_id=workflow_id)
    return htmx.redirect(request, "onboarding:workflows", toast=_("The workflow is put away."))


# --- drawing ----------------------------------------------------------------------------------


def _shown(request: ActorRequest, builder: Builder) -> dict[str, Any]:
    """What agent and donor will see of it, as far as it can be read by now."""
    said = builder.said() if builder.general.is_bound else None
    faults: list[Fault] = []
    shown = rules.read(said, faults) if said is not None else None
    return {"shown": shown, "merchant": request.actor.organisation.name}


def _preview(request: ActorRequest, builder: Builder) -> HttpResponse:
    return htmx.render_fragment(request, "onboarding/_workflow_preview.html", _shown(request, builder))


def _page(
    request: ActorRequest,
    builder: Builder,
    found: Workflow | None,
    version: WorkflowVersion | None = None,
    *,
    status: int = 200,
    old: bool = False,
    meanwhile: WorkflowVersion | None = None,
) -> HttpResponse:
    may_change = _may_change(request, found) and not old and (found is None or found.archived_at is None)
    here = (
        reverse("onboarding:workflow", args=[found.id])
        if found is not None
        else reverse("onboarding:workflow-new", args=[builder.intention])
    )
    crumbs = _crumbs((found.name, here)) if old and found is not None else _crumbs()
    shown = _shown(request, builder)
    if shown["shown"] is None and version is not None:
        shown["shown"] = rules.read(version.definition, [])
    number = meanwhile.number if meanwhile is not None else version.number if version is not None else None
    context = {
        "builder": builder,
        "workflow": found,
        "version": version,
        # What a save is held against: after a conflict the one that was just shown.
        "expected": number if number is not None else request.POST.get("version", ""),
        "meanwhile": meanwhile,
        "old": old,
        "intention": INTENTIONS[builder.intention],
        "may_change": may_change,
        "may_archive": _may_change(request, found) and found is not None and not old,
        "here": here,
        "crumbs": crumbs,
        **shown,
    }
    return htmx.render_fragment(request, "onboarding/workflow.html", context, status=status)
