"""Routes that only tests have: one of each kind."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction
from django.urls import path

from ringround.http import api as own
from ringround.http.api_root import make_api
from ringround.http.kit import (
    E164,
    ApiRequest,
    Form,
    Id,
    Many,
    Name,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
    Time,
    UploadedFile,
    Words,
    calls_out,
    no_content,
    own_body,
    read_body,
)
from ringround.infra.unit import outside
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound, NotNow, TooLarge, TooMany
from ringround.kernel.ids import new_id

router = Router(tags=["Things"])


class Inner(Schema):
    at: Time
    private: bool = False


class ThingIn(Schema):
    name: Name
    count: int = 0
    share: float | None = None
    kind: Literal["a", "b"] = "a"
    phone: E164 | None = None
    owner: Id | None = None
    on: date | None = None
    note: Words = ""
    inner: Inner | None = None
    tags: list[str] = []


class ThingOut(Out):
    id: UUID
    name: str
    at: datetime | None = None


class ThingFilter(Paging):
    status: Many[str] | None = None
    least: int = 0


@router.get("", response=Page[dict[str, Any]])
def thing_list(request: ApiRequest, filter: Query[ThingFilter]) -> object:
    return {"items": [filter.model_dump()], "next": None}


@router.post("", response={201: ThingOut})
def thing_create(request: ApiRequest, body: ThingIn) -> object:
    """Writes a row of its own, so that a test can count how often it ran."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES (%s, %s)", [f"thing {new_id()}", body.count])
    return {"id": new_id(), "name": body.name, "at": body.inner.at if body.inner else None}


@router.get("/{thing_id}", response=ThingOut)
def thing(request: ApiRequest, thing_id: Id) -> object:
    raise NotFound("thing")


@router.patch("/{thing_id}", response=dict[str, Any])
def thing_change(request: ApiRequest, thing_id: Id, body: ThingIn) -> object:
    return body.given()


@router.post("/{thing_id}/start", response=dict[str, bool])
def thing_start(request: ApiRequest, thing_id: Id) -> object:
    return {"started": True}


@router.post("/file/upload", response={202: dict[str, Any]})
def thing_upload(request: ApiRequest, file: UploadedFile, options: Form[str] = "{}") -> object:
    return Status(202, {"size": file.size, "options": options, "once": str(new_id())})


@router.post("/either", response=dict[str, Any])
@own_body
def thing_either(request: ApiRequest) -> object:
    body = read_body(request, Inner)
    return {"private": body.private, "files": sorted(request.FILES)}


@router.post("/fail/{how}", response=dict[str, bool])
def thing_fail(request: ApiRequest, how: str) -> object:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES (%s, 0)", [f"thing {new_id()}"])
        match how:
            case "forbidden":
                raise Forbidden("things.fail")
            case "conflict":
                raise Conflict("wrong_state", "Not now.", ("new",))
            case "invalid":
                raise Invalid.one(("callback", "at"), "outside_hours", "Closed then.", nearest="tomorrow")
            case "large":
                raise TooLarge(limit=7)
            case "many":
                raise TooMany(12)
            case "overflow":
                cursor.execute("SELECT (2::bigint ^ 62)::bigint * 1000000")
            case "nul":
                cursor.execute("SELECT %s::text", ["a\0b"])
            case "twice":
                cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES ('same', 0), ('same', 0)")
            case "outside":
                pass
            case "none":
                return no_content(Ringround_Reason="no_lead_due")
            case _:
                raise RuntimeError("a bug")
    raise Conflict("too_late", "After the commit.")


@router.post("/out/{how}", response=dict[str, str])
@calls_out
def thing_out(request: ApiRequest, how: str) -> object:
    """Writes in a transaction of its own, and calls outside after it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES (%s, 0)", [f"thing {new_id()}"])
    outside()
    if how == "busy":
        raise NotNow("gateway_busy", "Not now.")
    if how == "refused":
        raise Conflict("too_late", "After the commit.")
    return {"once": str(new_id())}


@router.get("/open/door", auth=None, response=dict[str, bool])
def thing_open(request: ApiRequest) -> object:
    return {"open": True}


api = make_api([("/things", router), *own.ROUTERS])
urlpatterns = [path("api/v1/", api.urls)]
