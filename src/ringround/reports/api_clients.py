"""A client's data at the end of the work for it, over HTTP: returned as an archive, deleted."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from django.http import FileResponse, HttpResponse

from ringround.http.kit import ApiRequest, Id, Line, Out, Page, Paging, Query, Router, Schema, Status, Time
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.reports import actions
from ringround.reports.models import ClientExport
from ringround.reports.queries import clients as queries

router = Router(tags=["Clients"])


class ExportIn(Schema):
    format: Literal["csv", "xlsx"] = "csv"


class ExportOut(Out):
    id: Id
    state: str
    """queued, running, done, failed; gone when its file is deleted"""
    format: str
    code: str
    """Why it failed: `not_allowed`, `lost`."""
    rows: int
    size: int
    created_at: Time
    finished_at: Time | None
    expires_at: Time | None
    """Until when its file can be downloaded."""


class DeleteIn(Schema):
    name: Line
    """The client's name, to confirm."""


class DeletionOut(Out):
    organisation: Id
    contacts: int
    """How many are deleted so far."""
    suppressions: int
    created_at: Time
    finished_at: Time | None


@router.post("/{organisation_id}/exports", response={202: ExportOut}, summary="Return a client's data")
def client_export(request: ApiRequest, organisation_id: Id, body: ExportIn) -> object:
    """An archive (ZIP) of all that a client of your agency, or your own merchant, has: contacts of each list, leads of
    each campaign with results and notes, calls, callbacks, consents, suppressions, for owners the audit log. Made in
    the background and kept for seven days. Of a token it takes the scope `*` or `reports.clients.export`. 409
    `export_running`, `closed`."""
    return Status(202, actions.client_export(actor=request.actor, client_id=organisation_id, format=body.format))


@router.get("/{organisation_id}/exports", response=Page[ExportOut], summary="List a client's archives")
def client_export_list(request: ApiRequest, organisation_id: Id, paging: Query[Paging]) -> object:
    """Newest first."""
    before = cast(UUID | None, cursors.decode(paging.after, UUID)[0]) if paging.after else None
    rows = queries.client_exports(actor=request.actor, client_id=organisation_id, before=before, size=paging.size + 1)
    shown = rows[: paging.size]
    return {"items": shown, "next": cursors.encode([shown[-1].id]) if len(rows) > paging.size else None}


@router.get("/{organisation_id}/exports/{export_id}", response=ExportOut, summary="An archive")
def client_export_get(request: ApiRequest, organisation_id: Id, export_id: Id) -> ClientExport:
    """How far it is."""
    return queries.client_export_get(actor=request.actor, client_id=organisation_id, export_id=export_id)


@router.get("/{organisation_id}/exports/{export_id}/file", summary="The file of an archive")
def client_export_file(request: ApiRequest, organisation_id: Id, export_id: Id) -> HttpResponse:
    """404 while it is being made, and when its time is over. Each download is audited."""
    return download(actions.client_export_file(actor=request.actor, client_id=organisation_id, export_id=export_id))


@router.post("/{organisation_id}/delete-data", response={202: DeletionOut}, summary="Delete a client's data")
def client_delete(request: ApiRequest, organisation_id: Id, body: DeleteIn) -> object:
    """All of a client that your agency manages, for good, in the background; bare counts stay. From now on nobody acts
    or calls for it. For owners; of a token it takes the scope `*` or `reports.clients.delete`. 409 `campaigns_running`,
    `import_running`, `not_managed`, `closed`; 422 `name_differs`."""
    row = actions.client_delete(actor=request.actor, client_id=organisation_id, name=body.name)
    return Status(
        202,
        {
            "organisation": row.organisation_id,
            "contacts": row.contacts,
            "suppressions": row.suppressions,
            "created_at": row.created_at,
            "finished_at": row.finished_at,
        },
    )


def download(found: actions.Archive) -> HttpResponse:
    """An archive on its way out."""
    try:
        file = found.path.open("rb")
    except FileNotFoundError:
        # Cleared away in this moment.
        raise NotFound("export", actions.NOT_HERE) from None
    sent = FileResponse(file, as_attachment=True, filename=found.name, content_type="application/zip")
    sent["Cache-Control"] = "no-store"
    # Django's two kinds of answers have only a private base in common.
    return cast(HttpResponse, sent)
