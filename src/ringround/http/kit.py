"""All that a room's `api.py` needs, in one import. docs/api.md shows a complete route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Form, Path, Query, Router, Status, UploadedFile

from ringround.http.bodies import calls_out, own_body, read_body
from ringround.http.types import E164, Id, Line, Many, Name, Out, Page, Paging, Params, Schema, Time, Words

if TYPE_CHECKING:
    # Only the name of the type goes up the stairs: the object is put into the request by the wiring.
    from ringround.orgs.actor import Actor

__all__ = [
    "E164",
    "ApiRequest",
    "Field",
    "File",
    "Form",
    "Id",
    "Line",
    "Many",
    "Name",
    "Out",
    "Page",
    "Paging",
    "Params",
    "Path",
    "Query",
    "Router",
    "Schema",
    "Status",
    "Time",
    "UploadedFile",
    "Words",
    "calls_out",
    "no_content",
    "own_body",
    "read_body",
]


class ApiRequest(HttpRequest):
    """A request that the API has let in."""

    actor: Actor


def no_content(**headers: str) -> HttpResponse:
    """204; `no_content(Ringround_Reason="no_lead_due")` adds the header `Ringround-Reason`."""
    return HttpResponse(status=204, headers={name.replace("_", "-"): value for name, value in headers.items()})
