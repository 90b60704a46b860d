"""On a client's page: its data is returned as an archive, and deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, current, requires
from ringround.reports import actions
from ringround.reports.api_clients import download
from ringround.reports.queries import clients as queries
from ringround.ui import htmx

OPEN = frozenset({"queued", "running"})


def data_of_client(request: HttpRequest, *, client: Any) -> str:
    """For the slot on a client's page."""
    actor = current(request)
    if actor is None or not allows(actor, "reports.clients.export"):
        return ""
    return render_to_string("reports/_client.html", _context(actor, client.id), request)


def _context(actor: Actor, client_id: UUID, fault: str = "") -> dict[str, Any]:
    client = orgs.client_get(actor=actor, client_id=client_id)
    exports = queries.client_exports(actor=actor, client_id=client_id)
    deletion = queries.client_deletion(actor=actor, client_id=client_id)
    return {
        "client": client,
        "is_merchant": orgs.organisation_get(organisation_id=client_id).kind == "merchant",
        "exports": exports,
        "deletion": deletion,
        # Looked at again as long as something is being done.
        "busy": any(one.state in OPEN for one in exports) or (deletion is not None and deletion.finished_at is None),
        "may_delete": allows(actor, "reports.clients.delete"),
        "fault": fault,
    }


@require_safe
@requires("reports.clients.export")
def data(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """The part alone, while something is being done."""
    return htmx.render_fragment(request, "reports/_client_work.html", _context(request.actor, client_id))


@require_POST
@requires("reports.clients.export")
def export(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """Make an archive."""
    actions.client_export(actor=request.actor, client_id=client_id, format=request.POST.get("format", "csv"))
    return htmx.redirect(request, "orgs:client", client_id, toast=_("The archive is being made."))


@require_safe
@requires("reports.clients.export")
def file(request: ActorRequest, client_id: UUID, export_id: UUID) -> HttpResponse:
    """An archive's file."""
    return download(actions.client_export_file(actor=request.actor, client_id=client_id, export_id=export_id))


@require_POST
@requires("reports.clients.delete")
def delete(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """Delete all of a client's data, after its name was written."""
    try:
        actions.client_delete(actor=request.actor, client_id=client_id, name=request.POST.get("name", ""))
    except (Invalid, Conflict) as error:
        words = error.errors[0].detail if isinstance(error, Invalid) else error
        return htmx.redirect(request, "orgs:client", client_id, toast=words, tone="danger")
    return htmx.redirect(request, "orgs:client", client_id, toast=_("The client's data is being deleted."))
