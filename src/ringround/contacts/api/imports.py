"""Imports over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import StreamingHttpResponse

from ringround.contacts import actions, queries
from ringround.contacts.api.lists import lists
from ringround.http.kit import (
    ApiRequest,
    Form,
    Id,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Status,
    UploadedFile,
)

imports = Router(tags=["Imports"])


class CountsOut(Out):
    rows: int
    new: int
    updated: int
    duplicate: int
    suppressed: int
    """Besides new, updated or duplicate. Of a register by name and address: the contacts that it bars."""
    near: int
    """Of a register by name and address: the contacts that it may mean, to be looked at."""
    left_out: int
    """Taken without a cell that cannot be read; told by `rejected_url?left_out=true`."""
    rejected: int


class RevertedOut(Out):
    gone: int
    """Contacts it had made."""
    restored: int
    """Contacts it had changed, which are as they were."""
    kept: int


class KeptOut(Out):
    contact: Id
    reason: Literal["worked", "changed", "registered"]
    """Worked on a campaign since; changed since by somebody or a later import; told of by a later import too."""


# Named here: inside a shape with a field called `list` the built-in is out of reach.
Kept = list[KeptOut]


class ImportOut(Out):
    id: Id
    kind: Literal["contacts", "suppressions"]
    list: Id | None
    state: Literal["draft", "queued", "running", "done", "failed", "reverted"]
    dry_run: bool
    file_name: str
    code: str | None
    """Why the file was refused whole."""
    detail: str | None
    line: int | None
    """The physical line of the file that is at fault."""
    counts: CountsOut
    progress: int
    """In percent."""
    rejected_url: str | None
    """The rejected rows as CSV: line, column, code, reason, then the row as it was."""
    detected: dict[str, Any]
    """Encoding (`xlsx` of a workbook), delimiter, header and columns of the file; a workbook's `sheet` and `sheets`."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    reverted: RevertedOut | None
    """What taking it back has come to, from the moment it was asked for."""
    kept: Kept
    """Contacts that stayed when it was taken back, at most 500; only where one import is asked for."""


class ImportFilter(Paging):
    list: Id | None = None


@lists.post("/{list_id}/imports", response={202: ImportOut}, summary="Import a file into a list")
def import_start(request: ApiRequest, list_id: Id, file: UploadedFile, options: Form[str] = "{}") -> object:
    """CSV, TSV or an Excel workbook (XLSX), told apart by what they hold. `options` is JSON: dry_run,
    match (phone, external_id, email), on_match (update, skip, allow),
    mapping (column of the file to column of the list, null to leave one out), campaign, invalid_numbers (reject, keep),
    invalid_values (leave_out: the row is taken without such a cell and listed apart; reject),
    header, delimiter, sheet (of a workbook, by name; else its first that is not hidden).
    A bad file fails as an import: ask for its state."""
    made = actions.import_start(
        actor=request.actor,
        list_id=list_id,
        file=file.chunks(),
        file_name=file.name or "file",
        options=actions.options_from_text(options),
    )
    return Status(202, queries.import_json(queries.import_get(actor=request.actor, import_id=made.id)))


@imports.get("", response=Page[ImportOut], summary="List imports")
def import_list(request: ApiRequest, filter: Query[ImportFilter]) -> object:
    """Newest first."""
    found, following = queries.import_list(
        actor=request.actor, list_id=filter.list, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.import_json(one) for one in found], "next": following}


@imports.get("/{import_id}", response=ImportOut, summary="An import")
def import_get(request: ApiRequest, import_id: Id) -> object:
    return queries.import_json(queries.import_get(actor=request.actor, import_id=import_id), kept=True)


@imports.post("/{import_id}/revert", response={202: ImportOut}, summary="Take an import back")
def import_revert(request: ApiRequest, import_id: Id) -> object:
    """In the background: contacts it made go, those it changed are again as they were. Who has been worked or changed
    since stays and is listed under `kept`; what a later import has changed is never undone. The state is `running`,
    then `reverted`."""
    row = actions.import_revert(actor=request.actor, import_id=import_id)
    return Status(202, queries.import_json(queries.import_get(actor=request.actor, import_id=row.id)))


@imports.get("/{import_id}/rejected", summary="The rejected rows as CSV")
def import_rejected(request: ApiRequest, import_id: Id, left_out: bool = False) -> StreamingHttpResponse:
    """line, column, code, reason, then the row as it was; formulas made harmless. `left_out=true`: instead of the rows
    that were not taken, those that were taken without a cell."""
    return StreamingHttpResponse(
        queries.rejected_file(actor=request.actor, import_id=import_id, left_out=left_out),
        content_type="text/csv; charset=utf-8",
    )
