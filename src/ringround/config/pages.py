"""Pages that belong to no room: where one begins, what there is to read about the API, and the pages of errors."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ringround.http.codes import CODES
from ringround.http.problems import AGAIN, Busy, problem
from ringround.infra.logs import database_is_away
from ringround.orgs.web import current

API = "/api/v1"
# The documents stand beside the product; this is the way back.
HOME_CRUMB = [("Ringround", "/")]

# Where each role's day begins. The first that there is.
HOMES: dict[str, tuple[str, ...]] = {
    "senior_agent": ("desk:home",),
    "junior_agent": ("desk:home",),
    "supervisor": ("reports:board", "campaigns:list"),
    "quality": ("reports:board", "campaigns:list"),
    "viewer": ("reports:board", "campaigns:list"),
}
PLANNING = ("campaigns:list",)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everyone to the screen that their day begins with; strangers to the sign-in."""
    actor = current(request)
    if actor is None:
        return redirect("account_login")
    for name in HOMES.get(actor.role, PLANNING):
        try:
            return redirect(reverse(name))
        except NoReverseMatch:
            continue
    return redirect("orgs:profile")


# --- the API's documents ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field, as the page shows it."""

    name: str
    type: str
    required: bool
    words: SafeString
    where: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    key: str
    method: str
    address: str
    summary: str
    words: SafeString
    parameters: list[Row]
    body_type: str
    body: list[Row]
    example: str
    answers: list[tuple[str, str, list[Row]]]
    refusals: list[str]


@dataclass(slots=True)
class Chapter:
    name: str
    routes: list[Route] = field(default_factory=list)


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Every route, from the OpenAPI document; nothing on the page runs a script or comes from elsewhere."""
    routes = _routes_html(get_language() or "en")
    return render(
        request, "config/api_docs.html", {"chapters": chapters(), "routes": routes, "api": API, "crumbs": HOME_CRUMB}
    )


@require_safe
def api_errors(request: HttpRequest) -> HttpResponse:
    """What each code of an error means: where a problem's `type` leads."""
    codes = [(code, status, HTTPStatus(status).phrase, str(words)) for code, (status, words) in sorted(CODES.items())]
    return render(request, "config/api_errors.html", {"codes": codes, "crumbs": HOME_CRUMB})


@cache
def _routes_html(language: str) -> SafeString:
    """The long part of the page, the same for everyone; drawn once for each language."""
    return render_to_string("config/_routes.html", {"chapters": chapters()})


@cache
def chapters() -> list[Chapter]:
    """The document's routes by tag, in the order of the addresses."""
    from ringround.config.urls import api  # urls names this module's views

    document = api.document
    found: dict[str, Chapter] = {}
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            name = (operation.get("tags") or ["Other"])[0]
            found.setdefault(name, Chapter(name)).routes.append(_route(document, address, method, operation))
    return [found[name] for name in sorted(found)]


def _route(document: dict[str, Any], address: str, method: str, operation: dict[str, Any]) -> Route:
    parameters = [_resolve(document, one) for one in operation.get("parameters", [])]
    content: dict[str, dict[str, Any]] = operation.get("requestBody", {}).get("content", {})
    kind, body = next(iter(content.items()), ("", {}))
    answers, refusals = [], []
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            refusals.append(status)
            continue
        given: dict[str, dict[str, Any]] = answer.get("content", {})
        shape = next(iter(given.values()), {}).get("schema", {})
        answers.append((status, HTTPStatus(int(status)).phrase, _fields(document, shape)))
    schema = body.get("schema", {})
    return Route(
        key=operation["operationId"],
        method=method.upper(),
        address=address,
        summary=operation.get("summary", ""),
        words=coded(operation.get("description", "")),
        parameters=[
            Row(
                name=one["name"],
                type=_type(one.get("schema", {})),
                required=one.get("required", False),
                words=coded(one.get("description", "")),
                where=one["in"],
            )
            for one in parameters
        ],
        body_type=kind,
        body=_fields(document, schema),
        example=_example(document, schema) if kind == "application/json" else "",
        answers=answers,
        refusals=refusals,
    )


def coded(words: str) -> SafeString:
    """A description as HTML: what it has between backticks is code."""
    parts = words.split("`")
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", one) if odd % 2 else one,) for odd, one in enumerate(parts))
    )


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    if len(node.get("allOf", ())) == 1:
        return {**_resolve(document, node["allOf"][0]), **{k: v for k, v in node.items() if k != "allOf"}}
    return node


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[Row]:
    schema = _resolve(document, schema)
    required = set(schema.get("required", ()))
    return [
        Row(name, _type(one), name in required, coded(one.get("description", "")))
        for name, one in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    """A schema's type in a few characters: `string (uuid)`, `list of LeadOut`, `integer or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[key]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    name = str(schema.get("type", "any"))
    return f"{name} ({schema['format']})" if "format" in schema else name


def _example(document: dict[str, Any], schema: dict[str, Any]) -> str:
    value = _sample(document, schema, 0)
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


_SAMPLES: dict[str, Any] = {
    "uuid": "0197a1c0-0000-7000-8000-000000000000",
    "date-time": "2026-12-01T10:00:00+01:00",
    "date": "2026-12-01",
    "email": "name@example.org",
}


def _sample(document: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """A value that fits: the default, the first example or choice, else something of the type."""
    schema = _resolve(document, schema)
    for key in ("default", "const"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _sample(document, schema[key][0], depth)
    match schema.get("type"):
        case "object":
            if depth > 3:
                return {}
            fields = schema.get("properties", {})
            return {name: _sample(document, one, depth + 1) for name, one in fields.items()}
        case "array":
            return [_sample(document, schema.get("items", {}), depth + 1)] if depth < 4 else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "string":
            return _SAMPLES.get(schema.get("format", ""), "…")
    return None


# --- errors -------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400, _("That request was not understood"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403, _("You may not do this"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404, _("There is nothing here"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Plain when even the frame cannot be drawn: the database may be what is gone, and comes back by itself."""
    if database_is_away(sys.exc_info()[1]):
        return _database_away(request)
    title = _("Something went wrong on our side")
    detail = _("It has been logged. What you typed is kept where the page says so; try again in a moment.")
    try:
        return _error(request, 500, title, detail)
    except Exception:
        return HttpResponse(f"{title}. {detail}", status=500, content_type="text/plain; charset=utf-8")


def _database_away(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(f"{API}/"):
        response = problem(request, Busy(AGAIN))
        response._has_been_logged = False  # type: ignore[attr-defined]  # Django tells it, from here
        return response
    # It failed before anybody could ask which language the user has.
    with translation.override(translation.get_language_from_request(request)):
        title = _("The server is not ready")
        detail = _(
            "Its database does not answer. What you typed is kept where the page says so; try again in a moment."
        )
        try:
            response = _error(request, 503, title, detail)
        except Exception:
            response = HttpResponse(f"{title}. {detail}", status=503, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = "5"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("The page was open for too long, or cookies are off. Load it again and repeat what you did.")
    return _error(request, 403, _("The page is out of date"), detail)


def _error(request: HttpRequest, status: int, title: str, detail: str = "") -> HttpResponse:
    return render(request, "ui/error.html", {"status": status, "title": title, "detail": detail}, status=status)
