"""The OpenAPI document: ninja's, and what the frame adds to every route."""

from __future__ import annotations

from typing import Any

DESCRIPTION = """\
Everything a screen can do. JSON in `snake_case`; ids are UUIDs; times are RFC 3339; money is in minor units with its
currency; phone numbers are E.164. An unknown field in a body is refused.

**Errors** are `application/problem+json` with a stable `code`, and for bad input a list `errors` that says where.
Another organisation's objects are 404. 409 says in `allowed` from which states a command is possible.

**Lists** are `{"items": [...], "next": cursor or null}`, newest first unless said otherwise; `size` is at most 500.

**Idempotency.** A write with the header `Idempotency-Key` happens once: the same key with the same body gets the same
answer for 24 hours, with another body 409 `key_reused`.

**Changes.** `GET /events` gives what has happened, each event once, in order, from where you left off.
"""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "description": "Where this is explained."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people, in the language that was asked for."},
        "code": {"type": "string", "description": "For programs: stable."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "code", "detail"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}, "examples": [["body", "name"]]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "allowed": {
            "type": "array",
            "items": {"type": "string"},
            "description": "409: the states from which the command is possible.",
        },
    },
}
_WORDS = {
    401: "No token, or one that does not count",
    403: "Not allowed",
    404: "Nothing here by that id",
    409: "Not in this state",
    413: "Too large",
    415: "Another format is wanted",
    422: "Bad input",
    429: "Too often; see Retry-After",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same body gets the same answer for 24 hours.",
}
_ACTING_FOR = {
    "name": "Ringround-Acting-For",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
    "description": "An agency acts for this merchant, which it manages.",
}


def document(made: dict[str, Any]) -> dict[str, Any]:
    """`made` by ninja, with the problem schema, the answers every route may give and the headers every route takes."""
    made["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    answers = made["components"].setdefault("responses", {})
    for status, words in _WORDS.items():
        answers[f"Problem{status}"] = {
            "description": words,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    made["components"]["parameters"] = {"IdempotencyKey": _KEY, "ActingFor": _ACTING_FOR}
    for address, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(operation, address, method)
    made["servers"] = [{"url": "/"}]
    return made


def _complete(operation: dict[str, Any], address: str, method: str) -> None:
    write = method in ("post", "put", "patch", "delete")
    known = bool(operation.get("security"))
    possible = [422, 429] if known else [422]
    if known:
        possible += [401, 403]
        operation["parameters"] = [*operation["parameters"], {"$ref": "#/components/parameters/ActingFor"}]
    if "{" in address:
        possible.append(404)
    if write:
        possible += [409, 413, 415]
        if known:
            operation["parameters"] = [*operation["parameters"], {"$ref": "#/components/parameters/IdempotencyKey"}]
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    for status in sorted(possible):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = responses
