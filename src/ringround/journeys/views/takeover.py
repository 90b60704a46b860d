"""Runs on older versions taken over to the newest: what becomes of them is shown first, and then it is done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ringround.journeys import actions, queries
from ringround.journeys.forms import TakeOverForm
from ringround.journeys.queries import Stands
from ringround.journeys.views.common import crumbs, journey_crumb
from ringround.journeys.views.runs import node_name
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_http_methods(["GET", "HEAD", "POST"])
@requires("journeys.publish")
def take_over(request: ActorRequest, journey_id: UUID) -> HttpResponse:
    """The preview, with a choice for each step that is gone; then they go."""
    found = queries.takeover(actor=request.actor, journey_id=journey_id)
    newest = found.newest
    after = newest.document if newest is not None else {}
    form = TakeOverForm(
        request.POST if request.method == "POST" else None,
        number=newest.number if newest is not None else 0,
        gone=[(one.node, _gone(one)) for one in found.stands if one.what == "gone"],
        steps=[(node["id"], node_name(after, node["id"])) for node in after.get("nodes") or []],
    )
    if request.method == "POST" and form.is_valid():
        try:
            count = actions.runs_migrate(
                actor=request.actor, journey_id=journey_id, targets=form.targets(), version=form.cleaned_data["version"]
            )
        except (Conflict, Invalid) as wrong:
            form.add_error(None, str(wrong.errors[0].detail) if wrong.errors else str(wrong))
            # What is shown now is of the version that is the newest by now.
            form.data = {**request.POST.dict(), "version": newest.number if newest is not None else 0}
        else:
            toast = ngettext(
                "%(count)s run goes over to the newest version.", "%(count)s runs go over to the newest version.", count
            ) % {"count": count}  # fmt: skip
            if found.held:
                later = _("Runs are taken over when the journey is resumed.")
                toast = f"{toast} {later}"
            return htmx.redirect(request, "journeys:journey", journey_id, toast=toast)
    context = {
        "found": found,
        "form": form,
        "rows": [_row(one) for one in found.stands if one.what != "gone"],
        "crumbs": crumbs(journey_crumb(found.journey)),
    }
    return render(request, "journeys/takeover.html", context, status=422 if form.errors else 200)


def _row(one: Stands) -> dict[str, Any]:
    changed = _("They go on at this step; what it waits for is reckoned anew.")
    same = _("They go on at this step.")
    return {
        "name": node_name(dict(one.document), one.node), "runs": one.runs,
        "what": changed if one.what == "changed" else same,
    }  # fmt: skip


def _gone(one: Stands) -> str:
    name = node_name(dict(one.document), one.node)
    if not one.runs:
        return _("“%(step)s” is gone. Where do runs go on that still come to it?") % {"step": name}
    text = ngettext(
        "“%(step)s” is gone. Where does the %(count)s run there go on?",
        "“%(step)s” is gone. Where do the %(count)s runs there go on?",
        one.runs,
    )
    return text % {"step": name, "count": one.runs}
