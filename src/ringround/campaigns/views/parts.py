"""Dispositions and the form's questions: lists that are changed one row at a time, each change saved at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ringround.campaigns import actions, queries, texts
from ringround.campaigns.forms.parts import DispositionForm, QuestionForm
from ringround.campaigns.models import Campaign, Disposition
from ringround.campaigns.rules.forms import FieldSpec
from ringround.campaigns.views.common import put_faults
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

# --- dispositions -----------------------------------------------------------------------------


def _specs(rows: list[Disposition]) -> list[dict[str, Any]]:
    """The list as the action takes it."""
    specs = []
    for row in rows:
        said = queries.disposition_json(row)
        said["id"] = str(said["id"])
        # The list's own order is what counts here.
        said.pop("order")
        specs.append(said)
    return specs


def dispositions_context(
    request: HttpRequest, campaign: Campaign, form: DispositionForm | None = None, editing: str = ""
) -> dict[str, Any]:
    """The list, and the form of the one that is being changed (`?disposition=<id>|new`)."""
    rows = queries.dispositions_of(campaign_id=campaign.id)
    editing = editing or request.GET.get("disposition", "")
    row = next((one for one in rows if str(one.id) == editing), None)
    if form is None and (row is not None or editing == "new"):
        form = DispositionForm(disposition=row)
    return {
        "campaign": campaign,
        "dispositions": rows,
        "editing": editing if form is not None else "",
        "disposition_form": form,
        "kinds": texts.KINDS,
        "outcomes": texts.OUTCOMES,
        "open_state": campaign.state != Campaign.State.ARCHIVED,
    }


def _dispositions(request: ActorRequest, campaign: Campaign, status: int = 200, **more: Any) -> HttpResponse:
    context = dispositions_context(request, campaign, **more)
    if not htmx.is_fragment(request) and status == 200 and request.method == "POST":
        return htmx.redirect(request, "campaigns:step", campaign.id, 2)
    if not htmx.is_fragment(request):
        return htmx.redirect(request, _with(campaign, "disposition", context["editing"]))
    return htmx.render_fragment(request, "campaigns/wizard/_dispositions.html", context, status=status)


def _with(campaign: Campaign, name: str, value: str) -> str:
    """Step 2 with one row open, for a browser without scripts."""
    url = reverse("campaigns:step", args=[campaign.id, 2])
    return f"{url}?{name}={value}" if value else url


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.change")
def disposition_edit(request: ActorRequest, campaign_id: UUID, which: str) -> HttpResponse:
    """Add one (`new`) or change one."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    rows = queries.dispositions_of(campaign_id=campaign_id)
    row = next((one for one in rows if str(one.id) == which), None)
    if row is None and which != "new":
        raise NotFound("disposition")
    if request.method != "POST":
        return _dispositions(request, campaign, editing=which)
    form = DispositionForm(request.POST, disposition=row)
    if form.is_valid():
        spec, specs = form.spec(), _specs(rows)
        at = rows.index(row) if row is not None else _before_locked(rows)
        specs[at : at + (row is not None)] = [spec]
        try:
            actions.dispositions_put(actor=request.actor, campaign_id=campaign_id, dispositions=specs)
            return _dispositions(request, campaign)
        except Invalid as wrong:
            put_faults(form, wrong)
    return _dispositions(request, campaign, status=422, form=form, editing=which)


def _before_locked(rows: list[Disposition]) -> int:
    """A new one stands after the last that is not locked."""
    return max((number for number, one in enumerate(rows, 1) if not one.locked), default=0)


@require_POST
@requires("campaigns.change")
def disposition_move(request: ActorRequest, campaign_id: UUID, which: UUID, way: str) -> HttpResponse:
    """Up, down, or off the list."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    rows = queries.dispositions_of(campaign_id=campaign_id)
    moved = _moved(rows, next((n for n, one in enumerate(rows) if one.id == which), None), way)
    actions.dispositions_put(actor=request.actor, campaign_id=campaign_id, dispositions=_specs(moved))
    return _dispositions(request, campaign)


def _moved(rows: list[Any], at: int | None, way: str) -> list[Any]:
    if at is None:
        raise NotFound("row")
    rows = list(rows)
    if way == "remove":
        del rows[at]
        return rows
    to = at + (1 if way == "down" else -1)
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    return rows


# --- the form ---------------------------------------------------------------------------------


def questions_context(
    request: HttpRequest, campaign: Campaign, form: QuestionForm | None = None, editing: str = ""
) -> dict[str, Any]:
    """The questions, a preview of them, and the one that is being changed (`?question=<key>|new`)."""
    specs = queries.form_fields_of(campaign_id=campaign.id)
    editing = editing or request.GET.get("question", "")
    at = next((number for number, one in enumerate(specs) if one.key == editing), None)
    if form is None and (at is not None or editing == "new"):
        earlier = specs[:at] if at is not None else specs
        form = QuestionForm(earlier=earlier, question=specs[at] if at is not None else None)
    labels = {one.key: one.label for one in specs}
    return {
        "campaign": campaign,
        "questions": [(one, labels.get((one.shown_if or {}).get("key", ""), "")) for one in specs],
        "question_editing": editing if form is not None else "",
        "question_form": form,
        "types": texts.FIELD_TYPES,
        "open_state": campaign.state != Campaign.State.ARCHIVED,
    }


def _questions(request: ActorRequest, campaign: Campaign, status: int = 200, **more: Any) -> HttpResponse:
    context = questions_context(request, campaign, **more)
    if not htmx.is_fragment(request):
        editing = context["question_editing"] if status != 200 or request.method != "POST" else ""
        return htmx.redirect(request, _with(campaign, "question", editing))
    return htmx.render_fragment(request, "campaigns/wizard/_questions.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.change")
def question_edit(request: ActorRequest, campaign_id: UUID, which: str) -> HttpResponse:
    """Add one (`new`) or change one."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    specs = queries.form_fields_of(campaign_id=campaign_id)
    at = next((number for number, one in enumerate(specs) if one.key == which), None)
    if at is None and which != "new":
        raise NotFound("question")
    if request.method != "POST":
        return _questions(request, campaign, editing=which)
    question = specs[at] if at is not None else None
    form = QuestionForm(request.POST, earlier=specs[:at] if at is not None else specs, question=question)
    if form.is_valid():
        raw = [one.to_json() for one in specs]
        place = at if at is not None else len(raw)
        raw[place : place + 1] = [form.spec()]
        try:
            actions.form_put(actor=request.actor, campaign_id=campaign_id, form=raw)
            return _questions(request, campaign)
        except Invalid as wrong:
            put_faults(form, wrong)
    return _questions(request, campaign, status=422, form=form, editing=which)


@require_POST
@requires("campaigns.change")
def question_move(request: ActorRequest, campaign_id: UUID, which: str, way: str) -> HttpResponse:
    """Up, down, or out of the form. Answers that were given stay."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    specs = queries.form_fields_of(campaign_id=campaign_id)
    moved: list[FieldSpec] = _moved(specs, next((n for n, one in enumerate(specs) if one.key == which), None), way)
    try:
        actions.form_put(actor=request.actor, campaign_id=campaign_id, form=[one.to_json() for one in moved])
    except Invalid as wrong:
        # A question that asks about this one would come before it, or ask about nothing.
        raise Conflict("question_needed", _("Another question depends on this one.")) from wrong
    return _questions(request, campaign)
