"""Reading bodies: JSON, strictly and with every fault named by where it stands; forms with files.

A body goes to pydantic as the bytes that came. In that mode strict means what a caller of a JSON API expects: an id or
a time may be a string, but `"1"` is not a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

from django.http import HttpRequest, QueryDict
from pydantic import BaseModel, TypeAdapter, ValidationError

from ringround.http.faults import faults_of
from ringround.kernel.errors import Fault, Invalid, RingroundError
from ringround.kernel.messages import N_

Model = TypeVar("Model", bound=BaseModel)
View = TypeVar("View", bound=Callable[..., Any])

MULTIPART = "multipart/form-data"
_UNSTORABLE = N_("There is a character in it that cannot be stored.")
FORMS = (MULTIPART, "application/x-www-form-urlencoded")


class WrongContentType(RingroundError):
    """The body is in a format that this route does not read."""

    status = 415
    code = "wrong_content_type"


def own_body(view: View) -> View:
    """Says that a route reads its body itself, with `read_body`: one that takes both JSON and a form with a file."""
    view.own_body = True  # type: ignore[attr-defined]
    return view


def calls_out(view: View) -> View:
    """Says that a route calls somebody outside, in steps that it commits by itself: it is run in no transaction, with
    an `Idempotency-Key` as without."""
    view.calls_out = True  # type: ignore[attr-defined]
    return view


def read_body(request: HttpRequest, schema: type[Model], *, json_fields: tuple[str, ...] = ()) -> Model:
    """The body as `schema`, from JSON or from the fields of a form (files are in `request.FILES`).

    A form's fields are text; those in `json_fields` are JSON.
    """
    if request.content_type not in FORMS:
        found: Model = read_json(request, schema)
        return found
    values: dict[str, Any] = {}
    faults = []
    for name, value in request.POST.items():
        if name in json_fields:
            try:
                values[name] = json.loads(str(value))
            except (ValueError, RecursionError):
                faults.append(Fault(("body", name), "malformed_json", N_("This is not JSON.")))
        else:
            values[name] = value
    faults += nul_faults(values, ("body",))
    if faults:
        raise Invalid(faults)
    try:
        return (
            schema.model_validate_strings(values) if not json_fields else schema.model_validate_json(json.dumps(values))
        )
    except ValidationError as error:
        raise Invalid(faults_of(error, "body")) from error


def read_json(request: HttpRequest, kind: Any) -> Any:
    """The body as `kind` (anything pydantic knows); an empty body is `{}`."""
    raw = json_bytes(request) or b"{}"
    # pydantic stores a nul, PostgreSQL does not. It can only come escaped, so most bodies are not walked.
    if b"\\u0000" in raw:
        try:
            faults = list(nul_faults(json.loads(raw), ("body",)))
        except (ValueError, RecursionError):
            faults = []
        if faults:
            raise Invalid(faults)
    try:
        return _adapter(kind).validate_json(raw)
    except ValidationError as error:
        raise Invalid(faults_of(error, "body")) from error


def json_bytes(request: HttpRequest) -> bytes:
    """The body of a request that should be JSON; refused when it says that it is something else."""
    kind = (request.content_type or "").lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        # Judged by its length: a form that has been read for its fingerprint cannot be read as bytes any more.
        if request.headers.get("Content-Length", "0") not in ("", "0"):
            raise WrongContentType(N_("Send JSON, with the header Content-Type: application/json."))
        return b""
    return request.body.strip()


def refuse_body(request: HttpRequest) -> None:
    """For a route that takes no body: `{}`, `null` and nothing are the same, any field is an unknown one."""
    raw = json_bytes(request)
    if not raw or raw in (b"{}", b"null"):
        return
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid.one(("body",), "malformed_json", N_("The body is not JSON.")) from error
    if not isinstance(value, dict):
        raise Invalid.one(("body",), "wrong_type", N_("This has the wrong type."), expected="object")
    if value:
        raise Invalid([Fault(("body", str(name)), "unknown_field", N_("There is no such field.")) for name in value])


def nul_faults(value: Any, loc: tuple[str | int, ...]) -> Iterator[Fault]:
    """A fault for each text in `value` with a nul or half a surrogate in it, names of fields included."""
    # A list of what is still to be looked at, not a recursion: a caller decides how deep a value is.
    waiting = [(value, loc)]
    while waiting:
        one, where = waiting.pop()
        if isinstance(one, str):
            if not storable(one):
                yield Fault(where, "bad_character", _UNSTORABLE)
        elif isinstance(one, dict):
            for name, inner in one.items():
                if not storable(str(name)):
                    yield Fault(where, "bad_character", _UNSTORABLE)
                waiting.append((inner, (*where, str(name))))
        elif isinstance(one, list):
            waiting.extend((inner, (*where, index)) for index, inner in enumerate(one))


def form_faults(given: QueryDict, source: str) -> list[Fault]:
    """A fault for each name of an address or a form with such a text."""
    bad = [name for name in given if not all(storable(str(text)) for text in (name, *given.getlist(name)))]
    return [Fault((source, name), "bad_character", _UNSTORABLE) for name in bad]


def storable(value: str) -> bool:
    """Whether PostgreSQL takes this text."""
    return "\0" not in value and not any("\ud800" <= ch <= "\udfff" for ch in value)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
